"""An operation means the same whether statements do it or rows one by one: rows, history, counts, refusals, rights."""

from contextlib import contextmanager
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from backoffice.core import history, operation
from backoffice.core.access import OPERATOR
from backoffice.core.model import Model, db
from backoffice.core.operation import altering, reports
from backoffice.core.operation.altering import Edit
from backoffice.core.resource import Action, columns
from backoffice.core.selection import Selection
from backoffice.models.accounts import User
from backoffice.models.comments import STATUSES as STATES
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post, Tag
from backoffice.models.media import Image
from make import make
from people import add_user

MOMENTS = {"created_at", "updated_at"}
rows_of_both = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def state(model):
    """Return all that is stored of a model, moments left out."""
    table = model.__table__
    kept = [column for column in table.c if column.name not in MOMENTS]
    return [tuple(row) for row in db.session.execute(select(*kept).order_by(table.c.id))]


def told(batch):
    """Return what the history tells of a batch, in the order of its rows."""
    found = db.session.scalars(select(history.Change).filter_by(batch=batch).order_by(history.Change.row_id)).all()
    return [
        (one.model, one.row_id, one.verb, one.label, one.actor_id, one.door, one.before, one.after) for one in found
    ]


def spared(batch):
    """Return which rows stayed as they were, and why."""
    found = db.session.execute(select(reports.spared.c.row_id, reports.spared.c.why).filter_by(batch=batch))
    return sorted(tuple(row) for row in found)


def tried(user, work, model):
    """Do some work on behalf of somebody, and return all that came of it; in the end nothing of it is kept."""
    with db.session.begin_nested() as part:
        with history.acting(user, "panel") as one:
            outcome = work()
            db.session.flush()
        found = (outcome.changed, outcome.already, outcome.refused, sorted(outcome.reasons))
        found = (*found, state(model), told(one.batch), spared(one.batch))
        part.rollback()
    db.session.expire_all()
    return found


@contextmanager
def row_by_row(model, name):
    """Let an operation of a model that sets columns be done by setting them on each row."""
    said = model.resource
    action = next(one for one in said.actions if one.name == name)

    def run(row):
        present = {column: getattr(row, column) for column in action.sets}
        for column, value in action.sets.items():
            setattr(row, column, value)
        return present != dict(action.sets)

    # Rows that are so already are no matter of the states from which an operation starts.
    when = {column: (*states, action.sets.get(column)) for column, states in action.when.items()}
    other = Action(name, action.label, run=run, when=when, refuses=action.refuses)
    model.resource = replace(said, actions=tuple(other if one is action else one for one in said.actions))
    try:
        yield
    finally:
        model.resource = said


@pytest.fixture
def stage(app):
    """Open the application with a moderator, an author and some rows of theirs."""
    with app.test_request_context():
        people = {role: db.session.get(User, add_user(role).id) for role in ("moderator", "author", "editor")}
        post = make(Post, author=people["author"])
        db.session.commit()
        yield people, post


@rows_of_both
@given(
    states=st.lists(st.sampled_from(STATES), min_size=1, max_size=8), name=st.sampled_from(("approve", "spam", "hold"))
)
def test_comments_become_the_same_with_the_same_history_and_refusals(stage, states, name):
    people, post = stage
    moderator = people["moderator"]
    with db.session.begin_nested() as part:
        keys = [
            make(Comment, post=post, guest_name="Ann", body=f"<p>Said &amp; done {at}</p>", status=word).id
            for at, word in enumerate(states)
        ]
        selection = Selection(Comment, (*keys, 987654))
        at_once = tried(moderator, lambda: operation.run(db.session, moderator, name, selection), Comment)
        with row_by_row(Comment, name):
            one_by_one = tried(moderator, lambda: operation.run(db.session, moderator, name, selection), Comment)
        part.rollback()
    assert at_once == one_by_one
    assert at_once[0] + at_once[1] + at_once[2] == len(keys) + 1


@rows_of_both
@given(
    owners=st.lists(st.booleans(), min_size=1, max_size=6),
    state_of=st.lists(st.sampled_from(("draft", "review", "archived")), min_size=6, max_size=6),
)
def test_own_rows_alone_are_changed_on_both_paths(stage, owners, state_of):
    people, _post = stage
    author = people["author"]
    with db.session.begin_nested() as part:
        keys = [
            make(Post, author=author if mine else people["editor"], status=word).id
            for mine, word in zip(owners, state_of, strict=False)
        ]
        selection = Selection(Post, tuple(keys))
        at_once = tried(author, lambda: operation.run(db.session, author, "submit", selection), Post)
        with row_by_row(Post, "submit"):
            one_by_one = tried(author, lambda: operation.run(db.session, author, "submit", selection), Post)
        part.rollback()
    assert at_once == one_by_one


@rows_of_both
@given(
    alts=st.lists(st.sampled_from((None, "A boat", "A gull")), min_size=1, max_size=6),
    new=st.sampled_from((None, "A boat", " A pier ")),
)
def test_edits_of_columns_mean_the_same_on_both_paths(stage, monkeypatch_rules, alts, new):
    editor = stage[0]["editor"]
    with db.session.begin_nested() as part:
        keys = tuple(make(Image, alt=alt).id for alt in alts)

        def work():
            return operation.run(db.session, editor, operation.UPDATE, Selection(Image, keys), {"alt": Edit(new)})

        at_once = tried(editor, work, Image)
        with monkeypatch_rules(Image):
            one_by_one = tried(editor, work, Image)
        part.rollback()
    assert at_once == one_by_one
    assert {row[[*columns(Image)].index("alt")] for row in at_once[4]} <= {None, "A boat", "A gull", "A pier"}


@rows_of_both
@given(used=st.lists(st.booleans(), min_size=1, max_size=6))
def test_deleting_means_the_same_on_both_paths(stage, monkeypatch_rules, used):
    people, post = stage
    editor = people["editor"]
    with db.session.begin_nested() as part:
        keys = []
        for there in used:
            tag = make(Tag)
            keys.append(tag.id)
            if there:
                post.tags.append(tag)
        db.session.flush()

        def work():
            return operation.run(db.session, editor, operation.DELETE, Selection(Tag, tuple(keys)))

        at_once = tried(editor, work, Tag)
        with monkeypatch_rules(Tag):
            one_by_one = tried(editor, work, Tag)
        part.rollback()
    assert at_once == one_by_one
    assert at_once[2] == sum(used)


@pytest.fixture
def monkeypatch_rules():
    """Return a context in which a model has rules and farewells of its own, which refuse nothing."""

    @contextmanager
    def ruled(model):
        model.rules = model.farewells = lambda _row: iter(())
        try:
            yield
        finally:
            del model.rules, model.farewells
            assert model.rules is Model.rules

    return ruled


def test_a_rehearsal_foretells_what_both_paths_do(stage):
    editor = stage[0]["editor"]
    for at in range(6):
        make(Post, status=("draft", "archived")[at % 2], category=make(Category))
    db.session.commit()
    keys = tuple(db.session.scalars(select(Post.id)))
    for name, values in (
        ("submit", None),
        ("delete", None),
        ("update", {"status": Edit("review"), "category": Edit(None)}),
    ):
        selection = Selection(Post, keys)
        foretold = operation.preview(db.session, editor, name, selection, values)
        rehearsed = operation.rehearse(db.session, editor, name, selection, values)
        with db.session.begin_nested() as part:
            outcome = operation.run(db.session, editor, name, selection, values)
            part.rollback()
        db.session.expire_all()
        assert foretold.outcome == rehearsed == outcome
        assert sum(group.count for group in foretold.groups) == len(keys)
    assert altering.fields(OPERATOR, Post)
