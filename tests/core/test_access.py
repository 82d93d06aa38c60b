"""The two questions about rights, and what they say to whom."""

from types import SimpleNamespace

import pytest
from sqlalchemy import select

from backoffice.core import access
from backoffice.core.model import db
from backoffice.models.accounts import User
from backoffice.models.comments import Comment
from backoffice.models.content import Post
from make import make


def person(*rights, active=True, key=1):
    return SimpleNamespace(id=key, active=active, rights=rights)


@pytest.fixture
def posts(app):
    """Open the application on a post of each of two authors, and give both authors."""
    with app.test_request_context():
        authors = [make(User), make(User)]
        for author in authors:
            make(Post, author=author)
        db.session.commit()
        yield authors


def seen(user, verb, model=Post):
    return {row.author_id for row in db.session.scalars(access.visible(user, verb, model))}


@pytest.mark.parametrize(
    ("rights", "verb", "scope"),
    [
        (("*",), "delete", access.ALL),
        (("post.*",), "delete", access.ALL),
        (("post.delete",), "delete", access.ALL),
        (("post.delete:own",), "delete", access.OWN),
        (("post.delete:own", "post.delete"), "delete", access.ALL),
        (("post.read", "comment.delete", "tag.*"), "delete", access.NONE),
        (("*",), "nonsense", access.NONE),
        (("post.nonsense",), "nonsense", access.NONE),
        ((), "read", access.NONE),
        (("posts.read", "post", "post.", ".read", "POST.READ", "post.read:all"), "read", access.NONE),
    ],
)
def test_a_right_says_which_rows(app, rights, verb, scope):
    with app.test_request_context():
        assert access.rule(person(*rights), verb, Post).scope == scope
        assert access.can(person(*rights), verb, Post) == (scope != access.NONE)


def test_strangers_and_the_deactivated_may_nothing(app):
    with app.test_request_context():
        for nobody in (None, person("*", active=False), SimpleNamespace(id=1)):
            for verb in ("read", "create", "update", "delete", "publish"):
                assert not access.can(nobody, verb, Post)


def test_a_right_that_comes_or_goes_counts_at_once(app):
    one = SimpleNamespace(id=7, active=True, rights=["post.read"])
    assert not access.can(one, "update", Post)
    one.rights = ["post.read", "post.update"]
    assert access.can(one, "update", Post)
    one.active = False
    assert not access.can(one, "update", Post)


def test_own_means_the_owner_column(posts):
    first, second = posts
    assert seen(person("post.read:own", key=first.id), "read") == {first.id}
    assert seen(person("post.read", key=first.id), "read") == {first.id, second.id}
    assert seen(person(key=first.id), "read") == set()


def test_no_verb_reaches_further_than_reading(posts):
    first, second = posts
    assert seen(person("post.read:own", "post.update", key=first.id), "update") == {first.id}
    assert seen(person("post.update", "post.delete", "post.publish", key=first.id), "update") == set()
    assert seen(person("post.read", "post.update:own", key=second.id), "update") == {second.id}


def test_naming_a_row_is_less_than_reading_it(posts):
    first, second = posts
    assert seen(person("post.pick", key=first.id), "pick") == {first.id, second.id}
    assert seen(person("post.pick", key=first.id), "read") == set()
    assert seen(person("post.read:own", key=first.id), "pick") == {first.id}


@pytest.mark.parametrize(
    "key",
    [
        "",
        "abc",
        "1,2",
        "1.0",
        "-1",
        "0",
        "+1",
        " 1",
        "1 ",
        "\u0661",
        "9" * 19,
        "9" * 40,
        "\x00",
        "1\x00",
        None,
        [],
        "0x1",
    ],
)
def test_no_key_but_a_plain_number_finds_a_row(posts, key):
    with pytest.raises(access.NotFound):
        access.fetch(db.session, person("*"), "read", Post, key)


def test_a_row_outside_ones_right_is_not_found_like_one_that_is_not_there(posts):
    first, second = posts
    theirs = db.session.scalars(select(Post).where(Post.author_id == second.id)).one()
    user = person("post.read:own", "post.update:own", key=first.id)
    with pytest.raises(access.NotFound) as hidden:
        access.fetch(db.session, user, "update", Post, theirs.id)
    with pytest.raises(access.NotFound) as missing:
        access.fetch(db.session, user, "update", Post, 987654)
    assert str(hidden.value) == str(missing.value)


def test_what_one_person_finds_another_with_the_same_rights_does_not(posts):
    for author in posts:
        user = person("post.read:own", key=author.id)
        own, others = (
            db.session.scalars(select(Post).where(Post.author_id == one.id)).one() for one in _both(posts, author)
        )
        assert access.fetch(db.session, user, "read", Post, own.id) is own
        with pytest.raises(access.NotFound):
            access.fetch(db.session, user, "read", Post, others.id)


def _both(posts, author):
    return sorted(posts, key=lambda one: one is not author)


def test_a_columns_right_hides_it_under_all_its_names(app):
    with app.test_request_context():
        moderator, editor = person("comment.read", "comment.trace"), person("comment.read")
        assert access.may_see(moderator, Comment, "guest_email")
        assert not access.may_see(editor, Comment, "guest_email")
        assert not access.may_write(person("post.*"), Post, "views")
        assert access.may_write(person("post.assign"), Post, "author")
        assert not access.may_write(person("post.update"), Post, "author")
        assert not access.may_write(person("post.update"), Post, "author_id")


def test_a_rule_can_say_why(app):
    with app.test_request_context():
        assert "post.*" in access.rule(person("post.*"), "delete", Post).why
        assert "post.delete" in access.rule(person(), "delete", Post).why
