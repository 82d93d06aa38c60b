"""Doing jobs: one after another, step by step, as the person who asked, until told to stop."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any, Self

from flask import Flask
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from backoffice.core.access import OPERATOR, NotFound
from backoffice.core.acting import Actor, begin_acting, end_acting
from backoffice.core.criteria import BadCriteria
from backoffice.core.jobs import Job, Refused, Task, chores, work_of
from backoffice.core.leases import MOST_ATTEMPTS, Lost, Ticket, claim, fail, finish, keep, looking, release, renew
from backoffice.core.model import db
from backoffice.core.seals import head, seal_all, waiting
from backoffice.core.types import Invalid

log = logging.getLogger(__name__)
PAUSE = 1.0  # seconds between two looks at the table when there is nothing to do
BEAT = 5.0  # seconds between two signs of life
CHORES = 3600.0  # seconds between two rounds of what is to be done now and then
SEALING = 5.0  # seconds between two rounds of sealing what was written
LONGEST_STEP = 600.0  # seconds after which a step that does not end counts as hanging


def run(app: Flask, stop: threading.Event, *, drain: bool = False) -> int:
    """Do jobs until `stop` is set, or, to `drain`, until nothing waits any more; returns how many were started."""
    started, tidied, sealed = 0, -CHORES, -SEALING
    while not stop.is_set():
        try:
            if time.monotonic() - tidied > CHORES:
                tidied = time.monotonic()
                _tidy(app)
            if time.monotonic() - sealed > SEALING:
                sealed = time.monotonic()
                _seal(app)
            if turn(app, stop.is_set):
                started += 1
                continue
        except SQLAlchemyError:
            log.exception("The worker could not reach its jobs; it tries again.")
        if drain:
            break
        stop.wait(PAUSE)
    return started


@dataclass(frozen=True)
class Crew:
    """Threads that do jobs; a thread that does not end in time leaves its job to others, from its last step on."""

    threads: tuple[threading.Thread, ...]
    stop: threading.Event

    def tell(self) -> None:
        """Let each end after the step it is at."""
        self.stop.set()

    def wait(self, seconds: float) -> None:
        """Wait until all have ended, but no longer than these seconds."""
        deadline = time.monotonic() + seconds
        for thread in self.threads:
            thread.join(max(0.0, deadline - time.monotonic()))


def start(app: Flask, number: int, *, drain: bool = False) -> Crew:
    """Start this many threads that do jobs."""
    stop = threading.Event()
    made = [
        threading.Thread(target=run, args=(app, stop), kwargs={"drain": drain}, name=f"jobs-{at}", daemon=True)
        for at in range(number)
    ]
    for thread in made:
        thread.start()
    return Crew(tuple(made), stop)


def _tidy(app: Flask) -> None:
    for work in chores():
        with app.app_context():
            try:
                work(db.session())
            except OSError:
                log.exception("A chore broke off; it comes again.")


def _seal(app: Flask) -> None:
    """Link what was written to the chain; where it ends goes to the log, which others keep."""
    with app.app_context():
        session = db.session()
        with looking(session):
            due = waiting(session)
        if due and seal_all(session):
            log.info("The history is sealed up to %d:%s", *head(session))


def turn(app: Flask, stopping: Callable[[], bool] = lambda: False) -> bool:
    """Do one job, or go on with one whose worker died; returns False when there is none."""
    with app.app_context():
        session = db.session()
        ticket = claim(session)
        if ticket is None:
            return False
        with suppress(Lost), _Beat(app, ticket) as beat:
            _carry(session, ticket, lambda: beat.renewed() or stopping())
        return True


def _carry(session: Session, ticket: Ticket, stopping: Callable[[], bool]) -> None:
    """Do the job of this ticket, and write down what came of it."""
    row = session.execute(select(Job).where(Job.id == ticket.job)).scalar_one_or_none()
    if row is None:
        raise Lost(f"Job {ticket.job}")
    token = begin_acting(Actor(row.user, "job", batch=row.batch))
    try:
        with force_locale(getattr(row.user, "locale", None) or "en"):
            _attempt(session, ticket, row, stopping)
    finally:
        end_acting(token)


def _attempt(session: Session, ticket: Ticket, row: Job, stopping: Callable[[], bool]) -> None:
    if ticket.attempt > MOST_ATTEMPTS:
        # Nothing was raised: whoever did it died each time, perhaps of it.
        _end(session, ticket, _("Its worker broke off %(times)d times in the same place.", times=MOST_ATTEMPTS))
        return
    try:
        _steps(session, ticket, row, stopping)
    except Lost:
        log.info("Job %d was cancelled or given to another worker.", ticket.job)
        raise
    except (Refused, Invalid, BadCriteria) as refused:
        _end(session, ticket, str(getattr(refused, "message", refused)))
    except NotFound:
        _end(session, ticket, _("You may not do this, or not any more."))
    except Exception as error:
        log.exception("Job %d broke off in attempt %d.", ticket.job, ticket.attempt)
        session.rollback()
        kind = type(error).__name__
        fail(session, ticket, _("It broke off (%(kind)s); the log says where.", kind=kind), again=True)


def _end(session: Session, ticket: Ticket, sentence: str) -> None:
    session.rollback()
    fail(session, ticket, sentence, again=False)


def _steps(session: Session, ticket: Ticket, row: Job, stopping: Callable[[], bool]) -> None:
    user = OPERATOR if row.user_id is None else row.user
    task = Task(row.id, session, user, dict(row.arguments), dict(row.checkpoint or {}), ticket.word)
    with closing(work_of(row.name)(task)) as work:
        session.rollback()
        while True:
            _may_act(session, user)
            try:
                step = next(work)
            except StopIteration as end:
                finish(session, ticket, end.value)
                return
            keep(session, ticket, step)
            if stopping():
                release(session, ticket)
                return


def _may_act(session: Session, user: Any) -> None:
    """Raise Refused when whoever asked for the job may not act any more, as the database has it now."""
    if user is None:
        raise Lost
    with looking(session):
        active = user.active
    if not active:
        raise Refused(_("The account that asked for this is deactivated."))


class _Beat(threading.Thread):
    """Signs of life while a step takes its time; they end when one takes so long that it must hang."""

    def __init__(self, app: Flask, ticket: Ticket) -> None:
        super().__init__(name=f"job-{ticket.job}", daemon=True)
        self.app, self.ticket, self.ended = app, ticket, threading.Event()
        self.since = time.monotonic()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.ended.set()
        self.join()

    def renewed(self) -> bool:
        """Take note that a step was completed."""
        self.since = time.monotonic()
        return False

    def run(self) -> None:
        while not self.ended.wait(BEAT) and time.monotonic() - self.since < LONGEST_STEP:
            with self.app.app_context():
                try:
                    renew(db.session(), self.ticket)
                except Lost:
                    return
                except SQLAlchemyError:
                    log.warning("Job %d could not show a sign of life.", self.ticket.job, exc_info=True)
