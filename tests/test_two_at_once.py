"""Two people act on the same rows at the same moment: each row is changed, counted and recorded once."""

import threading
from collections import Counter

import pytest
from sqlalchemy import event, insert, select, text

from backoffice.core import history, operation, undo
from backoffice.core.access import OPERATOR
from backoffice.core.history import Change
from backoffice.core.history.audit import audit
from backoffice.core.history.seals import seal_all
from backoffice.core.history.sets import RECORDED
from backoffice.core.model import db
from backoffice.core.operation import reports
from backoffice.core.operation.altering import Edit
from backoffice.core.selection import Selection
from backoffice.core.selection.criteria import of
from backoffice.models.comments import Comment
from backoffice.models.content import Post
from make import make

ROWS = 500
HELD = 0.4  # seconds that the first has done its work and has not committed


@pytest.fixture
def comments(app):
    """Store pending comments, and return their keys."""
    with app.test_request_context():
        row = {"post_id": make(Post).id, "guest_name": "Ann", "body": "<p>Yes</p>", "status": "pending"}
        db.session.execute(insert(Comment.__table__), [row] * ROWS, execution_options=RECORDED)
        db.session.commit()
        return tuple(db.session.scalars(select(Comment.id).order_by(Comment.id)))


def both(app, work):
    """Let two people do some work, the second while the first has not committed; return what each says of it."""
    found, written = [None, None], threading.Event()

    def act(at):
        with app.test_request_context(), history.acting(None, "panel"):
            if at:
                written.wait(20)
            found[at] = work()
            if not at:
                # Whoever comes now finds these rows held.
                written.set()
                threading.Event().wait(HELD)
            db.session.commit()
            db.session.remove()

    people = [threading.Thread(target=act, args=(at,)) for at in range(2)]
    for one in people:
        one.start()
    for one in people:
        one.join(60)
    assert all(found), found
    return found


def recorded(app, verb):
    """Return of how many rows, and how often each, the history tells this; its chain verifies."""
    with app.test_request_context():
        told = Counter(db.session.scalars(select(Change.row_id).filter_by(model="comment", verb=verb)))
        seal_all(db.session)
        assert audit(db.session).faults == []
        return len(told), set(told.values())


@pytest.mark.parametrize("chosen", ["ticked", "all that match"])
def test_the_same_operation_by_two_people_counts_each_row_once(app, comments, chosen):
    def approve():
        criteria = None if chosen == "ticked" else of(Comment, OPERATOR, [("status", "pending")])
        selection = Selection(Comment, comments if chosen == "ticked" else None, criteria)
        return operation.run(db.session(), OPERATOR, "approve", selection)

    first, second = both(app, approve)
    assert (first.changed, second.changed) == (ROWS, 0)
    # Where writers wait for one another from their first statement on, the second finds nothing that matches.
    assert second.already + second.refused in ({ROWS} if chosen == "ticked" else {0, ROWS})
    assert recorded(app, "approve") == (ROWS, {1})
    with app.test_request_context():
        assert set(db.session.execute(select(Comment.status, Comment.version))) == {("approved", 2)}


@pytest.mark.postgres
@pytest.mark.parametrize("chosen", ["ticked", "all that match"])
def test_rows_that_another_was_faster_with_are_named(app, comments, chosen):
    lost = [comments[3], comments[4]]
    with app.app_context():
        engine = db.engine
    hurried = []

    def hurry(_connection, _cursor, statement, *_rest):
        if statement.startswith("INSERT INTO change") and not hurried:
            hurried.append(statement)
            with engine.begin() as other:
                other.execute(text("UPDATE comment SET status = 'spam' WHERE id = :one"), {"one": lost[0]})
                other.execute(text("DELETE FROM comment WHERE id = :one"), {"one": lost[1]})

    event.listen(engine, "before_cursor_execute", hurry)
    try:
        with app.test_request_context(), history.acting(None, "panel") as one:
            criteria = None if chosen == "ticked" else of(Comment, OPERATOR, [("status", "pending")])
            meant = Selection(Comment, comments if chosen == "ticked" else None, criteria)
            outcome = operation.run(db.session(), OPERATOR, "approve", meant)
            db.session.commit()
            told = reports.find(db.session(), OPERATOR, one.batch, Comment)
            lines = [line for line in reports.lines(db.session(), OPERATOR, told) if line.kind == "refused"]
    finally:
        event.remove(engine, "before_cursor_execute", hurry)
    # Ticked rows are wanted whatever became of them meanwhile; of those that match, the one that does no more is not.
    stayed = lost[1:] if chosen == "ticked" else lost
    assert (outcome.changed, outcome.refused) == (ROWS - len(stayed), len(stayed))
    assert [line.row_id for line in lines] == stayed


def test_the_same_change_of_each_row_by_two_people_counts_each_row_once(app, comments):
    few = comments[:50]

    def change():
        return operation.run(
            db.session(), OPERATOR, operation.UPDATE, Selection(Comment, few), {"guest_name": Edit("Bea")}
        )

    first, second = both(app, change)
    assert (first.changed, second.changed) == (50, 0)
    assert recorded(app, "update") == (50, {1})
    with app.test_request_context():
        told = select(Comment.guest_name, Comment.version).where(Comment.id.in_(few))
        assert set(db.session.execute(told)) == {("Bea", 2)}


def test_two_different_operations_leave_what_the_later_one_says(app, comments):
    verbs = iter(("approve", "spam"))
    first, second = both(app, lambda: operation.run(db.session(), OPERATOR, next(verbs), Selection(Comment, comments)))
    assert (first.changed, second.changed) == (ROWS, ROWS)
    assert recorded(app, "approve") == recorded(app, "spam") == (ROWS, {1})
    with app.test_request_context():
        assert set(db.session.execute(select(Comment.status, Comment.version))) == {("spam", 3)}
        told = db.session.execute(select(Change.before, Change.after).filter_by(verb="spam")).all()
        assert {(before["status"], after["status"]) for before, after in told} == {("approved", "spam")}


def test_an_undo_asked_for_twice_is_done_once(app, comments):
    with app.test_request_context(), history.acting(None, "panel") as one:
        operation.run(db.session(), OPERATOR, "approve", Selection(Comment, comments))
        db.session.commit()
    first, second = both(app, lambda: undo.undo(db.session(), OPERATOR, one.batch))
    assert (first.done, second.done) == (ROWS, 0)
    assert recorded(app, "undo") == (ROWS, {1})
    with app.test_request_context():
        assert set(db.session.execute(select(Comment.status, Comment.version))) == {("pending", 3)}


def test_rows_deleted_by_two_people_are_deleted_once(app, comments):
    def delete():
        return operation.run(db.session(), OPERATOR, operation.DELETE, Selection(Comment, comments))

    first, second = both(app, delete)
    assert (first.changed, second.changed) == (ROWS, 0)
    assert recorded(app, "delete") == (ROWS, {1})
