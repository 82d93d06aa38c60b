"""A post appears when those who may publish say so, and not before."""

from datetime import timedelta

import pytest

from backoffice.core.history import Change
from backoffice.core.model import db, now
from backoffice.models.accounts import User
from backoffice.models.content import Post
from backoffice.models.content.publishing import ARCHIVED, DRAFT, PUBLISHED, SCHEDULED
from filling import errors, filled, shown
from make import make

SOON = "2031-01-01T10:00"
LONG_AGO = "2020-01-01T10:00"


@pytest.fixture
def own_post(app):
    """Return a function that stores a post of somebody and returns its key."""

    def store(person, status):
        with app.app_context():
            author = db.session.get(User, person.user.id)
            named = {"author": author, "title": "Mine", "slug": "mine"}
            post = make(Post, status=status, publish_at=now() + timedelta(days=30), **named)
            db.session.commit()
            return post.id

    return store


def stored(app, key):
    with app.app_context():
        post = db.session.get(Post, key)
        changes = db.session.query(Change).filter_by(model="post", row_id=key).count()
        return post.title, post.publish_at, changes, post.slug


def test_an_author_cannot_publish_by_moving_the_date_of_a_scheduled_post(app, as_role, client, own_post):
    author = as_role("author")
    key = own_post(author, SCHEDULED)
    before = stored(app, key)
    address = f"/admin/post/edit/?id={key}"
    answer = author.post(address, data=filled(author.get(address), publish_at=LONG_AGO))
    assert answer.status_code == 422
    assert "only those who may schedule posts" in errors(answer)["publish_at"]
    assert stored(app, key) == before
    assert client.get(f"/posts/{before[3]}").status_code == 404


def test_an_author_may_still_change_the_words_of_a_scheduled_post(app, as_role, own_post):
    author = as_role("author")
    key = own_post(author, SCHEDULED)
    before = stored(app, key)
    address = f"/admin/post/edit/?id={key}"
    assert author.post(address, data=filled(author.get(address), title="Better")).status_code == 302
    assert stored(app, key)[0] == "Better"
    assert stored(app, key)[2] == before[2] + 1


def test_an_author_may_propose_a_date_for_a_draft(app, as_role, own_post):
    author = as_role("author")
    key = own_post(author, DRAFT)
    address = f"/admin/post/edit/?id={key}"
    assert author.post(address, data=filled(author.get(address), publish_at=SOON)).status_code == 302
    assert stored(app, key)[1].isoformat() == "2031-01-01T10:00:00+00:00"


def test_an_editor_moves_the_date_of_a_scheduled_post(app, as_role, own_post):
    editor = as_role("editor")
    key = own_post(editor, SCHEDULED)
    address = f"/admin/post/edit/?id={key}"
    assert editor.post(address, data=filled(editor.get(address), publish_at=SOON)).status_code == 302
    assert stored(app, key)[1].isoformat() == "2031-01-01T10:00:00+00:00"


@pytest.mark.parametrize("status", [PUBLISHED, SCHEDULED])
@pytest.mark.parametrize(("name", "value"), [("slug", "elsewhere"), ("kind", "page")])
def test_an_author_cannot_move_what_readers_know_the_address_of(app, as_role, own_post, status, name, value):
    author = as_role("author")
    key = own_post(author, status)
    form = author.get(f"/admin/post/edit/?id={key}")
    answer = author.post(f"/admin/post/edit/?id={key}", data=filled(form, **{name: value}))
    assert answer.status_code == 422
    assert list(errors(answer)) == [name]
    assert stored(app, key)[2:] == (1, "mine")
    assert author.post(f"/admin/post/edit/?id={key}", data=filled(form, title="Better")).status_code == 302
    assert (stored(app, key)[0], stored(app, key)[3]) == ("Better", "mine")


def test_an_author_moves_a_draft_and_an_editor_anything(app, as_role, own_post):
    author, editor = as_role("author"), as_role("editor")
    for person, status, slug in ((author, DRAFT, "one"), (editor, PUBLISHED, "two")):
        key = own_post(author, status)
        answer = person.post(f"/admin/post/edit/?id={key}", data={"slug": slug})
        assert answer.status_code == 302, answer.text
        assert stored(app, key)[3] == slug


@pytest.mark.parametrize(
    ("status", "date", "seen"),
    [
        (PUBLISHED, "published_at", True),
        (SCHEDULED, "publish_at", True),
        (DRAFT, "published_at", False),
        (ARCHIVED, "published_at", False),
    ],
)
def test_the_pages_of_a_post_lead_to_where_it_is_read(app, as_role, client, own_post, status, date, seen):
    editor = as_role("editor")
    key = own_post(editor, status)
    for past in (True, False):
        with app.app_context():
            post = db.session.get(Post, key)
            setattr(post, date, now() + timedelta(days=-1 if past else 1))
            db.session.commit()
        for page in ("edit", "details"):
            links = shown(editor.get(f"/admin/post/{page}/?id={key}")).xpath('//*[@class="tools"]/a/@href')
            assert ("/posts/mine" in links) == (seen and past), page
        assert (client.get("/posts/mine").status_code == 200) == (seen and past)
