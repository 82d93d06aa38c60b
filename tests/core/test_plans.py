"""Every sort, view and filter that a model declares is answered by an index, and a missing index is named."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from backoffice.core.model import db
from backoffice.core.paging import plans
from backoffice.core.resource import filterable, resources
from backoffice.core.selection.criteria import Filter, operators
from backoffice.models.content import Post, Tag
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
        assert len(found) > 150
        asked = {"sort=title", "view=drafts", "search=zyxwvut", "tags=1", "tags__in=1", "created_at__from=2026-01-01"}
        asked |= {"created_at__older=30", "status__not=draft", "category__empty=yes", "tags__empty=no"}
        assert asked <= {one.question for one in found if one.model is Post}
        assert [(one.model.__name__, one.question) for one in found if not one.served and not one.open] == []
        if db.engine.dialect.name == "postgresql":
            assert db.session.scalar(text("SHOW enable_seqscan")) == "on"


def test_every_filter_is_asked_with_every_operator_it_offers(app):
    with app.app_context():
        found = {(one.model, one.question.partition("=")[0]) for one in plans.plans(db.session())}
    for model in resources().values():
        for name in filterable(model):
            for operator in operators(model, name):
                assert (model, Filter(name, operator, "").key) in found


def test_an_index_is_demanded_for_all_but_what_lacks_something_or_holds_it_anywhere(app):
    with app.app_context():
        found = {(one.model, one.question) for one in plans.plans(db.session()) if one.open}
    # Not what a column that is always filled lacks, nor what any row has; but the few of a list that lack a category.
    assert {question for model, question in found if model is Post} == {
        *(f"{name}__empty=no" for name in ("author", "category", "created_at", "publish_at", "published_at", "tags")),
        *(f"{name}__empty=yes" for name in ("author", "created_at", "tags")),
    }
    assert {(Tag, "name__lacks=zyxwvut"), (Tag, "name__not=1")} <= found


def test_a_missing_index_is_named(slow):
    missing = {one.question: one.needs for one in plans.plans(db.session()) if not one.served and not one.open}
    assert missing == {"excerpt=1": ("excerpt",), "excerpt__empty=yes": ("excerpt",), "view=bare": ("excerpt",)}


def test_an_index_that_the_database_has_lost_is_named(app):
    with app.app_context():
        db.session.execute(text("DROP INDEX ix_post_title_id"))
        missing = {one.question: one.needs for one in plans.plans(db.session()) if not one.served and not one.open}
        db.session.rollback()
    assert missing == {"sort=title": ("title", "id")}


@pytest.fixture
def alike(app):
    """Fill the table of posts with rows that have one kind and one status, and have the database learn of it."""
    with app.app_context():
        for _number in range(40):
            make(Post)
        db.session.commit()
        db.session.execute(text("ANALYZE"))
        yield
        db.session.rollback()


def test_an_index_to_a_value_that_all_rows_have_is_not_missed(alike):
    found = {one.question: one.served for one in plans.plans(db.session()) if one.model is Post}
    assert found["kind=post"]
    assert found["kind__in=post"]
    assert found["status=draft"]
    assert found["status__not=draft"]


def test_an_index_to_a_value_that_all_rows_have_is_missed_where_there_is_none(alike):
    db.session.execute(text("DROP INDEX ix_post_kind_created_at"))
    missing = {one.question: one.needs for one in plans.plans(db.session()) if not one.served and not one.open}
    assert {question: needs for question, needs in missing.items() if question.startswith("kind=")} == {
        "kind=post": ("kind",)
    }


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
