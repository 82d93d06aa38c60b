"""Operations on very many rows: a job does them chunk by chunk, all in one batch, and goes on where it was stopped."""

from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from backoffice.core import operation
from backoffice.core.criteria import of
from backoffice.core.jobs import Job, Refused, Step, Task, job, later
from backoffice.core.leases import looking
from backoffice.core.resource import resources
from backoffice.core.selection import Selection

NAME = "operation"
LARGE = 5_000  # rows from which an operation is a job
PART = 5_000  # rows of one step
COUNTS = ("changed", "already", "refused")


@dataclass(frozen=True)
class Chunk(Selection):
    """Those rows of a selection that have keys after `after` up to `to`."""

    after: int = 0
    to: int = 0

    def rows(self, user: Any, verb: str = "read") -> Select[Any]:
        """Return a SELECT of the ids meant, within `visible(user, verb)`."""
        return super().rows(user, verb).where(self.model.id > self.after, self.model.id <= self.to)

    def whole(self) -> Selection:
        """Return all the rows that were meant, these among them."""
        return Selection(self.model, self.keys, self.criteria)


def ask(session: Session, user: Any, name: str, selection: Selection, sealed: str) -> Job:
    """Return the job that does the operation on all rows that match, of those there are now.

    `sealed` is the word by which the person confirmed it: confirmed twice, it is one job.
    """
    model, criteria = selection.model, selection.criteria
    asked = {"model": model.__tablename__, "operation": name, "criteria": criteria.pairs() if criteria else []}
    rows = selection.rows(user).subquery()
    last, count = session.execute(select(func.max(rows.c.id), func.count())).one()
    word = sha256(sealed.encode()).hexdigest()[:32]
    return later(session, NAME, user, f"{NAME} {name} {word}", **asked, last=last or 0, count=count)


@job(NAME)
def run(task: Task) -> Generator[Step, None, dict[str, Any]]:
    """Do the operation on the next rows, until there are none; a row that was done with is not looked at again."""
    given = task.arguments
    selection = _selection(task)
    state: dict[str, Any] = {"after": 0, **dict.fromkeys(COUNTS, 0), "reasons": {}, **task.checkpoint}
    while True:
        with looking(task.session):
            to = _end(task, selection, state["after"])
        if to is None:
            return {name: state[name] for name in (*COUNTS, "reasons")}
        chunk = Chunk(selection.model, criteria=selection.criteria, after=state["after"], to=to)
        outcome = operation.run(task.session, task.user, given["operation"], chunk)
        reasons = Counter(state["reasons"]) + Counter(dict(outcome.reasons))
        state |= {name: state[name] + getattr(outcome, name) for name in COUNTS}
        state |= {"after": to, "reasons": dict(reasons)}
        done = sum(state[name] for name in COUNTS)
        yield Step(done, max(given["count"], done), dict(state), told(state))


def told(state: dict[str, Any]) -> str:
    """Return in one sentence what has become of the rows so far."""
    parts = [ngettext("%(num)d row changed", "%(num)d rows changed", state["changed"])]
    if state["already"]:
        parts.append(ngettext("%(num)d was already so", "%(num)d were already so", state["already"]))
    if state["refused"]:
        parts.append(ngettext("%(num)d refused", "%(num)d refused", state["refused"]))
    reasons = " ".join(f"{sentence} ({number})" for sentence, number in state["reasons"].items())
    return f"{', '.join(parts)}{': ' if reasons else '.'}{reasons}"


def _selection(task: Task) -> Selection:
    model = resources().get(task.arguments["model"])
    if model is None:
        raise Refused(_("There is no %(kind)s.", kind=task.arguments["model"]))
    pairs = [(name, value) for name, value in task.arguments["criteria"]]
    return Selection(model, criteria=of(model, task.user, pairs))


def _end(task: Task, selection: Selection, after: int) -> int | None:
    """Return the key of the last row of the next chunk, or None when no row is left."""
    key, last = selection.model.id, task.arguments["last"]
    chosen = selection.rows(task.user).where(key > after, key <= last).order_by(key).limit(PART).subquery()
    found: int | None = task.session.scalar(select(func.max(chosen.c.id)))
    return found
