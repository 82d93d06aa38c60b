"""Whatever is written through whatever door, and undone in whatever order: the history tells how the rows stand."""

from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from backoffice.core import history, operation, undo, writing
from backoffice.core.access import OPERATOR, NotFound
from backoffice.core.history import SILENT, Change, sets
from backoffice.core.history.audit import audit
from backoffice.core.history.encoding import encode
from backoffice.core.history.seals import seal_all
from backoffice.core.model import db
from backoffice.core.operation import references
from backoffice.core.resource import columns, relations
from backoffice.core.selection import Selection
from backoffice.core.writing.refusals import Refusal
from backoffice.models.accounts import User
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post, Tag
from make import make

MODELS = (Category, Tag, Post, Comment)
DOORS = st.sampled_from(["panel", "api", "command", "job", "import"])
WORDS = st.text(st.sampled_from("aé“\\\"{}'x \x1f😀"), min_size=1, max_size=6).filter(str.strip)
_numbers = count(1)
PICK = st.integers(0, 5)


def some(model, number):
    keys = db.session.scalars(select(model.id).order_by(model.id)).all()
    return keys[number % len(keys)] if keys else None


def row(model, number):
    return db.session.get(model, some(model, number) or 0)


def create(what, word):
    made = {
        0: lambda: Tag(name=f"{word}{next(_numbers)}"),
        1: lambda: Category(name=word, parent=row(Category, what)),
        2: lambda: Post(
            title=word, author=make(User), category=row(Category, what), tags=[*filter(None, [row(Tag, what)])]
        ),
        3: lambda: Comment(body=word, guest_name=word, post=row(Post, what), parent=None) if row(Post, what) else None,
    }[what % 4]()
    if made is not None:
        db.session.add(made)
        db.session.flush()


def tags(what):
    return db.session.scalars(select(Tag).order_by(Tag.id).limit(what % 3)).all()


def save(what, word):
    post = row(Post, what)
    if post is not None:
        post.title, post.tags = word, tags(what)
        post.category = row(Category, what)
        db.session.flush()


def several(what, word):
    save(what, word)
    save(what, word + word)
    create(what + 1, word)


def approve(what, _word):
    keys = tuple(db.session.scalars(select(Comment.id).limit(what + 1)))
    operation.run(db.session, OPERATOR, ("approve", "spam", "hold")[what % 3], Selection(Comment, keys))


def publish(what, _word):
    keys = tuple(db.session.scalars(select(Post.id).limit(what + 1)))
    operation.run(db.session, OPERATOR, ("publish", "archive", "redraft")[what % 3], Selection(Post, keys))


def remove(what, _word):
    model = MODELS[what % 4]
    found = row(model, what)
    if found is not None:
        answers = {one.key: "clear" if one.nullable else "delete" for one in references.references(db.session, found)}
        references.resolve(db.session, OPERATOR, found, answers)
        writing.delete(db.session, OPERATOR, found)


def remove_many(what, _word):
    sets.delete_rows(db.session, Comment, select(Comment.id).where(Comment.parent_id.is_(None)).limit(what + 1))


def take_back(what, _word):
    words = batches()
    if words:
        undo.undo(db.session, OPERATOR, words[what % len(words)])


def batches():
    found = db.session.execute(select(Change.batch, Change.id).order_by(Change.id.desc()))
    return list(dict.fromkeys(batch for batch, _key in found))


STEPS = st.sampled_from([create, create, save, several, approve, publish, remove, remove_many, take_back, take_back])


def stands():
    """Return every row as it stands, as the history would write it."""
    found = {}
    for model in MODELS:
        for one in db.session.scalars(select(model)):
            values = {name: encode(getattr(one, name)) for name in columns(model) if name not in SILENT}
            for name, relation in relations(model).items():
                if relation.secondary is not None:
                    values[name] = sorted(linked.id for linked in getattr(one, name))
            found[model.__tablename__, one.id] = values
    return found


def replayed():
    """Return every row as the history tells it, from its first change to its last."""
    found = {}
    names = {model.__tablename__ for model in MODELS}
    for change in db.session.scalars(select(Change).order_by(Change.id)):
        if change.model not in names or change.row_id is None:
            continue
        key = (change.model, change.row_id)
        if not change.after:
            found.pop(key, None)
        else:
            found[key] = {**(found.get(key, {}) if change.before else {}), **change.after}
    return found


@pytest.fixture(scope="module")
def stage(_served):
    """Return the application, and a way to empty its database."""
    return _served


@settings(max_examples=25, deadline=None)
@given(steps=st.lists(st.tuples(STEPS, DOORS, PICK, WORDS), min_size=4, max_size=14))
def test_rows_equal_the_history_replayed_and_the_chain_verifies(stage, steps):
    made, empty = stage
    empty()
    with made.test_request_context():
        for step, door, what, word in steps:
            with history.acting(None, door):
                try:
                    step(what, word)
                    db.session.commit()
                except (Refusal, NotFound):
                    db.session.rollback()
            db.session.expire_all()
            assert replayed() == stands()
        seal_all(db.session)
        assert audit(db.session).faults == []
        db.session.remove()


@settings(max_examples=15, deadline=None)
@given(steps=st.lists(st.tuples(STEPS, DOORS, PICK, WORDS), min_size=2, max_size=8))
def test_undone_from_the_last_to_the_first_everything_is_as_it_was(stage, steps):
    made, empty = stage
    empty()
    with made.test_request_context():
        before, words = stands(), []
        for step, door, what, word in steps:
            with history.acting(None, door) as one:
                try:
                    step(what, word)
                    db.session.commit()
                    words.append(one.batch)
                except (Refusal, NotFound):
                    db.session.rollback()
            db.session.expire_all()
        for word in reversed(words):
            with history.acting(None, "panel"):
                try:
                    result = undo.undo(db.session, OPERATOR, word)
                except NotFound:
                    continue
                db.session.commit()
            db.session.expire_all()
            assert result.stayed == 0, result
        assert stands() == before
        db.session.remove()
