"""A planner is told what it cannot know, and the answers stay the same."""

import pytest
from sqlalchemy import select

from backoffice.core.counting import Explained
from backoffice.core.hints import Unindexed
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


@pytest.mark.sqlite
def test_an_author_with_few_posts_is_not_looked_for_among_all_public_ones(app):
    with app.app_context():
        asked = select(Post.id).where(Post.author_id == 1, Unindexed(Post.public()))
        steps = [str(row.detail) for row in db.session.connection().execute(Explained(asked))]
    assert steps == ["SEARCH post USING INDEX ix_post_author_id_created_at (author_id=?)"]
