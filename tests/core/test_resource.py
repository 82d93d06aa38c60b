"""What the doors read off a model."""

from backoffice.core.model import db
from backoffice.core.resource import row_label
from backoffice.models.comments import Comment
from backoffice.models.content import Post
from make import make


def test_a_row_is_named_by_its_words_without_tags(app):
    with app.test_request_context():
        comment = make(Comment, body='<p>Buy <a href="https://example.com">this</a> &amp; that</p>')
        assert row_label(comment) == "Buy this & that"
        assert row_label(make(Post, title="A < B")) == "A < B"
        assert row_label(Post(id=7)) == "#7"
        db.session.rollback()
