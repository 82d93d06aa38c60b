"""Posts and pages arrive with their states, dates, subjects and addresses, and never more public than they were."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, or_, select

from backoffice.core.history import Change
from backoffice.core.model import db, now
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post, Tag
from importers.exports import SITE, author, category, comment, export, item, tag

THEN = datetime(2015, 1, 31, 10, tzinfo=UTC)


def posts():
    """Return all posts by the title."""
    return {post.title: post for post in db.session.scalars(select(Post).order_by(Post.id))}


def only():
    """Return the one post there is."""
    return db.session.scalars(select(Post)).one()


STATES = {
    "publish": ("published", True),
    "future": ("scheduled", True),  # its time came long ago
    "draft": ("draft", False),
    "pending": ("review", False),
    "private": ("draft", False),
    "trash": ("archived", False),
    "auto-draft": ("draft", False),
    "of-a-plugin": ("draft", False),
    "": ("draft", False),
}


@pytest.mark.parametrize("state", STATES)
def test_a_post_keeps_its_state(app, bring, state):
    bring(export(item(status=state)))
    with app.app_context():
        status, public = STATES[state]
        assert only().status == status
        assert db.session.scalar(select(func.count(Post.id)).where(Post.public())) == public


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"status": "private"}, "private: kept as a draft: 1"),
        ({"status": "trash"}, "in the trash: kept as archived: 1"),
        ({"status": "odd"}, "the state “odd” is not known here: kept as a draft: 1"),
        ({"password": "sesame"}, "protected by a password: kept as a draft: 1"),
        ({"status": "future", "date": ""}, "scheduled without a date: kept as a draft: 1"),
        ({"sticky": "1"}, "sticky: that is unknown here: 1"),
        ({"kind": "page", "parent": "7"}, "below another page: pages stand in no tree here: 1"),
        ({"meta": {"_thumbnail_id": "9"}}, "the cover image is not there: 1"),
        ({"terms": [("post_format", "post-format-aside", "Aside")]}, "terms of the kind “post_format” on posts: 1"),
        ({"date": "", "local": "2015-01-31 10:00:00"}, "the date names no time zone: taken as UTC: 1"),
        ({"date": ""}, "without a date: dated now: 1"),
        ({"body": "<IFRAME src='x'></IFRAME>"}, "with scripts, embedded pages or forms: they are not kept: 1"),
    ],
)
def test_what_is_taken_otherwise_than_it_was_is_told_with_its_line(bring, fields, line):
    told = bring(export(item("A post", **fields)))
    assert f"  {line}\n    line 8: “A post” ({fields.get('kind', 'post')} 1)" in told.stdout


def test_a_post_with_a_password_is_not_published(app, bring):
    bring(export(item(password="sesame"), item(key=2, slug="later", status="future", password="sesame")))
    with app.app_context():
        assert db.session.scalars(select(Post.status)).all() == ["draft", "draft"]


def test_a_post_that_is_to_appear_waits(app, bring):
    soon = (now() + timedelta(days=30)).replace(microsecond=0)
    bring(export(item(status="future", date=f"{soon:%Y-%m-%d %H:%M:%S}")))
    with app.app_context():
        assert (only().status, only().publish_at) == ("scheduled", soon)
        assert only().created_at <= now()
        assert db.session.scalars(select(Post.id).where(Post.public())).all() == []


def test_a_published_post_of_tomorrow_waits_too(app, bring):
    soon = (now() + timedelta(days=1)).replace(microsecond=0)
    bring(export(item(date=f"{soon:%Y-%m-%d %H:%M:%S}")))
    with app.app_context():
        assert (only().status, only().publish_at, only().published_at) == ("scheduled", soon, None)


@pytest.mark.parametrize(
    "fields",
    [
        {"date": "2015-01-31 10:00:00", "local": "2015-01-31 03:00:00", "mailed": "Thu, 01 Jan 2009 00:00:00 +0000"},
        {"date": "0000-00-00 00:00:00", "mailed": "Sat, 31 Jan 2015 12:00:00 +0200", "local": "2015-01-31 03:00:00"},
        {"date": "", "mailed": "Tue, 30 Nov 1999 00:00:00 +0000", "local": "2015-01-31 10:00:00"},
        {"date": "0000-00-00 00:00:00", "mailed": "Mon, 30 Nov -0001 00:00:00 +0000", "local": "2015-01-31 10:00:00"},
        {"date": "2015-02-31 10:00:00", "mailed": "yesterday", "local": "2015-01-31 10:00:00"},
    ],
)
def test_the_surest_of_three_dates_is_taken(app, bring, fields):
    bring(export(item(**fields)))
    with app.app_context():
        assert (only().published_at, only().created_at) == (THEN, THEN)


def test_a_draft_without_a_date_is_made_now_and_unpublished(app, bring):
    bring(export(item(status="draft", date="0000-00-00 00:00:00")))
    with app.app_context():
        assert only().published_at is None
        assert now() - only().created_at < timedelta(minutes=5)


def test_title_and_excerpt_are_words_and_the_body_is_clean(app, bring):
    bring(export(item(
        "Ships &amp; <em>boats</em> < 5 m", body="One.\n\n<script>alert(1)</script>Two.", excerpt="<b>Ships</b> &lt;3"
    )))  # fmt: skip
    with app.app_context():
        assert only().title == "Ships & boats < 5 m"
        assert only().excerpt == "Ships <3"
        assert only().body == "<p>One.</p>\n<p>Two.</p>"


def test_a_post_without_a_title_is_called_untitled(app, bring):
    bring(export(item("", slug="no-name")))
    with app.app_context():
        assert (only().title, only().slug) == ("Untitled", "no-name")


def test_a_title_too_long_is_cut(app, bring):
    bring(export(item("word " * 100)))
    with app.app_context():
        assert len(only().title) <= 300
        assert only().title.endswith("word…")


@pytest.mark.parametrize(
    ("given", "slug"),
    [
        ("a-boat", "a-boat"),
        ("%ce%b5%cf%80%ce%af-2", "επί-2"),
        ("copyright-registries-2_0", "copyright-registries-2-0"),
        ("page.html", "page-html"),
        ("a-boat__trashed", "a-boat"),
        ("", "the-title"),
        ("%%%", "the-title"),
        ("x" * 400, "x" * 180),
    ],
)
def test_the_address_of_a_post_is_what_it_was_as_far_as_it_can_be(app, bring, given, slug):
    bring(export(item("The title", slug=given)))
    with app.app_context():
        assert only().slug == slug


def test_two_posts_of_one_address_get_a_number_each_for_good(app, bring):
    entries = [item("Boat", key=key, slug="boat", kind=kind) for key, kind in ((1, "post"), (2, "page"), (3, "post"))]
    told = bring(export(*entries))
    assert "the address was taken: it got a number: 2" in told.stdout
    with app.app_context():
        assert db.session.scalars(select(Post.slug).order_by(Post.id)).all() == ["boat", "boat-2", "boat-3"]
    bring(export(*entries, site="https://other.example"))
    with app.app_context():
        assert db.session.scalars(select(Post.slug).order_by(Post.id)).all()[3:] == ["boat-4", "boat-5", "boat-6"]


def test_old_addresses_are_kept_with_their_numbers(app, bring):
    bring(export(
        item(key=5, slug="a", link=f"{SITE}/blog/2015/01/a-boat/"),
        item(key=6, slug="b", link=f"{SITE}/?p=6"),
        item(key=7, slug="c", kind="page", link=f"{SITE}/about/?lang=de"),
    ))  # fmt: skip
    with app.app_context():
        kept = [(post.id, post.old_address) for post in posts_in_order()]
        assert [address for _key, address in kept] == ["/blog/2015/01/a-boat/", "/?p=6", "/about/?lang=de"]
    visitor = app.test_client()
    for address, slug in (("/blog/2015/01/a-boat/", "a"), ("/?p=5", "a"), ("/?p=6", "b"), ("/?page_id=7", "c")):
        answer = visitor.get(address)
        assert (answer.status_code, answer.location) == (301, f"/posts/{slug}")


def posts_in_order():
    """Return all posts, oldest first."""
    return db.session.scalars(select(Post).order_by(Post.id)).all()


def test_a_post_stands_under_all_its_categories_and_tags(app, bring):
    terms = [
        ("category", "boats", "Boats"),
        ("category", "news", "News"),
        ("post_tag", "sea", "The sea"),
        ("tag", "old", "Old"),
        ("category", "boats", "Boats"),
    ]
    bring(export(category("news", "News", "top"), category("top", "Top"), tag("sea", "Sea"), item(terms=terms)))
    with app.app_context():
        assert only().category.name == "Boats"
        assert [one.name for one in only().more_categories] == ["News"]
        assert only().more_categories[0].parent.name == "Top"
        assert sorted(one.name for one in only().tags) == ["Old", "Sea"]
        news = db.session.scalars(select(Category.id).filter_by(slug="news")).one()
        assert db.session.scalars(select(Post.id).where(or_(*Post.under([news])))).all() == [only().id]


def test_terms_of_the_first_format_count_once(app, bring):
    bare = "<category><![CDATA[Boats]]></category>"
    bring(export(item("A post", bare, terms=[("category", "boats", "Boats")]), version="1.0"))
    with app.app_context():
        assert db.session.scalars(select(Category.name)).all() == ["Boats"]


def test_terms_that_do_not_say_what_they_are_are_told(app, bring):
    bare = "<category><![CDATA[Boats]]></category><category>Sea</category>"
    told = bring(export(item("A post", bare, terms=[("category", "boats", "Boats")])))
    assert "terms that do not say whether they are categories or tags: 1\n    line 8: “A post”" in told.stdout
    told = bring(export(item("B", bare, key=2, terms=[("category", "boats", "Boats"), ("tag", "sea", "Sea")])))
    assert "whether" not in told.stdout


def test_categories_that_stand_below_each_other_stand_at_the_top(app, bring):
    told = bring(export(category("a", "A", "b"), category("b", "B", "a"), category("c", "C", "gone")))
    assert "a category's parent is missing or below it: it stands at the top: 3" in told.stdout
    with app.app_context():
        assert db.session.scalars(select(Category.parent_id)).all() == [None] * 3


def test_a_very_deep_tree_is_cut_where_nobody_could_walk_it(app, bring):
    told = bring(export(*(category(f"c{number}", f"C{number}", f"c{number + 1}") for number in range(80))))
    assert "it stands at the top" in told.stdout
    with app.app_context():
        assert db.session.scalar(select(func.count(Category.id))) == 80


def test_two_tags_of_one_name_become_one(app, bring):
    told = bring(export(tag("sea", "Sea"), tag("sea-2", "Sea"), item(terms=[("post_tag", "sea-2", "Sea")])))
    assert "two tags of one name became one: 1" in told.stdout
    with app.app_context():
        assert [one.name for one in only().tags] == ["Sea"]
        assert db.session.scalar(select(func.count(Tag.id))) == 1


def test_entries_of_unknown_kinds_are_left_out_by_name(app, bring):
    told = bring(export(
        item("Main menu", comment(1), kind="nav_menu_item", key=3),
        "<wp:term><wp:term_taxonomy>nav_menu</wp:term_taxonomy><wp:term_slug>m</wp:term_slug></wp:term>",
    ))  # fmt: skip
    assert "  entries of the kind “nav_menu_item”: 1\n    line 8: “Main menu” (nav_menu_item 3)" in told.stdout
    assert "  terms of the kind “nav_menu”: 1\n" in told.stdout
    assert "  comments under entries that are left out: 1\n" in told.stdout
    with app.app_context():
        assert db.session.scalars(select(Post.id)).all() == []
        assert db.session.scalars(select(Comment.id)).all() == []


def test_an_entry_without_anything_is_a_draft_of_nobody(app, bring):
    bring(export("<item></item>"))
    with app.app_context():
        assert (only().title, only().status, only().author.username) == ("Untitled", "draft", "unknown")


def test_a_post_that_breaks_a_rule_is_left_out_with_its_comments_and_no_other(app, bring):
    told = bring(export(item("Endless", comment(1), body="&" * 150_000), item("A post", comment(2), key=2, slug="b")))
    assert "not valid here (body: This text has too many & signs" in told.stdout
    assert "comments under entries that are left out: 1\n    line 8: “Endless” (post 1), 1 of them" in told.stdout
    with app.app_context():
        assert list(posts()) == ["A post"]
        assert db.session.scalars(select(Comment.post_id)).all() == [only().id]


def test_two_entries_of_one_number_are_told(app, bring):
    told = bring(export(item("First"), item("Second", slug="b")))
    assert "entries with a number that another has: 1\n    line 16: “Second”" in told.stdout
    with app.app_context():
        assert list(posts()) == ["First"]


def test_every_row_is_in_the_history_as_one_batch_through_the_import(app, bring):
    bring(export(author("ann"), category("a", "A"), tag("t", "T"), item("A post", comment(1))))
    with app.app_context():
        told = db.session.execute(
            select(Change.model, Change.verb, Change.actor_id).where(Change.door == "import")
        ).all()
        assert sorted(told) == [(name, "create", None) for name in ("category", "comment", "post", "tag", "user")]
        assert len(set(db.session.scalars(select(Change.batch).where(Change.door == "import")))) == 1
