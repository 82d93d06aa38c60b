"""A row is made where another names it: the form of the other waits, and comes back with the new row chosen."""

import pytest
from sqlalchemy import select

from backoffice.core.history import Change
from backoffice.core.model import db
from backoffice.models.accounts import Role, User
from backoffice.models.comments import Comment
from backoffice.models.content import Post
from filling import filled, shown, words

MAKE = {"make:author": "1"}


@pytest.fixture
def begun(as_role, keep):
    """Return an administrator's browser, the address of a post's form, and the page that asks for a new author."""

    def begin(**typed):
        admin = as_role("administrator")
        key = keep(Post, title="Old", body="<p>Old</p>", status="draft")
        address = f"/admin/post/edit/?id={key}"
        form = filled(admin.get(address), title="Typed", body="<p>New</p>", **typed)
        inner = admin.post(address, data={**form, **MAKE})
        assert inner.status_code == 200, inner.text
        return admin, address, inner

    return begin


def stored(app):
    with app.app_context():
        return list(db.session.execute(select(Post.title, Post.author_id).order_by(Post.id)))


def test_an_author_is_made_and_chosen_and_nothing_typed_is_lost(app, begun):
    admin, address, inner = begun()
    before = stored(app)
    assert shown(inner).xpath("string(//h1)") == "New user"
    back = admin.post("/admin/user/new/", data=filled(inner, name="Ann Reed", username="ann"), csrf=False)
    assert back.status_code == 200
    assert stored(app) == before
    with app.app_context():
        ann = db.session.scalars(select(User).filter_by(username="ann")).one().id
        change = db.session.scalars(select(Change).filter_by(model="user", verb="create", row_id=ann)).one()
        assert change.actor_id == admin.user.id
    again = filled(back)
    assert (again["title"], again["body"], again["author"]) == (["Typed"], ["<p>New</p>"], ["", str(ann)])
    assert "was saved" in words(back)
    assert admin.post(address, data=again, csrf=False).status_code == 302
    assert stored(app) == [("Typed", ann)]


def test_what_is_wrong_with_the_new_row_is_said_and_the_other_form_waits_on(app, begun, keep):
    admin, _address, inner = begun()
    keep(User, username="taken")
    wrong = admin.post("/admin/user/new/", data=filled(inner, name="Ann", username="taken"), csrf=False)
    assert wrong.status_code == 422
    assert filled(wrong)["outer"] == filled(inner)["outer"]
    back = admin.post("/admin/user/new/", data=filled(wrong, username="ann"), csrf=False)
    assert filled(back)["title"] == ["Typed"]


def test_one_goes_back_without_making_anything(app, begun):
    admin, _address, inner = begun()
    sent = {**filled(inner, name="Half"), "_leave_inner": "1"}
    back = admin.post("/admin/user/new/", data=sent, csrf=False)
    assert filled(back)["title"] == ["Typed"]
    with app.app_context():
        assert db.session.scalars(select(User).filter_by(name="Half")).all() == []


def test_a_row_made_for_a_relation_to_many_is_chosen_beside_the_others(app, as_role, keep):
    admin = as_role("administrator")
    with app.app_context():
        role = db.session.scalars(select(Role).filter_by(name="editor")).one().id
    form = filled(admin.get("/admin/user/new/"), name="Ann", username="ann", roles=["", str(role)])
    inner = admin.post("/admin/user/new/", data={**form, "make:roles": "1"})
    back = admin.post("/admin/role/new/", data=filled(inner, name="reader"), csrf=False)
    chosen = filled(back)["roles"]
    with app.app_context():
        made = db.session.scalars(select(Role).filter_by(name="reader")).one().id
    assert set(chosen) == {"", str(role), str(made)}


def test_forms_wait_inside_one_another(app, as_role):
    admin = as_role("administrator")
    comment = admin.get("/admin/comment/new/")
    post = admin.post("/admin/comment/new/", data={**filled(comment, guest_name="Guest"), "make:post": "1"})
    user = admin.post("/admin/post/new/", data={**filled(post, title="Inner"), **MAKE}, csrf=False)
    post = admin.post("/admin/user/new/", data=filled(user, name="Ann", username="ann"), csrf=False)
    assert filled(post)["title"] == ["Inner"]
    comment = admin.post("/admin/post/new/", data=filled(post), csrf=False)
    assert filled(comment)["guest_name"] == ["Guest"]
    with app.app_context():
        made = db.session.scalars(select(Post).filter_by(title="Inner")).one()
        assert made.author.username == "ann"
        assert filled(comment)["post"] == ["", str(made.id)]


def test_who_may_not_make_such_rows_is_not_offered_it_and_cannot_ask_for_it(as_role, keep):
    editor = as_role("editor")
    key = keep(Post)
    page = editor.get(f"/admin/post/edit/?id={key}")
    assert "make:author" not in page.text
    assert editor.post(f"/admin/post/edit/?id={key}", data={**filled(page), **MAKE}).status_code == 404
    assert editor.post(f"/admin/post/edit/?id={key}", data={"make:nonsense": "1"}).status_code == 404


def test_nobody_goes_on_with_the_form_of_another_or_with_one_made_up(app, begun, as_role):
    _admin, _address, inner = begun()
    other = as_role("administrator")
    for outer in (filled(inner)["outer"][0], "made.up"):
        sent = {"name": "Ann", "username": f"ann{len(outer)}", "outer": outer}
        answer = other.post("/admin/user/new/", data=sent)
        assert (answer.status_code, answer.location) == (302, "/admin/user/")
        assert "not kept any more" in words(other.get("/admin/user/"))


def test_a_row_that_is_gone_meanwhile_is_not_found(app, begun):
    admin, address, inner = begun()
    assert admin.post(address.replace("edit", "delete"), data={"id": address.partition("=")[2]}).status_code == 302
    sent = {**filled(inner), "_leave_inner": "1"}
    assert admin.post("/admin/user/new/", data=sent, csrf=False).status_code == 404


def test_a_comment_is_no_place_to_make_posts_for_a_moderator(as_role, keep):
    moderator = as_role("moderator")
    page = moderator.get(f"/admin/comment/edit/?id={keep(Comment)}")
    assert "make:post" not in page.text


PART = {"HX-Request": "true"}


def test_the_form_over_another_is_a_part_and_answers_with_the_row_or_with_what_is_wrong(app, as_role, keep):
    admin = as_role("administrator")
    keep(User, username="taken")
    part = admin.get("/admin/user/new/", headers=PART)
    assert "<html" not in part.text
    form = filled(part, name="Ann", username="taken")
    wrong = admin.post("/admin/user/new/", data=form, headers=PART, csrf=False)
    assert (wrong.status_code, "<html" in wrong.text) == (422, False)
    assert filled(wrong)["name"] == ["Ann"]
    made = admin.post("/admin/user/new/", data=filled(wrong, username="ann"), headers=PART, csrf=False)
    assert made.status_code == 201
    with app.app_context():
        ann = db.session.scalars(select(User).filter_by(username="ann")).one()
        assert made.json == {"id": ann.id, "text": "Ann"}
        assert db.session.scalars(select(Change.actor_id).filter_by(model="user", row_id=ann.id)).one() == admin.user.id


def test_who_may_not_make_one_gets_no_form_over_another(as_role):
    author = as_role("author")
    assert author.get("/admin/user/new/", headers=PART).headers["HX-Redirect"]
    assert author.post("/admin/user/new/", data={"name": "Ann"}, headers=PART).status_code == 404
