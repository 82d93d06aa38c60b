"""A worker that cannot reach its jobs says so once and waits; when it can, it goes on by itself."""

import logging
import threading
from contextlib import contextmanager

import pytest
from sqlalchemy.exc import OperationalError, ProgrammingError

from backoffice.core.jobs import DONE, Job, crew, later, trouble
from backoffice.core.model import db
from working import NAME


@pytest.fixture
def hasty(monkeypatch):
    """Let workers wait for no more than moments."""
    monkeypatch.setattr(crew, "PAUSE", 0.01)
    monkeypatch.setattr(trouble, "SHORTEST", 0.01)
    monkeypatch.setattr(trouble, "LONGEST", 0.05)


@contextmanager
def working(app, look):
    """Let a worker look for jobs inside."""
    stop = threading.Event()
    thread = threading.Thread(target=crew.run, args=(app, stop, look))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)


def counting(look):
    """Return a way to look that counts how often it was tried, and an event that is set after several times."""
    seen, enough = [], threading.Event()

    def tried(app, stopping):
        seen.append(None)
        if len(seen) > 6:
            enough.set()
        return look(app, stopping)

    return tried, enough


def told(caplog):
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_worker_before_the_first_migration_says_once_what_to_do_and_begins_after_it(make_app, hasty, caplog):
    app = make_app()
    look, enough = counting(crew.worker.turn)
    with caplog.at_level(logging.WARNING), working(app, look):
        assert enough.wait(30)
        assert told(caplog) == [trouble.UNMADE]
        assert all(record.exc_info is None for record in caplog.records)
        with app.app_context():
            db.create_all()
            later(db.session(), NAME, None, number=1)
            db.session.commit()
        _until(app)
    assert told(caplog) == [trouble.UNMADE, "The worker reaches its jobs again."]
    with app.app_context():
        db.engine.dispose()


def test_a_database_that_is_away_is_told_of_once_and_the_worker_goes_on(app, hasty, caplog):
    away = threading.Event()
    away.set()

    def look(one, stopping):
        if away.is_set():
            raise OperationalError("SELECT secret", {}, Exception("the server closed\nthe connection"))
        return crew.worker.turn(one, stopping)

    tried, enough = counting(look)
    with app.app_context():
        later(db.session(), NAME, None, number=1)
        db.session.commit()
    with caplog.at_level(logging.WARNING), working(app, tried):
        assert enough.wait(30)
        away.clear()
        _until(app)
    assert told(caplog) == [
        "The worker cannot reach its jobs and tries again: the server closed the connection",
        "The worker reaches its jobs again.",
    ]


def _until(app):
    for _time in range(600):
        with app.app_context():
            if db.session.scalar(db.select(Job.state)) == DONE:
                return
        threading.Event().wait(0.05)
    pytest.fail("The job was not done.")


def test_the_wait_grows_and_is_short_again_after_the_end():
    one = trouble.Trouble()
    waits = []
    for _time in range(6):
        one.began(OperationalError("", {}, Exception("gone")))
        waits.append(one.pause)
    assert waits == [1, 2, 4, 8, 10, 10]
    one.ended()
    assert one.pause == 0


@pytest.mark.parametrize("words", ["no such table: job", "no such column: job.due_at"])
def test_what_sqlite_says_of_an_old_schema_is_known(words):
    assert trouble.absent(OperationalError("", {}, Exception(words)))
    assert not trouble.absent(OperationalError("", {}, Exception("database is locked")))


def test_what_postgresql_says_of_an_old_schema_is_known():
    class Undefined(Exception):  # noqa: N818 - as the driver calls it
        sqlstate = "42P01"

    assert trouble.absent(ProgrammingError("", {}, Undefined()))
