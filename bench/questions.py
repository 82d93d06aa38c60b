"""Which questions the lists can be asked on the data there is: each filter by values of many, few and no rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from typing import Any

from sqlalchemy import Boolean, Integer, String, func, select

from backoffice.core.history.links import sides
from backoffice.core.resource import columns, filterable, key_of, relations, searchable, sortable
from backoffice.core.selection.comparing import operators
from backoffice.core.types import Choice, UtcDateTime

MANY, FEW, NONE = "many", "few", "none"
MOST_FEW = 20  # rows
STRANGE = {"text": "zyxwvut", "key": 999_999_999}
COMMON_WORD = "first"
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Part:
    """One filter as an address has it, and how many rows are likely to pass it."""

    key: str
    value: str
    many: str

    @property
    def pair(self):
        """Its name and its value."""
        return self.key, self.value


def parts(session, model) -> list[Part]:
    """Return every filter of the list of `model` with every operator and each kind of value."""
    return [one for name in filterable(model) for one in dict.fromkeys(_of(session, model, name))]


def pairs(found: list[Part]) -> Iterator[tuple[Part, Part]]:
    """Yield all two of them that do not ask the same of the same column."""
    return ((one, other) for one, other in combinations(found, 2) if one.key != other.key)


def orders(model) -> list[dict[str, str]]:
    """Return the orders of the list as parameters: its own, and by each column both ways."""
    both = [{"sort": name, "desc": desc} for name in sortable(model) for desc in ("", "1")]
    return [{}, *both]


def searches(session, model) -> list[Part]:
    """Return searches for a common, a rare and an unknown word."""
    if not searchable(model):
        return []
    rare = str(session.scalar(select(func.max(model.id))) or 1)
    words = [(COMMON_WORD, MANY), (rare, FEW), (STRANGE["text"], NONE), (f"{COMMON_WORD} {rare}", FEW)]
    return [Part("search", word, many) for word, many in words]


def _of(session, model, name) -> Iterator[Part]:
    for operator in operators(model, name):
        key = name if operator == "is" else f"{name}__{operator}"
        for value, many in _values(session, model, name, operator):
            yield Part(key, value, many)


def _values(session, model, name, operator) -> Iterator[tuple[str, str]]:
    if operator == "empty":
        yield from (("yes", FEW), ("no", MANY))
        return
    kind = None if name in relations(model) else columns(model)[name].type
    if isinstance(kind, UtcDateTime):
        yield from _moments(session, getattr(model, name), operator)
    elif isinstance(kind, Integer) and operator in {"from", "to"}:
        yield from _ends(session, getattr(model, name), operator)
    elif operator in {"contains", "lacks"}:
        yield from ((COMMON_WORD, MANY), (STRANGE["text"], NONE))
    else:
        yield from _named(session, model, name, operator, kind)


def _named(session, model, name, operator, kind) -> Iterator[tuple[str, str]]:
    words = [(_written(value), many) for value, many in _frequent(session, model, name)]
    if isinstance(kind, Choice):
        held = {value for value, _many in words}
        words += [
            (value, NONE) for value in kind.values if value not in held and not _held(session, model, name, value)
        ][:1]
    elif not isinstance(kind, Boolean):
        words.append((str(STRANGE["text" if isinstance(kind, String) else "key"]), NONE))
    yield from words
    if operator == "in":
        yield ",".join(value for value, _many in words), MANY


def _held(session, model, name, value):
    return session.scalar(select(model.id).where(getattr(model, name) == value).limit(1)) is not None


def _frequent(session, model, name) -> list[tuple[Any, str]]:
    """Return the value that most rows have, one in between, and the one that the fewest have."""
    relation = relations(model).get(name)
    if relation is not None and relation.secondary is not None:
        column = sides(relation)[1]
    else:
        column = getattr(model, key_of(model, name))
    number = func.count().label("number")
    found = session.execute(
        select(column, number).where(column.is_not(None)).group_by(column).order_by(number.desc(), column)
    ).all()
    places = dict.fromkeys(at for at in (0, len(found) // 2, len(found) - 1) if 0 <= at < len(found))
    return [(found[at][0], MANY if found[at][1] > MOST_FEW else FEW) for at in places]


def _moments(session, column, operator) -> Iterator[tuple[str, str]]:
    """Yield moments that nearly all, half, a few and no rows have beyond them."""
    rows = select(column).where(column.is_not(None))
    size = session.scalar(select(func.count(column))) or 0
    if not size:
        return
    down = operator == "from"
    ordered = rows.order_by(column.desc() if down else column.asc())
    at = {
        place: session.scalar(ordered.offset(place).limit(1))
        for place in (0, min(MOST_FEW, size - 1), size // 2, size - 1)
    }
    first, few, half, last = at.values() if len(at) == 4 else [*at.values(), *[list(at.values())[-1]] * (4 - len(at))]
    beyond = first + DAY * 400 if down else first - DAY * 400
    if operator == "older":
        newest = session.scalar(select(func.max(column)))
        yield from (
            (str(max(1, (newest - one).days)), many) for one, many in ((half, MANY), (few, FEW), (beyond, NONE))
        )
        yield "30", MANY
        return
    yield from ((one.isoformat(), many) for one, many in ((half, MANY), (few, FEW), (last, MANY), (beyond, NONE)))
    if operator == "is":
        yield half.date().isoformat(), MANY
    yield from ((word, FEW) for word in ("today", "last-30-days", "this-year"))


def _ends(session, column, operator) -> Iterator[tuple[str, str]]:
    low, high = session.execute(select(func.min(column), func.max(column))).one()
    if low is None:
        return
    near, far = (high, low) if operator == "from" else (low, high)
    yield from ((str(near), FEW), (str((low + high) // 2), MANY), (str(far), MANY))
    yield str(near + 1 if operator == "from" else near - 1), NONE


def _written(value):
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)
