"""Made-up addresses are refused politely, and old ones lead on."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import select

from backoffice.core.model import db
from backoffice.models import origins
from backoffice.models.content import Category, Post
from backoffice.site.paging import SIZE

NAUGHTY = Path(__file__).resolve().parents[3] / "shared" / "inputs" / "4-naughty-strings" / "blns.json"
LISTS = ["/", "/categories/boats", "/tags/rope", "/authors/mara", "/search?q=words"]


@pytest.fixture
def filled(app, publish):
    """Store enough posts for two parts of every list."""
    with app.app_context():
        db.session.add(Category(name="Boats"))
        db.session.commit()
    for number in range(SIZE + 1):
        publish(f"Post {number}", category_id=1, tags=["Rope"])


def with_words(path, words):
    return f"{path}{'&' if '?' in path else '?'}{words}"


@pytest.mark.parametrize(
    "page",
    [
        "0",
        "-1",
        "abc",
        "99999999999999999999",
        "2.5",
        "",
        "3",
        "01",
        "+1",
        "1e1",
        "٢",
        "1%20",
        "0x1",
        "999999999",
        "1,2",
    ],
)
def test_a_part_that_is_not_there_is_not_found(filled, client, page):
    for path in LISTS:
        answer = client.get(with_words(path, f"page={page}"))
        assert answer.status_code == 404, path
        assert "<h1>Page not found</h1>" in answer.text


def test_text_that_no_database_holds_is_refused(filled, client):
    for path in ("/?page=%00", "/search?q=%00", "/posts/a%00b", "/tags/%00", "/search?q=%ff", "/%00"):
        assert client.get(path).status_code == 400, path


@pytest.mark.parametrize(
    "words",
    ["evil=1", "_external=1", "_anchor=x", "_scheme=evil", "_method=POST", "endpoint=x", "slug=x", "self=1", "page=1"],
)
def test_unknown_words_of_an_address_change_nothing(filled, client, words):
    for path in LISTS:
        plain, dressed = client.get(path), client.get(with_words(path, words))
        assert dressed.status_code == 200, path
        assert dressed.text == plain.text


@pytest.mark.parametrize("path", ["/feed", "/sitemap-cats-1.xml", "/posts", "/posts/", "/tags/x/y", "/x.php"])
def test_an_unknown_address_is_answered_in_the_dress_of_the_site(publish, client, path):
    publish("About", kind="page")
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.text.count("<h1>") == 1
    assert 'href="/posts/about"' in answer.text
    assert 'action="/search"' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "noindex" in answer.text


def test_programs_and_the_other_doors_get_their_own_answer(client):
    assert client.get("/nowhere", headers={"Accept": "application/json"}).json["status"] == 404
    assert client.get("/api/nowhere").json["status"] == 404
    assert 'action="/search"' not in client.get("/admin/nowhere/at/all").text
    assert client.post("/nowhere", csrf=False).status_code == 404


def test_without_a_database_an_unknown_address_is_still_not_found(make_app, tmp_path):
    lost = make_app(
        SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path / 'none' / 'none.sqlite'}", PROPAGATE_EXCEPTIONS=False
    )
    visitor = lost.test_client()
    assert visitor.get("/nowhere").status_code == 404
    assert visitor.get("/").status_code == 503


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("/2015/01/oars/", "/2015/01/oars/"),
        ("/2015/01/oars/", "/2015/01/oars"),
        ("/2015/01/oars", "/2015/01/oars/?utm_source=x"),
        ("/?p=123", "/?p=123"),
        ("?p=123", "/?p=123&page=2"),
        ("/?page_id=7", "/?page_id=7"),
        ("//odd/place/", "/odd/place/"),
        ("/index.php?p=123", "/index.php?p=123"),
        ("/2015/%c3%a9t%c3%a9/", "/2015/%C3%A9t%C3%A9/"),
        ("/2015/été/", "/2015/%c3%a9t%c3%a9"),
        ("/posts/another-name", "/posts/another-name"),
    ],
)
def test_an_old_address_leads_to_the_present_one(app, publish, client, stored, asked):
    publish("Oars", old_address=stored)
    answer = client.get(asked)
    assert answer.status_code == 301
    assert answer.headers["Location"] == "/posts/oars"
    with app.app_context():
        row = db.session.scalars(select(Post)).one()
        row.old_address = None
        # An import keeps all addresses that a post was known by.
        origins.remember(db.session, ("address", ""), [(stored, row), ("/other", row)])
        db.session.commit()
    assert client.get(asked).headers["Location"] == client.get("/other").headers["Location"] == "/posts/oars"


def test_an_old_address_of_a_deleted_post_leads_nowhere(app, publish, client):
    publish("New")
    with app.app_context():
        row = db.session.scalars(select(Post)).one()
        origins.remember(db.session, ("address", ""), [("/gone/", row)])
        # The key of the deleted post was given to this one.
        row.created_at = row.created_at.replace(year=2001)
        db.session.commit()
    assert client.get("/gone/").status_code == 404


@pytest.mark.parametrize("number", ["abc", "-1", "1 OR 1=1", "%25", "9" * 40, ""])
def test_a_number_that_names_no_post_leaves_the_first_page_as_it_is(publish, client, number):
    publish("Oars", old_address="/?p=1")
    assert client.get(f"/?p={number}").status_code == 200


@pytest.mark.skipif(not NAUGHTY.exists(), reason="the shared inputs are not on this machine")
def test_no_text_whatever_breaks_an_address(publish, client):
    publish("Post")
    places = ("/posts/", "/categories/", "/tags/", "/authors/", "/media/", "/", "/search?q=", "/?page=", "/?p=")
    for number, text in enumerate(json.loads(NAUGHTY.read_text())):
        for place in ("/search?q=", places[number % len(places)]):
            answer = client.get(place + quote(text, safe=""))
            assert answer.status_code in {200, 400, 404}, (place, text)
            assert "<script>alert" not in answer.text
