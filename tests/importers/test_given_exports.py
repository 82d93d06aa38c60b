"""Real exports arrive whole, and as others have read them; left out where those are not kept beside the project."""

import html
import re
import time
from collections import Counter

import pytest
import yaml
from sqlalchemy import func, select

from backoffice.core.history import Change
from backoffice.core.model import db
from backoffice.core.types import slugify
from backoffice.models.accounts import User
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post, Tag

LABS = "1-wxr-cc-labs/wordpress.xml"
THEME = "1-wxr-theme-unit-test/themeunittestdata.wordpress.xml"
# The file, then how many users, categories, tags, posts, pages and comments it brings; or why it is refused.
GIVEN = {
    LABS: (30, 98, 171, 219, 5, 181),
    THEME: (3, 68, 113, 58, 21, 33),
    "1-wxr-theme-unit-test/theme-preview.xml": (1, 0, 0, 7, 0, 2),
    "1-wxr-ghost-migrate/co-authors-plus.xml": (3, 0, 1, 4, 0, 0),
    "1-wxr-ghost-migrate/has-audio-enclosure.xml": (1, 0, 0, 1, 0, 0),
    "1-wxr-ghost-migrate/has-meta.xml": (2, 1, 0, 0, 0, 0),
    "1-wxr-ghost-migrate/sample.xml": "line 109: this is not well-formed XML",
    "1-wxr-importer-fixtures/blank-lines.xml": (1, 0, 0, 1, 0, 0),
    "1-wxr-importer-fixtures/e2e-wxr-comprehensive.xml": (2, 2, 2, 1, 1, 1),
    "1-wxr-importer-fixtures/e2e-wxr-simple.xml": (1, 1, 0, 1, 0, 0),
    "1-wxr-importer-fixtures/malformed-simple.xml": "line 14: the file ends before the export does",
    "1-wxr-importer-fixtures/missing-tags.xml": (1, 0, 0, 1, 0, 0),
    "1-wxr-importer-fixtures/missing-version-tag.xml": "line 35: this is no WordPress export",
    "1-wxr-importer-fixtures/multiple-cdata.xml": (1, 0, 0, 1, 0, 0),
    "1-wxr-importer-fixtures/post-content-blank-lines.xml": (1, 0, 0, 1, 0, 0),
    "1-wxr-importer-fixtures/slashes.xml": (2, 1, 1, 1, 0, 1),
    "1-wxr-importer-fixtures/small-export.xml": (3, 30, 3, 6, 5, 1),
    "1-wxr-importer-fixtures/term-formats.xml": (0, 2, 3, 0, 0, 0),
    "1-wxr-importer-fixtures/term-meta.xml": (0, 1, 0, 0, 0, 0),
    "1-wxr-importer-fixtures/test-serialized-comment-meta.xml": (1, 1, 0, 1, 0, 1),
    "1-wxr-importer-fixtures/test-serialized-postmeta-with-cdata.xml": (1, 1, 0, 1, 0, 0),
    "1-wxr-importer-fixtures/valid-wxr-1.0.xml": (1, 5, 4, 3, 3, 1),
    "1-wxr-importer-fixtures/valid-wxr-1.1.xml": (1, 1, 1, 1, 1, 1),
    "1-wxr-importer-fixtures/wxr-flat-attachment-same-site.xml": (1, 0, 0, 1, 0, 0),
    "1-wxr-importer-fixtures/wxr-simple.xml": (1, 1, 0, 1, 0, 0),
    "1-wxr-importer-fixtures/wxr-with-sub-data.xml": (1, 1, 0, 1, 0, 1),
}


def counted():
    """Return how many users, categories, tags, posts, pages and comments there are."""
    count = [db.session.scalar(select(func.count(model.id))) for model in (User, Category, Tag)]
    count += [db.session.scalar(select(func.count(Post.id)).filter_by(kind=kind)) for kind in ("post", "page")]
    return (*count, db.session.scalar(select(func.count(Comment.id))))


def test_the_table_names_every_file(inputs):
    there = {str(path.relative_to(inputs)) for path in inputs.glob("1-wxr-*/*.xml")}
    assert there == set(GIVEN)


@pytest.mark.parametrize("name", GIVEN)
def test_each_file_is_taken_whole_or_refused_cleanly(app, bring, inputs, name):
    wanted = GIVEN[name]
    if isinstance(wanted, str):
        told = bring(inputs / name, code=2)
        assert told.stderr.startswith(f"Not imported: {inputs / name}, {wanted}")
        assert told.stderr.count("\n") == 1
        wanted = (0,) * 6
    else:
        bring(inputs / name)
    with app.app_context():
        assert counted() == wanted


def test_a_real_export_taken_twice_changes_nothing(app, bring, inputs):
    bring(inputs / THEME)
    with app.app_context():
        before = counted(), db.session.scalar(select(func.count(Change.id)))
    told = bring(inputs / THEME)
    with app.app_context():
        assert (counted(), db.session.scalar(select(func.count(Change.id)))) == before
    assert all(line.split()[-2] == "0" for line in told.stdout.splitlines()[2:10])


def oracle(inputs):
    """Yield the address and the head of each post, as another program has read them from the same blog."""
    for path in sorted((inputs / "1-wxr-cc-labs" / "_posts").glob("*.html")):
        yield path.stem[11:], yaml.safe_load(path.read_text().split("---\n", 2)[1])


def test_the_labs_blog_is_what_another_program_has_read(app, bring, inputs):
    started = time.process_time()
    bring(inputs / LABS)
    assert time.process_time() - started < 20
    heads = dict(oracle(inputs))
    assert len(heads) == 219
    with app.app_context():
        posts = {post.slug: post for post in db.session.scalars(select(Post).filter_by(kind="post"))}
        assert set(posts) == {slugify_old(slug) for slug in heads}
        for slug, head in heads.items():
            assert_same(posts[slugify_old(slug)], head)
        assert Counter(db.session.scalars(select(Comment.kind))) == {"comment": 119, "pingback": 62}
        assert len(db.session.scalars(select(Comment.id).where(Comment.parent_id.is_not(None))).all()) == 3
        assert db.session.scalars(select(User.email)).all() == [None] * 30
        assert set(db.session.scalars(select(Post.status))) == {"published"}


def slugify_old(slug):
    """Return the address here of a post that had this one, in which what is not ASCII was encoded."""
    decoded = re.sub("(?:%[0-9a-f]{2})+", lambda found: bytes.fromhex(found[0].replace("%", "")).decode(), slug)
    return slugify(decoded)


def assert_same(post, head):
    """Hold a post against what the other program has found: it trims titles, and leaves out the default category."""
    categories = [post.category, *post.more_categories] if post.category else []
    assert post.title == " ".join(html.unescape(head["title"]).split())
    # It took the times for those of another zone; the clock says the same.
    assert f"{post.published_at:%Y-%m-%d %H:%M:%S}" == str(head["date"])[:19]
    assert post.author.username == head["author"]["login"]
    assert {one.name for one in categories} - {"Uncategorized"} == set(map(str, head["categories"]))
    assert {one.name for one in post.tags} == set(map(str, head["tags"]))


def test_every_post_of_the_labs_blog_answers_at_its_new_and_its_old_addresses(app, bring, inputs):
    bring(inputs / LABS)
    with app.app_context():
        known = db.session.execute(select(Post.slug, Post.old_address)).all()
    assert len(known) == 224
    visitor = app.test_client()
    for slug, old in known:
        assert visitor.get(f"/posts/{slug}").status_code == 200, slug
        answer = visitor.get(old)
        assert (answer.status_code, answer.location.endswith(f"/posts/{slug}")) == (301, True), old
    for slug, _head in oracle(inputs):
        assert visitor.get(f"/posts/{slug}", follow_redirects=True).status_code == 200, slug


def test_the_paragraphs_of_the_labs_blog_are_those_that_wordpress_shows(app, bring, inputs):
    bring(inputs / LABS)
    with app.app_context():
        bodies = {post.slug: post.body for post in db.session.scalars(select(Post))}
    same = 0
    for path in (inputs / "1-wxr-cc-labs" / "_posts").glob("*.html"):
        shown = path.read_text().split("---\n", 2)[2]
        same += paragraphs(bodies[slugify_old(path.stem[11:])]) == paragraphs(shown)
    # The others differ where one program makes an empty paragraph and the other none, or took a picture along.
    assert same >= 195


def paragraphs(text):
    """Return the words of each paragraph and list item of a text."""
    blocks = re.split(r"</?(?:p|li|ul|ol|blockquote|div|h\d|pre|figure|hr)\b[^>]*>", text)
    words = [" ".join(html.unescape(re.sub(r"<[^>]*>", " ", block)).split()) for block in blocks]
    return [block for block in words if block]


def test_the_theme_test_data_keep_their_states_and_threads(app, bring, inputs):
    told = bring(inputs / THEME).stdout
    with app.app_context():
        assert Counter(db.session.scalars(select(Comment.status))) == {"approved": 30, "pending": 3}
        assert Counter(db.session.scalars(select(Comment.kind))) == {"comment": 29, "pingback": 4}
        assert len(db.session.scalars(select(Comment.id).where(Comment.parent_id.is_not(None))).all()) == 10
        assert deepest() == 10
        assert len(db.session.scalars(select(Category.id).where(Category.parent_id.is_not(None))).all()) == 10
        states = Counter(map(tuple, db.session.execute(select(Post.kind, Post.status))))
        assert states == {
            ("post", "published"): 55,
            ("post", "draft"): 2,
            ("post", "scheduled"): 1,
            ("page", "published"): 21,
        }
        hidden = db.session.scalars(select(Post).where(Post.title.contains("Password Protected"))).one()
        assert hidden.status == "draft"
    for line in (
        "attachments: no folder of files was given (--media): 37",
        "entries of the kind “nav_menu_item”: 70",
        "protected by a password: kept as a draft: 1",
        "sticky: that is unknown here: 1",
    ):
        assert f"  {line}\n" in told


def deepest():
    """Return how many comments stand above one another at most."""
    above = dict(map(tuple, db.session.execute(select(Comment.id, Comment.parent_id))))

    def depth(key):
        return 1 + depth(above[key]) if above[key] else 1

    return max(map(depth, above))
