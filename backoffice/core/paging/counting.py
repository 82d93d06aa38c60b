"""How many rows match: exactly as far as that is quick, beyond that about how many, and exactly when asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import Select, case, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql import ClauseElement, Executable
from sqlalchemy.sql.visitors import InternalTraversal

from backoffice.core.database.hints import Collected
from backoffice.core.database.patience import TooLong, limited

MOST = 10_000  # rows that are counted one by one on every page
SECONDS = 5.0  # that counting on request may take
SAMPLE = 1000  # keys that SQLite looks up to tell how many of all rows match
SURELY = 2  # times as many rows as are counted, from which on the planner is believed
GOLDEN = (5**0.5 - 1) / 2
DIGITS = 4  # of an estimate that are worth telling


@dataclass(frozen=True)
class Number:
    """A number of rows; unless it is `exact`, there are more than could be counted, and about so many."""

    value: int
    exact: bool = True


def count(session: Session, rows: Select[Any], most: int = MOST) -> Number:
    """Return how many `rows` (a SELECT of ids) there are: exact up to `most`, beyond that an estimate."""
    return counts(session, [rows], most)[0]


def whole(session: Session, rows: Select[Any]) -> Number:
    """Return how many `rows` (a SELECT of all ids of a table) there are, as `count` does.

    PostgreSQL's planner is asked first: about a whole table it is not far wrong, and counting even the first of
    them takes longer than the page.
    """
    if session.get_bind().dialect.name == "postgresql":
        planned = estimate(session, rows)
        if planned > SURELY * MOST:
            return Number(planned, exact=False)
    return count(session, rows)


def counts(session: Session, several: Sequence[Select[Any]], most: int = MOST) -> list[Number]:
    """Return the numbers of rows of each SELECT of ids: one statement, and one more for each beyond `most`."""
    if not several:
        return []
    found = session.execute(select(*(_capped(rows, most) for rows in several))).one()
    return [
        Number(number) if number <= most else Number(estimate(session, rows, most), exact=False)
        for rows, number in zip(several, found, strict=True)
    ]


def sought(session: Session, rows: Select[Any], few: int) -> tuple[Number, list[int] | None]:
    """Return how many `rows` (a SELECT of ids) there are, as `count` does, and these ids if there are at most `few`.

    Whoever goes on to show them then needs not have them looked for once more.
    """
    some = rows.order_by(None).limit(MOST + 1).subquery()
    key = next(iter(some.c))
    number, keys = session.execute(
        select(func.count(), case((func.count() <= few, Collected(key)))).select_from(some)
    ).one()
    if number > MOST:
        return Number(estimate(session, rows), exact=False), None
    return Number(number), (keys or []) if number <= few else None


def glanced(session: Session, rows: Select[Any], few: int) -> tuple[Number, list[int] | None]:
    """Return what `sought` does of `rows` (a SELECT of ids) each of which takes long to read.

    Rows that hold a common word are such: PostgreSQL's planner is asked first, and only few are counted.
    """
    expected = planned(session, rows)
    if expected is not None and expected > MOST:
        return Number(_rounded(expected), exact=False), None
    return sought(session, rows, few)


def exactly(session: Session, rows: Select[Any], seconds: float = SECONDS) -> int | None:
    """Return how many `rows` (a SELECT of ids) there are, or None when counting takes longer than `seconds`."""
    found = exact_counts(session, [rows], seconds)
    return found[0] if found else None


def exact_counts(session: Session, several: Sequence[Select[Any]], seconds: float = SECONDS) -> list[int] | None:
    """Return the numbers of rows of each SELECT of ids, or None when counting takes longer than `seconds` in all."""
    counted = (select(func.count()).select_from(rows.order_by(None).subquery()) for rows in several)
    try:
        with session.begin_nested(), limited(session, seconds):
            return [
                int(number) for number in session.execute(select(*(one.scalar_subquery() for one in counted))).one()
            ]
    except TooLong:
        return None


def estimate(session: Session, rows: Select[Any], least: int = MOST) -> int:
    """Return about how many `rows` (a SELECT of ids) there are, rounded, at least `least`, without reading them all.

    PostgreSQL's planner knows; on SQLite a sample of keys, spread evenly over all there are, is looked up.
    """
    told = _sampled if session.get_bind().dialect.name == "sqlite" else _planned
    return _rounded(told(session, rows.order_by(None)), least)


def planned(session: Session, rows: Select[Any]) -> int | None:
    """Return how many `rows` (a SELECT of ids) PostgreSQL's planner expects, as it is; None on SQLite, without one."""
    return None if session.get_bind().dialect.name == "sqlite" else _planned(session, rows.order_by(None))


def _rounded(number: int, least: int = MOST) -> int:
    return max(least, round(number, min(0, DIGITS - len(str(number)))))


def _capped(rows: Select[Any], most: int) -> Any:
    some = rows.order_by(None).limit(most + 1).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


class Explained(Executable, ClauseElement):
    """A statement whose plan is asked for instead of its rows."""

    # Compiling it takes longer than planning it, so it is told apart by its statement.
    inherit_cache = True
    _traverse_internals = [("statement", InternalTraversal.dp_clauseelement)]
    # A plan has none of the columns that the statement would have.
    _all_selected_columns: ClassVar = ()

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement


@compiles(Explained, "postgresql")
def _explain(element: Explained, compiler: Any, **options: Any) -> str:
    return f"EXPLAIN (FORMAT JSON) {compiler.process(element.statement, **options)}"


@compiles(Explained, "sqlite")
def _explain_steps(element: Explained, compiler: Any, **options: Any) -> str:
    return f"EXPLAIN QUERY PLAN {compiler.process(element.statement, **options)}"


def _planned(session: Session, rows: Select[Any]) -> int:
    plan = session.connection().execute(Explained(rows)).scalar_one()
    return int(plan[0]["Plan"]["Plan Rows"])


def _sampled(session: Session, rows: Select[Any]) -> int:
    key = next(iter(rows.selected_columns))
    first, last = session.execute(select(func.min(key), func.max(key))).one()
    span = last - first + 1
    # Steps of the golden ratio fall evenly over the keys, and into no rhythm that the rows may have.
    keys = {first + int(span * (at * GOLDEN % 1)) for at in range(SAMPLE)}
    found = session.scalar(select(func.count()).select_from(rows.where(key.in_(keys)).subquery())) or 0
    return int(found * span // len(keys))
