"""A process that is killed in the middle leaves rows and history that agree; what is left is done by the next one."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from backoffice.core.audit import audit
from backoffice.core.history import Change
from backoffice.core.model import db
from backoffice.core.seals import seal_all
from backoffice.core.sets import RECORDED
from backoffice.models.comments import Comment
from backoffice.models.content import Post
from make import make

ROWS = 1000
ROOT = Path(__file__).resolve().parent.parent
WORK = """
import sys
from backoffice import create_app
from backoffice.core import history, operation, undo
from backoffice.core.access import OPERATOR
from backoffice.core.altering import Edit
from backoffice.core.criteria import Criteria, Filter
from backoffice.core.model import db
from backoffice.core.selection import Selection
from backoffice.models.comments import Comment

def part(at, way):
    # Ten parts, each a transaction of its own within one batch.
    chosen = Filter("guest_name", "is", f"Guest {at}"), Filter("status", "is", "pending")
    rows = Selection(Comment, criteria=Criteria(Comment, filters=chosen))
    if way == "rows":
        operation.run(db.session(), OPERATOR, "update", rows, {"guest_url": Edit("https://example.com/")})
    else:
        operation.run(db.session(), OPERATOR, "approve", rows)
    db.session.commit()

with create_app(SQLALCHEMY_DATABASE_URI=sys.argv[1]).test_request_context():
    print("ready", flush=True)
    with history.acting(None, "job"):
        if len(sys.argv) > 3:
            undo.undo(db.session(), OPERATOR, sys.argv[3])
            db.session.commit()
        else:
            for at in range(10):
                part(at, sys.argv[2])
"""


@pytest.fixture
def comments(app):
    """Store many pending comments, in ten parts."""
    with app.test_request_context():
        post = make(Post).id
        rows = [
            {"post_id": post, "guest_name": f"Guest {at % 10}", "body": f"<p>Remark {at}</p>", "status": "pending"}
            for at in range(ROWS)
        ]
        db.session.execute(insert(Comment.__table__), rows, execution_options=RECORDED)
        db.session.commit()
    return app


def run(app, way, *more, killed_after=None):
    """Do the work in a process of its own, and kill that after so many seconds."""
    address = app.config["SQLALCHEMY_DATABASE_URI"]
    one = subprocess.Popen([sys.executable, "-c", WORK, address, way, *more], cwd=ROOT, stdout=subprocess.PIPE)
    with one:
        assert one.stdout.readline() == b"ready\n"
        if killed_after is None:
            assert one.wait(timeout=120) == 0
            return
        time.sleep(killed_after)
        one.kill()


def stand(app, way):
    """Return how many rows are changed, how often that was recorded, and of how many rows."""
    done, verb = (
        (Comment.guest_url.is_not(None), "update") if way == "rows" else (Comment.status == "approved", "approve")
    )
    with app.test_request_context():
        seal_all(db.session)
        assert audit(db.session).faults == []
        changed = db.session.scalar(select(func.count()).where(done))
        told = select(func.count(), func.count(Change.row_id.distinct())).where(Change.model == "comment")
        return changed, *db.session.execute(told.where(Change.verb == verb)).one()


# As one statement on many rows, and row by row under the rules of their model.
both_ways = pytest.mark.parametrize(("way", "longest"), [("sets", 0.4), ("rows", 3)])


@both_ways
def test_rows_and_history_agree_wherever_the_work_is_killed(comments, way, longest):
    dice = random.Random(7)
    for _ in range(2):
        run(comments, way, killed_after=dice.uniform(0, longest))
        changed, recorded, rows = stand(comments, way)
        assert changed == recorded == rows
        assert changed % (ROWS / 10) == 0
    run(comments, way)
    assert stand(comments, way) == (ROWS, ROWS, ROWS)


@both_ways
def test_an_undo_that_is_killed_is_done_as_a_whole_or_not_at_all(comments, way, longest):
    run(comments, way)
    with comments.test_request_context():
        batch = db.session.scalar(select(Change.batch).where(Change.verb.in_(("approve", "update"))).limit(1))
    dice = random.Random(11)
    for _ in range(1):
        run(comments, way, batch, killed_after=dice.uniform(0, longest))
        assert stand(comments, way)[0] in {0, ROWS}
    run(comments, way, batch)
    assert stand(comments, way)[0] == 0
