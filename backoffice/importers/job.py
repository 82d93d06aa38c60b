"""What the parts of one import share: the file, the session it writes in, whose site it was, and the report."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from backoffice.core.model import Model
from backoffice.core.types import Invalid
from backoffice.importers.report import Report
from backoffice.models import origins


@dataclass
class Job:
    """One import on its way: what was found out about the export, and what became of it so far."""

    path: Path
    session: Any
    report: Report
    media: Path | None = None
    site: str = ""
    # Users by the login they had; members by the number that comments name them by.
    users: dict[str, int] = field(default_factory=dict)
    members: dict[str, int] = field(default_factory=dict)
    # Categories and tags by kind and the slug they had.
    terms: dict[tuple[str, str], int] = field(default_factory=dict)

    def known(self, kind: str, model: type[Model], names: Any) -> dict[str, int]:
        """Return the rows of `model` that an earlier import, or this one, has made of these."""
        return origins.known(self.session, (kind, bare(self.site)), model, names)

    def remember(self, kind: str, rows: Any) -> None:
        """Keep what the rows were called, so that they are found again."""
        origins.remember(self.session, (kind, bare(self.site)), rows)

    def rows(self, model: type[Model], keys: Iterable[int]) -> dict[int, Any]:
        """Return the rows of `model` with these keys, by key."""
        asked = origins.parts(sorted(set(keys)))
        return {row.id: row for part in asked for row in self.session.scalars(select(model).where(model.id.in_(part)))}

    def made(self, model: type[Model], what: Any, values: dict[str, Any]) -> Model | None:
        """Return a new row of `model` to be written; None, and a word in the report, when a rule is against it."""
        try:
            row = model(**values)
        except Invalid as problem:
            self._said([problem], what)
            return None
        return row if self._said(row.problems(), what) else None

    def _said(self, problems, what):
        """Put the first problem into the report; tell whether there was none."""
        for problem in problems[:1]:
            self.report.leave(f"not valid here ({problem.field or 'the whole'}: {problem.message})", what)
        return not problems


def bare(site: str) -> str:
    """Return the address of a site without what changes though it is the same site: https, www, the last slash."""
    return re.sub(r"^https?://(?:www\.)?", "", site.strip().lower()).rstrip("/")


def cut(text: str, length: int) -> str:
    """Return `text` in at most `length` characters."""
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"
