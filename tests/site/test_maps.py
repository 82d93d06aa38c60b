"""The maps name every public page once and nothing else, and crawlers are told where they are."""

from pathlib import Path
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

import pytest
from lxml import etree

from backoffice.core.model import db
from backoffice.models.accounts import User
from backoffice.models.content import Category
from backoffice.site import maps

SCHEMA = Path(__file__).resolve().parents[3] / "shared" / "inputs" / "6-schema-sitemap" / "sitemap.xsd"
PLACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture
def mapped(client):
    """Return a function that reads the index and every map in it: {path of a map: [path of a page]}."""

    def read():
        index = etree.fromstring(client.get("/sitemap.xml").data)
        assert index.tag == f"{PLACE}sitemapindex"
        found = {}
        for place in index.iter(f"{PLACE}loc"):
            answer = client.get(urlsplit(place.text).path)
            assert (answer.status_code, answer.mimetype) == (200, "application/xml")
            root = etree.fromstring(answer.data)
            if SCHEMA.exists():
                etree.XMLSchema(etree.parse(SCHEMA)).assertValid(root)
            found[urlsplit(place.text).path] = [urlsplit(one.text).path for one in root.iter(f"{PLACE}loc")]
        return found

    return read


def test_an_empty_site_has_its_first_page(mapped):
    assert mapped() == {"/sitemap-home.xml": ["/"]}


def test_every_public_page_is_named_once_and_nothing_secret(app, publish, mapped, client):
    with app.app_context():
        low = Category(name="Low", parent=Category(name="Top"))
        quiet = Category(name="Quiet")
        db.session.add_all([low, quiet, Category(name="Empty"), User(username="ghost", name="Ghost")])
        db.session.commit()
        low, quiet = low.id, quiet.id
    publish("Été", category_id=low, tags=["Rope"])
    publish("About", kind="page")
    publish("Draft", category_id=quiet, tags=["Hush"], status="draft")
    publish("Archived", category_id=quiet, status="archived")
    assert mapped() == {
        "/sitemap-home.xml": ["/"],
        "/sitemap-posts-1.xml": ["/posts/%C3%A9t%C3%A9", "/posts/about"],
        "/sitemap-categories-1.xml": ["/categories/top", "/categories/low"],
        "/sitemap-tags-1.xml": ["/tags/rope"],
        "/sitemap-authors-1.xml": ["/authors/mara"],
    }
    for page in (page for pages in mapped().values() for page in pages):
        text = client.get(page).text
        assert f'<link rel="canonical" href="{app.config["SITE_URL"]}{page}">' in text
    assert etree.fromstring(client.get("/sitemap-posts-1.xml").data).findtext(f"*/{PLACE}lastmod").endswith("Z")


def test_maps_are_cut_by_keys_and_those_of_secrets_are_left_out(publish, mapped, monkeypatch, client, cost):
    monkeypatch.setattr(maps, "SIZE", 3)
    for number in range(1, 15):
        # The third map would hold nothing public, and the posts around it stand at the ends of theirs.
        publish(f"Post {number}", status="draft" if number in {5, 7, 8, 9} else "published")
    parts = {path: pages for path, pages in mapped().items() if "posts" in path}
    assert list(parts) == [f"/sitemap-posts-{number}.xml" for number in (1, 2, 4, 5)]
    assert [page for pages in parts.values() for page in pages] == [
        f"/posts/post-{number}" for number in (1, 2, 3, 4, 6, 10, 11, 12, 13, 14)
    ]
    assert client.get("/sitemap-posts-3.xml").status_code == 404
    # On PostgreSQL it is asked first what is seen.
    assert len(cost("/sitemap.xml")) <= len(maps.KINDS) + 1
    assert len(cost("/sitemap-posts-1.xml")) <= 2


@pytest.mark.parametrize(
    "part",
    [
        *("posts-0", "posts-01", "posts--1", "posts-2", f"posts-{maps.LAST + 1}", f"posts-{'9' * 400}", "posts-x"),
        *("posts-\u0661", "posts-1%00", "users-1", "-", "posts", "posts-1-1", "'-1", "posts-1%0a", "__class__-1"),
    ],
)
def test_a_map_that_nobody_named_is_not_there(publish, client, part):
    publish("Post")
    assert client.get(f"/sitemap-{part}.xml").status_code == (400 if "%00" in part else 404)


def test_a_map_is_of_the_settings_and_known_by_its_tag(app, publish, client, monkeypatch):
    monkeypatch.setitem(app.config, "SITE_URL", "https://tide.example")
    publish("Post")
    for path in ("/sitemap.xml", "/sitemap-posts-1.xml", "/robots.txt"):
        answer = client.get(path, base_url="http://evil.example", headers={"X-Forwarded-Host": "evil.example"})
        assert "https://tide.example/" in answer.text
        assert "evil.example" not in answer.text
        assert client.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_crawlers_may_read_the_site_and_are_asked_to_leave_the_rest_alone(client):
    told = RobotFileParser()
    answer = client.get("/robots.txt")
    assert answer.mimetype == "text/plain"
    told.parse(answer.text.splitlines())
    for path in ("/", "/posts/login", "/feed.xml", "/sitemap.xml", "/static/site/site.css", "/media/x.png"):
        assert told.can_fetch("crawler", path), path
    for path in ("/admin/", "/admin/post/", "/login", "/login?next=/", "/search?q=x", "/api/v1/posts"):
        assert not told.can_fetch("crawler", path), path
    assert [urlsplit(place).path for place in told.site_maps()] == ["/sitemap.xml"]
