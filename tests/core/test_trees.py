"""Rows that stand below one another are deleted by one selection as by any order of hands, and all come back."""

from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from backoffice.core import history, operation, undo
from backoffice.core.history import Change
from backoffice.core.history.sets import RECORDED
from backoffice.core.jobs import PARTLY, Job, later, worker
from backoffice.core.model import db
from backoffice.core.operation import chunks
from backoffice.core.selection import Selection
from backoffice.core.selection.criteria import of
from backoffice.models.accounts import Role, User
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post
from make import make

CHOSEN, LEFT = "pending", "approved"
HELD = "Comments refer to it."
# Of each comment: which earlier one it answers (none where there is none), whether it is chosen, and whether one may.
forests = st.lists(st.tuples(st.integers(0, 9), st.booleans(), st.sampled_from((True, True, False))), max_size=8)


@pytest.fixture
def stage(app):
    """Open the application with somebody who may delete their own comments, and a post."""
    with app.test_request_context():
        role = make(Role, rights=["comment.read", "comment.delete:own", "post.read"])
        one = make(User, roles=[role], active=True)
        yield one, make(Post)
        db.session.rollback()


@contextmanager
def row_by_row(model):
    """Let rows of a model be asked one by one whether they have something against being deleted."""
    model.farewells = lambda _row: iter(())
    try:
        yield
    finally:
        del model.farewells


def plant(stage, forest, *, backwards=False):
    """Store these comments, the last first if asked for; return the keys of those that must go."""
    person, post = stage
    order = list(range(len(forest)))
    keys = {}
    for at in reversed(order) if backwards else order:
        _above, chosen, own = forest[at]
        row = make(Comment, post=post, author=person if own else None, status=CHOSEN if chosen else LEFT)
        keys[at] = row.id
    above = {at: forest[at][0] for at in order if forest[at][0] < at}
    for at, parent in above.items():
        change = update(Comment).where(Comment.id == keys[at]).values(parent_id=keys[parent])
        db.session.execute(change, execution_options=RECORDED)
    db.session.flush()
    goes = {at for at in order if forest[at][1] and forest[at][2]}
    while stays := {above[at] for at in order if at not in goes and at in above} & goes:
        goes -= stays
    return {keys[at] for at in goes}


def there():
    """Return which comments there are, and what they answer."""
    return {tuple(row) for row in db.session.execute(select(Comment.id, Comment.parent_id, Comment.status))}


def meant(person, how):
    if how == "ticked":
        return Selection(Comment, tuple(db.session.scalars(select(Comment.id).where(Comment.status == CHOSEN))))
    return Selection(Comment, criteria=of(Comment, person, [("status", CHOSEN)]))


@settings(
    max_examples=8,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(forest=forests, backwards=st.booleans(), how=st.sampled_from(("ticked", "all that match")))
def test_whatever_is_chosen_with_all_below_it_goes_and_comes_back(stage, forest, backwards, how):
    person, _post = stage
    with db.session.begin_nested() as whole:
        going = plant(stage, forest, backwards=backwards)
        before, rows = there(), meant(person, how)
        number = len([one for one in before if one[2] == CHOSEN])
        told = []
        foretold = operation.preview(db.session, person, "delete", rows).outcome
        for way in ("by statements", "row by row"):
            with db.session.begin_nested() as part:
                with history.acting(person, "panel") as one:
                    if way == "row by row":
                        with row_by_row(Comment):
                            outcome = operation.run(db.session, person, "delete", rows)
                    else:
                        outcome = operation.run(db.session, person, "delete", rows)
                assert {key for key, *_rest in before - there()} == going
                if going:
                    with history.acting(person, "panel"):
                        assert undo.undo(db.session, person, one.batch).done == len(going)
                assert there() == before
                part.rollback()
            db.session.expire_all()
            told.append((outcome.changed, sorted(outcome.reasons)))
        whole.rollback()
    db.session.expire_all()
    assert told == [(foretold.changed, sorted(foretold.reasons))] * 2
    assert (foretold.changed, foretold.refused) == (len(going), number - len(going))


@pytest.mark.parametrize("way", ["by statements", "row by row"])
@pytest.mark.parametrize("backwards", [False, True], ids=["parents first", "children first"])
def test_a_job_deletes_trees_in_parts_and_so_is_it_taken_back(stage, app, monkeypatch, backwards, way):
    for module, name in ((chunks, "PART"), (chunks, "PART_ONE_BY_ONE"), (undo, "PART")):
        monkeypatch.setattr(module, name, 2)
    # A thread that goes whole, one that is held by an answer at its end, and an answer that is another's.
    one, two = [(9, True, True), (0, True, True), (1, True, True)], [(9, True, True), (3, True, True), (4, False, True)]
    going = plant(stage, [*one, *two, (9, True, True), (6, True, False)], backwards=backwards)
    db.session.commit()
    before, person = there(), stage[0]
    assert len(going) == 3
    asked = chunks.ask(db.session(), person, "delete", meant(person, "all that match"), "a word").id
    db.session.commit()
    with row_by_row(Comment) if way == "row by row" else db.session.no_autoflush:
        while worker.turn(app):
            pass
        row = db.session.get(Job, asked, populate_existing=True)
        reasons = {HELD: 3, "You may not do this with it.": 1}
        assert (row.state, row.result) == (PARTLY, {"changed": 3, "already": 0, "refused": 4, "reasons": reasons})
        assert {key for key, *_rest in before - there()} == going
        later(db.session(), "undo", person, batch=row.batch)
        db.session.commit()
        while worker.turn(app):
            pass
    assert there() == before


def test_what_stands_below_is_told_of_first_so_that_parts_of_it_come_back(stage):
    person, _post = stage
    plant(stage, [(9, True, True), (0, True, True), (1, True, True)])
    rows = meant(person, "ticked")
    operation.run(db.session, person, "delete", rows)
    told = db.session.scalars(select(Change.row_id).filter_by(verb="delete").order_by(Change.id)).all()
    assert told == sorted(rows.keys, reverse=True)


def test_a_category_that_posts_refer_to_holds_those_above_it(stage):
    top = make(Category)
    middle, free = make(Category, parent=top), make(Category, parent=top)
    low = make(Category, parent=middle)
    make(Post, category=low)
    editor = make(User, roles=[make(Role, rights=["category.read", "category.delete"])], active=True)
    db.session.flush()
    rows = Selection(Category, (top.id, middle.id, free.id, low.id))
    outcome = operation.run(db.session, editor, "delete", rows)
    assert (outcome.changed, dict(outcome.reasons)) == (1, {"Posts refer to it.": 1, "Categories refer to it.": 2})
    assert set(db.session.scalars(select(Category.id))) == {top.id, middle.id, low.id}
