"""Workers of an import are killed as real processes; each line comes in once, or none at all."""

import random
import time
from collections import Counter

import pytest
from sqlalchemy import func, select

from backoffice.core import imports
from backoffice.core.history import Change
from backoffice.core.imports import Order, uploads
from backoffice.core.imports.mapping import Plan
from backoffice.core.jobs import DONE
from backoffice.core.model import db
from backoffice.models.accounts import User
from backoffice.models.comments import Comment
from backoffice.models.content import Post
from make import make
from people import add_user
from processes import job, processes, until

pytestmark = pytest.mark.long

LINES = 4_000


@pytest.fixture
def worker(app, database):
    """Return a function that starts a worker with short leases; all are ended after the test."""
    with processes(app, database) as start:
        yield lambda: start("tests/working.py", 1, 1, says="working")[0]


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


@pytest.mark.parametrize("whole", [True, False])
def test_an_import_whose_worker_is_killed_three_times_brings_each_line_in_once(app, worker, tmp_path, whole):
    key = ask(app, tmp_path, whole=whole)
    chance = random.Random(3)
    words = set()
    for _kill in range(3):
        before, process = job(app, key)["worker"], worker()
        until(lambda before=before: job(app, key)["worker"] not in (None, before))
        words.add(job(app, key)["worker"])
        time.sleep(chance.uniform(0, 0.5))
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
