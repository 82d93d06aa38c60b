"""Edits of many rows: what may be edited, what no row may be set to, and that a job is told the same."""

import pytest
from sqlalchemy import select

from backoffice.core import operation
from backoffice.core.access import OPERATOR
from backoffice.core.model import db, now
from backoffice.core.operation import altering
from backoffice.core.operation.altering import Edit
from backoffice.core.selection import Selection
from backoffice.core.writing.refusals import Refusal
from backoffice.models.accounts import User
from backoffice.models.content import Category, Post, Tag
from make import make
from people import add_user


@pytest.fixture
def author(app):
    with app.test_request_context():
        key = add_user("author").id
        make(Post, author=db.session.get(User, key), category=make(Category), tags=[make(Tag)])
        db.session.commit()
        yield db.session.get(User, key)


def refused(user, **edits):
    """Return what stands against these edits of all posts, by field."""
    keys = tuple(db.session.scalars(select(Post.id)))
    with pytest.raises(Refusal) as refusal:
        operation.run(db.session(), user, operation.UPDATE, Selection(Post, keys), edits)
    return refusal.value.problems


@pytest.mark.parametrize(
    "name", ["author", "author_id", "views", "slug", "id", "version", "password", "rules", "nonsense"]
)
def test_nobody_edits_what_they_may_not_change(name, author):
    assert refused(author, **{name: Edit(author.id)}) == {name: "You may not change this."}


def test_values_that_no_row_may_hold_are_refused_beside_their_fields(author):
    assert refused(author) == {"": "Choose at least one field that is to change."}
    problems = refused(author, title=Edit("x" * 301), kind=Edit("letter"), status=Edit("lost"), body=Edit(None))
    assert set(problems) == {"title", "kind", "status", "body"}
    (tag,) = db.session.scalars(select(Tag.id))
    assert set(refused(author, tags=Edit(add=(tag,), remove=(tag,)), category=Edit(999))) == {"tags", "category"}
    assert db.session.scalars(select(Post.version)).one() == 1


def test_a_job_is_told_the_same_edits(author):
    edits = {
        "title": Edit("T"),
        "publish_at": Edit(now()),
        "category": Edit(None),
        "tags": Edit(add=(1, 2), remove=(3,)),
    }
    assert altering.from_json(Post, altering.to_json(edits)) == edits


def test_unique_columns_are_for_one_row_at_a_time(app):
    with app.test_request_context():
        assert not {"slug", "email", "username"} & {*altering.fields(OPERATOR, Post), *altering.fields(OPERATOR, User)}
        assert {"title", "tags", "author", "publish_at"} <= set(altering.fields(OPERATOR, Post))
