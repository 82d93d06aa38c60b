"""Keys of jobs travel through Redis after the commit, and nothing is lost with Redis or what it holds."""

import base64
import json
import logging
import secrets
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import func, select, update

from backoffice.carrier import EXTENSION
from backoffice.core.history.sets import RECORDED
from backoffice.core.jobs import DONE, RUNNING, WAITING, Job, later, leases, worker
from backoffice.core.model import db, now
from working import NAME

NOWHERE = "redis://127.0.0.1:1/0"
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def far(app, make_app, database):
    """Return a function that makes an application on the database of this test and on a Redis."""
    made = []

    def make(address):
        one = make_app(SQLALCHEMY_DATABASE_URI=database, REDIS_URL=address, SECRET_KEY=secrets.token_hex())
        made.append(one)
        return one

    yield make
    for one in made:
        one.extensions[EXTENSION].close()
        with one.app_context():
            db.engine.dispose()


@pytest.fixture
def carried(far, redis_url):
    """Return an application whose jobs are carried by a Redis that is there."""
    made = far(redis_url)
    yield made
    with Redis.from_url(redis_url) as server:
        server.delete(made.extensions[EXTENSION].queue)


@pytest.fixture
def sent(carried, redis_url):
    """Return a function that tells the keys in the queue, in the order in which they will be fetched."""

    def read():
        with Redis.from_url(redis_url) as server:
            found = server.lrange(carried.extensions[EXTENSION].queue, 0, -1)
        return [json.loads(base64.b64decode(json.loads(one)["body"]))[0][0] for one in reversed(found)]

    return read


def ask(app):
    """Write down a job and return its key."""
    with app.app_context():
        asked = later(db.session(), NAME, None, number=2).id
        db.session.commit()
        return asked


def states(app):
    with app.app_context():
        return db.session.scalars(select(Job.state).order_by(Job.id)).all()


def put(app, key, **values):
    with app.app_context():
        db.session.execute(update(Job).where(Job.id == key).values(**values), execution_options=RECORDED)
        db.session.commit()


def test_a_key_is_sent_after_the_commit_and_not_before(carried, sent):
    with carried.app_context():
        key = later(db.session(), NAME, None, number=1).id
        assert sent() == []
        db.session.commit()
    assert sent() == [key]


def test_without_redis_what_was_asked_for_is_stored_and_done_by_whoever_looks(far, caplog):
    app = far(NOWHERE)
    with caplog.at_level(logging.WARNING):
        ask(app)
    assert "Redis does not take the keys of jobs" in caplog.text
    assert states(app) == [WAITING]
    carrier = app.extensions[EXTENSION]
    assert carrier.reap(app, lambda: False) is True
    assert states(app) == [DONE]
    assert carrier.reap(app, lambda: False) is False


def test_keys_that_were_lost_are_sent_again_but_not_those_that_are_there(carried, sent, redis_url):
    keys = [ask(carried) for _ in range(3)]
    carrier = carried.extensions[EXTENSION]
    carrier.reap(carried, lambda: False)
    assert sent() == keys
    with Redis.from_url(redis_url) as server:
        server.delete(carrier.queue)
    put(carried, keys[0], state=RUNNING, worker="alive", lease_until=now() + timedelta(minutes=1))
    put(carried, keys[1], state=RUNNING, worker="dead", lease_until=now() - timedelta(minutes=1))
    carrier.reap(carried, lambda: False)
    assert sent() == keys[1:]


def test_a_key_that_arrives_twice_or_too_late_does_nothing(carried):
    key = ask(carried)
    put(carried, key, state=RUNNING, worker="alive", lease_until=now() + timedelta(minutes=1))
    assert worker.turn(carried, key=key) is False
    put(carried, key, state=WAITING, worker=None, lease_until=None)
    assert worker.turn(carried, key=key) is True
    assert worker.turn(carried, key=key) is False
    assert worker.turn(carried, key=987654) is False
    assert states(carried) == [DONE]


def test_a_key_gets_its_own_job_done_and_no_other(app):
    first, second = ask(app), ask(app)
    assert worker.turn(app, key=second)
    assert states(app) == [WAITING, DONE]
    assert worker.turn(app, key=first)
    assert states(app) == [DONE, DONE]


def test_who_is_patient_takes_only_what_nobody_else_took(app):
    key = ask(app)
    patient = timedelta(seconds=10)
    assert worker.turn(app, patience=patient) is False
    put(app, key, updated_at=now() - timedelta(seconds=11))
    assert worker.turn(app, patience=patient) is True
    put(app, key, state=RUNNING, worker="dead", lease_until=now() - timedelta(seconds=5))
    assert worker.turn(app, patience=patient) is False
    assert worker.turn(app) is True


def test_what_arrives_is_read_as_json_alone(carried):
    celery = carried.extensions[EXTENSION].celery
    assert list(celery.conf.accept_content) == ["json"]
    assert (celery.conf.task_serializer, celery.conf.task_ignore_result) == ("json", True)


def test_without_redis_celery_is_not_even_loaded():
    asked = "import sys, backoffice; backoffice.create_app(); print('celery' in sys.modules, 'kombu' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["False", "False"]


def test_jobs_are_free_from_the_moment_on_that_they_are_due(app):
    key = ask(app)
    with app.app_context():
        moment = leases.clock(db.session())
    put(app, key, due_at=moment + timedelta(minutes=1))
    with app.app_context():
        assert leases.free(db.session(), 5) == []
    put(app, key, due_at=func.now())
    put(app, key, due_at=moment - timedelta(seconds=1))
    with app.app_context():
        assert leases.free(db.session(), 5) == [key]
