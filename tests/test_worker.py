"""Workers are killed, stopped and crowded as real processes; each step of each job has its effect once."""

import base64
import json
import pickle
import random
import re
import secrets
import signal
import time
import urllib.request
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import select

from backoffice.carrier import queue_of
from backoffice.core.history import Change
from backoffice.core.history.sets import RECORDED
from backoffice.core.jobs import DONE, crew, later, leases
from backoffice.core.model import db
from backoffice.core.operation import chunks
from backoffice.core.selection import Selection
from backoffice.core.selection.criteria import Criteria, of
from backoffice.core.transfer import exports
from backoffice.models.accounts import User
from backoffice.models.comments import Comment
from backoffice.models.content import Post, Tag
from make import make
from people import add_user
from processes import job, processes, until
from working import NAME

pytestmark = pytest.mark.long

both_ways = pytest.mark.parametrize("way", ["table", "redis"], indirect=True)


@pytest.fixture
def way(request):
    """Return the settings by which jobs find their workers: by looking into the table, or by Celery and Redis."""
    if getattr(request, "param", "table") == "table":
        yield {}
        return
    found = {"REDIS_URL": request.getfixturevalue("redis_url"), "SECRET_KEY": secrets.token_hex()}
    yield found
    with Redis.from_url(found["REDIS_URL"]) as server:
        server.delete(queue_of(found["SECRET_KEY"]))


@pytest.fixture
def spawn(app, database, way):
    """Return a function that starts a process on the database of this test; all are ended after it."""
    with processes(app, database, **way) as start:
        yield start


@pytest.fixture
def worker(spawn):
    """Return a function that starts a worker with leases of some seconds."""
    return lambda seconds=1.0, threads=1: spawn("tests/working.py", seconds, threads, says="working")[0]


def ask(app, **arguments):
    """Write down a job and return its key."""
    with app.app_context():
        key = later(db.session(), NAME, None, **arguments).id
        db.session.commit()
        return key


def written(app):
    """Return the tags as (job, step, start), and how often the history tells of each."""
    with app.app_context():
        names = db.session.scalars(select(Tag.name).order_by(Tag.id)).all()
        told = db.session.scalars(select(Change.label).filter_by(model="tag", verb="create")).all()
    assert Counter(names) == Counter(told)
    return [(int(number), int(step), word) for number, step, word in map(str.split, names)]


class Trap:
    """What must never be unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("way", ["redis"], indirect=True)
def test_a_worker_throws_away_what_it_cannot_trust_and_goes_on(app, way, worker, tmp_path):
    about = {"body_encoding": "base64", "delivery_tag": "1", "delivery_info": {"exchange": "", "routing_key": ""}}
    message = {"content-encoding": "binary", "content-type": "application/x-python-serialize", "properties": about}
    message["headers"] = {"task": "backoffice.do_job", "id": "1", "lang": "py"}
    message["body"] = base64.b64encode(pickle.dumps(((Trap(tmp_path / "sprung"),), {}, {}))).decode()
    with Redis.from_url(way["REDIS_URL"]) as server:
        server.lpush(queue_of(way["SECRET_KEY"]), json.dumps(message), "no message at all")
    key = ask(app, number=2)
    worker()
    until(lambda: job(app, key)["state"] == DONE)
    assert not (tmp_path / "sprung").exists()


@both_ways
def test_a_job_whose_worker_is_killed_ten_times_does_each_step_once(app, worker):
    key = ask(app, number=150, each=0.02)
    chance = random.Random(7)
    for _kill in range(10):
        process, before = worker(), job(app, key)["done"]
        until(lambda before=before: job(app, key)["done"] > before)
        time.sleep(chance.uniform(0, 0.15))
        process.kill()
        process.wait()
    worker()
    until(lambda: job(app, key)["state"] == DONE)
    assert [step for _job, step, _word in written(app)] == list(range(150))
    assert len({word for _job, _step, word in written(app)}) > 5
    assert job(app, key)["result"] == {"written": 150}


@both_ways
def test_the_job_of_a_killed_worker_goes_on_when_its_lease_is_over_which_is_within_half_a_minute(app, worker):
    assert leases.LEASE + timedelta(seconds=crew.PAUSE) < timedelta(seconds=30)
    key = ask(app, number=400, each=0.1)
    process = worker(seconds=4)
    until(lambda: job(app, key)["done"] > 2)
    process.kill()
    process.wait()
    left = job(app, key)
    successor = worker(seconds=4)
    until(lambda: job(app, key)["done"] > left["done"])
    # It works on and on, and whoever else asks SQLite to write, be it for the time, might wait for ever.
    successor.kill()
    successor.wait()
    with app.app_context():
        assert leases.clock(db.session()) > left["lease_until"]
    steps = [step for _job, step, _word in written(app)]
    assert steps == list(range(len(steps)))


def test_many_workers_never_do_one_job_at_once(app, worker):
    keys = [ask(app, number=3, each=0.01) for _ in range(20)]
    for _process in range(3):
        worker(seconds=20, threads=2)
    until(lambda: all(job(app, key)["state"] == DONE for key in keys))
    found = written(app)
    assert sorted((key, step) for key, step, _word in found) == [(key, step) for key in keys for step in range(3)]
    assert len({(key, word) for key, _step, word in found}) == 20


@pytest.mark.postgres
def test_a_worker_that_was_only_asleep_writes_nothing_over_its_successor(app, worker):
    # On SQLite nobody could begin meanwhile: a process that sleeps within a step keeps the one writer's place.
    key = ask(app, number=5, hangs=2, pause=1.5)
    asleep = worker()
    assert asleep.stdout.readline() == "hanging\n"
    asleep.send_signal(signal.SIGSTOP)
    worker()
    until(lambda: job(app, key)["state"] == DONE)
    asleep.send_signal(signal.SIGCONT)
    time.sleep(2)
    found = written(app)
    assert [step for _job, step, _word in found] == [0, 1, 2, 3, 4]
    assert len({word for _job, step, word in found if step >= 2}) == 1


def test_a_step_may_take_longer_than_a_lease(app, worker):
    key = ask(app, number=2, hangs=0, pause=3)
    worker(seconds=1)
    worker(seconds=1)
    until(lambda: job(app, key)["state"] == DONE)
    assert [step for _job, step, _word in written(app)] == [0, 1]


@both_ways
def test_a_worker_ends_when_told_and_gives_its_job_back(app, spawn):
    with app.app_context():
        for at in range(30):
            db.session.add(Tag(name=f"Tag {at}"))
        key = exports.ask(db.session(), None, Criteria(Tag), ("id", "name"), "csv").id
        db.session.commit()
    process, _line = spawn("manage.py", "work", says="Doing jobs")
    until(lambda: job(app, key)["state"] == DONE)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0
    drained, _line = spawn("manage.py", "work", "--drain", says="Doing jobs")
    assert drained.wait(timeout=30) == 0
    assert job(app, key)["state"] == DONE


@both_ways
def test_the_server_does_jobs_by_itself(app, spawn):
    with app.app_context():
        key = exports.ask(db.session(), None, Criteria(User), (), "jsonl").id
        add_user("editor")
        db.session.commit()
    process, line = spawn("manage.py", "run", says="http://")
    address = re.search(r"http://\S+", line)[0]
    until(lambda: job(app, key)["state"] == DONE)
    with urllib.request.urlopen(f"{address}healthz", timeout=5) as answer:
        assert answer.status == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0


def test_an_export_whose_worker_is_killed_is_the_file_it_would_have_been(app, worker):
    with app.app_context():
        rows = [{"name": f"Tag {at}\n=1+1", "slug": f"tag-{at}"} for at in range(60_000)]
        db.session.execute(Tag.__table__.insert(), [row | stamp() for row in rows], execution_options=RECORDED)
        keys = [
            exports.ask(db.session(), None, Criteria(Tag), ("id", "name"), form).id for form in ("csv", "jsonl", "csv")
        ]
        db.session.commit()
    for _kill in range(6):
        done = sum(job(app, key)["done"] for key in keys)
        process = worker()
        until(lambda done=done: sum(job(app, key)["done"] for key in keys) > done or ended(app, keys))
        process.kill()
        process.wait()
    worker()
    until(lambda: ended(app, keys))
    folder = Path(app.config["EXPORTS_FOLDER"])
    first, second, third = (folder / job(app, key)["result"]["file"] for key in keys)
    assert first.read_bytes() == third.read_bytes()
    assert first.read_text().count("id") == 1
    told = [json.loads(line) for line in second.read_text().splitlines()]
    assert [one["name"] for one in told] == [row["name"] for row in rows]
    assert {job(app, key)["result"]["rows"] for key in keys} == {60_000}
    assert all(path.stat().st_mode & 0o077 == 0 for path in (first, second, third, folder))


def test_an_operation_whose_worker_is_killed_changes_each_row_once(app, worker):
    with app.app_context():
        writer = add_user("moderator")
        post = make(Post)
        db.session.flush()
        rows = [{"body": f"<p>{at}</p>", "guest_name": "Ann", "status": "pending"} for at in range(12_000)]
        rows = [{**row, **stamp(), "post_id": post.id} for row in rows]
        db.session.execute(Comment.__table__.insert(), rows, execution_options=RECORDED)
        person = db.session.get(User, writer.id)
        selection = Selection(Comment, criteria=of(Comment, person, [("status", "pending")]))
        key = chunks.ask(db.session(), person, "approve", selection, "a word").id
        db.session.commit()
    for _kill in range(6):
        process, before = worker(), job(app, key)["done"]
        until(lambda before=before: job(app, key)["done"] > before)
        process.kill()
        process.wait()
    worker()
    until(lambda: job(app, key)["state"] == DONE)
    assert job(app, key)["result"] == {"changed": 12_000, "already": 0, "refused": 0, "reasons": {}}
    with app.app_context():
        assert set(db.session.execute(select(Comment.status, Comment.version))) == {("approved", 2)}
        told = db.session.execute(select(Change.row_id, Change.batch).filter_by(verb="approve")).all()
    assert len(told) == len({one.row_id for one in told}) == 12_000
    assert {one.batch for one in told} == {job(app, key)["batch"]}


def stamp():
    """Return what every row has."""
    moment = exports.now()
    return {"created_at": moment, "updated_at": moment, "version": 1}


def ended(app, keys):
    return all(job(app, key)["state"] == DONE for key in keys)
