"""Operations on very many rows: a job does them chunk by chunk, all in one batch, and goes on where it was stopped."""

from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from backoffice.core import operation
from backoffice.core.catalogues import gettext as _
from backoffice.core.catalogues import joined, ngettext
from backoffice.core.history import Change
from backoffice.core.jobs import Job, Refused, Step, Task, job, later
from backoffice.core.jobs.leases import looking
from backoffice.core.model import Model, now
from backoffice.core.operation import altering, missed, removing, reports
from backoffice.core.operation.altering import Edits
from backoffice.core.resource import resources
from backoffice.core.selection import Selection
from backoffice.core.selection.criteria import of
from backoffice.core.trees import ups
from backoffice.core.types import LARGEST

NAME = "operation"
LARGE = 5_000  # rows from which an operation is a job
PART = 5_000  # rows of one step
# The same where each row's own rules are asked, which takes a hundred times as long.
LARGE_ONE_BY_ONE = 500
PART_ONE_BY_ONE = 500
COUNTS = ("changed", "already", "refused")


@dataclass(frozen=True)
class Chunk(Selection):
    """Those rows of a selection that have keys after `after` up to `to`.

    `lowest`: of them, only those that go before others which they stand below.
    """

    after: int = 0
    to: int = LARGEST
    lowest: bool = False

    def rows(self, user: Any, verb: str = "read") -> Select[Any]:
        """Return a SELECT of the ids meant, within `visible(user, verb)`."""
        chosen = super().rows(user, verb).where(self.model.id > self.after, self.model.id <= self.to)
        first = removing.lowest(user, self.model) if self.lowest else None
        chosen = chosen if first is None else chosen.where(first)
        if ups(self.model) and self.model.farewells is not Model.farewells:
            # What a row said against it has been told; in the next round it is not asked again.
            chosen = chosen.where(self.model.id.not_in(reports.told_of(self.model)))
        return chosen

    def whole(self) -> Selection:
        """Return all the rows that were meant, these among them."""
        return Selection(self.model, self.keys, self.criteria, self.until)


def is_large(count: int, *, one_by_one: bool) -> bool:
    """Tell whether so many rows are more than somebody is to wait for."""
    return count > (LARGE_ONE_BY_ONE if one_by_one else LARGE)


def ask(session: Session, user: Any, name: str, selection: Selection, sealed: str) -> Job:
    """Return the job that does the operation on all rows that match, of those there are now.

    `sealed` is the word by which the person confirmed it: confirmed twice, it is one job.
    """
    return _ask(session, user, {"operation": name, "edits": None}, selection, sealed)


def ask_to_change(session: Session, user: Any, edits: Edits, selection: Selection, sealed: str) -> Job:
    """Return the job that makes these edits on all rows that match, as `ask` does."""
    told = {"operation": operation.UPDATE, "edits": altering.to_json(edits)}
    return _ask(session, user, told, selection, sealed)


def _ask(session: Session, user: Any, told: dict[str, Any], selection: Selection, sealed: str) -> Job:
    model, criteria = selection.model, selection.criteria
    asked: dict[str, Any] = {**told, "model": model.__tablename__}
    asked["criteria"] = criteria.pairs() if criteria else []
    asked["until"] = selection.until.isoformat() if selection.until else None
    rows = selection.rows(user).subquery()
    last, count = session.execute(select(func.max(rows.c.id), func.count())).one()
    asked["at"] = ((criteria.at if criteria else None) or now()).isoformat()
    word = sha256(f"{sealed} {told['edits']}".encode()).hexdigest()[:32]
    asked |= {"last": last or 0, "count": count, "mark": session.scalar(select(func.max(Change.id))) or 0}
    return later(session, NAME, user, f"{NAME} {told['operation']} {word}", **asked)


@job(NAME)
def run(task: Task) -> Generator[Step, None, dict[str, Any]]:
    """Do the operation on the next rows, until there are none; a row that was done with is not looked at again."""
    selection, edits = _selection(task), _edits(task)
    state: dict[str, Any] = {"after": 0, **dict.fromkeys(COUNTS, 0), "reasons": {}, **task.checkpoint}
    with looking(task.session):
        part = _part(task, selection.model, edits)
    # Rows that stand in a tree are deleted from below: round after round, as long as any goes, then the rest.
    rounds = state.setdefault("rounds", task.arguments["operation"] == operation.DELETE and bool(ups(selection.model)))
    state.setdefault("went", False)
    while True:
        rest = Chunk(selection.model, None, selection.criteria, selection.until, after=state["after"], lowest=rounds)
        with looking(task.session):
            to = _end(task, rest, part)
        if to is not None:
            yield _step(task, state, replace(rest, to=to), edits)
        elif rounds:
            rounds = state["went"]
            state |= {"after": 0, "rounds": rounds, "went": False}
        else:
            _add_missed(task, selection.model, state)
            return {name: state[name] for name in (*COUNTS, "reasons")}


def _step(task: Task, state: dict[str, Any], chunk: Chunk, edits: Edits | None) -> Step:
    """Do the operation on these rows, add what came of it to the state, and say so."""
    name = task.arguments["operation"]
    outcome = operation.run(task.session, task.user, name, chunk, edits)
    reasons = Counter(state["reasons"]) + Counter(dict(outcome.reasons))
    state |= {count: state[count] + getattr(outcome, count) for count in COUNTS}
    state |= {"after": chunk.to, "reasons": dict(reasons), "went": state["went"] or outcome.changed > 0}
    done = sum(state[count] for count in COUNTS)
    return Step(done, max(task.arguments["count"], done), dict(state), told(state, name))


def _add_missed(task: Task, model: type[Model], state: dict[str, Any]) -> None:
    """Tell of the rows that others changed, deleted or hid between the asking and their turn."""
    given = task.arguments
    number = given["count"] - sum(state[count] for count in COUNTS)
    if number <= 0:
        return
    keys = missed.since(task.session, model, given.get("mark", 0), given["last"], number)
    why = reports.keep_missed(task.session, task.user, (model, given["operation"]), keys, number)
    state["refused"] += number
    state["reasons"] = {**state["reasons"], why: state["reasons"].get(why, 0) + number}


def _edits(task: Task) -> Edits | None:
    told = task.arguments.get("edits")
    return None if told is None else altering.from_json(_model(task), told)


def _part(task: Task, model: type[Model], edits: Any) -> int:
    slow = operation.one_by_one(task.session, task.user, task.arguments["operation"], model, edits)
    return min(PART, PART_ONE_BY_ONE) if slow else PART


def told(state: dict[str, Any], name: str = "") -> str:
    """Return in one sentence what has become of the rows so far."""
    parts = [
        ngettext("%(num)d row deleted", "%(num)d rows deleted", state["changed"])
        if name == operation.DELETE
        else ngettext("%(num)d row changed", "%(num)d rows changed", state["changed"])
    ]
    if state["already"]:
        parts.append(ngettext("%(num)d was already so", "%(num)d were already so", state["already"]))
    if state["refused"]:
        parts.append(ngettext("%(num)d refused", "%(num)d refused", state["refused"]))
    reasons = " ".join(f"{sentence} ({number})" for sentence, number in state["reasons"].items())
    return f"{joined(parts)}{': ' if reasons else '.'}{reasons}"


def _model(task: Task) -> type[Model]:
    model = resources().get(task.arguments["model"])
    if model is None:
        raise Refused(_("There is no %(kind)s.", kind=task.arguments["model"]))
    return model


def _selection(task: Task) -> Selection:
    model = _model(task)
    given = task.arguments
    pairs = [(name, value) for name, value in given["criteria"]]
    until = datetime.fromisoformat(given["until"]) if given.get("until") else None
    return Selection(model, criteria=of(model, task.user, pairs, given.get("at", "")), until=until)


def _end(task: Task, rest: Chunk, part: int) -> int | None:
    """Return the key of the last row of the next chunk, or None when no row is left."""
    key, last = rest.model.id, task.arguments["last"]
    chosen = rest.rows(task.user).where(key <= last).order_by(key).limit(part).subquery()
    found: int | None = task.session.scalar(select(func.max(chosen.c.id)))
    return found
