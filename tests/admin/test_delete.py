"""Deleting asks what becomes of all that hangs on a row; nothing is lost or emptied in silence."""

import pytest
from sqlalchemy import select

from backoffice.core.history import Change
from backoffice.core.model import db
from backoffice.models.accounts import User
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post, Tag
from filling import filled, shown, words
from make import make


@pytest.fixture
def busy(keep):
    """Return a category with two posts: their keys."""
    category = keep(Category, name="Sea")
    return category, [keep(Post, category_id=category) for _number in range(2)]


def test_a_row_that_nothing_hangs_on_goes_at_once_and_is_recorded(as_role, keep, read, changes):
    editor, key = as_role("editor"), keep(Tag, name="Alone")
    answer = editor.post("/admin/tag/delete/", data={"id": key})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/tag/")
    assert read(Tag, key, "name") is None
    assert changes(Tag, key)[-1][0] == "delete"
    assert "“Alone” was deleted." in words(editor.get("/admin/tag/"))


def test_a_row_that_others_refer_to_stays_until_it_is_said_what_becomes_of_them(as_role, busy, read):
    editor, (category, posts) = as_role("editor"), busy
    answer = editor.post("/admin/category/delete/", data={"id": category})
    assert answer.status_code == 409
    assert "Posts (Category): 2" in words(answer)
    assert read(Category, category, "name") == "Sea"
    again = editor.post(f"/admin/category/delete/?id={category}", data=filled(answer))
    assert again.status_code == 422
    assert "Say what is to become of them." in words(again)
    assert [read(Post, key, "category_id") for key in posts] == [category] * 2


def test_they_move_to_another(as_role, busy, keep, read, changes):
    editor, (category, posts) = as_role("editor"), busy
    other = keep(Category, name="Hills")
    form = editor.get(f"/admin/category/delete/?id={category}")
    sent = filled(form) | {"post.category": "move", "to:post.category": ["", other]}
    assert editor.post(f"/admin/category/delete/?id={category}", data=sent).status_code == 302
    assert [read(Post, key, "category_id") for key in posts] == [other] * 2
    assert read(Category, category, "name") is None
    assert changes(Post, posts[0])[-1][1:] == ({"category_id": category}, {"category_id": other})


def test_they_stay_without_one_when_that_is_what_was_chosen(as_role, busy, read, changes):
    editor, (category, posts) = as_role("editor"), busy
    sent = {"confirm": "1", "post.category": "clear"}
    assert editor.post(f"/admin/category/delete/?id={category}", data=sent).status_code == 302
    assert [read(Post, key, "category_id") for key in posts] == [None] * 2
    assert changes(Post, posts[0])[-1][1:] == ({"category_id": category}, {"category_id": None})


def test_they_go_too_and_the_page_has_said_how_much_that_is(as_role, busy, keep, read):
    admin, (category, posts) = as_role("administrator"), busy
    comment = keep(Comment, post_id=posts[0], guest_name="Ann")
    form = admin.get(f"/admin/category/delete/?id={category}")
    assert "Posts: 2 deleted" in words(form)
    assert "Comments: 1 deleted" in words(form)
    answer = admin.post(f"/admin/category/delete/?id={category}", data=filled(form) | {"post.category": "delete"})
    assert answer.status_code == 302
    assert [read(Post, key, "title") for key in posts] == [None, None]
    assert read(Comment, comment, "body") is None


@pytest.mark.parametrize("to", ["", "4711", "abc", "9" * 30])
def test_they_move_nowhere_that_does_not_exist(as_role, busy, read, to):
    editor, (category, posts) = as_role("editor"), busy
    sent = {"confirm": "1", "post.category": "move", "to:post.category": ["", to]}
    answer = editor.post(f"/admin/category/delete/?id={category}", data=sent)
    assert answer.status_code == 422
    assert [read(Post, key, "category_id") for key in posts] == [category] * 2


def test_they_do_not_move_to_what_is_being_deleted(as_role, busy, read):
    editor, (category, posts) = as_role("editor"), busy
    sent = {"confirm": "1", "post.category": "move", "to:post.category": ["", category]}
    assert editor.post(f"/admin/category/delete/?id={category}", data=sent).status_code == 422
    assert read(Post, posts[0], "category_id") == category


def test_where_they_move_is_found_without_a_script(as_role, busy, keep):
    editor, (category, _posts) = as_role("editor"), busy
    other = keep(Category, name="Hills")
    form = editor.get(f"/admin/category/delete/?id={category}")
    sent = filled(form) | {"post.category": "move", "to:post.category-find": "hil", "find:to:post.category": "1"}
    answer = editor.post(f"/admin/category/delete/?id={category}", data=sent)
    assert answer.status_code == 200
    offered = shown(answer).xpath('//input[@type="radio" and @name="to:post.category"]/@value')
    assert str(other) in offered
    assert filled(answer)["post.category"] == ["move"]


def test_a_post_needs_an_author_so_its_author_cannot_just_be_left_out(as_role, keep, read):
    admin, person = as_role("administrator"), keep(User)
    post = keep(Post, author_id=person)
    form = admin.get(f"/admin/user/delete/?id={person}")
    assert shown(form).xpath('//input[@name="post.author"]/@value') == ["move", "delete"]
    sent = {"confirm": "1", "post.author": "clear"}
    assert admin.post(f"/admin/user/delete/?id={person}", data=sent).status_code == 422
    assert read(Post, post, "author_id") == person
    sent = {"confirm": "1", "post.author": "move", "to:post.author": admin.user.id}
    assert admin.post(f"/admin/user/delete/?id={person}", data=sent).status_code == 302
    assert read(Post, post, "author_id") == admin.user.id


def test_a_tag_is_taken_off_its_posts_only_when_that_is_said(app, as_role, keep, read):
    editor, tag = as_role("editor"), keep(Tag)
    with app.app_context():
        post = make(Post)
        post.tags = [db.session.get(Tag, tag)]
        db.session.commit()
        key = post.id
    assert editor.post("/admin/tag/delete/", data={"id": tag}).status_code == 409
    sent = {"confirm": "1", "post.tags": "clear"}
    assert editor.post(f"/admin/tag/delete/?id={tag}", data=sent).status_code == 302
    with app.app_context():
        assert db.session.get(Post, key).tags == []
        last = db.session.scalars(select(Change).filter_by(model="post", row_id=key).order_by(Change.id.desc())).first()
        assert (last.before["tags"], last.after["tags"]) == ([tag], [])


def test_an_author_cannot_delete_a_post_with_the_comments_of_others(as_role, keep, read):
    author = as_role("author")
    post = keep(Post, author_id=author.user.id)
    comment = keep(Comment, post_id=post, guest_name="Ann")
    form = author.get(f"/admin/post/delete/?id={post}")
    assert "You may not change these." in words(form)
    for way in ("delete", "clear", "move"):
        answer = author.post(f"/admin/post/delete/?id={post}", data={"confirm": "1", "comment.post": way})
        assert answer.status_code == 422
    assert read(Post, post, "author_id") == author.user.id
    assert read(Comment, comment, "post_id") == post


def test_nobody_deletes_their_own_account_or_the_last_administrator(as_role, read):
    admin = as_role("administrator")
    answer = admin.post("/admin/user/delete/", data={"id": admin.user.id, "confirm": "1"})
    assert answer.status_code == 409
    assert read(User, admin.user.id, "active") is True


def test_the_role_that_the_last_administrator_stands_on_stays(app, as_role, keep):
    admin = as_role("administrator")
    with app.app_context():
        role = db.session.get(User, admin.user.id).roles[0].id
    answer = admin.post(f"/admin/role/delete/?id={role}", data={"confirm": "1", "user.roles": "clear"})
    assert answer.status_code in {409, 422}
    with app.app_context():
        assert [one.id for one in db.session.get(User, admin.user.id).roles] == [role]


def test_looking_at_the_question_deletes_nothing(as_role, keep, read):
    editor, key = as_role("editor"), keep(Tag, name="Old")
    assert editor.get(f"/admin/tag/delete/?id={key}&url=/admin/tag/").status_code == 200
    assert read(Tag, key, "name") == "Old"


def test_after_deleting_one_is_not_led_to_what_is_gone(as_role, keep):
    editor, key = as_role("editor"), keep(Tag)
    answer = editor.post("/admin/tag/delete/", data={"id": key, "url": f"/admin/tag/details/?id={key}"})
    assert answer.headers["Location"] == "/admin/tag/"
