"""Walking a list from page to page shows every row once, in any order, and asks for no page by counting up to it."""

import base64
import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import chain
from types import SimpleNamespace
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Boolean, Column, Date, Float, Integer, Numeric, String, Time, Uuid, select

from backoffice.core import paging
from backoffice.core.model import db
from backoffice.core.paging import Order, Place, cursors, ordering
from backoffice.core.selection.criteria import BadCriteria
from backoffice.core.types import UtcDateTime
from backoffice.models.accounts import User
from backoffice.models.content import Category, Post
from make import make

ALL = SimpleNamespace(id=1, active=True, rights={"*"})
START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = (None, *(START + timedelta(days=day) for day in range(3)))
STATUSES = ("draft", "published", "review")
NAMES = ("published_at", "status", "created_at", "title", "id")


@pytest.fixture
def author(app):
    """Open the application and return the key of somebody who writes."""
    with app.test_request_context():
        key = make(User).id
        db.session.commit()
        yield key


class Shelf:
    """Posts that come and go in the middle of a walk."""

    def __init__(self, author):
        db.session.rollback()
        self.author, self.number, self.steady = author, 0, set()

    def add(self, published, status, created):
        """Put a post in."""
        self.number += 1
        row = {"title": f"Title {created}", "slug": f"s{self.number}", "body": "", "author_id": self.author}
        row |= {"status": STATUSES[status], "published_at": DAYS[published], "kind": "post", "views": 0}
        row |= {"created_at": START + timedelta(days=created), "updated_at": START, "version": 1}
        return db.session.connection().execute(Post.__table__.insert().returning(Post.__table__.c.id), row).scalar()

    def remove(self, at):
        """Take one of the posts out."""
        keys = db.session.scalars(select(Post.id).order_by(Post.id)).all()
        if keys:
            key = keys[at % len(keys)]
            db.session.connection().execute(Post.__table__.delete().where(Post.__table__.c.id == key))
            self.steady.discard(key)

    def all(self, order):
        """Return the keys of all posts as the database itself sorts them."""
        parts = [getattr(Post, name) for name in order.names]
        return list(db.session.scalars(select(Post.id).order_by(*(p.desc() if order.desc else p.asc() for p in parts))))


row = st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 2))
event = st.one_of(st.tuples(st.just("add"), row), st.tuples(st.just("remove"), st.integers(0, 30)))


def walk(shelf, order, size, events, *, backwards):
    """Return the keys in the order in which they are seen, with something happening after each page."""
    seen, place, happenings = [], Place(last=backwards), iter(events)
    for _page in range(60):
        found = paging.page(db.session(), select(Post.id), order, place, size)
        keys = [one["id"] for one in found.rows]
        seen = keys + seen if backwards else seen + keys
        cursor = found.previous if backwards else found.next
        if not cursor:
            return seen
        place = Place(before=cursor) if backwards else Place(after=cursor)
        what, value = next(happenings, ("nothing", None))
        if what == "add":
            shelf.add(*value)
        elif what == "remove":
            shelf.remove(value)
    raise AssertionError("The walk does not end.")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(row, max_size=14),
    events=st.lists(event, max_size=6),
    name=st.sampled_from(NAMES),
    desc=st.booleans(),
    backwards=st.booleans(),
    size=st.integers(1, 5),
)
def test_a_row_that_stays_is_seen_once_whatever_comes_and_goes(author, rows, events, name, desc, backwards, size):
    shelf, order = Shelf(author), Order(Post, name, desc)
    shelf.steady = {shelf.add(*one) for one in rows}
    seen = walk(shelf, order, size, events, backwards=backwards)
    assert len(seen) == len(set(seen))
    assert shelf.steady <= set(seen)
    left = shelf.all(order)
    assert [key for key in seen if key in left] == [key for key in left if key in seen]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(row, max_size=14), name=st.sampled_from(NAMES), desc=st.booleans(), size=st.integers(1, 5))
def test_going_back_shows_the_same_pages_and_every_row_knows_what_precedes_it(author, rows, name, desc, size):
    shelf, order = Shelf(author), Order(Post, name, desc)
    for one in rows:
        shelf.add(*one)
    keys = shelf.all(order)
    found = paging.page(db.session(), select(Post.id), order, Place(), size)
    pages = []
    while found.rows:
        pages.append([one["id"] for one in found.rows])
        ahead = paging.preceding(db.session(), select(Post.id), order, found.rows[0])
        assert sorted(db.session.scalars(ahead)) == sorted(chain(*pages[:-1]))
        if not found.next:
            break
        found = paging.page(db.session(), select(Post.id), order, Place(after=found.next), size)
    assert list(chain(*pages)) == keys
    for earlier in reversed(pages[:-1]):
        found = paging.page(db.session(), select(Post.id), order, Place(before=found.previous), size)
        assert [one["id"] for one in found.rows] == earlier
    assert found.previous == ""


def titled(*titles):
    """Store posts with these titles."""
    for title in titles:
        make(Post, title=title)


def shown(order, place, size=2):
    """Return the titles of a page, and whether there are others after and before it."""
    found = paging.page(db.session(), select(Post.id, Post.title), order, place, size)
    return [one["title"] for one in found.rows], bool(found.next), bool(found.previous)


def test_a_jump_finds_names_however_its_letters_are_typed(author):
    titled("Mara", "Mole", "Zebra", "iris")
    up, down = Order(Post, "title", desc=False), Order(Post, "title", desc=True)
    for typed in ("m", "M", "mar", "MAR", "Mara"):
        assert shown(up, Place(at=typed))[0][0] == "Mara", typed
    assert shown(up, Place(at="mo"))[0][0] == "Mole"
    assert shown(up, Place(at="I"))[0][0] == "iris"
    assert shown(down, Place(at="z"))[0][0] == "Zebra"
    assert shown(down, Place(at="mar"))[0][0] == "Mara"
    # What no name begins with leads to the next one.
    assert shown(up, Place(at="n"))[0][0] == "Zebra"
    titled("ÉMILE")
    assert shown(up, Place(at="émi"))[0][0] == "ÉMILE"


def test_a_letter_a_day_or_a_value_is_jumped_to(author):
    titled("Apple", "Bread", "Butter", "Cheese")
    up, down = Order(Post, "title", desc=False), Order(Post, "title", desc=True)
    assert shown(up, Place(at="B")) == (["Bread", "Butter"], True, True)
    assert shown(down, Place(at="B")) == (["Butter", "Bread"], True, True)
    assert shown(up, Place(at="A")) == (["Apple", "Bread"], True, False)
    assert shown(down, Place(at="Z")) == (["Cheese", "Butter"], True, False)
    assert shown(up, Place(at="Z")) == ([], False, False)
    for day, title in ((1, "Old"), (2, "New"), (2, "Newer")):
        make(Post, title=title, published_at=datetime(2026, 1, day, 12, tzinfo=UTC))
    up, down = Order(Post, "published_at", desc=False), Order(Post, "published_at", desc=True)
    assert shown(up, Place(at="2026-01-02"))[0] == ["New", "Newer"]
    assert shown(down, Place(at="2026-01-01"))[0][0] == "Old"
    assert shown(down, Place(at="2026-01-02"))[0] == ["Newer", "New"]
    assert shown(up, Place(at="2026-01-02T12:00"))[0] == ["New", "Newer"]


def test_rows_without_a_value_stand_where_the_database_puts_them(author):
    for title, day in (("None", None), ("Some", START), ("Never", None)):
        make(Post, title=title, published_at=day, status="draft")
    first = "Some" if db.engine.dialect.name == "postgresql" else "None"
    assert shown(Order(Post, "published_at", desc=False), Place(), 1) == ([first], True, False)
    assert shown(Order(Post, "published_at", desc=True), Place(last=True), 1) == ([first], False, True)


def test_a_page_costs_one_statement(author, queries):
    titled(*(f"Title {at}" for at in range(9)))
    order = Order(Post, "title", desc=False)
    found = paging.page(db.session(), select(Post.id), order, Place(), 3)
    for place in (Place(after=found.next), Place(before=found.next), Place(last=True), Place(skip=3)):
        with queries() as sent:
            paging.page(db.session(), select(Post.id), order, place, 3)
        assert len(sent) == 1
        assert ("OFFSET" in sent[0]) is bool(place.skip) or "LIMIT 4 OFFSET ?" in sent[0]


def test_ties_are_broken_as_the_index_has_it(app):
    assert Order(Post, "status", desc=False).names == ("status", "created_at", "id")
    assert Order(Post, "title", desc=False).names == ("title", "id")
    assert Order(Post, "slug", desc=False).names == ("slug",)
    assert Order(User, "email", desc=False).names == ("email", "id")
    assert Order(Post, "id", desc=False).names == ("id",)


def test_only_columns_one_may_see_and_an_index_sorts_put_rows_in_order(app, monkeypatch):
    nobody = SimpleNamespace(id=1, active=True, rights={"user.read"})
    with app.test_request_context():
        assert paging.order(Post, ALL, "", desc=False) == Order(Post, "created_at", desc=True)
        assert paging.order(Category, ALL, "", desc=True) == Order(Category, "name", desc=False)
        assert paging.order(Post, ALL, "title", desc=True) == Order(Post, "title", desc=True)
        for name in ("body", "password", "author", "tags", "nonsense", "email"):
            with pytest.raises(BadCriteria):
                paging.order(Post, ALL, name, desc=True)
        with pytest.raises(BadCriteria):
            paging.order(User, nobody, "email", desc=False)
        monkeypatch.setattr(ordering, "may_see", lambda *_asked: False)
        assert paging.order(Post, nobody, "", desc=False) == Order(Post, "id", desc=True)


KEY, DAY = Column("id", Integer, nullable=False), Column("day", UtcDateTime, nullable=True)


def packed(said):
    """Return a cursor that says what somebody made up."""
    text = said if isinstance(said, bytes) else json.dumps(said).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "x", "=", "é", "a" * 5000, "....", "AAAA", packed(b"[" * 2000), packed(b"{}"), packed(b"1"), packed(b"[]"),
        packed(b"\xff\xfe"), packed(["day"]), packed(["day", "2026-01-01T00:00:00+00:00"]),
        packed(["-day", "2026-01-01T00:00:00+00:00", 1]), packed(["day", "2026-01-01T00:00:00", 1]),
        packed(["day", "yesterday", 1]), packed(["day", 5, 1]), packed(["day", ["x"], 1]), packed(["day", True, 1]),
        packed(["day", "0001-01-01T00:00:00+23:59", 1]), packed(["day", None, None]), packed(["day", None, "1"]),
        packed(["day", None, 10**30]), packed(["day", None, 1.5]), packed(["day", None, True]),
        packed(["day", None, 1, 1]), packed([["day"], None, 1]),
    ],
)  # fmt: skip
def test_a_cursor_that_somebody_made_up_is_refused(app, cursor):
    with app.test_request_context(), pytest.raises(BadCriteria, match="first page"):
        cursors.read(cursor, "day", [DAY, KEY])


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (String(9), "wörd\n"), (Boolean(), True), (Integer(), -5), (Float(), 0.1), (Numeric(), Decimal("1.10")),
        (Date(), date(2026, 2, 28)), (Time(), time(12, 30, 1)), (UtcDateTime(), START), (String(9), None),
        (Uuid(), UUID(int=5)),
    ],
)  # fmt: skip
def test_a_value_of_any_type_comes_back_as_it_was(app, kind, value):
    cursor = cursors.write("x", [value, 7])
    assert cursors.read(cursor, "x", [Column("x", kind, nullable=True), KEY]) == [value, 7]


@pytest.mark.parametrize(
    ("name", "text"),
    [("published_at", "yesterday"), ("published_at", "9999-12-31"), ("published_at", "0001-01-01T00:00+23:59"),
     ("title", "\x00"), ("title", "a" * 201), ("id", "abc"), ("id", "9" * 30)],
)  # fmt: skip
def test_what_cannot_be_jumped_to_is_refused(author, name, text):
    with pytest.raises(BadCriteria):
        shown(Order(Post, name, desc=True), Place(at=text))
