"""Rows that pass filters are the same in the same order, whether met in a list or found first and then sorted."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from urllib.parse import parse_qsl

import pytest
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from backoffice.admin import parameters, query
from backoffice.core.access import OPERATOR, Person
from backoffice.core.history import Change
from backoffice.core.model import db
from backoffice.core.paging import ordering, plans, sifting
from backoffice.core.selection import distinct
from backoffice.core.selection.criteria import Criteria, Filter
from backoffice.models.content import Post, Tag
from make import make

FILTERS = (
    [("status", "draft")],
    [("status__in", "draft,review"), ("tags__empty", "yes")],
    [("tags__empty", "no"), ("title__empty", "no")],
    [("where", "any(status:review,tags__empty:yes)")],
    [("view", "in-review")],
    [("published_at__empty", "no")],
    [("published_at__empty", "yes"), ("kind", "post")],
    [("search", "Title 3")],
    [("status", "archived")],
)
ORDERS = (
    [],
    [("sort", "published_at")],
    [("sort", "published_at"), ("desc", "1")],
    [("sort", "title"), ("desc", "1")],
    [("sort", "status")],
)
PAIRS = (("actor_id", "1"), ("verb", "update"), ("model", "post"), ("door", "panel"))


@pytest.fixture
def posts(app, monkeypatch):
    """Open the application on posts with equal titles, some without a date and some with a tag."""
    said = Post.resource
    monkeypatch.setattr(Post, "resource", replace(said, filters=(*said.filters, "title")))
    with app.test_request_context():
        tag = make(Tag)
        for at in range(23):
            one = make(Post, title=f"Title {at * 7 % 5}", status=("draft", "review")[at % 2])
            one.tags = [tag] if at % 3 else []
            one.published_at = datetime(2026, 1, at % 4 + 1, tzinfo=UTC) if at % 5 == 0 else None
        db.session.commit()
        yield


def walked(pairs):
    """Return the keys of all rows that are asked for, page by page, and how many there are said to be."""
    keys, rest = [], []
    while True:
        asked = parameters.read(Post, OPERATOR, MultiDict([*pairs, *rest]))
        asked = replace(asked, page_size=5)
        found = query.find(db.session(), OPERATOR, Post, asked, ("title",))
        keys += [row.key for row in found.rows]
        if not found.next:
            return keys, found.total.value
        rest = [("after", found.next)]


@pytest.mark.parametrize(("few", "reach"), [(-1, 0), (-1, 7), (-1, 1000), (1000, 7)])
def test_what_is_found_is_what_the_naive_statement_finds(posts, monkeypatch, few, reach):
    monkeypatch.setattr(sifting, "FEW", few)
    monkeypatch.setattr(sifting, "REACH", reach)
    for pairs, way in product(FILTERS, ORDERS):
        asked = parameters.read(Post, OPERATOR, MultiDict([*pairs, *way]))
        order = query.paging.order(Post, OPERATOR, asked.sort, desc=asked.desc)
        sides = (getattr(Post, name) for name in order.names)
        naive = select(Post.id).where(asked.criteria.condition(OPERATOR))
        naive = naive.order_by(*(side.desc() if order.desc else side.asc() for side in sides))
        expected = list(db.session.scalars(naive))
        assert walked([*pairs, *way]) == (expected, len(expected)), (pairs, way)


def test_few_rows_are_looked_for_once_and_none_are_not_looked_up(posts, queries):
    with queries() as sent:
        assert walked([("tags__empty", "yes"), ("sort", "title")])[1] == 8
    pages = 2
    assert len([one for one in sent if "EXISTS" in one]) == pages
    with queries() as sent:
        assert walked([("status", "archived")]) == ([], 0)
    assert len([one for one in sent if "FROM post" in one]) == 1


def test_the_history_of_some_days_is_read_in_its_own_order(app):
    with app.app_context():
        session = db.session()
        for name, value in PAIRS:
            filters = (Filter(name, "is", value), Filter("created_at", "to", "2024-01-01"))
            asked = select(Change.id).where(Criteria(Change, filters=filters).condition(OPERATOR))
            asked = asked.order_by(Change.created_at.desc(), Change.id.desc()).limit(51)
            served = plans.SERVED[db.engine.dialect.name]
            assert served(session, asked, "change", True), name
            assert served(session, asked, "change", False), name
            plan = str(session.connection().execute(plans.Explained(asked)).all())
            assert f"ix_change_{name}_created_at" in plan or db.engine.dialect.name == "postgresql", plan


def test_the_values_of_a_column_with_few_are_asked_instead_of_all_rows(app, queries, monkeypatch):
    with app.app_context():
        session = db.session()
        session.add_all(
            Change(batch="one", door="panel", model="post", verb=verb, digest="-")
            for verb in ("create", "update", "up_date", "Update", "update")
        )
        session.flush()

        def found(operator, text):
            with queries() as sent:
                asked = Criteria(Change, filters=(Filter("verb", operator, text),)).condition(OPERATOR)
                rows = sorted(session.scalars(select(Change.verb).where(asked)))
            return rows, [one for one in sent if "RECURSIVE" not in one]

        for _way in ("few values", "many values"):
            assert found("contains", "UPD")[0] == ["Update", "update", "update"]
            assert found("contains", "p_d")[0] == ["up_date"]
            assert found("contains", "zyx")[0] == []
            assert set(found("lacks", "date")[0]) == {"create"}
            assert found("lacks", "zyx")[0] == sorted(session.scalars(select(Change.verb)))
            (_rows, [asked]) = found("contains", "upd")
            assert ("LIKE" in asked.upper()) == (_way == "many values")
            monkeypatch.setattr(distinct, "MOST", 2)


@pytest.mark.parametrize(("way", "is_sorted"), [
    ([("sort", "title")], True),
    ([("sort", "title"), ("desc", "1")], False),
    ([("sort", "title"), ("last", "1")], False),
    ([("sort", "title"), ("at", "A")], True),
])  # fmt: skip
def test_rows_that_stand_behind_very_many_others_are_sorted_before_those_are_read(
    posts, queries, monkeypatch, way, is_sorted
):
    for at in range(6):
        make(Post, title=f"Zebra {at}", status="draft", kind="page")
    db.session.commit()
    monkeypatch.setattr(sifting, "FEW", -1)
    monkeypatch.setattr(sifting, "REACH", 8)
    asked = replace(parameters.read(Post, OPERATOR, MultiDict([("kind", "page"), *way])), page_size=5)
    with queries() as sent:
        found = query.find(db.session(), OPERATOR, Post, asked, ("title",))
    titles = [row.label for row in found.rows]
    assert sorted(titles) == [
        f"Zebra {at}" for at in (range(1, 6) if len(way) > 1 and "at" not in dict(way) else range(5))
    ]
    pages = [one for one in sent if "picked" in one and "place_title" in one]
    assert ["gathered" in one for one in pages[:2]] == ([False, True] if is_sorted else [False])


@pytest.mark.parametrize(("asked", "is_led"), [
    ("status=draft", True),
    ("view=drafts&created_at__from=2024-01-01", True),
    ("sort=title&title=a", True),
    ("sort=status&created_at=this-year", True),
    ("created_at=this-year", True),
    ("sort=title&status=draft", False),
    ("status=draft&kind=post", False),
    ("status__in=draft,review", False),
    ("sort=status&status__not=draft", False),
    ("tags=1", False),
    ("sort=published_at&status=draft", True),
    ("sort=published_at&created_at=this-year", False),
    ("search=Title", False),
    ("where=any(status:draft,created_at:this-year)", False),
])  # fmt: skip
def test_how_far_to_look_is_asked_only_where_rows_may_stand_far_apart(posts, monkeypatch, asked, is_led):
    monkeypatch.setattr(sifting, "FEW", -1)
    given = parameters.read(Post, OPERATOR, MultiDict(parse_qsl(asked)))
    order = ordering.order(Post, OPERATOR, given.sort, desc=given.desc)
    sifted = sifting.sift(db.session(), OPERATOR, given.criteria, order)
    assert sifted.order.picked is not None
    assert (sifted.order.ahead is None) == is_led


def test_what_one_may_see_of_ones_own_is_led_to_as_a_filter_is(posts, monkeypatch):
    monkeypatch.setattr(sifting, "FEW", -1)
    author = Person(1, frozenset({"post.read:own"}))
    for asked, is_led in (("", True), ("status=draft", False), ("sort=title", False)):
        given = parameters.read(Post, OPERATOR, MultiDict(parse_qsl(asked)))
        order = ordering.order(Post, author, given.sort, desc=given.desc)
        assert (sifting.sift(db.session(), author, given.criteria, order).order.ahead is None) == is_led, asked


def test_what_is_never_empty_is_not_asked_for_being_so(posts, queries):
    with queries() as sent:
        assert walked([("created_at__empty", "yes")]) == ([], 0)
        every = walked([])
        assert walked([("created_at__empty", "no")]) == every
        assert walked([("where", "any(author__empty:yes,status:draft)")]) == walked([("status", "draft")])
    assert not any("created_at IS" in one or "author_id IS" in one for one in sent)
