"""How a column or a relation is compared with what somebody typed or chose: one condition, read and put into SQL."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import Boolean, ColumnElement, DateTime, Integer, false, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from backoffice.core.access import may_see, parse_key
from backoffice.core.catalogues import gettext as _
from backoffice.core.history.links import sides
from backoffice.core.model import Model, db, largest, now
from backoffice.core.resource import columns, filterable, key_of, relations
from backoffice.core.search import possible
from backoffice.core.selection import distinct, spans
from backoffice.core.types import Choice, UtcDateTime

LONGEST = 200  # characters of a search or of one filter's value
MOST = 20  # filters in one address, keys in one filter
ME = "me"
NUMBER = re.compile(r"-?[0-9]{1,18}")


class BadCriteria(ValueError):  # noqa: N818 - it is said to people
    """An address asks for something that does not exist here; the message says what."""


@dataclass(frozen=True)
class Filter:
    """One condition: `name` is a column or relation, `operator` one of `operators()`, `value` as typed."""

    name: str
    operator: str
    value: str

    @property
    def key(self) -> str:
        """The filter's name in an address."""
        return self.name if self.operator == "is" else f"{self.name}__{self.operator}"

    def pair(self) -> tuple[str, str]:
        """Return the filter as an address has it."""
        return (self.key, self.value)


@dataclass(frozen=True)
class Asker:
    """Who "me" is (a key, or nobody), and on whose clock and at which moment "today" is to be understood."""

    key: int | None
    zone: tzinfo
    at: datetime


def asker(user: Any, at: datetime | None = None) -> Asker:
    """Return what relative values mean for `user`, now or at the moment `at`."""
    zone = getattr(user, "timezone", None) or current_app.config["BABEL_DEFAULT_TIMEZONE"]
    try:
        clock: tzinfo = ZoneInfo(zone)
    except (LookupError, ValueError):
        # The world renames its zones.
        clock = UTC
    return Asker(getattr(user, "id", None), clock, at or now())


def operators(model: type[Model], name: str) -> tuple[str, ...]:
    """Return what a column or relation can be asked: the words after `name__` in an address, and "is"."""
    if name in relations(model):
        return ("is", "in", "empty")
    kind = columns(model)[name].type
    if isinstance(kind, Choice):
        return ("is", "not", "in")
    if isinstance(kind, Boolean):
        return ("is",)
    if isinstance(kind, UtcDateTime):
        return ("is", "from", "to", "older", "empty")
    if isinstance(kind, Integer | DateTime):
        return ("is", "from", "to", "empty")
    return ("is", "not", "contains", "lacks", "empty")


def people(model: type[Model], name: str) -> bool:
    """Tell whether the relation `name` leads to those who sign in, so that "me" may be one of them."""
    relation = relations(model).get(name)
    return relation is not None and all(hasattr(relation.mapper.class_, one) for one in ("active", "rights"))


def read(model: type[Model], user: Any, key: str, value: str) -> Filter:
    """Return the filter that an address has as `key` and `value`.

    Raises BadCriteria for what means nothing here, and for columns the user may not see: they are not told apart.
    """
    name, _join, operator = key.partition("__")
    one = Filter(name, operator or "is", value)
    if name not in filterable(model) or not may_see(user, model, name) or one.operator not in operators(model, name):
        raise BadCriteria(_("There is no filter called “%(name)s”.", name=key[:40]))
    if len(value) > LONGEST:
        raise BadCriteria(_("A filter has at most %(most)d characters.", most=LONGEST))
    condition(model, one, asker(user))
    return one


def condition(model: type[Model], one: Filter, who: Asker) -> ColumnElement[bool]:
    """Return the SQL condition of a filter, its relative values as `who` means them; raises BadCriteria."""
    if one.operator == "empty":
        return _empty(model, one)
    if one.name in relations(model):
        return _related(model, one, who)
    if one.operator in {"contains", "lacks"}:
        return _holding(model, one)
    return _compared(model, one, who)


def _compared(model: type[Model], one: Filter, who: Asker) -> ColumnElement[bool]:
    column: InstrumentedAttribute[Any] = getattr(model, one.name)
    if one.operator == "in":
        return column.in_([_value(model, one, part, who) for part in one.value.split(",")[:MOST]])
    if one.operator == "older":
        return column < _older(one, who)
    value = _value(model, one, one.value, who)
    if isinstance(value, spans.Span):
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
    if "offered" in column.info and not columns(model)[one.name].nullable:
        return distinct.holding(db.session(), column, one.value, lacks=one.operator == "lacks")
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
    if not columns(model)[key_of(model, one.name)].nullable:
        # A database that does not know it asks all rows.
        return false() if one.value == "yes" else true()
    return column.is_(None) if one.value == "yes" else column.is_not(None)


def _related(model: type[Model], one: Filter, who: Asker) -> ColumnElement[bool]:
    words = one.value.split(",")[:MOST] if one.operator == "in" else [one.value]
    mine = people(model, one.name)
    keys = [key for word in words if (key := who.key if mine and word == ME else parse_key(word)) is not None]
    if len(keys) != len(words):
        raise BadCriteria(_("“%(value)s” is not the number of a row.", value=one.value[:40]))
    relation = relations(model)[one.name]
    if relation.secondary is not None:
        left, right = sides(relation)
        return model.id.in_(select(left).where(right.in_(keys)))
    column: InstrumentedAttribute[Any] = getattr(model, key_of(model, one.name))
    return column.in_(keys)


def _older(one: Filter, who: Asker) -> datetime:
    if not spans.DAYS.fullmatch(one.value):
        raise BadCriteria(_("“%(value)s” is not a number of days.", value=one.value[:40]))
    return spans.older(int(one.value), who.zone, who.at)


def _value(model: type[Model], one: Filter, text: str, who: Asker) -> Any:
    kind = columns(model)[one.name].type
    bad = BadCriteria(_("“%(value)s” cannot be a value of “%(name)s”.", value=text[:40], name=one.name))
    if isinstance(kind, Choice) and text not in kind.values:
        raise bad
    if isinstance(kind, Boolean):
        if text not in {"yes", "no"}:
            raise bad
        return text == "yes"
    if isinstance(kind, UtcDateTime):
        return spans.meant(text, who.zone, who.at) or _moment(text, who, bad)
    if isinstance(kind, Integer):
        if not NUMBER.fullmatch(text) or abs(int(text)) > largest(kind):
            raise bad
        return int(text)
    return text


def _moment(text: str, who: Asker, bad: BadCriteria) -> Any:
    try:
        moment = datetime.fromisoformat(text)
        # The last day of the calendar has no next one to compare with.
        if moment.year == MAXYEAR:
            raise bad
        if len(text) == len("2026-01-31"):
            return spans.day(moment.date(), who.zone)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise bad from error
