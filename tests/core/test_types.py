"""Columns put in order what is set on them, whatever door it came through."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select, text

from backoffice.core.model import db
from backoffice.core.types import Invalid, slugify
from backoffice.models.accounts import Role, User
from backoffice.models.content import Category, Post, Tag
from backoffice.models.media import Image
from make import make


@pytest.fixture(autouse=True)
def inside(app):
    """Run each test inside a request of its own."""
    with app.test_request_context():
        yield


def test_rich_text_is_clean_before_it_is_stored():
    post = make(Post, body="<p onclick=x>Hi<script>alert(1)</script></p>")
    assert post.body == "<p>Hialert(1)</p>"
    db.session.commit()
    assert db.session.execute(text("SELECT body FROM post")).scalar() == "<p>Hialert(1)</p>"


def test_moments_come_back_as_they_went_in_and_in_utc():
    moment = datetime(2026, 10, 25, 2, 30, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    post = make(Post, publish_at=moment)
    db.session.commit()
    assert post.publish_at == moment
    assert post.publish_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("model", "name", "value"),
    [
        (Post, "publish_at", datetime(2026, 1, 1)),  # noqa: DTZ001 - the missing zone is the point
        (Post, "status", "nonsense"),
        (Post, "title", "x" * 301),
        (Post, "title", "nul\x00"),
        (Post, "body", "nul\x00"),
        (Post, "views", 2**31),
        (Post, "views", -(2**40)),
        (User, "avatar", "../../etc/passwd"),
        (Image, "file", "picture.png"),
        (Role, "rights", "*"),
        (Role, "rights", [1]),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_field(model, name, value):
    with pytest.raises(Invalid) as caught:
        setattr(model(), name, value)
    assert caught.value.field == name
    assert str(caught.value.message).endswith(".")


def test_text_is_trimmed_and_half_characters_are_replaced():
    make(Post, title="  Tides \ud800 ")
    db.session.commit()
    assert db.session.scalar(select(Post.title)) == "Tides ?"


@pytest.mark.parametrize(
    ("words", "slug"),
    [
        ("The Harbour: a day's work!", "the-harbour-a-days-work"),
        ("  --  ", ""),
        ("Ünïcode Straße", "ünïcode-straße"),
        ("日本語 テスト", "日本語-テスト"),
        ("データベース、入門　2", "データベース-入門-2"),
        ("\u30cf\u309a\u30f3", "パン"),
        ("مُكْتَبات؟ العـــربية", "مكتبات-العربية"),
        ("हिन्दी में", "हिन्दी-में"),
        ("ภาษาไทยที่", "ภาษาไทยที่"),
        ("\u2764\ufe0f Tea", "tea"),
        ("a/b\\c?d=e&f#g%h", "a-b-c-d-e-f-g-h"),
        ("snake_case", "snake-case"),
        ("ﬁrst ①", "first-1"),
    ],
)
def test_a_slug_is_words_and_hyphens(words, slug):
    assert slugify(words) == slug
    assert slugify(slug) == slug


def test_an_empty_slug_follows_the_title_and_a_taken_one_gets_a_number():
    slugs = [make(Tag, name=name, slug=None).slug for name in ("Boats", "Boats!", "boats?", "…")]
    assert slugs == ["boats", "boats-2", "boats-3", "tag"]
    assert len(make(Post, title="x" * 300, slug=None).slug) <= 200


def test_a_body_of_five_megabytes_is_stored():
    words = "many words " * 50
    body = "".join(f"<p>Line {number} & {words}</p>\n" for number in range(10_000))
    assert len(body) > 5_000_000
    post = make(Post, body=body)
    db.session.commit()
    assert len(db.session.scalar(select(Post.body).where(Post.id == post.id))) > len(body)


def test_rows_that_break_a_rule_of_the_whole_are_refused():
    category = make(Category)
    category.parent = category
    with pytest.raises(Invalid) as caught:
        db.session.flush()
    assert caught.value.field == "parent"
