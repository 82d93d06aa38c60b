"""Exact counts of very many rows: a job counts them for whoever asked, and the number is good for some minutes."""

import json
from collections.abc import Generator
from datetime import timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.core.access import rights_of
from backoffice.core.catalogues import gettext as _
from backoffice.core.jobs import DONE, FAILED, RUNNING, WAITING, Job, Refused, Step, Task, job, later
from backoffice.core.jobs.leases import clock, looking
from backoffice.core.model import now
from backoffice.core.paging import counting
from backoffice.core.resource import resources
from backoffice.core.selection import Selection
from backoffice.core.selection.criteria import Criteria, of

NAME = "count"
LARGE = 200_000  # rows from which on, by estimate, nobody waits for the number in front of the page
KEPT = timedelta(minutes=10)
LONGEST = 540.0  # seconds that counting may take


def ask(session: Session, user: Any, criteria: Criteria) -> Job:
    """Return the job that counts the rows which match for `user`: the one there is, while it is good, or a new one."""
    found = latest(session, user, criteria)
    if found is not None and found.state != FAILED:
        return found
    # Two who ask at once both see the same last one, so they name the next alike.
    last = session.scalar(_asked(user, criteria).with_only_columns(Job.id)) or 0
    asked = {"model": criteria.model.__tablename__, "criteria": criteria.pairs()}
    return later(session, NAME, user, f"{_word(user, criteria)} {last}", **asked, at=now().isoformat())


def latest(session: Session, user: Any, criteria: Criteria) -> Job | None:
    """Return the job that counts or has counted these rows for `user`, unless what it found is too old."""
    found: Job | None = session.scalar(_asked(user, criteria))
    if found is None or found.state in (WAITING, RUNNING):
        return found
    ended = found.finished_at
    good = found.state in (DONE, FAILED) and ended is not None and ended > clock(session) - KEPT
    return found if good else None


def _asked(user: Any, criteria: Criteria) -> Any:
    beginning = f"{user.id}:{_word(user, criteria)} "
    own = select(Job).where(Job.user_id == user.id, Job.name == NAME, Job.key.startswith(beginning, autoescape=True))
    return own.order_by(Job.id.desc()).limit(1)


def _word(user: Any, criteria: Criteria) -> str:
    """Return what stands for these rows in the eyes of `user`: other rights may show others."""
    told = [criteria.model.__tablename__, criteria.pairs(), sorted(rights_of(user))]
    return f"{NAME} {sha256(json.dumps(told).encode()).hexdigest()[:32]}"


@job(NAME)
def run(task: Task) -> Generator[Step, None, dict[str, Any]]:
    """Count the rows that match."""
    model = resources().get(task.arguments["model"])
    if model is None:
        raise Refused(_("There is no %(kind)s.", kind=task.arguments["model"]))
    yield Step(0, 1)
    pairs = [(name, value) for name, value in task.arguments["criteria"]]
    criteria = of(model, task.user, pairs, task.arguments.get("at", ""))
    with looking(task.session):
        found = counting.exactly(task.session, Selection(model, criteria=criteria).rows(task.user), LONGEST)
    if found is None:
        raise Refused(_("Counting took too long. Narrow the list by filters first."))
    return {"count": found}
