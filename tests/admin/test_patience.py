"""A question that the database cannot answer in time is given up in words, and nobody else waits for it."""

import pytest
from sqlalchemy import func, literal, select, text

from backoffice.core.database import patience
from backoffice.core.model import db
from backoffice.models.content import Post
from backoffice.site import words
from make import make

TOO_LONG = "takes longer than 0 seconds, so it was given up"


@pytest.fixture
def endless(monkeypatch):
    """Have the rows of a search looked for without end, and give that up soon."""
    numbers = select(literal(1).label("n")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.n).where(numbers.c.n == 1))
    never = select(func.count()).select_from(numbers).scalar_subquery() < Post.id
    monkeypatch.setattr("backoffice.core.selection.criteria.holding", lambda *_asked: never)
    monkeypatch.setattr("backoffice.core.search.ranked", lambda *_asked: (never, never))
    monkeypatch.setattr(patience, "SECONDS", 0.2)
    monkeypatch.setattr(words, "SECONDS", 0.2)


def test_a_list_that_takes_too_long_is_given_up_and_says_what_to_do(app, as_role, endless):
    editor = as_role("editor")
    with app.app_context():
        make(Post, title="Kelp")
        db.session.commit()
    answer = editor.get("/admin/post/?search=kelp")
    assert answer.status_code == 503
    assert TOO_LONG in answer.text
    assert "a rarer word" in answer.text
    # The connection is as good as before, and so is the whole list.
    assert "Kelp" in editor.get("/admin/post/").text


def test_a_search_of_visitors_that_takes_too_long_keeps_what_was_typed(app, client, endless):
    answer = client.get("/search?q=kelp")
    assert answer.status_code == 503
    assert "looking for all took too long" in answer.text
    assert 'value="kelp"' in answer.text
    assert client.get("/").status_code == 200


def test_what_is_read_in_time_is_not_disturbed(app):
    with app.app_context():
        with patience.reading(db.session(), 5):
            assert db.session.scalar(select(literal(1))) == 1
        db.session.rollback()
        if db.engine.dialect.name == "postgresql":
            assert db.session.scalar(text("SHOW statement_timeout")) == "0"
