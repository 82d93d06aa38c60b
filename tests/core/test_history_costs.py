"""What the history costs SQLite: as much as the rows that are written, however long the history already is."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from backoffice.core import history, operation
from backoffice.core.access import OPERATOR
from backoffice.core.history import encoding
from backoffice.core.model import db
from backoffice.core.selection import Selection
from backoffice.core.selection.criteria import of
from backoffice.models.comments import Comment
from make import make

pytestmark = pytest.mark.sqlite


@pytest.fixture(autouse=True)
def inside(app):
    """Run each test inside a request of its own."""
    with app.test_request_context():
        yield


def steps(work):
    """Return how many hundreds of steps SQLite takes for some work."""
    counted = Counter()
    connection = db.session.connection().connection.driver_connection
    connection.set_progress_handler(lambda: counted.update(steps=1), 100)
    try:
        work()
    finally:
        connection.set_progress_handler(None, 0)
    return counted["steps"]


def approve(*rows):
    with history.acting(None, "panel"):
        return approve_and_forget(*rows)


def approve_and_forget(*rows):
    keys = tuple(row.id for row in rows)
    done = operation.run(db.session, OPERATOR, "approve", Selection(Comment, keys)).changed
    db.session.rollback()
    return done


def test_a_small_operation_does_not_read_a_long_history_not_even_that_of_its_batch():
    comment = make(Comment, status="pending")
    db.session.commit()
    entry = {"model": "comment", "label": "old", "verb": "approve", "before": {}, "after": {}}
    with history.acting(None, "panel"):
        short = steps(lambda: approve_and_forget(comment))
        history.note_many(db.session, [{**entry, "row_id": at} for at in range(1000, 4000)])
        db.session.commit()
        assert steps(lambda: approve_and_forget(comment)) <= short + 5
    assert steps(lambda: approve(comment)) <= short + 5


def test_each_label_is_made_plain_once():
    comments = [make(Comment, status="pending", body="<p>Told <b>once</b></p>") for _ in range(3)]
    db.session.commit()
    told = []
    connection = db.session.connection().connection.driver_connection
    connection.create_function("plain_words", 1, lambda text: told.append(text) or "Told once")
    try:
        approve(*comments)
    finally:
        connection.create_function("plain_words", 1, encoding._plain, deterministic=True)
    assert told == ["<p>Told <b>once</b></p>"] * 3


@given(text=st.text(alphabet=st.sampled_from("a b<>&;é\t\n\r\v\f\x1c\x85\xa0\u2003\u2028\u3000\u200b")))
def test_words_are_one_line_of_single_blanks_whatever_parts_them(text):
    assert encoding._plain(text) == " ".join(unescape(re.sub("<[^>]*>?", " ", text)).split())


def test_many_rows_are_told_of_in_their_own_order_whichever_index_finds_them():
    first = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [make(Comment, status="pending", created_at=first - timedelta(days=at)) for at in range(20)]
    db.session.commit()
    waiting = Selection(Comment, criteria=of(Comment, OPERATOR, [("status", "pending")]))
    with history.acting(None, "panel") as one:
        assert operation.run(db.session, OPERATOR, "approve", waiting).changed == len(rows)
    told = select(history.Change.row_id).filter_by(batch=one.batch).order_by(history.Change.id)
    assert db.session.scalars(told).all() == [row.id for row in rows]
