"""A post's page holds the post, says where it stands, and works for every reader."""

from datetime import timedelta

import pytest

from backoffice.core.model import db, now
from backoffice.models.content import Category
from backoffice.models.media import Image

PICTURE = "cd" * 32 + ".jpg"


def test_the_page_shows_title_text_author_and_date(publish, read):
    publish("On oars", excerpt="Wood, mostly.", body="<p>Ash is <em>best</em>.</p>", tags=["Wood"])
    page = read("/posts/on-oars")
    assert page.text("h1") == "On oars"
    assert page.text("title").startswith("On oars ")
    assert "Ash is best ." in page.text("article")
    assert page.text("em") == "best"
    assert {"/authors/mara", "/tags/wood"} <= set(page.links())
    assert page.all("time")[0]["datetime"].endswith("+00:00")


def test_a_page_stands_without_author_date_or_neighbours(publish, read):
    publish("News")
    publish("About", kind="page")
    page = read("/posts/about")
    assert page.all("time") == []
    assert "/authors/mara" not in page.links()
    assert "/posts/news" not in page.links()


def test_each_page_has_one_main_heading_and_the_landmarks(publish, read):
    publish("Post", body="<h1>Loud</h1><p>Text</p><h1>Louder</h1>", tags=["Tag"])
    for path in ("/", "/posts/post", "/tags/tag", "/authors/mara", "/search", "/search?q=text"):
        page = read(path)
        assert len(page.all("h1")) == len(page.all("main")) == 1, path
        assert page.all("html") == [{"lang": "en", "dir": "ltr"}]
        assert page.all("header")
        assert page.all("footer")
        assert all(nav.get("aria-label") for nav in page.all("nav"))
        assert page.links()[0] == "#content"
        assert page.unbalanced == []
        identities = [attrs["id"] for _tag, attrs in page.elements if "id" in attrs]
        assert len(identities) == len(set(identities))
    assert "Loud" in read("/posts/post").text("h2")


def test_nothing_on_a_page_is_inline(publish, say, read):
    slug = publish("Post", tags=["Tag"])
    say(slug)
    for path in ("/", f"/posts/{slug}", "/search?q=x"):
        page = read(path)
        assert not {"script", "style", "iframe", "object"} & {tag for tag, _attrs in page.elements}
        for _tag, attrs in page.elements:
            assert not [name for name in attrs if name == "style" or name.startswith("on")]


def test_wide_parts_scroll_by_keyboard_and_pictures_load_late(publish, read):
    body = '<pre>code</pre><table><tr><td>x</td></tr></table><img src="https://example.org/a.png" alt="A">'
    publish("Wide", body=body)
    page = read("/posts/wide")
    assert page.all("pre") == [{"tabindex": "0"}]
    assert {"class": "scroll", "role": "group", "tabindex": "0"} in page.all("div")
    assert page.all("img")[0]["loading"] == "lazy"
    assert page.unbalanced == []


def test_full_addresses_come_from_the_settings_whatever_host_is_asked(app, publish, client):
    with app.app_context():
        db.session.add(Image(title="Sea", file=PICTURE))
        db.session.commit()
    publish("Post", cover_id=1)
    app.config["SITE_URL"], before = "https://tide.example", app.config["SITE_URL"]
    try:
        for path in ("/", "/posts/post", "/authors/mara"):
            answer = client.get(path, base_url="http://evil.example", headers={"X-Forwarded-Host": "evil.example"})
            assert answer.status_code == 200
            assert "evil.example" not in answer.text
            assert f'<link rel="canonical" href="https://tide.example{path}">' in answer.text
        assert f'content="https://tide.example/media/{PICTURE}"' in client.get("/posts/post").text
    finally:
        app.config["SITE_URL"] = before


def test_the_page_says_what_it_is_to_those_who_link_to_it(publish, read):
    publish("Post", excerpt='Short & "sweet".')
    meta = {each.get("property") or each.get("name"): each.get("content") for each in read("/posts/post").all("meta")}
    assert meta["og:type"] == "article"
    assert meta["og:title"] == "Post"
    assert meta["description"] == meta["og:description"] == 'Short & "sweet".'
    assert meta["og:url"].endswith("/posts/post")


def test_the_posts_before_and_after_are_linked(publish, read):
    publish("Newest")
    publish("Middle")
    publish("Oldest")
    publish("Hidden", status="draft")

    def beside(slug):
        found = {each.get("rel"): each["href"] for each in read(f"/posts/{slug}").all("a") if "rel" in each}
        return found.get("prev"), found.get("next")

    assert beside("newest") == ("/posts/middle", None)
    assert beside("middle") == ("/posts/oldest", "/posts/newest")
    assert beside("oldest") == (None, "/posts/middle")


def test_posts_of_one_moment_are_neighbours_each_once(publish, read):
    moment = now() - timedelta(days=2)
    slugs = [publish(f"Post {number}", published_at=moment) for number in range(4)]
    here, seen = slugs[-1], []
    while here:
        seen.append(here)
        links = [each["href"] for each in read(f"/posts/{here}").all("a") if each.get("rel") == "prev"]
        here = links[0].removeprefix("/posts/") if links else None
    assert seen == slugs[::-1]


def test_the_way_to_a_post_leads_through_its_subjects(app, publish, read):
    with app.app_context():
        low = Category(name="Oars", parent=Category(name="Boats"))
        db.session.add(low)
        db.session.commit()
        key = low.id
    publish("Ash", category_id=key)
    assert read("/posts/ash").text("nav", "ol") == "Home Boats Oars"


@pytest.fixture
def subject(app):
    """Return the key of a category two steps below the top, in a database that also holds a picture."""
    with app.app_context():
        low = Category(name="Low", parent=Category(name="Middle", parent=Category(name="Top")))
        db.session.add_all([low, Image(title="Sea", file=PICTURE)])
        db.session.commit()
        return low.id


def test_a_post_costs_the_same_few_statements_whatever_hangs_on_it(subject, publish, say, read, queries):
    publish("Newer")
    bare = publish("Bare", category_id=subject, cover_id=1, tags=["Tag"])
    full = publish("Full", category_id=subject, cover_id=1, tags=[f"Tag {number}" for number in range(30)])
    publish("Older")
    above = None
    for _number in range(40):
        above = say(full, parent_id=above)
    for slug in (bare, full):
        with queries() as sent:
            read(f"/posts/{slug}")
        assert len(sent) == 6


def test_a_visitor_writes_nothing(publish, client, queries):
    slug = publish("Post")
    with queries() as sent:
        for path in ("/", f"/posts/{slug}", "/search?q=a", "/nowhere"):
            client.get(path)
    assert sent
    assert all(statement.lstrip().upper().startswith(("SELECT", "WITH")) for statement in sent)


def test_only_reading_is_possible(publish, client):
    slug = publish("Post")
    for path in ("/", f"/posts/{slug}", "/search"):
        assert client.head(path).status_code == 200
        for method in ("post", "put", "patch", "delete"):
            assert getattr(client, method)(path).status_code == 405


def test_a_picture_of_this_site_comes_as_wide_as_a_text_can_be(publish, read):
    body = f'<p><img src="/media/{PICTURE}" alt="A"><img src="/media/{PICTURE}.html" alt="B"></p>'
    publish("Post", body=body)
    assert [one["src"] for one in read("/posts/post").all("img")] == [
        f"/media/{PICTURE}?width=1280",
        f"/media/{PICTURE}.html",
    ]
