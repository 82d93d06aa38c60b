"""Nobody takes back what they could not do: each role at each way back, forged and repeated; nothing is ever half."""

import pytest
from sqlalchemy import func, select

from backoffice.core import history, operation, undo
from backoffice.core.access import OPERATOR
from backoffice.core.history import Change, sets
from backoffice.core.model import db
from backoffice.core.selection import Selection
from backoffice.models.accounts import Role, User
from backoffice.models.comments import Comment
from backoffice.models.content import Tag
from filling import words
from make import make

RIGHT = "You may not do this with it."
# One who may look at all that was done, and do none of it.
READER = ("change.read", "comment.read", "tag.read", "user.read")


@pytest.fixture
def done(app):
    """Let somebody approve comments, rename a person and delete a tag; return the three batches and their rows."""
    with app.test_request_context():
        keys = [make(Comment, status="pending").id for _at in range(3)]
        person, tag = make(User, name="Before"), make(Tag, name="red")
        db.session.commit()
        batches = {}
        for name in ("comment", "user", "tag"):
            with history.acting(None, "panel") as one:
                if name == "comment":
                    operation.run(db.session(), OPERATOR, "approve", Selection(Comment, tuple(keys)))
                elif name == "user":
                    person.name = "After"
                else:
                    sets.delete_rows(db.session(), Tag, select(Tag.id).where(Tag.id == tag.id))
                db.session.commit()
            batches[name] = one.batch
        return batches


def stand(app):
    """Return all that an undo could alter, and how much the history holds."""
    with app.app_context():
        rows = [db.session.execute(select(Comment.id, Comment.status, Comment.version).order_by(Comment.id)).all()]
        rows += [db.session.scalars(select(column).order_by(column)).all() for column in (User.name, Tag.name)]
        return rows, db.session.scalar(select(func.count()).select_from(Change))


def changes(app, batch):
    with app.app_context():
        return list(db.session.scalars(select(Change.id).filter_by(batch=batch).order_by(Change.id)))


def take_back(browser, batch, **more):
    return browser.post("/admin/change/undo/", data={"batch": batch, "confirm": "1", "url": "/admin/", **more})


@pytest.mark.parametrize("role", ["editor", "moderator", "author", "reader", "nobody"])
def test_what_others_did_is_taken_back_by_nobody_who_could_not_do_it(app, as_role, done, role):
    with app.app_context():
        make(Role, name="reader", rights=list(READER))
        make(Role, name="nobody", rights=[])
        db.session.commit()
    browser, knows = as_role(role), role == "reader"
    before = stand(app)
    for name, batch in done.items():
        first = changes(app, batch)[0]
        assert browser.get(f"/admin/change/undo/?batch={batch}").status_code == (200 if knows else 404)
        for more in ({}, {"change": first}):
            answer = take_back(browser, batch, **more)
            assert answer.status_code == (302 if knows else 404), name
            if knows:
                assert RIGHT in words(browser.get("/admin/"))
        for field in ("status", "name", "id", "password", "nothing"):
            sent = {"id": first, "name": field}
            assert browser.post("/admin/change/field/", data=sent).status_code == 404
        assert browser.get(f"/admin/change/purge/?id={first}").status_code == 404
        assert browser.post("/admin/change/purge/", data={"id": first, "label": "red"}).status_code == 404
    assert stand(app) == before


def test_who_may_do_it_takes_it_back_once_however_often_it_is_sent(app, as_role, done):
    browser = as_role("administrator")
    for batch in done.values():
        assert take_back(browser, batch).status_code == 302
    after = stand(app)
    assert [status for _key, status, _version in after[0][0]] == ["pending"] * 3
    assert "Before" in after[0][1]
    assert "red" in after[0][2]
    browser.get("/admin/")
    for batch in done.values():
        assert take_back(browser, batch).status_code == 302
        said = words(browser.get("/admin/"))
        assert "It was changed since." in said or "There is a row in its place." in said
    assert stand(app) == after


@pytest.mark.parametrize("change", ["", "abc", "-1", "0", "1 OR 1=1", "9" * 30, "٣"])
def test_what_names_no_change_is_not_taken_for_all_of_them(app, as_role, done, change):
    browser = as_role("administrator")
    before = stand(app)
    assert take_back(browser, done["comment"], change=change).status_code == 404
    assert stand(app) == before


def test_a_change_of_another_batch_or_of_none_takes_nothing_back(app, as_role, done):
    browser = as_role("administrator")
    before = stand(app)
    for change in (changes(app, done["user"])[0], 987654321):
        assert take_back(browser, done["comment"], change=change).status_code == 302
        assert "Nothing was changed." in words(browser.get("/admin/"))
    assert stand(app) == before


def test_one_change_of_a_large_batch_goes_back_alone(app, as_role, done, monkeypatch):
    monkeypatch.setattr(undo, "AT_ONCE", 1)
    browser = as_role("administrator")
    assert take_back(browser, done["comment"], change=changes(app, done["comment"])[1]).headers["Location"] == "/admin/"
    assert [status for _key, status, _version in stand(app)[0][0]] == ["approved", "pending", "approved"]


def test_signing_in_and_exports_are_nothing_to_take_back(app, as_role):
    browser = as_role("administrator")
    browser.get("/admin/comment/export/csv/")
    before = stand(app)
    with app.app_context():
        told = dict(db.session.execute(select(Change.verb, Change.batch)).all())
    for verb in ("sign-in", "export"):
        assert browser.get(f"/admin/change/undo/?batch={told[verb]}").status_code == 200
        assert take_back(browser, told[verb]).status_code == 302
        assert "Nothing was changed." in words(browser.get("/admin/"))
    assert stand(app) == before


def test_who_lost_the_right_takes_back_nothing_of_their_own(app, as_role):
    with app.app_context():
        make(Role, name="helper", rights=["comment.read", "comment.approve"])
        keys = [make(Comment, status="pending").id for _at in range(2)]
        db.session.commit()
    browser = as_role("helper")
    browser.post("/admin/comment/action/", data={"action": "approve", "confirm": "1", "rowid": keys})
    browser.get("/admin/")
    with app.app_context():
        batch = db.session.scalar(select(Change.batch).filter_by(verb="approve").limit(1))
        db.session.scalars(select(Role).filter_by(name="helper")).one().rights = ["comment.read"]
        db.session.commit()
    before = stand(app)
    assert RIGHT in words(browser.get(f"/admin/change/undo/?batch={batch}"))
    assert take_back(browser, batch).status_code == 302
    assert RIGHT in words(browser.get("/admin/"))
    assert stand(app) == before


def test_a_forged_or_expired_word_of_the_form_does_nothing(app, as_role, done, monkeypatch):
    browser = as_role("administrator")
    before = stand(app)
    sent = {"batch": done["comment"], "confirm": "1"}
    for word in ("", "forged", "a.b.c"):
        answer = browser.post("/admin/change/undo/", data={**sent, "csrf_token": word}, csrf=False)
        assert answer.status_code == 400
    monkeypatch.setitem(app.config, "WTF_CSRF_TIME_LIMIT", -1)
    assert browser.post("/admin/change/undo/", data=sent).status_code == 400
    assert stand(app) == before
