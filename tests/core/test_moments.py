"""What was counted a moment ago is told again only as long as nothing has been written since, by anybody."""

import pytest
from sqlalchemy import bindparam, func, select

from backoffice.core import moments
from backoffice.core.database.conditions import among
from backoffice.core.model import db, reading
from backoffice.models.content import Category, Post, Tag
from make import make

OFTEN = 60  # others write to the same server while a test runs, so that it tries again


@pytest.fixture
def ask(app):
    """Return a function that tells how many tags of a name there are, and whether they were counted for that."""

    def once(name="a", *, reads=True):
        counted = []
        with app.app_context():
            token, session = reading.set(reads), db.session()
            try:
                moments.begin(session, session.scalar(select(moments.Moment())))
                question = select(func.count()).select_from(Tag).where(Tag.name == name)

                def count():
                    counted.append(name)
                    return session.scalar(question)

                return moments.kept(session, question, count), bool(counted)
            finally:
                reading.reset(token)

    return once


@pytest.mark.postgres
def test_a_question_is_asked_once_until_something_is_written(app, ask):
    assert any([ask(), ask()][1] == (0, False) for _try in range(OFTEN))
    with app.app_context():
        make(Tag, name="a")
        db.session.flush()
        # What is not committed is seen by nobody else.
        assert ask()[0] == 0
        db.session.commit()
    assert ask() == (1, True)
    assert any(ask() == (1, False) for _try in range(OFTEN))


@pytest.mark.postgres
def test_other_values_are_another_question_and_who_may_write_always_asks(app, ask):
    with app.app_context():
        make(Tag, name="b")
        db.session.commit()
    assert {(ask("a")[0], ask("b")[0]) for _try in range(5)} == {(0, 1)}
    assert all(ask("a", reads=False)[1] for _try in range(5))


@pytest.mark.sqlite
def test_where_moments_have_no_name_every_question_is_asked(ask):
    assert [ask(), ask()] == [(0, True), (0, True)]


def test_a_list_and_its_menu_are_counted_anew_after_every_change(app, as_role, queries):
    browser = as_role("administrator")
    with app.app_context():
        category = make(Category)
        for _at in range(51):
            make(Post, status="review", category=category)
        db.session.commit()
        key = category.id

    def told():
        with queries(kept=True) as sent:
            text = browser.get(f"/admin/post/?category={key}").text
        return len(sent), ("of 51" in text, "of 52" in text)

    first, again = told(), told()
    assert first[1] == again[1] == (True, False)
    if app.config["SQLALCHEMY_DATABASE_URI"].startswith("postgresql"):
        # The number of the list, what waits, and the views that are kept are not asked for again.
        assert any(told()[0] == first[0] - 3 for _try in range(OFTEN))
    with app.app_context():
        make(Post, category=db.session.get(Category, key))
        db.session.commit()
    assert told()[1] == (False, True)


def test_any_number_of_keys_is_one_parameter(app):
    with app.app_context():
        keys = [make(Tag).id for _at in range(3)]
        db.session.commit()
        asked = select(Tag.id).where(among(Tag.id, name="keys")).order_by(Tag.id)
        assert [list(db.session.scalars(asked, {"keys": some})) for some in ([], keys[:2], [*keys, 99])] == [
            [],
            keys[:2],
            keys,
        ]
        assert len(asked.compile(db.engine).params) == 1


def test_the_name_of_a_moment_is_text_or_nothing(app):
    with app.app_context():
        named = db.session.scalar(select(moments.Moment(), bindparam("x", 1)))
        assert (named is None) is (db.engine.dialect.name == "sqlite")
