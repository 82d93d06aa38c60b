"""A feed tells what appeared lately, in valid Atom, with whole addresses and names that last."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree, html
from sqlalchemy import Text, literal, select, update
from werkzeug.http import parse_date

from backoffice.core.model import db, now
from backoffice.models.accounts import User
from backoffice.models.content import SCHEDULED, Category, Post
from backoffice.site import feeds

SCHEMA = Path(__file__).resolve().parents[3] / "shared" / "inputs" / "6-schema-feeds" / "atom-rfc4287.rng"
ATOM = "{http://www.w3.org/2005/Atom}"
NEEDED = {"id", "title", "updated"}
FEEDS = ["/feed.xml", "/categories/boats/feed.xml", "/tags/rope/feed.xml", "/authors/mara/feed.xml"]


@pytest.fixture
def atom(client):
    """Return a function that opens a feed, which must be valid, and returns its root element."""

    def opened(path="/feed.xml", **rest):
        answer = client.get(path, **rest)
        assert answer.status_code == 200, path
        assert answer.mimetype == "application/atom+xml"
        root = etree.fromstring(answer.data)
        valid(root)
        return root

    return opened


def valid(root):
    """Hold a feed to RFC 4287: in short everywhere, in whole where its schema is at hand."""
    for each in (root, *root.iter(f"{ATOM}entry")):
        names = [etree.QName(child).localname for child in each]
        assert all(names.count(name) == 1 for name in NEEDED), names
        assert all(child.text for child in each if etree.QName(child).localname in NEEDED)
        assert [link.get("rel") for link in each.iter(f"{ATOM}link")].count("alternate") >= 1
    for entry in root.iter(f"{ATOM}entry"):
        assert entry.findtext(f"{ATOM}author/{ATOM}name")
        assert entry.find(f"{ATOM}content") is not None or entry.find(f"{ATOM}summary") is not None
        assert entry.findtext(f"{ATOM}published") <= entry.findtext(f"{ATOM}updated")
    identities = [each.text for each in root.iter(f"{ATOM}id")]
    assert len(identities) == len(set(identities))
    if SCHEMA.exists():
        etree.RelaxNG(etree.parse(SCHEMA)).assertValid(root)


def titles(root):
    return [entry.findtext(f"{ATOM}title") for entry in root.iter(f"{ATOM}entry")]


def change(app, **values):
    """Write values into the one post behind the back of its type."""
    with app.app_context():
        db.session.connection().execute(update(Post.__table__).values(values))
        db.session.commit()


def test_an_empty_site_has_an_empty_feed(atom, read):
    root = atom()
    assert titles(root) == []
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"
    assert "/feed.xml" in [link["href"] for link in read("/").all("link") if link["rel"] == "alternate"]


def test_the_feed_tells_the_newest_posts_and_no_pages(app, publish, atom):
    publish("About", kind="page")
    publish("Scheduled", status=SCHEDULED, published_at=None, publish_at=now() - timedelta(minutes=1))
    for number in range(feeds.MOST + 3):
        publish(f"Post {number:02}", tags=["Rope", "Ash & oak"], body="<p>Words &amp; <b>more</b>.</p>")
    root = atom()
    assert titles(root) == ["Scheduled", *(f"Post {number:02}" for number in range(feeds.MOST - 1))]
    entry = root.findall(f"{ATOM}entry")[1]
    assert entry.findtext(f"{ATOM}content") == "<p>Words &amp; <b>more</b>.</p>"
    assert entry.findtext(f"{ATOM}author/{ATOM}name") == "Mara Quill"
    assert {(each.get("term"), each.get("label")) for each in entry.iter(f"{ATOM}category")} == {
        ("rope", "Rope"),
        ("ash-oak", "Ash & oak"),
    }
    assert b"mara@example.com" not in etree.tostring(root)


def test_each_subject_and_author_has_a_feed_that_their_page_names(app, publish, client, atom, read):
    with app.app_context():
        boats = Category(name="Boats")
        db.session.add_all([boats, Category(name="Oars", parent=boats), User(username="nell", name="Nell")])
        db.session.commit()
        nell = db.session.scalars(select(User.id).where(User.username == "nell")).one()
    publish("In", category_id=1, tags=["Rope"])
    publish("Below", category_id=2, tags=["Rope"])
    publish("Out", tags=["Rope"])
    publish("Hers", author_id=nell, status="draft", tags=["Hush"])
    assert titles(atom("/categories/boats/feed.xml")) == ["In", "Below"]
    assert titles(atom("/tags/rope/feed.xml")) == titles(atom("/authors/mara/feed.xml")) == ["In", "Below", "Out"]
    for path in FEEDS[1:]:
        page = path.removesuffix("/feed.xml")
        assert path in [link["href"] for link in read(page).all("link") if link["rel"] == "alternate"]
        assert atom(path).find(f"{ATOM}link[@rel='alternate']").get("href").endswith(page)
    for path in ("/tags/hush", "/authors/nell", "/categories/nothing", "/tags/%22%3E", f"/authors/{'x' * 5000}"):
        assert client.get(f"{path}/feed.xml").status_code == 404


def test_the_names_of_entries_stay_when_addresses_move(app, publish, atom):
    publish("Oars")
    before = atom().find(f"{ATOM}entry")
    change(app, slug="rudders", title="Rudders", published_at=now() - timedelta(days=9))
    after = atom().find(f"{ATOM}entry")
    assert after.findtext(f"{ATOM}id") == before.findtext(f"{ATOM}id")
    assert after.find(f"{ATOM}link").get("href").endswith("/posts/rudders")


def test_addresses_are_whole_and_of_the_settings_whatever_host_is_asked(app, publish, atom, monkeypatch):
    monkeypatch.setitem(app.config, "SITE_URL", "https://tide.example")
    body = (
        '<p><a href="/tags/rope">a</a> <a href="#top">b</a> <a href="other">c</a> <a href="mailto:a@example.org">d</a>'
        '<img src="/media/x.png" alt=\'a src="/no"\'> <a href="//cdn.example/x?a=1&amp;b=2" title="<a href=">e</a>'
        '<a href="http://[">f</a> href="/text"</p>'
    )
    publish("Été", body=body)
    root = atom(base_url="http://evil.example", headers={"X-Forwarded-Host": "evil.example"})
    assert b"evil.example" not in etree.tostring(root)
    content = root.findtext(f"{ATOM}entry/{ATOM}content")
    here = "https://tide.example/posts/%C3%A9t%C3%A9"
    assert root.find(f"{ATOM}entry/{ATOM}link").get("href") == here
    assert [each[2] for each in html.fragment_fromstring(content, create_parent=True).iterlinks()] == [
        "https://tide.example/tags/rope",
        f"{here}#top",
        "https://tide.example/posts/other",
        "mailto:a@example.org",
        "https://tide.example/media/x.png",
        "https://cdn.example/x?a=1&b=2",
    ]
    assert html.fragment_fromstring(content, create_parent=True).find(".//img").get("alt") == 'a src="/no"'
    assert 'href="/text"' in content


def test_hostile_texts_are_told_as_text_in_valid_xml(app, publish, atom):
    evil = "\x01\x0b\ufffe</title><script>alert(1)</script>]]>&amp;\x1f<!--"
    publish("Post", tags=["Rope"])
    with app.app_context():
        db.session.connection().execute(update(User.__table__).values(name=evil))
        db.session.commit()
    for text in (evil, f"<img src=x onerror=alert(1)>{evil}", "<b>" * 3000):
        change(app, title=evil, excerpt=text, body=literal(text, Text))
        root = atom()
        assert titles(root) == ["</title><script>alert(1)</script>]]>&amp;<!--"]
        content = root.findtext(f"{ATOM}entry/{ATOM}content")
        found = html.fragment_fromstring(content, create_parent=True)
        assert not list(found.iter("script"))
        assert not [name for each in found.iter() for name in each.keys() if name.startswith("on")]  # noqa: SIM118


def test_a_very_long_text_is_told_by_its_first_words(publish, atom):
    publish("Long", body=f"<p>{'word ' * feeds.LONGEST}</p>")
    entry = atom().find(f"{ATOM}entry")
    assert entry.find(f"{ATOM}content") is None
    assert entry.findtext(f"{ATOM}summary").startswith("word word")


def test_whoever_has_the_feed_is_told_so_until_it_changes(app, publish, client):
    publish("Post", updated_at=datetime(2020, 1, 1, tzinfo=UTC), published_at=datetime(2020, 1, 2, tzinfo=UTC))
    first = client.get("/feed.xml")
    assert parse_date(first.headers["Last-Modified"]) == datetime(2020, 1, 2, tzinfo=UTC)
    for known in ({"If-None-Match": first.headers["ETag"]}, {"If-Modified-Since": first.headers["Last-Modified"]}):
        again = client.get("/feed.xml", headers=known)
        assert (again.status_code, again.data) == (304, b"")
        # A name that changed elsewhere is no news of the post, but whoever compares the tag gets it.
    change(app, title="Renamed")
    assert client.get("/feed.xml", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200
    assert "no-cache" in first.headers["Cache-Control"]


@pytest.mark.parametrize("path", FEEDS)
def test_a_feed_costs_the_same_few_statements_whatever_is_in_it(app, publish, cost, path):
    with app.app_context():
        db.session.add(Category(name="Boats"))
        db.session.commit()

    publish("Mara", category_id=1, tags=["Rope"])
    cost(path)  # what a process finds out once
    few = len(cost(path))
    for number in range(5):
        publish(f"Post {number}", category_id=1, tags=["Rope", f"Tag {number}"])
    # On PostgreSQL it is asked first what is seen.
    assert len(cost(path)) == few <= (3 if path == "/feed.xml" else 6)


def test_a_feed_is_only_read(client):
    for path in ("/feed.xml", "/sitemap.xml", "/sitemap-home.xml", "/robots.txt"):
        assert client.head(path).status_code == 200
        assert client.head(path).data == b""
        for method in ("post", "put", "patch", "delete"):
            assert getattr(client, method)(path).status_code == 405
