"""An operation that a job does in parts means what it means in a request: the same rows, values, counts and history."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from backoffice.core import history, operation
from backoffice.core.access import OPERATOR
from backoffice.core.history.sets import RECORDED
from backoffice.core.jobs import CANCELLED, DONE, FAILED, PARTLY, RUNNING, Job, worker
from backoffice.core.model import db, now
from backoffice.core.operation import chunks, reports
from backoffice.core.operation.altering import Edit
from backoffice.core.selection import Selection
from backoffice.core.selection.criteria import of
from backoffice.models.accounts import Role, User
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post
from make import make
from people import add_user


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(chunks, "PART", 4)


@pytest.fixture
def person(app):
    """Return a function that makes somebody with a role and returns their key."""

    def someone(role):
        with app.app_context():
            return add_user(role).id

    return someone


def ask(app, key, model, name, pairs=()):
    """Let somebody ask for an operation on all that match, and return the key of the job."""
    with app.app_context():
        user = db.session.get(User, key)
        selection = Selection(model, criteria=of(model, user, list(pairs)))
        found = chunks.ask(db.session(), user, name, selection, f"{name} {pairs}").id
        db.session.commit()
        return found


def at_once(app, key, model, name, pairs=()):
    """Let somebody do the operation in one go, and return what came of it."""
    with app.app_context():
        user = db.session.get(User, key)
        with history.acting(user, "job"):
            selection = Selection(model, criteria=of(model, user, list(pairs)))
            outcome = operation.run(db.session(), user, name, selection)
            db.session.commit()
        return outcome


def job(app, key):
    with app.app_context():
        return db.session.execute(select(Job.__table__).filter_by(id=key)).mappings().one()


def stored(app, model, verb):
    """Return what is stored of a model and what the history tells of an operation, moments left out."""
    with app.app_context():
        rows = db.session.execute(select(model.id, model.version, model.status).order_by(model.id)).all()
        changes = db.session.scalars(select(history.Change).filter_by(verb=verb).order_by(history.Change.row_id)).all()
        told = [(one.row_id, one.actor_id, one.door, one.before["status"], one.after["status"]) for one in changes]
        return [tuple(row) for row in rows], told, len({one.batch for one in changes})


def comments(app):
    with app.app_context():
        for at in range(30):
            make(Comment, status=("pending", "approved", "spam")[at % 3], guest_name="Ann")
        db.session.commit()


@pytest.mark.parametrize("pairs", [(), (("status", "pending"),)])
def test_in_parts_it_does_what_it_does_at_once(pairs, app, person, request):
    comments(app)
    key = person("moderator")
    outcome = at_once(app, key, Comment, "approve", pairs)
    wanted = stored(app, Comment, "approve")
    request.getfixturevalue("_served")[1]()
    comments(app)
    key = person("moderator")
    asked = ask(app, key, Comment, "approve", pairs)
    assert worker.turn(app)
    assert stored(app, Comment, "approve") == wanted
    assert wanted[2] == 1
    row = job(app, asked)
    assert row["state"] == DONE
    assert row["result"] == {
        "changed": outcome.changed,
        "already": outcome.already,
        "refused": outcome.refused,
        "reasons": dict(outcome.reasons),
    }


def test_rows_are_refused_with_the_same_reasons(app, person):
    with app.app_context():
        for at in range(10):
            make(Post, status="draft" if at % 2 else "archived")
        db.session.commit()
    key = person("editor")
    with app.app_context():
        user = db.session.get(User, key)
        rehearsed = operation.rehearse(db.session(), user, "schedule", Selection(Post, criteria=of(Post, user, [])))
        db.session.rollback()
    asked = ask(app, key, Post, "schedule")
    worker.turn(app)
    result = job(app, asked)["result"]
    assert (result["changed"], result["refused"]) == (rehearsed.changed, rehearsed.refused)
    assert result["reasons"] == dict(rehearsed.reasons)
    assert rehearsed.refused > 0
    assert next(iter(result["reasons"])) in job(app, asked)["message"]


def test_what_holds_for_all_rows_together_holds_for_their_parts(app):
    with app.app_context():
        for _at in range(6):
            add_user("administrator")
        everybody = Selection(User, criteria=of(User, OPERATOR, []))
        asked = chunks.ask(db.session(), OPERATOR, "deactivate", everybody, "all").id
        db.session.commit()
    worker.turn(app)
    # Part by part, all but the last administrator could go.
    with app.app_context():
        assert db.session.scalars(select(User.active)).all() == [True] * 6
    assert job(app, asked)["result"]["refused"] == 6


@pytest.mark.parametrize("more", [False, True], ids=["these alone", "and another that was not meant"])
def test_rows_that_others_changed_before_their_turn_are_counted_and_named(app, person, more):
    comments(app)
    key = person("moderator")
    asked = ask(app, key, Comment, "spam", [("status", "pending")])
    with app.app_context(), history.acting(None, "panel"):
        first, second, *_rest = db.session.scalars(select(Comment).where(Comment.status == "pending")).all()
        lost = {first.id, second.id}
        first.status = "approved"
        db.session.delete(second)
        if more:
            db.session.scalars(select(Comment).where(Comment.status == "spam")).first().status = "rejected"
        db.session.commit()
    while worker.turn(app):
        pass
    row = job(app, asked)
    reasons = {"Someone else changed it meanwhile.": 2}
    assert (row["state"], row["error"]) == (PARTLY, "2 refused")
    assert row["result"] == {"changed": 8, "already": 0, "refused": 2, "reasons": reasons}
    with app.app_context():
        user = db.session.get(User, key)
        told = reports.find(db.session(), user, row["batch"], Comment)
        stayed = {line.row_id for line in reports.lines(db.session(), user, told) if line.kind == "refused"}
        # Where others changed more than was meant, which of that was meant is not said: it might not be true.
        assert (told.outcome.refused, stayed) == (2, set() if more else lost)


def test_a_job_all_of_whose_rows_were_changed_before_it_began_says_so(app, person):
    comments(app)
    key = person("moderator")
    asked = ask(app, key, Comment, "approve", [("status", "spam")])
    with app.app_context(), history.acting(None, "panel"):
        meant = Selection(Comment, criteria=of(Comment, OPERATOR, [("status", "spam")]))
        operation.run(db.session(), OPERATOR, "hold", meant)
        db.session.commit()
    while worker.turn(app):
        pass
    row = job(app, asked)
    assert (row["state"], row["result"]["refused"]) == (PARTLY, 10)
    with app.app_context():
        user = db.session.get(User, key)
        told = reports.find(db.session(), user, row["batch"], Comment)
        assert len([line for line in reports.lines(db.session(), user, told) if line.kind == "refused"]) == 10


def test_rows_that_came_later_are_left_alone(app, person):
    comments(app)
    asked = ask(app, person("moderator"), Comment, "approve")
    with app.app_context():
        late = make(Comment, status="pending", guest_name="Ann").id
        db.session.commit()
    worker.turn(app)
    with app.app_context():
        assert db.session.get(Comment, late).status == "pending"
    assert job(app, asked)["result"]["changed"] == 20


def test_it_goes_on_where_it_was_stopped_in_the_same_batch(app, person):
    comments(app)
    asked = ask(app, person("moderator"), Comment, "approve")
    worker.turn(app, lambda: True)
    row = job(app, asked)
    assert (row["done"], row["total"], row["progress"]) == (4, 30, 13)
    while worker.turn(app, lambda: True):
        pass
    assert job(app, asked)["state"] == DONE
    _rows, told, batches = stored(app, Comment, "approve")
    assert (len(told), batches) == (20, 1)
    assert job(app, asked)["message"] == "20 rows changed, 10 were already so."


def test_cancelled_it_leaves_whole_parts_done_and_no_more(app, person):
    comments(app)
    asked = ask(app, person("moderator"), Comment, "approve")
    worker.turn(app, lambda: True)
    with app.app_context():
        db.session.execute(update(Job).values(state=CANCELLED), execution_options=RECORDED)
        db.session.commit()
    assert worker.turn(app) is False
    assert len(stored(app, Comment, "approve")[1]) == 3
    assert job(app, asked)["state"] == CANCELLED


def test_rights_are_asked_for_each_part(app, person):
    comments(app)
    asked = ask(app, person("moderator"), Comment, "approve")
    worker.turn(app, lambda: True)
    with app.app_context():
        role = db.session.scalars(select(Role).filter_by(name="moderator")).one()
        role.rights = [right for right in role.rights if right != "comment.approve"]
        db.session.commit()
    worker.turn(app)
    assert (job(app, asked)["state"], job(app, asked)["done"]) == (FAILED, 4)
    assert job(app, asked)["error"] == "You may not do this, or not any more."


def test_confirmed_twice_it_is_one_job(app, person):
    key = person("moderator")
    assert ask(app, key, Comment, "approve") == ask(app, key, Comment, "approve")
    assert ask(app, key, Comment, "approve") != ask(app, key, Comment, "spam")
    with app.app_context():
        assert RUNNING not in db.session.scalars(select(Job.state)).all()


def test_a_job_means_the_day_it_was_asked_for_however_late_it_starts(app, person):
    key = person("moderator")
    with app.app_context():
        for days in (3, 3, 4, 0):
            make(Comment, status="pending", created_at=now() - timedelta(days=days))
        db.session.commit()
    number = ask(app, key, Comment, "approve", [("created_at", "today")])
    with app.app_context():
        row = db.session.get(Job, number)
        # It waited for three days.
        moment = datetime.fromisoformat(row.arguments["at"]) - timedelta(days=3)
        row.arguments = {**row.arguments, "at": moment.isoformat()}
        db.session.commit()
    while worker.turn(app):
        pass
    with app.app_context():
        assert db.session.scalars(select(Comment.status).order_by(Comment.id)).all() == [
            "approved",
            "approved",
            "pending",
            "pending",
        ]


@pytest.mark.parametrize("what", ["delete", "update"])
def test_deletions_and_edits_go_on_where_they_were_stopped(what, app, person, monkeypatch):
    monkeypatch.setattr(chunks, "PART_ONE_BY_ONE", 4)
    with app.app_context():
        news = make(Category).id
        for at in range(10):
            make(Post, title=f"Post {at}", status="draft")
        db.session.commit()
    key = person("editor")
    with app.app_context():
        user = db.session.get(User, key)
        meant = Selection(Post, criteria=of(Post, user, []))
        if what == "delete":
            asked = chunks.ask(db.session(), user, what, meant, "a word").id
        else:
            asked = chunks.ask_to_change(db.session(), user, {"category": Edit(news)}, meant, "a word").id
        db.session.commit()
    worker.turn(app, lambda: True)
    assert (job(app, asked)["done"], job(app, asked)["total"]) == (4, 10)
    while worker.turn(app, lambda: True):
        pass
    row = job(app, asked)
    assert (row["state"], row["result"]["changed"]) == (DONE, 10)
    with app.app_context():
        found = db.session.scalars(select(history.Change).filter_by(model="post", verb=what)).all()
        assert (len(found), len({one.row_id for one in found}), {one.batch for one in found}) == (
            10,
            10,
            {row["batch"]},
        )
        told = reports.find(db.session(), db.session.get(User, key), found[0].batch, Post)
        assert told.outcome.changed == 10
        assert [line.kind for line in reports.lines(db.session(), db.session.get(User, key), told)] == ["done"] * 10


def test_a_cancelled_edit_leaves_whole_parts_and_tells_what_became_of_them(app, person, monkeypatch):
    monkeypatch.setattr(chunks, "PART_ONE_BY_ONE", 4)
    with app.app_context():
        for at in range(10):
            make(Post, title=f"Post {at}", status=("draft", "archived")[at % 2])
        db.session.commit()
    key = person("editor")
    with app.app_context():
        user = db.session.get(User, key)
        meant = Selection(Post, criteria=of(Post, user, []))
        asked = chunks.ask_to_change(db.session(), user, {"status": Edit("review")}, meant, "a word").id
        db.session.commit()
    worker.turn(app, lambda: True)
    with app.app_context():
        db.session.execute(update(Job).values(state=CANCELLED), execution_options=RECORDED)
        db.session.commit()
    assert worker.turn(app) is False
    row = job(app, asked)
    with app.app_context():
        assert sorted(db.session.scalars(select(Post.status))) == ["archived"] * 5 + ["draft"] * 3 + ["review"] * 2
        told = reports.find(db.session(), db.session.get(User, key), row["batch"], Post)
        assert (told.outcome.changed, told.outcome.refused) == (2, 2)


def test_what_became_of_rows_is_forgotten_with_the_jobs(app, person):
    comments(app)
    at_once(app, person("moderator"), Comment, "approve")
    with app.app_context():
        session = db.session()
        assert reports.forget(session) == 0
        assert session.scalar(select(func.count()).select_from(reports.spared)) == 10
        assert reports.forget(session, timedelta()) == 1
        assert session.scalar(select(func.count()).select_from(reports.spared)) == 0
