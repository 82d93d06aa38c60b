"""What is not public is absent, from every address and from every number."""

from datetime import timedelta

import pytest

from backoffice.core.model import db, now
from backoffice.models.accounts import User
from backoffice.models.content import Category

LATER = timedelta(days=2)
HIDDEN = {
    "draft": lambda: {"status": "draft", "published_at": None},
    "draft that was published before": lambda: {"status": "draft"},
    "in review": lambda: {"status": "review"},
    "archived": lambda: {"status": "archived"},
    "scheduled for later": lambda: {"status": "scheduled", "publish_at": now() + LATER},
    "scheduled for later, published before": lambda: {"status": "scheduled", "publish_at": now() + LATER},
    "published in the future": lambda: {"status": "published", "published_at": now() + LATER},
}
ADDRESSES = [
    "/", "/?page=1", "/?p=99", "/categories/boats", "/tags/rope", "/authors/mara", "/search?q=Zanzibar",
    "/search?q=zanzi", "/search?q=clove", "/posts/open", "/posts/zanzibar", "/old/place", "/posts/nothing",
    "/feed.xml", "/categories/boats/feed.xml", "/tags/rope/feed.xml", "/authors/mara/feed.xml", "/sitemap.xml",
    "/sitemap-posts-1.xml",
]  # fmt: skip
hidden = pytest.mark.parametrize("state", HIDDEN)


@pytest.fixture
def store(app, publish):
    """Return a function that stores an open post and a secret one in the same places."""

    def both(state, **fields):
        with app.app_context():
            db.session.add(Category(name="Boats"))
            db.session.commit()
        publish("Open", category_id=1, tags=["Rope"])
        secret = {"category_id": 1, "tags": ["Rope"], "excerpt": "Clove.", "body": "<p>Zanzibar cloves.</p>"}
        secret |= {"old_address": "/old/place", **HIDDEN[state](), **fields}
        return publish("Zanzibar", **secret)

    return both


@hidden
@pytest.mark.parametrize("kind", ["post", "page"])
def test_a_secret_shows_at_no_address(store, client, state, kind):
    store(state, kind=kind)
    for path in ADDRESSES:
        answer = client.get(path)
        # The words looked for are shown again in the form; only what was found counts.
        shown = answer.text.split("</form>")[-1] if path.startswith("/search") else answer.text
        for word in ("/posts/zanzibar", "Zanzibar cloves", "Clove."):
            assert word not in shown, path
        assert "Location" not in answer.headers, path
    assert client.get("/posts/zanzibar").status_code == 404
    assert client.get("/old/place").status_code == 404


@hidden
def test_a_secret_is_never_counted(store, read, state):
    store(state)
    for path in ("/categories/boats", "/tags/rope", "/authors/mara", "/search?q=words"):
        assert "1 post" in read(path).text("main")
        assert "2 posts" not in read(path).text("main")
    assert read("/").text("nav", "main") == "Boats 1 post"
    assert "Nothing was found" in read("/search?q=Zanzibar").text("main")


@hidden
def test_a_subject_or_a_person_with_nothing_but_secrets_is_not_there(app, publish, client, read, state):
    with app.app_context():
        low = Category(name="Low", parent=Category(name="Quiet"))
        ghost = User(username="ghost", name="Ghost")
        db.session.add_all([low, ghost])
        db.session.commit()
        fields = {"category_id": low.id, "author_id": ghost.id, "tags": ["Hush"], **HIDDEN[state]()}
    publish("Whisper", **fields)
    maps = client.get("/sitemap.xml").text
    for path in ("/categories/low", "/categories/quiet", "/tags/hush", "/authors/ghost"):
        assert client.get(path).status_code == client.get(f"{path}/feed.xml").status_code == 404, path
        assert f"sitemap-{path.split('/')[1]}" not in maps
    assert "/categories/quiet" not in read("/").links()


@hidden
def test_an_absent_post_and_a_secret_one_are_answered_alike(store, client, state):
    store(state)
    secret, absent = client.get("/posts/zanzibar"), client.get("/posts/nothing")
    assert secret.status_code == absent.status_code == 404
    assert secret.text == absent.text


def test_accounts_that_wrote_nothing_cannot_be_found_by_their_names(app, client):
    with app.app_context():
        db.session.add(User(username="quiet", name="Quiet"))
        db.session.commit()
    known, unknown = client.get("/authors/quiet"), client.get("/authors/nobody")
    assert known.status_code == unknown.status_code == 404
    assert known.text == unknown.text


@hidden
def test_secrets_do_not_stretch_a_list(publish, client, state):
    for number in range(14):
        publish(f"Post {number}", **HIDDEN[state]())
    publish("Open")
    assert client.get("/?page=2").status_code == 404
    assert client.get("/posts/open").text.count('rel="prev"') == 0


def test_a_signed_in_editor_sees_the_same_site_as_everybody(as_role, publish, client):
    publish("Open")
    publish("Zanzibar", status="draft")
    browser = as_role("editor")
    assert browser.get("/posts/zanzibar").status_code == 404
    assert "Zanzibar" not in browser.get("/").text
    assert browser.get("/").headers["Cache-Control"] == "no-store"


def test_words_are_not_found_in_what_visitors_do_not_see(publish, say, read):
    slug = publish("Open", old_address="/hush")
    say(slug, body="whispered")
    for word in ("hush", "whispered", "mara@example.com"):
        assert "Nothing was found" in read(f"/search?q={word}").text("main")
