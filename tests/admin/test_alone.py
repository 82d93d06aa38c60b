"""A page of rows is asked for in statements that stand alone; whatever writes, or has to be stopped, is one whole."""

from contextlib import contextmanager

import pytest
from sqlalchemy import event

from backoffice.core.model import db
from backoffice.models.content import Post, Tag
from make import make

pytestmark = pytest.mark.postgres


@pytest.fixture
def states(app):
    """Return a context manager that yields in which state of a transaction each statement inside it was sent."""

    @contextmanager
    def watched():
        found = []
        with app.app_context():
            engine = db.engine

        def note(connection, _cursor, _statement, *_rest):
            found.append(connection.connection.driver_connection.autocommit)

        event.listen(engine, "before_cursor_execute", note)
        try:
            yield found
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return watched


@pytest.fixture
def editor(app, as_role):
    with app.app_context():
        make(Tag, name="kelp")
        db.session.commit()
    return as_role("editor")


@pytest.mark.parametrize("asked", ["", "?sort=name&desc=1", "?last=1", "?page_size=20"])
def test_the_statements_of_a_page_of_rows_stand_alone(editor, states, asked):
    with states() as found:
        assert "kelp" in editor.get(f"/admin/tag/{asked}").text
    assert len(found) > 1
    assert all(found)


def test_what_is_limited_in_time_or_writes_is_one_whole(app, editor, states):
    with states() as found:
        # The connection goes from one request to the next, and with it nothing of how it was used.
        assert "kelp" in editor.get("/admin/tag/").text
        alone = len(found)
        assert "kelp" in editor.get("/admin/tag/?search=kelp").text
        assert editor.post("/admin/tag/new/", data={"name": "wrack", "slug": "wrack"}).status_code == 302
    assert all(found[:alone])
    assert len(found) > alone
    assert not any(found[alone:])
    with app.app_context():
        assert {one.name for one in db.session.scalars(db.select(Tag))} == {"kelp", "wrack"}


def test_rows_come_with_what_they_name_in_a_statement_that_is_planned_once(app, as_role, queries):
    with app.app_context():
        make(Post, title="Reefs", tags=[make(Tag, name=name) for name in ("wrack", "kelp")])
        make(Post, title="Bare")
        db.session.commit()
    editor = as_role("editor")
    for address in ("", "?sort=title", "?last=1"):
        with queries() as sent:
            page = editor.get(f"/admin/post/{address}").text
        asked = [one for one in sent if "FROM post " in one and "post.title" in one]
        # PostgreSQL plans a statement with values each time, as it is told to.
        assert ["%(" in one for one in asked] == [False]
        assert page.index(">kelp</a>") < page.index(">wrack</a>")


def test_a_search_is_limited_in_time_by_the_statement_that_asks_who_searches(editor, queries):
    with queries() as sent:
        assert "kelp" in editor.get("/admin/tag/?search=kelp").text
    assert ["statement_timeout" in one for one in sent] == [True, *[False] * (len(sent) - 1)]
    assert "session.token" in sent[0]


def test_what_a_statement_brings_is_told_by_names_and_types(app):
    with app.app_context():
        found = db.session.execute(db.text("SELECT 1 AS one, CAST('a' AS text) AS words"))
        assert list(found.keys()) == ["one", "words"]
        told = db.session.connection().connection.driver_connection.execute("SELECT true AS yes").description
    assert [column[:2] for column in told] == [("yes", 16)]
