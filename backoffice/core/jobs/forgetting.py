"""Jobs that ended long ago: how long they are kept, and forgetting them, by hand or by the workers themselves."""

from datetime import timedelta

from sqlalchemy import and_, delete, select
from sqlalchemy.orm import Session

from backoffice.core.history.sets import RECORDED
from backoffice.core.jobs import ENDED, Job, chore
from backoffice.core.jobs.leases import clock, looking

KEPT = timedelta(days=30)


def forget(session: Session, kept: timedelta = KEPT) -> int:
    """Delete the jobs that ended longer ago than `kept`, not committed; returns how many."""
    gone = and_(Job.state.in_(ENDED), Job.finished_at < clock(session) - kept)
    answer = session.execute(delete(Job).where(gone), execution_options=RECORDED)
    return int(answer.rowcount)  # type: ignore[attr-defined]


@chore
def forget_now_and_then(session: Session) -> None:
    """Forget what no command has; where there is nothing to forget nobody who writes has to wait."""
    with looking(session):
        old = and_(Job.state.in_(ENDED), Job.finished_at < clock(session) - KEPT)
        found = session.scalar(select(Job.id).where(old).limit(1))
    if found is not None:
        forget(session)
        session.commit()
