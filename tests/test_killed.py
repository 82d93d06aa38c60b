"""A process that is killed in the middle leaves rows and history that agree; what is left is done by the next one."""

import random
import time

import pytest
from sqlalchemy import func, insert, select

from backoffice.core.history import Change
from backoffice.core.history.audit import audit
from backoffice.core.history.seals import seal_all
from backoffice.core.history.sets import RECORDED
from backoffice.core.model import db
from backoffice.models.comments import Comment
from backoffice.models.content import Post
from make import make
from processes import processes

pytestmark = pytest.mark.long

ROWS = 1000


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


@pytest.fixture
def run(comments, database):
    """Return a function that does the work in a process of its own, and kills that after so many seconds."""
    with processes(comments, database) as start:

        def work(*words, killed_after=None):
            process, _line = start("tests/approving.py", *words, says="ready")
            if killed_after is None:
                assert process.wait(timeout=120) == 0
                return
            time.sleep(killed_after)
            process.kill()
            process.wait()

        yield work


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
def test_rows_and_history_agree_wherever_the_work_is_killed(comments, run, way, longest):
    dice = random.Random(7)
    for _ in range(2):
        run(way, killed_after=dice.uniform(0, longest))
        changed, recorded, rows = stand(comments, way)
        assert changed == recorded == rows
        assert changed % (ROWS / 10) == 0
    run(way)
    assert stand(comments, way) == (ROWS, ROWS, ROWS)


@both_ways
def test_an_undo_that_is_killed_is_done_as_a_whole_or_not_at_all(comments, run, way, longest):
    run(way)
    with comments.test_request_context():
        batch = db.session.scalar(select(Change.batch).where(Change.verb.in_(("approve", "update"))).limit(1))
    dice = random.Random(11)
    for _ in range(1):
        run(way, batch, killed_after=dice.uniform(0, longest))
        assert stand(comments, way)[0] in {0, ROWS}
    run(way, batch)
    assert stand(comments, way)[0] == 0
