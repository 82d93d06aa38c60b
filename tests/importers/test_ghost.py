"""A Ghost export comes in as its site was: posts, pages, authors, tags and pictures, and nothing hidden is shown."""

import json

import pytest
from PIL import Image as Drawing
from sqlalchemy import func, select

from backoffice.core.history import Change
from backoffice.core.model import db
from backoffice.models.accounts import User
from backoffice.models.content import Post, Tag
from backoffice.models.media import Image

DATE = "2025-01-02T03:04:05.000Z"


@pytest.fixture
def bring(runner, tmp_path):
    """Return a function that imports tables, or the text of a file, and returns what the terminal shows."""

    def run(told, *options, code=0):
        path = tmp_path / "export.json"
        path.write_text(told if isinstance(told, str) else json.dumps(told))
        shown = runner.invoke(args=["import", "ghost", str(path), *options])
        assert shown.exit_code == code, shown.output
        return shown

    return run


def post(number=1, **fields):
    """Return a post as Ghost writes it."""
    known = {"title": f"Post {number}", "slug": f"post-{number}", "status": "published", "visibility": "public"}
    dates = {"created_at": DATE, "published_at": DATE}
    return {"id": f"p{number}", "type": "post", "html": "<p>Words.</p>", **known, **dates, **fields}


def export(*posts, **tables):
    """Return an export of these posts, with the other tables as given."""
    usual = {"users": [{"id": "u1", "name": "Ann", "slug": "ann", "email": "ann@example.com"}]}
    links = {"posts_authors": [{"post_id": one["id"], "author_id": "u1", "sort_order": 0} for one in posts]}
    return {"db": [{"meta": {"version": "5.0"}, "data": {"posts": posts, **usual, **links, **tables}}]}


def stored(app, *columns):
    """Return what the posts hold in these columns, in the order of their slugs."""
    with app.app_context():
        return [tuple(row) for row in db.session.execute(select(*columns).order_by(Post.slug))]


def test_posts_and_pages_come_with_their_author_dates_and_tags(app, bring):
    tags = [
        {"id": "t1", "name": "Boats", "slug": "boats"},
        {"id": "t2", "name": "#hidden", "slug": "hash-hidden", "visibility": "internal"},
        {"id": "t3", "name": "Alone", "slug": "alone"},
    ]
    links = [{"post_id": "p1", "tag_id": key, "sort_order": place} for place, key in enumerate(("t2", "t1"))]
    told = bring(export(post(), post(2, type="page", custom_excerpt="In short."), tags=tags, posts_tags=links))
    assert "tags that only the theme sees: 1" in told.stdout
    with app.app_context():
        first, page = db.session.scalars(select(Post).order_by(Post.slug))
        assert (first.kind, first.status, first.author.username, first.old_address) == (
            "post",
            "published",
            "ann",
            "/post-1/",
        )
        assert first.published_at.isoformat() == "2025-01-02T03:04:05+00:00"
        assert [tag.name for tag in first.tags] == ["Boats"]
        assert (page.kind, page.excerpt, first.body) == ("page", "In short.", "<p>Words.</p>")
        assert sorted(db.session.scalars(select(Tag.name))) == ["Alone", "Boats"]
        assert db.session.scalars(select(User.email).where(User.username == "ann")).one() == "ann@example.com"
        assert set(db.session.scalars(select(Change.door).where(Change.model == "post"))) == {"import"}


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"status": "draft"}, "draft"),
        ({"status": "scheduled", "published_at": "2099-01-01T00:00:00Z"}, "scheduled"),
        ({"status": "sent"}, "draft"),
        ({"visibility": "paid"}, "draft"),
        ({"visibility": "members"}, "draft"),
        ({"status": "unheard"}, "draft"),
        ({"published_at": "2099-01-01T00:00:00Z"}, "scheduled"),
    ],
)
def test_what_was_not_for_everybody_does_not_become_so(app, bring, fields, status):
    bring(export(post(**fields)))
    assert stored(app, Post.status) == [(status,)]


def test_an_export_that_comes_again_changes_nothing(app, bring):
    bring(export(post(), post(2)))
    told = bring(export(post(title="Other"), post(2), post(3)))
    assert stored(app, Post.title) == [("Post 1",), ("Post 2",), ("Post 3",)]
    assert "posts                      1               2" in told.stdout


def test_pictures_of_the_site_are_taken_from_the_folder_and_shown_where_they_stood(app, bring, tmp_path):
    folder = tmp_path / "content" / "images" / "2025"
    folder.mkdir(parents=True)
    for name, colour in (("cover.png", "red"), ("boat.png", "blue")):
        Drawing.new("RGB", (4, 4), colour).save(folder / name)
    body = '<p><img src="__GHOST_URL__/content/images/2025/boat.png"><img src="https://other.example/x.png"></p>'
    cover = "__GHOST_URL__/content/images/2025/cover.png"
    told = post(html=body, feature_image=cover, feature_image_alt="A red square")
    bring(export(told), "--media", str(tmp_path))
    with app.app_context():
        row = db.session.scalars(select(Post)).one()
        assert row.cover.alt == "A red square"
        assert "/media/" in row.body
        assert "https://other.example/x.png" in row.body
        assert db.session.scalar(select(func.count()).select_from(Image)) == 2


def test_a_script_does_not_come_in(app, bring):
    bring(export(post(html="<p onclick=x()>Fine.</p><script>alert(1)</script><!--kg-card-begin: html-->")))
    assert stored(app, Post.body) == [("<p>Fine.</p>",)]


def test_a_rehearsal_keeps_nothing(app, bring):
    assert "nothing was kept" in bring(export(post()), "--dry-run").stdout
    assert stored(app, Post.id) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "5",
        "null",
        "{}",
        '{"db": []}',
        '{"db": [1]}',
        '{"data": {"posts": {}}}',
        "[" * 100_000,
        "9" * 9999,
    ],
)
def test_what_is_no_export_is_refused_in_a_line(app, bring, text):
    told = bring(text, code=2)
    assert told.stderr.startswith("Not imported: ")
    assert len(told.stderr.splitlines()) == 1
    assert stored(app, Post.id) == []


ODD = [None, 5, 1.5, True, [], {}, [{}], "", "a\x00b", "\ud800", "x" * 5000, "9" * 30, "-1", "<b>x</b>", "not a date"]


@pytest.mark.parametrize("value", ODD, ids=[str(number) for number in range(len(ODD))])
def test_odd_values_break_nothing(app, bring, value):
    names = ("id", "title", "slug", "html", "status", "type", "published_at", "created_at", "feature_image", "tags")
    posts = [post(number, **{name: value}) for number, name in enumerate((*names, "authors", "author", "page"))]
    tables = {
        name: [dict.fromkeys(("id", "name", "slug", "email", "post_id"), value), value] for name in ("users", "tags")
    }
    bring(export(*posts, **tables, settings=[value, {"key": "title", "value": value}]))
    assert len(stored(app, Post.id)) >= len(posts) - 1


def test_the_given_files_come_in_or_are_refused_in_a_line(app, runner, inputs):
    files = sorted((inputs / "2-ghost-json-small").glob("*.json"))
    codes = {}
    for path in files:
        told = runner.invoke(args=["import", "ghost", str(path)])
        codes[path.name] = told.exit_code
        assert told.exit_code in {0, 2}, told.output
    refused = {name for name, code in codes.items() if code}
    assert refused == {"mg-assetscraper-db--test-assets-assets-data1.json", "mg-assetscraper-db--test-assets-info.json"}
    assert len(files) == 14
