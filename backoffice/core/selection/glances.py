"""Rows as somebody saw them a while ago: which of them others have changed since, and who."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.core.history import Change
from backoffice.core.history.batches import CHANGE, kind_of
from backoffice.core.model import now
from backoffice.core.selection import Selection

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST = 10**16  # microseconds, some 300 years: no page was shown later


@dataclass(frozen=True)
class Changed:
    """A row that another person, or a job, has changed: its name in the history, and who did it last."""

    key: int
    label: str
    who: str


def word(moment: datetime | None = None) -> str:
    """Return a moment (by default this one) as a word for a form; it is not signed, since it can only warn."""
    return str(((moment or now()) - EPOCH) // timedelta(microseconds=1))


def moment_of(text: str) -> datetime:
    """Return the moment that `word` was given; raises ValueError for anything else."""
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(LAST)) or int(text) > LAST:
        raise ValueError(text)
    return EPOCH + timedelta(microseconds=int(text))


def changed(session: Session, user: Any, selection: Selection, moment: datetime) -> dict[int, Changed]:
    """Return which rows of `selection` others than `user` have changed after `moment`, by key: one statement.

    What is only told of a row, as that somebody signed in, is no change of it.
    """
    rows = CHANGE.c.row_id.in_(selection.rows(user)) & (CHANGE.c.model == selection.model.__tablename__)
    others = CHANGE.c.actor_id.is_distinct_from(getattr(user, "id", None)) & (CHANGE.c.created_at > moment)
    dialect = session.get_bind().dialect.name
    last = select(func.max(CHANGE.c.id)).where(rows, others, kind_of(dialect, CHANGE) != "").group_by(CHANGE.c.row_id)
    told = select(Change.row_id, Change.label, Change.actor).where(Change.id.in_(last)).order_by(Change.row_id)
    return {row.row_id: Changed(row.row_id, row.label, row.actor) for row in session.execute(told)}
