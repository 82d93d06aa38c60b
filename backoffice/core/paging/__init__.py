"""Which rows a page of a sorted list holds, found by their place in an index: the last page costs as the first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, and_, literal, or_, select, true, tuple_
from sqlalchemy.orm import Session

from backoffice.core import moments
from backoffice.core.database.hints import fixed
from backoffice.core.paging import cursors
from backoffice.core.paging.ordering import Order, order
from backoffice.core.resource import columns

# What a list is asked for is its order and a place in it.
__all__ = ["Order", "Page", "Place", "checked", "order", "page", "preceding"]


@dataclass(frozen=True)
class Place:
    """Where a page is: at the start, or as one of these says.

    `after` and `before` are cursors, `last` asks for the end, `at` is a value to jump to, `skip` a number of rows
    from the start; skipping many costs what reading them costs.
    """

    after: str = ""
    before: str = ""
    last: bool = False
    at: str = ""
    skip: int = 0

    @property
    def backwards(self) -> bool:
        """Whether the page is found by walking the list from its end."""
        return self.last or bool(self.before)


@dataclass(frozen=True)
class Page:
    """The rows of a page, and the cursors with which the next and the previous one are asked for; "" for none."""

    rows: Sequence[RowMapping]
    next: str = ""
    previous: str = ""


def page(session: Session, statement: Select[Any], order: Order, place: Place, size: int) -> Page:
    """Return the page of `size` rows of `statement`, a SELECT of columns from `order.model`, that is at `place`.

    A row that stays where it is while one walks from page to page is shown once, whatever comes and goes around
    it. Costs one statement; near the end of the rows without a value two. Raises BadCriteria for a cursor or a
    value that means nothing in this order.
    """
    where = _start(order, place)
    if place.at and cursors.is_text(columns(order.model)[order.name]):
        where = _start(order, _spelt(session, statement, order, place))
    shown = _placed(statement, order)
    found = _walk(session, shown, order, where, (size + 1, place.skip))
    rows, more = found[:size], len(found) > size
    if not rows:
        return Page(())
    if place.backwards:
        rows.reverse()
    first, last = _cursor(order, rows[0]), _cursor(order, rows[-1])
    if place.backwards:
        return Page(rows, last if place.before else "", first if more else "")
    earlier = place.after or place.skip or (place.at and _any_before(session, shown, order, first))
    return Page(rows, last if more else "", first if earlier else "")


def checked(order: Order, place: Place) -> None:
    """Raise BadCriteria for a place that means nothing in this order, as `page` does."""
    _start(order, place)


def preceding(session: Session, statement: Select[Any], order: Order, row: RowMapping) -> Select[Any]:
    """Return those rows of `statement` that stand before `row`, which came with a page."""
    backwards = _Start(not order.desc, _values(order, row))
    return (statement if order.picked is None else order.picked).where(
        or_(*_parts(order, backwards, session.get_bind().dialect.name))
    )


@dataclass(frozen=True)
class _Start:
    """Where walking begins and whether it goes downwards; `values` stand in the order's columns, or only the first."""

    down: bool
    values: Sequence[Any] = ()
    inclusive: bool = False


def _spelt(session: Session, statement: Select[Any], order: Order, place: Place) -> Place:
    """Return a jump to a text spelt as texts among `statement` begin: as typed, else in capital or small letters.

    Many databases sort capitals before all small letters; whoever types "m" means the names with "M" as well.
    """
    column, text = order.side(order.name), place.at
    ways = list(dict.fromkeys((text, text[:1].upper() + text[1:], text.title(), text.upper(), text.lower())))
    rows = (statement if order.picked is None else order.picked).with_only_columns(literal(1)).order_by(None)
    begun = [rows.where(column >= way, column < way + cursors.HIGHEST).exists() for way in ways]
    beyond = [rows.where(column < way if order.desc else column >= way).exists() for way in ways]
    found = session.execute(select(*begun, *beyond)).one()
    way = next((way for way, there in zip((*ways, *ways), found, strict=True) if there), text)
    return replace(place, at=way)


def _start(order: Order, place: Place) -> _Start:
    down = order.desc != place.backwards
    cursor = place.after or place.before
    if cursor:
        table = columns(order.model)
        return _Start(down, cursors.read(cursor, order.word, [table[name] for name in order.names]))
    if place.at:
        value, inclusive = cursors.jump(place.at, columns(order.model)[order.name], down=down)
        return _Start(down, (value,), inclusive)
    return _Start(down)


def _walk(
    session: Session, statement: Select[Any], order: Order, start: _Start, many: tuple[int, int]
) -> list[RowMapping]:
    """Return the rows from `start` on, at most so many, and so many skipped (`many`)."""
    wanted, skip = many
    found: list[RowMapping] = []
    for part in _parts(order, start, session.get_bind().dialect.name):
        near = _near(session, order, start, part)
        where = part if near is None else part & near
        found += _asked(session, statement, order, start, (where, wanted - len(found), skip))
        if len(found) >= wanted:
            break
        if near is not None and order.ahead is not None:
            return _walk(session, statement, order.ahead.instead, start, many)
    return found


def _asked(
    session: Session, statement: Select[Any], order: Order, start: _Start, where: tuple[Any, int, int]
) -> list[RowMapping]:
    """Return the rows that meet a condition, at most so many, and so many skipped (`where`)."""
    part, limit, skip = where
    if order.picked is None:
        rows = _sorted(statement, order, down=start.down)
        asked = _cut(rows.where(part) if start.values else rows, limit, skip)
    else:
        picked = _cut(_downwards(order.picked.where(part), order, start), limit, skip).subquery("picked")
        asked = _sorted(statement, order, down=start.down).where(order.model.id == picked.c.id)
    # Columns are asked for, no objects: what the session would do for those costs as much as the rest.
    return list(session.connection().execute(asked).mappings().all())


def _near(session: Session, order: Order, start: _Start, part: ColumnElement[bool]) -> ColumnElement[bool] | None:
    """Return the condition for the rows from `start` on that are looked at one by one, None for all there are.

    However few of them pass, no others are read.
    """
    if order.ahead is None:
        return None
    keys = select(*(getattr(order.model, name) for name in order.names)).where(order.ahead.within, part)
    far = _downwards(keys, order, start).offset(order.ahead.rows).limit(1)
    edge = moments.kept(session, far, lambda: session.execute(far).first())
    return None if edge is None else _beyond(order, _Start(not start.down, tuple(edge)), int(edge[0] is None))


def _downwards(rows: Select[Any], order: Order, start: _Start) -> Select[Any]:
    sides = (order.side(name) for name in order.names)
    return rows.order_by(*(side.desc() if start.down else side.asc() for side in sides))


# Lists are mostly looked at where they begin: by the very same statement, which the library then knows at once.
@lru_cache(maxsize=200)
def _cut(statement: Select[Any], wanted: int, skip: int) -> Select[Any]:
    limited = statement.limit(fixed(wanted))
    return limited.offset(skip) if skip else limited


# The statement that a page shows its rows by is often the very one that the page before had.
@lru_cache(maxsize=200)
def _sorted(statement: Select[Any], order: Order, *, down: bool) -> Select[Any]:
    sides = [getattr(order.model, name) for name in order.names]
    return statement.order_by(*(side.desc() if down else side.asc() for side in sides))


@lru_cache(maxsize=200)
def _placed(statement: Select[Any], order: Order) -> Select[Any]:
    return statement.add_columns(*(getattr(order.model, name).label(f"place_{name}") for name in order.names))


def _parts(order: Order, start: _Start, dialect: str) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions for the rows beyond `start`, in the order they come; an index serves each.

    Rows without a value stand at one end, and each database has its own: above all values on PostgreSQL, below
    them on SQLite.
    """
    lead = order.side(order.name)
    empty_first = start.down != (dialect == "sqlite")
    if not start.values:
        ends = (lead.is_(None), lead.is_not(None)) if order.nullable and order.ahead else (true(),)
        yield from ends if empty_first else reversed(ends)
        return
    if start.values[0] is None:
        yield and_(lead.is_(None), _beyond(order, start, 1))
        if empty_first:
            yield lead.is_not(None)
        return
    yield _beyond(order, start)
    if order.nullable and not empty_first:
        yield lead.is_(None)


def _beyond(order: Order, start: _Start, first: int = 0) -> ColumnElement[bool]:
    """Return the condition for the rows beyond the values of `start`, from the order's column number `first` on."""
    names = order.names[first : len(start.values)]
    pairs = [(order.side(name), columns(order.model)[name].type) for name in names]
    values = [literal(value, kind) for value, (_side, kind) in zip(start.values[first:], pairs, strict=True)]
    left: Any = pairs[0][0] if len(pairs) == 1 else tuple_(*(side for side, _kind in pairs))
    right: Any = values[0] if len(pairs) == 1 else tuple_(*values)
    if start.inclusive:
        compared = left <= right if start.down else left >= right
    else:
        compared = left < right if start.down else left > right
    beyond: ColumnElement[bool] = compared
    return beyond


def _any_before(session: Session, shown: Select[Any], order: Order, cursor: str) -> bool:
    where = _start(order, Place(before=cursor))
    return bool(_walk(session, shown, order, where, (1, 0)))


def _cursor(order: Order, row: RowMapping) -> str:
    return cursors.write(order.word, _values(order, row))


def _values(order: Order, row: RowMapping) -> list[Any]:
    return [row[f"place_{name}"] for name in order.names]
