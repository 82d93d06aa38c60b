"""A planner is told what it cannot know, and the answers stay the same."""

import pytest
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from backoffice.core.database.conditions import Sought, Unindexed, Walked, among
from backoffice.core.model import db
from backoffice.models.content import Post
from make import make


def test_a_condition_means_the_same_with_or_without_an_index(app):
    with app.app_context():
        make(Post, status="published", title="Seen")
        make(Post, status="draft", title="Hidden")
        db.session.commit()
        for condition in (Post.public(), ~Post.public()):
            plain, hidden = (
                db.session.scalars(select(Post.title).where(one)).all() for one in (condition, Unindexed(condition))
            )
            assert len(plain) == 1
            assert plain == hidden


def test_sqlite_alone_is_kept_from_its_indexes():
    told = Unindexed(Post.kind == "page")
    assert str(told.compile(dialect=sqlite.dialect())).startswith("+(")
    # PostgreSQL estimates by the condition itself, and so must see it.
    assert str(told.compile(dialect=postgresql.dialect())).startswith("(post.kind = ")


def test_postgresql_alone_keeps_the_keys_at_hand_while_it_reads():
    told = Walked(Post.id.in_(select(Post.id)))
    # What IN alone says would be joined, by looking up one row after another.
    assert str(told.compile(dialect=postgresql.dialect())).endswith(" IS TRUE")
    assert "IS TRUE" not in str(told.compile(dialect=sqlite.dialect()))


@pytest.mark.parametrize("negated", [False, True])
@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()], ids=["sqlite", "postgresql"])
def test_a_condition_is_compared_with_nothing_unless_it_is_negated(dialect, negated):
    for one in (among(Post.id, [1, 2]), Sought(Post.id.in_([1])), Unindexed(Post.id > 1), Walked(Post.id.in_([1]))):
        told = str(select(Post.id).where(~one if negated else one, Post.kind == "page").compile(dialect=dialect))
        where = told.partition("WHERE ")[2].partition(" AND post.kind")[0]
        assert not where.endswith(" = 1")
        assert (where.startswith("NOT ") or where.endswith(" = 0")) is negated


@pytest.mark.sqlite
def test_ticked_rows_are_looked_up_and_not_looked_for(app):
    with app.app_context():
        told = select(Post.id).where(among(Post.id, [1, 2, 3])).compile(db.engine).string
        plan = db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {told}", ("[1, 2, 3]",)).all()
        assert "SEARCH post USING INTEGER PRIMARY KEY" in " ".join(step.detail for step in plan)
