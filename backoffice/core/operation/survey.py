"""What would become of each of the rows that are meant: counted by one statement, with the first rows of each kind."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from backoffice.core.catalogues import gettext as _
from backoffice.core.model import Model
from backoffice.core.resource import row_label
from backoffice.core.selection import Selection

SHOWN = 5  # rows of each kind that are told by name
CHANGE, ALREADY, RIGHT, STATE, GONE = "change", "already", "right", "state", "gone"
DONE, SAME, REFUSED = "done", "same", "refused"


@dataclass(frozen=True)
class Outcome:
    """What an operation did or would do, in rows; `reasons` are the sentences for refusals, with their counts."""

    changed: int = 0
    already: int = 0
    refused: int = 0
    reasons: tuple[tuple[str, int], ...] = ()


@dataclass
class Written:
    """What came of rows that were free to go: `changed` and `already` in rows, `refused` as key → sentence."""

    changed: int = 0
    already: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many rows it came to."""
        return self.changed + len(self.already) + len(self.refused)


@dataclass(frozen=True)
class Plan:
    """What is to be done with rows of `model`, for every door.

    `bucket` is the SQL expression that says of each row what becomes of it: CHANGE, ALREADY, or a word for which
    `said` has the sentence. `write` does it with a SELECT of ids; `one_by_one` tells that it asks each row's own
    rules, which may refuse what the bucket lets through.
    """

    model: type[Model]
    bucket: ColumnElement[str]
    said: Mapping[str, str]
    write: Callable[[Session, Select[Any]], Written]
    one_by_one: bool = False


@dataclass(frozen=True)
class Group:
    """Rows of which the same becomes: `kind` is DONE, SAME or REFUSED, `why` the sentence; `rows` names the first."""

    kind: str
    why: str
    count: int
    rows: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Survey:
    """The rows that are meant, as `user` sees them; `found` counts them by what would become of them.

    `least` has the smallest key of each kind, from which on its first rows are found quickly.
    """

    plan: Plan
    selection: Selection
    user: Any
    found: Mapping[str, int]
    least: Mapping[str, int]

    @property
    def missing(self) -> int:
        """How many of the rows that were named by their keys are not there."""
        return 0 if self.selection.keys is None else len(self.selection.keys) - sum(self.found.values())

    @property
    def outcome(self) -> Outcome:
        """What would come of it, as far as SQL knows."""
        return self.with_written(Written(self.found.get(CHANGE, 0)))

    def rows(self, bucket: str) -> Select[Any]:
        """Return a SELECT of the ids of the rows of which this becomes."""
        return self.selection.rows(self.user).where(self.plan.bucket == bucket)

    def with_written(self, written: Written) -> Outcome:
        """Return what came of all the rows, where this came of those that were free to go."""
        reasons = Counter({self.plan.said[word]: count for word, count in self.found.items() if word in self.plan.said})
        reasons[gone()] += self.missing
        reasons.update(written.refused.values())
        # Who else works on the same rows may have been faster: what they did is not counted as done here.
        reasons[overtaken()] += max(0, self.found.get(CHANGE, 0) - written.total)
        told = tuple((sentence, count) for sentence, count in reasons.items() if count)
        already = self.found.get(ALREADY, 0) + len(written.already)
        return Outcome(written.changed, already, sum(count for _sentence, count in told), told)


def look(session: Session, user: Any, plan: Plan, selection: Selection) -> Survey:
    """Return what would become of the rows that are meant: one statement, however many they are."""
    bucket = plan.bucket.label("bucket")
    counted = selection.rows(user).with_only_columns(bucket, func.count(), func.min(plan.model.id))
    told = session.execute(counted.select_from(plan.model).group_by("bucket")).all()
    found, least = ({str(row[0]): int(row[at]) for row in told} for at in (1, 2))
    return Survey(plan, selection, user, found, least)


def gone() -> str:
    """Return what is said of rows that were named by their keys and are not there."""
    return str(_("It does not exist any more, or is not yours to see."))


def overtaken() -> str:
    """Return what is said of rows that others changed before they could be written."""
    return str(_("Someone else changed it meanwhile."))


def groups(session: Session, survey: Survey) -> list[Group]:
    """Return the rows in groups of which the same would become, each with its first rows by name."""
    kinds = {CHANGE: (DONE, ""), ALREADY: (SAME, "")}
    words = sorted(survey.found, key=lambda word: list(kinds).index(word) if word in kinds else len(kinds))
    found = []
    for word in words:
        kind, why = kinds.get(word, (REFUSED, survey.plan.said.get(word, "")))
        key = survey.plan.model.id
        first = survey.rows(word).where(key >= survey.least[word]).order_by(key).limit(SHOWN)
        found.append(Group(kind, why, survey.found[word], _named(session, survey, list(session.scalars(first)))))
    if survey.missing:
        found.append(Group(REFUSED, gone(), survey.missing))
    return found


def corrected(session: Session, survey: Survey, told: list[Group], written: Written) -> list[Group]:
    """Return the groups as they are once the rows that were free to go were tried, and so much came of it."""
    kept = [group for group in told if group.kind != DONE]
    free = next((group for group in told if group.kind == DONE), Group(DONE, "", 0))
    spared = {*written.refused, *written.already}
    rows = tuple(row for row in free.rows if row[0] not in spared)
    first = [Group(DONE, "", written.changed, rows)] if written.changed else []
    if written.already:
        kept.append(Group(SAME, "", len(written.already), _named(session, survey, written.already[:SHOWN])))
    for why, count in Counter(written.refused.values()).items():
        keys = [key for key, said in written.refused.items() if said == why]
        kept.append(Group(REFUSED, why, count, _named(session, survey, keys[:SHOWN])))
    return [*first, *kept]


def _named(session: Session, survey: Survey, keys: list[int]) -> tuple[tuple[int, str], ...]:
    model = survey.plan.model
    found = session.scalars(select(model).where(model.id.in_(keys)).order_by(model.id)) if keys else ()
    return tuple((row.id, row_label(row)) for row in found)
