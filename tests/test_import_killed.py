"""Workers of an import are killed as real processes; each line comes in once, or none at all."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select

from backoffice.core import imports, uploads
from backoffice.core.history import Change
from backoffice.core.imports import Order
from backoffice.core.jobs import DONE, Job
from backoffice.core.leases import looking
from backoffice.core.mapping import Plan
from backoffice.core.model import db
from backoffice.models.accounts import User
from backoffice.models.comments import Comment
from backoffice.models.content import Post
from make import make
from people import add_user

ROOT = Path(__file__).resolve().parent.parent
LINES = 6_000


@pytest.fixture
def worker(app, database):
    """Return a function that starts a worker with short leases; all are ended after the test."""
    started = []
    own = {
        "BACKOFFICE_ENV": "testing",
        "DATABASE_URL": database,
        "EXPORTS_FOLDER": app.config["EXPORTS_FOLDER"],
        "IMPORTS_FOLDER": app.config["IMPORTS_FOLDER"],
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}",
        "PYTHONUNBUFFERED": "1",
    }

    def start():
        process = subprocess.Popen(
            [sys.executable, "tests/working.py", "1", "1"],
            cwd=ROOT,
            env={**os.environ, **own},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        started.append(process)
        assert "working" in process.stdout.readline()
        return process

    yield start
    for process in started:
        process.kill()
        process.wait(timeout=10)
        process.stdout.close()


def ask(app, tmp_path, *, whole):
    path = tmp_path / "comments.csv"
    with app.test_request_context():
        user = db.session.get(User, add_user("administrator").id)
        post = make(Post).slug
        lines = (f"{post},Guest {at},<p>Words {at}</p>\n" for at in range(LINES))
        path.write_text("post,guest_name,body\n" + "".join(lines))
        with path.open("rb") as file:
            upload = uploads.receive(file, path.name)
        plan = Plan(Comment, ("post", "guest_name", "body"), whole=whole)
        key = imports.ask(db.session(), user, Order(upload, "", plan, rehearse=False)).id
        db.session.commit()
        return key


def job(app, key):
    with app.app_context(), looking(db.session()):
        return db.session.execute(select(Job.__table__).filter_by(id=key)).mappings().one()


def until(condition, seconds=90):
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "It took too long."
        time.sleep(0.05)


@pytest.mark.parametrize("whole", [True, False])
def test_an_import_whose_worker_is_killed_three_times_brings_each_line_in_once(app, worker, tmp_path, whole):
    key = ask(app, tmp_path, whole=whole)
    chance = random.Random(3)
    words = set()
    for _kill in range(3):
        process, before = worker(), job(app, key)["worker"]
        until(lambda before=before: job(app, key)["worker"] not in (None, before))
        words.add(job(app, key)["worker"])
        time.sleep(chance.uniform(0, 0.8))
        process.kill()
        process.wait()
    worker()
    until(lambda: job(app, key)["state"] == DONE)
    row = job(app, key)
    with app.app_context():
        came = Counter(db.session.scalars(select(Comment.guest_name)))
        told = db.session.execute(
            select(func.count(), func.count(Change.row_id.distinct()), func.count(Change.batch.distinct())).filter_by(
                model="comment", verb="create", door="import"
            )
        ).one()
    assert came == Counter(f"Guest {at}" for at in range(LINES))
    assert tuple(told) == (LINES, LINES, 1)
    assert row["result"]["report"]["created"] == LINES
    assert len(words) == 3
