"""Whatever is filtered, searched, sorted and jumped to, the rows are those that reading all of them would give."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select
from werkzeug.datastructures import MultiDict

from backoffice.core import paging
from backoffice.core.model import db, now
from backoffice.core.paging import Order, Place
from backoffice.core.selection import criteria
from backoffice.models.content import STATUSES, Category, Post, Tag, post_tag
from make import make

ALL = SimpleNamespace(id=1, active=True, rights={"*"})
MANY, SIZE = 240, 20
WORDS = ("tide", "Gull", "salt", "OAR", "100%", "o_r", "日本語", "Äpfel", "it")
START = datetime(2026, 1, 1, tzinfo=UTC)


def row_of(at, about):
    """Return the post number `at`: few values, so that many are equal, and some empty."""
    words = [WORDS[(at * step + 1) % len(WORDS)] for step in (1, 2, 5)]
    return {
        "title": " ".join(words[:2]),
        "slug": f"post-{at}",
        "kind": "page" if at % 11 == 0 else "post",
        "excerpt": None if at % 3 else words[2],
        "body": f"<p>{words[2]} &amp; {words[0]}</p>",
        "status": STATUSES[at * 7 % 5],
        "published_at": None if at % 4 == 0 else START + timedelta(days=at % 9),
        "views": at % 6,
        "author_id": about.author,
        "category_id": (None, *about.categories)[at % 3],
        "created_at": START + timedelta(hours=at % 13),
        "updated_at": now(),
        "version": 1,
    }


@pytest.fixture
def rows(app):
    """Open the application on very equal posts; return them as plain values."""
    with app.test_request_context():
        first = make(Post)
        about = SimpleNamespace(author=first.author_id, categories=[make(Category).id for _at in range(2)])
        tags = [make(Tag).id for _at in range(3)]
        db.session.flush()
        first_id = first.id
        connection = db.session.connection()
        connection.execute(insert(Post.__table__), [row_of(at, about) for at in range(MANY)])
        stored = [dict(one) for one in connection.execute(select(Post.__table__)).mappings()]
        stored = [one for one in stored if one["id"] != first_id]
        for one in stored:
            one["tags"] = [tag for place, tag in enumerate(tags) if one["id"] % (place + 2) == 0]
        links = [{"post_id": one["id"], "tag_id": tag} for one in stored for tag in one["tags"]]
        connection.execute(insert(post_tag), links)
        connection.execute(Post.__table__.delete().where(Post.__table__.c.id == first_id))
        db.session.commit()
        yield SimpleNamespace(all=stored, tags=tags, categories=about.categories)


def asked_filters(rows):
    """Return a strategy for filters as an address has them, each with what it means for a plain row."""
    status, day = st.sampled_from(STATUSES), st.integers(0, 9)

    def from_day(name, number):
        return START + timedelta(days=number), (START + timedelta(days=number)).date().isoformat()

    def dated(name, number, operator):
        moment, text = from_day(name, number)
        tests = {
            "from": lambda one: one[name] is not None and one[name] >= moment,
            "to": lambda one: one[name] is not None and one[name] < moment + timedelta(days=1),
        }
        return (f"{name}__{operator}", text), tests[operator]

    return st.one_of(
        status.map(lambda value: (("status", value), lambda one: one["status"] == value)),
        status.map(lambda value: (("status__not", value), lambda one: one["status"] != value)),
        st.sets(status, min_size=1).map(
            lambda values: (("status__in", ",".join(sorted(values))), lambda one: one["status"] in values)
        ),
        st.sampled_from(rows.categories).map(
            lambda key: (("category", str(key)), lambda one: one["category_id"] == key)
        ),
        st.booleans().map(
            lambda yes: (("category__empty", "yes" if yes else "no"), lambda one: (one["category_id"] is None) == yes)
        ),
        st.sampled_from(rows.tags).map(lambda key: (("tags", str(key)), lambda one: key in one["tags"])),
        st.booleans().map(lambda yes: (("tags__empty", "yes" if yes else "no"), lambda one: (not one["tags"]) == yes)),
        st.builds(dated, st.sampled_from(["published_at", "created_at"]), day, st.sampled_from(["from", "to"])),
    )


def holds(one, words):
    """Tell whether a plain row holds each of the words; those of markup are none."""
    body = one["body"].replace("<p>", "").replace("</p>", "").replace("&amp;", "&")
    text = "\n".join([one["title"], one["slug"], one["excerpt"] or "", body])
    return all(word.casefold() in text.casefold() for word in words)


def ordered(found, name, *, desc):
    """Return plain rows in the order of the database, as far as it differs: where those without a value stand."""
    empty_first = (db.engine.dialect.name == "sqlite") != desc
    ties = Order(Post, name, desc=desc).names[1:]
    empty = [one for one in found if one[name] is None]
    there = [one for one in found if one[name] is not None]
    for part in (empty, there):
        part.sort(key=lambda one: tuple(one[tie] for tie in ties), reverse=desc)
    there.sort(key=lambda one: one[name], reverse=desc)
    return empty + there if empty_first else there + empty


def walked(asked, order):
    """Return the keys of all rows that are asked for, page by page."""
    keys, place = [], Place()
    statement = select(Post.id).where(asked.condition(ALL))
    while True:
        page = paging.page(db.session(), statement, order, place, SIZE)
        keys += [one["id"] for one in page.rows]
        if not page.next:
            return keys
        place = Place(after=page.next)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_found_is_what_reading_all_rows_finds(rows, data):
    filters = data.draw(st.lists(asked_filters(rows), max_size=3))
    words = data.draw(st.lists(st.sampled_from([*WORDS, "ide", "&", "p>", "zzz"]), max_size=2))
    name = data.draw(st.sampled_from(["created_at", "published_at", "status", "views", "id"]))
    desc = data.draw(st.booleans())
    pairs = [pair for pair, _test in filters] + ([("search", " ".join(words))] if words else [])
    asked = criteria.read(Post, ALL, MultiDict(pairs))
    meant = [one for one in rows.all if all(test(one) for _pair, test in filters) and holds(one, words)]
    expected = [one["id"] for one in ordered(meant, name, desc=desc)]
    order = Order(Post, name, desc)
    assert walked(asked, order) == expected
    if name in {"created_at", "published_at"}:
        day = START + timedelta(days=data.draw(st.integers(0, 9)))
        place = Place(at=day.date().isoformat())
        page = paging.page(db.session(), select(Post.id).where(asked.condition(ALL)), order, place, SIZE)
        end = day + timedelta(days=1)
        ahead = {one["id"] for one in meant if one[name] and (one[name] >= end if desc else one[name] < day)}
        none = {one["id"] for one in meant if one[name] is None}
        rest = [key for key in expected if key not in ahead]
        before = expected[: len(none)] and set(expected[: len(none)]) == none
        rest = [key for key in rest if key not in none] if before else rest
        assert [one["id"] for one in page.rows] == rest[:SIZE]
