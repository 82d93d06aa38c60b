"""Which rows are asked for: a search, filters and a view, as an address says them."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime, time, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Boolean, ColumnElement, DateTime, Integer, and_, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from backoffice.core.access import may_see, parse_key
from backoffice.core.links import sides
from backoffice.core.model import Model, largest
from backoffice.core.resource import (
    RESERVED,
    columns,
    filterable,
    key_of,
    relations,
    resource,
)
from backoffice.core.search import condition as holding
from backoffice.core.search import possible
from backoffice.core.types import Choice, UtcDateTime, slugify

LONGEST = 200  # characters of a search or of one filter's value
MOST = 20  # filters in one address, keys in one filter
NUMBER = re.compile(r"-?[0-9]{1,18}")
PARAMETERS = RESERVED - {"search", "view"}


class BadCriteria(ValueError):  # noqa: N818 - it is said to people
    """An address asks for something that does not exist here; the message says what."""


@dataclass(frozen=True)
class Filter:
    """One condition: `name` is a column or relation, `operator` one of `operators()`, `value` as typed."""

    name: str
    operator: str
    value: str

    def pair(self) -> tuple[str, str]:
        """Return the filter as an address has it."""
        return (self.name if self.operator == "is" else f"{self.name}__{self.operator}", self.value)


@dataclass(frozen=True)
class Criteria:
    """The rows of `model` in a view, found by a search, passing all filters."""

    model: type[Model]
    search: str = ""
    view: str = ""
    filters: tuple[Filter, ...] = ()

    def condition(self, user: Any) -> ColumnElement[bool]:
        """Return the SQL condition; it never looks at a column that `user` may not see."""
        parts = [_condition(self.model, one) for one in self.filters]
        if self.view:
            named = views(self.model)[self.view][1]
            parts += [getattr(self.model, name) == value for name, value in named.items()]
        if self.search:
            parts.append(holding(self.model, user, self.search))
        return and_(true(), *parts)

    def pairs(self) -> list[tuple[str, str]]:
        """Return the criteria as the parameters of an address."""
        fixed = [("search", self.search), ("view", self.view)]
        return [(name, value) for name, value in fixed if value] + [one.pair() for one in self.filters]


def operators(model: type[Model], name: str) -> tuple[str, ...]:
    """Return what a column or relation can be asked: the words after `name__` in an address, and "is"."""
    if name in relations(model):
        return ("is", "in", "empty")
    kind = columns(model)[name].type
    if isinstance(kind, Choice):
        return ("is", "not", "in")
    if isinstance(kind, Boolean):
        return ("is",)
    if isinstance(kind, Integer | UtcDateTime | DateTime):
        return ("is", "from", "to", "empty")
    return ("is", "not", "contains", "lacks", "empty")


def views(model: type[Model]) -> dict[str, tuple[Any, dict[str, Any]]]:
    """Return the named views: word in the address → (label, {column: value})."""
    said = resource(model).views
    # The word comes from the label as it is written in the code, whatever language it is shown in.
    return {slugify(str(getattr(label, "_args", (label,))[0])): (label, dict(of)) for label, of in said.items()}


def read(model: type[Model], user: Any, args: Any) -> Criteria:
    """Return what an address asks for; `args` is a MultiDict or any object with `items(multi=True)`.

    Raises BadCriteria for a name, operator or value that means nothing here, and for columns the user may not
    see: the two are not told apart. The grid's own parameters (page, sort, …) are left alone.
    """
    given = [(name, value) for name, value in args.items(multi=True) if name not in PARAMETERS]
    search = _only(given, "search").strip()
    view = _only(given, "view")
    if len(search) > LONGEST:
        raise BadCriteria(_("A search has at most %(most)d characters.", most=LONGEST))
    if view and (view not in views(model) or not all(may_see(user, model, name) for name in views(model)[view][1])):
        raise BadCriteria(_("There is no view called “%(name)s”.", name=view[:40]))
    filters = [_filter(model, user, *pair) for pair in given if pair[0] not in {"search", "view"} and pair[1] != ""]
    if len(filters) > MOST:
        raise BadCriteria(_("At most %(most)d filters at once.", most=MOST))
    return Criteria(model, search, view, tuple(dict.fromkeys(filters)))


def of(model: type[Model], user: Any, pairs: Iterable[tuple[str, str]]) -> Criteria:
    """Return the criteria of `pairs`, as `Criteria.pairs` gave them out; raises BadCriteria like `read`."""
    return read(model, user, _Pairs(list(pairs)))


@dataclass(frozen=True)
class _Pairs:
    pairs: list[tuple[str, str]]

    def items(self, *, multi: bool) -> list[tuple[str, str]]:
        del multi
        return self.pairs


def _only(given: list[tuple[str, str]], name: str) -> str:
    values = {value for key, value in given if key == name}
    if len(values) > 1:
        raise BadCriteria(_("“%(name)s” is given twice.", name=name))
    return values.pop() if values else ""


def _filter(model: type[Model], user: Any, key: str, value: str) -> Filter:
    name, _join, operator = key.partition("__")
    one = Filter(name, operator or "is", value)
    if name not in filterable(model) or not may_see(user, model, name) or one.operator not in operators(model, name):
        raise BadCriteria(_("There is no filter called “%(name)s”.", name=key[:40]))
    if len(value) > LONGEST:
        raise BadCriteria(_("A filter has at most %(most)d characters.", most=LONGEST))
    _condition(model, one)
    return one


def _condition(model: type[Model], one: Filter) -> ColumnElement[bool]:
    if one.operator == "empty":
        return _empty(model, one)
    if one.name in relations(model):
        return _related(model, one)
    column: InstrumentedAttribute[Any] = getattr(model, one.name)
    if one.operator == "in":
        return column.in_([_value(model, one, part) for part in one.value.split(",")[:MOST]])
    if one.operator in {"contains", "lacks"}:
        return _holding(model, one)
    value = _value(model, one, one.value)
    if isinstance(value, _Day):
        return value.condition(column, one.operator)
    compare: dict[str, Callable[[], ColumnElement[bool]]] = {
        "is": lambda: column == value,
        "not": lambda: _other(model, one, value),
        "from": lambda: column >= value,
        "to": lambda: column <= value,
    }
    return compare[one.operator]()


def _holding(model: type[Model], one: Filter) -> ColumnElement[bool]:
    column: InstrumentedAttribute[Any] = getattr(model, one.name)
    found = column.icontains(one.value, autoescape=True)
    return or_(~found, column.is_(None)) if one.operator == "lacks" else found & possible(model, one.name, one.value)


def _other(model: type[Model], one: Filter, value: Any) -> ColumnElement[bool]:
    column: InstrumentedAttribute[Any] = getattr(model, one.name)
    kind = columns(model)[one.name].type
    if not isinstance(kind, Choice):
        return column.is_distinct_from(value)
    # Whatever else there is, by name: an index finds the few that are not what nearly all are.
    others = column.in_([other for other in kind.values if other != value])
    return or_(others, column.is_(None)) if columns(model)[one.name].nullable else others


def _empty(model: type[Model], one: Filter) -> ColumnElement[bool]:
    if one.value not in {"yes", "no"}:
        raise BadCriteria(_("“%(value)s” is neither yes nor no.", value=one.value[:40]))
    relation = relations(model).get(one.name)
    if relation is not None and relation.secondary is not None:
        linked = select(sides(relation)[0]).where(sides(relation)[0] == model.id).exists()
        return ~linked if one.value == "yes" else linked
    column: InstrumentedAttribute[Any] = getattr(model, key_of(model, one.name))
    return column.is_(None) if one.value == "yes" else column.is_not(None)


def _related(model: type[Model], one: Filter) -> ColumnElement[bool]:
    words = one.value.split(",")[:MOST] if one.operator == "in" else [one.value]
    keys = [key for key in map(parse_key, words) if key is not None]
    if len(keys) != len(words):
        raise BadCriteria(_("“%(value)s” is not the number of a row.", value=one.value[:40]))
    relation = relations(model)[one.name]
    if relation.secondary is not None:
        left, right = sides(relation)
        return model.id.in_(select(left).where(right.in_(keys)))
    column: InstrumentedAttribute[Any] = getattr(model, key_of(model, one.name))
    return column.in_(keys)


@dataclass(frozen=True)
class _Day:
    """A date without a time: the whole of that day, in UTC."""

    start: datetime

    def condition(self, column: Any, operator: str) -> ColumnElement[bool]:
        after, before = column >= self.start, column < self.start + timedelta(days=1)
        found: dict[str, ColumnElement[bool]] = {"from": after, "to": before, "is": and_(after, before)}
        return found[operator]


def _value(model: type[Model], one: Filter, text: str) -> Any:
    kind = columns(model)[one.name].type
    bad = BadCriteria(_("“%(value)s” cannot be a value of “%(name)s”.", value=text[:40], name=one.name))
    if isinstance(kind, Choice) and text not in kind.values:
        raise bad
    if isinstance(kind, Boolean):
        if text not in {"yes", "no"}:
            raise bad
        return text == "yes"
    if isinstance(kind, UtcDateTime):
        return _moment(text, bad)
    if isinstance(kind, Integer):
        if not NUMBER.fullmatch(text) or abs(int(text)) > largest(kind):
            raise bad
        return int(text)
    return text


def _moment(text: str, bad: BadCriteria) -> Any:
    try:
        moment = datetime.fromisoformat(text)
        # The last day of the calendar has no next one to compare with.
        if moment.year == MAXYEAR:
            raise bad
        if len(text) == len("2026-01-31"):
            return _Day(datetime.combine(moment.date(), time(), UTC))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise bad from error
