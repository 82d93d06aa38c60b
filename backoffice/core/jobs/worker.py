"""Doing one job: step by step, as the person who asked, until it ends or the worker is told to stop."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import timedelta
from typing import Any, Self

from flask import Flask
from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from backoffice.core.access import OPERATOR, NotFound
from backoffice.core.catalogues import gettext as _
from backoffice.core.history.actors import Actor, begin_acting, end_acting
from backoffice.core.jobs import Job, Refused, Step, Task, work_of
from backoffice.core.jobs.causes import cause_of
from backoffice.core.jobs.leases import (
    MOST_STARTS,
    NONE,
    Lost,
    Stopped,
    Ticket,
    claim,
    fail,
    finish,
    keep,
    looking,
    release,
    renew,
)
from backoffice.core.jobs.trouble import said
from backoffice.core.model import db
from backoffice.core.selection.criteria import BadCriteria
from backoffice.core.types import Invalid

log = logging.getLogger(__name__)
BEAT = 3.0  # seconds between two signs of life
DIED = "No worker ended or raised anything: they were killed, ran out of memory, or their machine went down."
LONGEST_STEP = 600.0  # seconds after which a step that does not end counts as hanging


def turn(
    app: Flask, stopping: Callable[[], bool] = lambda: False, key: int | None = None, patience: timedelta = NONE
) -> bool:
    """Do one job, or go on with one whose worker died; returns False when there is none.

    With `key` it is this job or none; with `patience` one that nobody else has taken for so long.
    """
    with app.app_context():
        session = db.session()
        ticket = claim(session, key, patience)
        if ticket is None:
            return False
        with suppress(Lost), _Beat(app, ticket, stopping) as beat:
            _carry(session, ticket, beat)
        return True


def _carry(session: Session, ticket: Ticket, beat: "_Beat") -> None:
    """Do the job of this ticket, and write down what came of it."""
    row = session.execute(select(Job).where(Job.id == ticket.job)).scalar_one_or_none()
    if row is None:
        raise Lost(f"Job {ticket.job}")
    token = begin_acting(Actor(row.user, "job", batch=row.batch))
    try:
        with force_locale(getattr(row.user, "locale", None) or "en"):
            _attempt(session, ticket, row, beat)
    finally:
        end_acting(token)


def _attempt(session: Session, ticket: Ticket, row: Job, beat: "_Beat") -> None:
    if ticket.attempt > MOST_STARTS:
        # Nothing was raised: whoever did it died each time, perhaps of it.
        sentence = _(
            "It was given up after %(times)d workers broke down on it. What was done is kept. Try again later; "
            "if that does not help, tell an administrator: job %(number)d.",
            times=MOST_STARTS,
            number=ticket.job,
        )
        _end(session, ticket, sentence, DIED)
        return
    try:
        _steps(session, ticket, row, beat)
    except Stopped:
        session.rollback()
        release(session, ticket)
    except Lost:
        log.info("Job %d was cancelled or given to another worker.", ticket.job)
        raise
    except (Refused, Invalid, BadCriteria) as refused:
        _end(session, ticket, str(getattr(refused, "message", refused)))
    except NotFound:
        _end(session, ticket, _("You may not do this, or not any more."))
    except Exception as error:
        log.exception("Job %d broke off in attempt %d.", ticket.job, ticket.attempt)
        # What a failure says of itself may hold what others wrote: it is for administrators.
        sentence = _(
            "It broke off, not by your doing. Try again; if that does not help, tell an administrator: job %(number)d.",
            number=ticket.job,
        )
        session.rollback()
        fail(session, ticket, sentence, again=True, cause=cause_of(error, beat.app.config))


def _end(session: Session, ticket: Ticket, sentence: str, cause: str | None = None) -> None:
    session.rollback()
    fail(session, ticket, sentence, again=False, cause=cause)


def _steps(session: Session, ticket: Ticket, row: Job, beat: "_Beat") -> None:
    user = OPERATOR if row.user_id is None else row.user
    task = Task(row.id, session, user, dict(row.arguments), dict(row.checkpoint or {}), ticket.word, beat.tell)
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
            if beat.renewed():
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

    def __init__(self, app: Flask, ticket: Ticket, stopping: Callable[[], bool]) -> None:
        super().__init__(name=f"job-{ticket.job}", daemon=True)
        self.app, self.ticket, self.stopping = app, ticket, stopping
        self.ended, self.lost = threading.Event(), threading.Event()
        self.since = time.monotonic()
        self.step: Step | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.ended.set()
        self.join()

    def renewed(self) -> bool:
        """Take note that a step was completed; tell whether it was to be the last."""
        self.since, self.step = time.monotonic(), None
        return self.stopping()

    def tell(self, step: Step) -> None:
        """Take note how far the step under way is; raises where it is not to be completed."""
        self.since, self.step = time.monotonic(), step
        if self.lost.is_set():
            raise Lost(f"Job {self.ticket.job}")
        if self.stopping():
            raise Stopped

    def run(self) -> None:
        while not self.ended.wait(BEAT) and time.monotonic() - self.since < LONGEST_STEP:
            with self.app.app_context():
                try:
                    renew(db.session(), self.ticket, self.step)
                except Lost:
                    self.lost.set()
                    return
                except SQLAlchemyError as error:
                    log.warning("Job %d could not show a sign of life: %s", self.ticket.job, said(error))
