"""A planner is told what it cannot know, and the answers stay the same."""

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from backoffice.core.database.hints import Unindexed, Walked
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
