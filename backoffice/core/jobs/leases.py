"""Which worker does which job: one at a time, for as long as it shows signs of life; the clock is the database's."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Select, Update, and_, case, func, or_, select, update
from sqlalchemy.orm import Session

from backoffice.core.catalogues import ngettext
from backoffice.core.history.sets import RECORDED
from backoffice.core.jobs import DONE, FAILED, PARTLY, RUNNING, WAITING, Job, Step, left
from backoffice.core.model import reading

LEASE = timedelta(seconds=12)
NONE = timedelta()
MOST_FAILURES = 5
# Workers are killed for what no job can help; a job that kills each of its workers is given up all the same.
MOST_STARTS = 15
SHORTEST_PAUSE, LONGEST_PAUSE = 2, 300  # seconds before a job that failed is tried again


class Lost(Exception):  # noqa: N818 - it names what became of the lease
    """The job is not this worker's any more: it was cancelled, or given to another."""


class Stopped(Exception):  # noqa: N818 - it names why the job is given back
    """The worker ends, and the step under way is not to be completed."""


@dataclass(frozen=True)
class Ticket:
    """One start of one job: `word` is known to this worker alone, `attempt` counts from 1."""

    job: int
    word: str
    attempt: int


@contextmanager
def looking(session: Session) -> Iterator[None]:
    """Only read inside, in a transaction of its own, so that nobody who writes waits for it."""
    session.rollback()
    token = reading.set(True)
    try:
        yield
    finally:
        session.rollback()
        reading.reset(token)


def clock(session: Session) -> datetime:
    """Return what time it is by the database, the one clock that all workers share."""
    if session.get_bind().dialect.name == "sqlite":
        text = session.scalar(select(func.strftime("%Y-%m-%d %H:%M:%f", "now")))
        return datetime.fromisoformat(str(text)).replace(tzinfo=UTC)
    return session.execute(select(func.clock_timestamp())).scalar_one().astimezone(UTC)  # type: ignore[no-any-return]


def claim(session: Session, key: int | None = None, patience: timedelta = NONE) -> Ticket | None:
    """Take the oldest job that waits, or whose worker shows no sign of life any more; commits.

    With `key` it is this job or none; with `patience` one that has been free for so long. Returns None when there is
    nothing to do. Two workers never take the same job.
    """
    with looking(session):
        if session.scalar(_free(clock(session), key, patience)) is None:
            return None
    moment = clock(session)
    found = session.execute(_free(moment, key, patience).with_for_update(skip_locked=True)).first()
    if found is None:
        session.rollback()
        return None
    ticket = Ticket(found.id, uuid4().hex, found.attempts + 1)
    mine = {"state": RUNNING, "worker": ticket.word, "lease_until": moment + LEASE, "attempts": ticket.attempt}
    _write(session, update(Job).where(Job.id == found.id), mine | {"started_at": func.coalesce(Job.started_at, moment)})
    session.commit()
    return ticket


def free(session: Session, most: int) -> list[int]:
    """Return the keys of the oldest jobs that could be taken now, at most so many."""
    with looking(session):
        return list(session.scalars(_free(clock(session), most=most)))


def _free(moment: datetime, key: int | None = None, patience: timedelta = NONE, *, most: int = 1) -> Select[int, int]:
    since = moment - patience
    waiting = and_(Job.state == WAITING, or_(Job.due_at.is_(None), Job.due_at <= since))
    left = and_(Job.state == RUNNING, Job.lease_until < since)
    chosen = select(Job.id, Job.attempts).where(or_(waiting, left)).order_by(Job.id).limit(most)
    if patience:
        chosen = chosen.where(Job.updated_at <= since)
    return chosen if key is None else chosen.where(Job.id == key)


def keep(session: Session, ticket: Ticket, step: Step) -> None:
    """Commit what a step wrote together with how far the job is; raises Lost, and then nothing is written."""
    session.flush()
    kept = {"checkpoint": step.checkpoint, "attempts": 0, "failures": 0, "lease_until": _renewed(session)}
    _mine(session, ticket, _progress(step) | kept)


def renew(session: Session, ticket: Ticket, step: Step | None = None) -> None:
    """Show a sign of life between two steps, and how far the one under way is, if it says so; raises Lost."""
    _mine(session, ticket, (_progress(step) if step else {}) | {"lease_until": _renewed(session)})


def _progress(step: Step) -> dict[str, Any]:
    percent = min(100, 100 * step.done // step.total) if step.total else None
    return {"done": step.done, "total": step.total, "progress": percent, "message": step.message[:200] or None}


def finish(session: Session, ticket: Ticket, result: dict[str, Any] | None) -> None:
    """Commit the end of the job and what its last step wrote; raises Lost, and then nothing is written."""
    session.flush()
    refused = left(result)
    ended = {"state": PARTLY if refused else DONE, "result": result, "progress": 100, "finished_at": clock(session)}
    # Its list says so in one look: what was refused in part is no success.
    ended["error"] = ngettext("%(num)d refused", "%(num)d refused", refused) if refused else None
    _mine(session, ticket, ended | dict.fromkeys(("cause", "worker", "lease_until")))


def fail(session: Session, ticket: Ticket, sentence: str, *, again: bool, cause: str | None = None) -> None:
    """Say what went wrong; the job waits for its next attempt if there is to be one. Raises Lost."""
    moment = clock(session)
    starts, failures = session.execute(select(Job.attempts, Job.failures).where(Job.id == ticket.job)).one()
    failures += 1
    # A step that was completed has set the counts back, so this is the first start behind it.
    ended: dict[str, Any] = {"error": sentence, "cause": cause, "attempts": starts or 1, "failures": failures}
    if again and failures < MOST_FAILURES:
        pause = min(LONGEST_PAUSE, SHORTEST_PAUSE * 4 ** (failures - 1))
        ended |= {"state": WAITING, "due_at": moment + timedelta(seconds=pause)}
    else:
        ended |= {"state": FAILED, "finished_at": moment}
    _mine(session, ticket, ended | {"worker": None, "lease_until": None})


def release(session: Session, ticket: Ticket) -> None:
    """Give the job back, for another worker to go on with at once; raises Lost."""
    # Who is told to stop has not failed, however often that happens within one long step.
    starts = case((Job.attempts > 0, Job.attempts - 1), else_=0)
    _mine(session, ticket, {"state": WAITING, "attempts": starts, "worker": None, "lease_until": None, "due_at": None})


def _renewed(session: Session) -> datetime:
    return clock(session) + LEASE


def _mine(session: Session, ticket: Ticket, values: dict[str, Any]) -> None:
    # The same statement asks and writes: between the two nobody can cancel the job or take it.
    held = update(Job).where(Job.id == ticket.job, Job.worker == ticket.word, Job.state == RUNNING)
    if _write(session, held, values) != 1:
        session.rollback()
        raise Lost(f"Job {ticket.job}")
    session.commit()


def _write(session: Session, statement: Update, values: dict[str, Any]) -> int:
    """Write how far a job is; that is no change of anything that the history tells of."""
    answer = session.execute(statement.values(**values), execution_options=RECORDED)
    return int(answer.rowcount)  # type: ignore[attr-defined]
