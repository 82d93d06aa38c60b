"""Few rows are counted one by one, many are told about, and who wants to know exactly waits no longer than said."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Integer, cast, func, literal, select, text

from backoffice.core.model import db
from backoffice.core.paging import counting
from backoffice.core.paging.counting import Number
from backoffice.models.content import Category, Tag
from make import make

MANY = 30_000
DATE = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def tags(app):
    """Open the application on very many tags: every third begins with "a", every tenth thousandth is rare."""
    with app.app_context():
        table = Tag.__table__
        numbers = select(literal(1).label("n")).cte("numbers", recursive=True)
        numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < MANY))
        word = func.substr("abc", cast(numbers.c.n % 3, Integer) + 1, 1)
        text_of = cast(numbers.c.n, table.c.name.type)
        stored = [literal(DATE, table.c.created_at.type), literal(DATE, table.c.updated_at.type), literal(1)]
        rows = select(word.concat(text_of), word.concat("-").concat(text_of), *stored)
        names = ["name", "slug", "created_at", "updated_at", "version"]
        db.session.connection().execute(table.insert().from_select(names, rows))
        db.session.execute(text("ANALYZE"))
        db.session.commit()
        yield
        db.session.rollback()
        db.session.connection().execute(table.delete())
        db.session.commit()


def test_few_rows_are_counted_one_by_one(app):
    with app.app_context():
        for _at in range(3):
            make(Tag)
        assert counting.count(db.session(), select(Tag.id)) == Number(3)
        assert counting.count(db.session(), select(Tag.id).where(Tag.name == "none")) == Number(0)
        assert counting.counts(db.session(), []) == []


def test_many_rows_are_told_about_without_reading_all(tags, queries):
    with queries() as sent:
        whole, part, few, none = counting.counts(
            db.session(),
            [
                select(Tag.id).order_by(Tag.name),
                select(Tag.id).where(Tag.name >= "a", Tag.name < "c"),
                select(Tag.id).where(Tag.id <= 10_000),
                select(Category.id),
            ],
        )
    assert not whole.exact
    assert whole.value == pytest.approx(MANY, rel=0.05)
    assert not part.exact
    assert part.value == pytest.approx(MANY * 2 / 3, rel=0.15)
    assert (few, none) == (Number(10_000), Number(0))
    assert len(sent) <= 5
    assert len([one for one in sent if "count(*)" in one.lower() and "LIMIT" not in one.upper()]) <= 2


def test_an_estimate_is_never_below_what_was_counted_and_no_more_precise_than_it_is(tags, monkeypatch):
    rows = select(Tag.id)
    for told, said in ((3, 10_000), (1_234_567, 1_235_000), (12_345, 12_340), (10_001, 10_000)):
        for way in ("_planned", "_sampled"):
            monkeypatch.setattr(counting, way, lambda *_asked, told=told: told)
        assert counting.estimate(db.session(), rows) == said


def test_who_asks_gets_the_exact_number(tags):
    assert counting.exactly(db.session(), select(Tag.id).where(Tag.name < "b").order_by(Tag.name)) == MANY // 3


def test_counting_that_takes_too_long_is_stopped_and_the_transaction_goes_on(tags):
    one, two, three = (Tag.__table__.alias() for _at in range(3))
    endless = select(one.c.id).where(one.c.name != two.c.slug, two.c.name != three.c.slug)
    make(Category, name="Kept")
    assert counting.exactly(db.session(), endless, 0.2) is None
    assert counting.exactly(db.session(), select(Category.id), 0.2) == 1
    db.session.rollback()
    # The limit was that one statement's alone.
    if db.engine.dialect.name == "postgresql":
        assert db.session.scalar(text("SHOW statement_timeout")) == "0"


def test_a_plan_is_asked_for_with_the_values_at_hand(tags):
    """What was put together for one number is used for the next, with that one's own values."""
    session = db.session()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("ANALYZE tag"))
        some = [counting.planned(session, select(Tag.id).where(Tag.id <= most)) for most in (10, 200, 10)]
        assert some[0] == some[2] < some[1]
    asked = select(Tag.id, Tag.name, Tag.slug, Tag.version).where(Tag.id > 1)
    plans = [session.connection().execute(counting.Explained(asked.where(Tag.id < 9))).all() for _turn in range(2)]
    assert plans[0] == plans[1]
    assert "tag" in str(plans[1]).lower()
