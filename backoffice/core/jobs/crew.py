"""Threads that look for jobs and do them, one after another, until told to stop; and what is done now and then."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from backoffice.core.history.seals import head, seal_all, waiting
from backoffice.core.jobs import chores, worker
from backoffice.core.jobs.leases import NONE, looking
from backoffice.core.jobs.trouble import Trouble
from backoffice.core.model import db

log = logging.getLogger(__name__)
PAUSE = 1.0  # seconds between two looks at the table when there is nothing to do
PATIENCE = timedelta(seconds=10)  # in which somebody else may take a job before one takes it oneself
CHORES = 3600.0  # seconds between two rounds of what is to be done now and then
SEALING = 5.0  # seconds between two rounds of sealing what was written

Round = Callable[[Flask], None]
Look = Callable[[Flask, Callable[[], bool]], bool]


def run(app: Flask, stop: threading.Event, look: Look = worker.turn, *, drain: bool = False) -> int:
    """Look for jobs until `stop` is set, or, to `drain`, until nothing waits any more; returns how many were started.

    `look` does one job and says whether there was one.
    """
    started, trouble = 0, Trouble()
    rounds: dict[Round, float] = {}
    while not stop.is_set():
        try:
            _go_round(app, rounds)
            found = look(app, stop.is_set)
            trouble.ended()
        except SQLAlchemyError as error:
            found = False
            trouble.began(error)
        started += found
        if drain and not found:
            break
        stop.wait(0 if found else trouble.pause or PAUSE)
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


def start(app: Flask, number: int, patience: timedelta = NONE, *, drain: bool = False) -> Crew:
    """Start this many threads that do jobs, with `patience` those that nobody else has taken for so long."""
    stop, look = threading.Event(), partial(worker.turn, patience=patience)
    made = [
        threading.Thread(target=run, args=(app, stop, look), kwargs={"drain": drain}, name=f"jobs-{at}", daemon=True)
        for at in range(number)
    ]
    for thread in made:
        thread.start()
    return Crew(tuple(made), stop)


def _go_round(app: Flask, rounds: dict[Round, float]) -> None:
    """Do what is due of that which is done now and then; `rounds` holds when each was done last."""
    for work, pause in ((_tidy, CHORES), (_seal, SEALING)):
        if time.monotonic() - rounds.get(work, -pause) > pause:
            rounds[work] = time.monotonic()
            work(app)


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
