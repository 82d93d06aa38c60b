"""A page that stands is given out again, and never once anything it is made of has changed."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from backoffice.core.model import db, now
from backoffice.models.accounts import User
from backoffice.models.comments import Comment
from backoffice.models.content import SCHEDULED, Category, Post, Tag
from backoffice.site import standing
from backoffice.site.frame import Frame

PATHS = ["/", "/posts/oars", "/categories/boats", "/tags/rope", "/authors/mara", "/feed.xml", "/sitemap-posts-1.xml"]


@pytest.fixture
def seen(app, monkeypatch):
    """Name what the database shows, as PostgreSQL does; what others write to its server changes nothing then."""
    told = {"moment": "first", "due": None}
    monkeypatch.setattr(standing, "look", lambda: Frame(told["moment"], told["due"], []))
    standing.init_app(app)
    return told


@pytest.fixture
def filled(app, publish, say):
    with app.app_context():
        db.session.add(Category(name="Boats"))
        db.session.commit()
    say(publish("Oars", category_id=1, tags=["Rope"]))


def test_a_page_is_made_once_while_nothing_is_written(filled, seen, client, queries):
    first = {path: client.get(path) for path in PATHS}
    with queries() as sent:
        for path, made in first.items():
            again = client.get(path)
            assert (again.status_code, again.data) == (200, made.data)
            for name in ("ETag", "Cache-Control", "Content-Type", "Vary", "X-Content-Type-Options"):
                assert again.headers[name] == made.headers[name], name
            assert again.headers["Content-Security-Policy"] != made.headers["Content-Security-Policy"]
            assert client.get(path, headers={"If-None-Match": made.headers["ETag"]}).status_code == 304
            assert client.head(path).headers["Content-Length"] == made.headers["Content-Length"]
    assert sent == []
    seen["moment"] = "second"
    with queries() as sent:
        client.get("/")
    assert sent


def test_a_page_stands_until_the_next_post_comes_due(filled, seen, client, publish):
    seen["due"] = now() + timedelta(hours=1)
    client.get("/")
    publish("Later")
    assert "Later" not in client.get("/").text
    seen.update(moment="second", due=now())
    assert "Later" in client.get("/").text
    publish("Now")
    assert ">Now</a>" in client.get("/").text


def test_languages_words_and_people_have_pages_of_their_own(app, filled, seen, client, as_role, monkeypatch):
    english = client.get("/").text
    assert client.get("/", headers={"Accept-Language": "de"}).text != english
    assert 'lang="de"' in client.get("/", headers={"Accept-Language": "de"}).text
    assert client.get("/?x=1").status_code == 200
    assert not [key for key in app.extensions[standing.NAME].kept if b"x=1" in key]
    assert as_role("editor").get("/").headers["Cache-Control"] == "no-store"
    monkeypatch.setitem(app.config, "SITE_NAME", "Tide")
    assert "Tide" in client.get("/").text
    assert client.get("/?page=99").status_code == 404


def test_those_that_nobody_asks_for_make_room(app, filled, seen, client, monkeypatch):
    size = len(client.get("/").data)
    monkeypatch.setattr(standing, "MOST", 2 * size)
    for path in PATHS:
        client.get(path)
        client.get("/")
    pages = app.extensions[standing.NAME]
    assert pages.size == sum(len(page.body) for page in pages.kept.values()) <= 2 * size
    assert any(key[1] == "/" for key in pages.kept)


@pytest.mark.postgres
def test_whatever_is_written_shows_at_once(app, filled, client, publish):
    assert client.get("/posts/oars").status_code == 200
    for model, word in ((Post, "title"), (Comment, "guest_name"), (User, "name"), (Category, "name"), (Tag, "name")):
        with app.app_context():
            db.session.connection().execute(update(model.__table__).values({word: f"New {word} of {model.__name__}"}))
            db.session.commit()
        assert f"New {word} of {model.__name__}" in client.get("/posts/oars").text
    publish("About", kind="page")
    assert ">About</a>" in client.get("/posts/oars").text
    publish("Soon", status=SCHEDULED, published_at=None, publish_at=now() + timedelta(hours=1))
    with app.app_context():
        kept = standing.look()
        assert kept.moment
        assert now() < kept.due < now() + timedelta(hours=2)
        db.session.connection().execute(update(Post.__table__).values(status="draft"))
        db.session.commit()
        assert standing.look().moment != kept.moment
    assert client.get("/posts/oars").status_code == 404
