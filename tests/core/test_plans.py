"""Every sort, view and filter that a model declares is answered by an index, and a missing index is named."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from backoffice.core import plans
from backoffice.core.model import db
from backoffice.models.content import Post
from make import make


@pytest.fixture
def slow(app, monkeypatch):
    """Open the application with a filter and a view of posts by a column that has no index."""
    said = replace(Post.resource, filters=("status", "excerpt"), views={"Bare": {"excerpt": None}})
    monkeypatch.setattr(Post, "resource", said)
    with app.app_context():
        yield
        db.session.rollback()


def test_every_declared_sort_view_and_filter_is_answered_by_an_index(app):
    with app.app_context():
        found = list(plans.plans(db.session()))
        assert len(found) > 60
        assert {"sort=title", "view=drafts", "tags=1", "created_at__from=2026-01-01"} <= {one.question for one in found}
        assert [(one.model.__name__, one.question) for one in found if not one.served] == []
        if db.engine.dialect.name == "postgresql":
            assert db.session.scalar(text("SHOW enable_seqscan")) == "on"


def test_a_missing_index_is_named(slow):
    missing = {one.question: one.needs for one in plans.plans(db.session()) if not one.served}
    assert missing == {"excerpt=1": ("excerpt",), "view=bare": ("excerpt",)}


def test_an_index_that_the_database_has_lost_is_named(app):
    with app.app_context():
        db.session.execute(text("DROP INDEX ix_post_title_id"))
        missing = {one.question: one.needs for one in plans.plans(db.session()) if not one.served}
        db.session.rollback()
    assert missing == {"sort=title": ("title", "id")}


def test_the_command_says_what_is_missing_and_fails_where_that_costs(slow, runner):
    for _at in range(3):
        make(Post)
    db.session.commit()
    told = runner.invoke(args=["check", "indexes"])
    assert told.exit_code == 0, told.output
    assert "post: excerpt=1 reads all 3 rows; an index on (excerpt) is missing" in told.output
    told = runner.invoke(args=["check", "indexes", "--rows", "2"])
    assert told.exit_code == 1


def test_the_command_is_content_with_all_indexes_there(app, runner):
    with app.app_context():
        make(Post)
        db.session.commit()
    told = runner.invoke(args=["check", "indexes", "--rows", "0"])
    assert told.exit_code == 0, told.output
    assert "missing" not in told.output
    number = int(told.output.split()[0])
    assert f"{number} of {number} questions are answered by an index." in told.output
