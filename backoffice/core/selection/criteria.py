"""Which rows are asked for: a search, filters, groups of them and a view, as an address says them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, and_, true

from backoffice.core.access import may_see
from backoffice.core.catalogues import gettext as _
from backoffice.core.model import Model
from backoffice.core.resource import RESERVED, Resource, resource
from backoffice.core.search import condition as holding
from backoffice.core.selection import comparing, groups
from backoffice.core.selection.comparing import LONGEST, MOST, BadCriteria, Filter, operators
from backoffice.core.selection.groups import ALL, Group, Member
from backoffice.core.types import slugify

# What an address can say is asked for here, whichever module knows how.
__all__ = ["LONGEST", "MOST", "BadCriteria", "Criteria", "Filter", "of", "operators", "read", "views"]

WHERE = "where"
EVERY = "all"  # the view of all rows, for addresses that must name one
OWN = frozenset({"search", "view", WHERE})
PARAMETERS = RESERVED - OWN


@dataclass(frozen=True)
class Criteria:
    """The rows of `model` in a view, found by a search, passing all filters and each of the groups.

    `at` is the moment at which relative values such as "today" are understood, None for whenever it is asked.
    """

    model: type[Model]
    search: str = ""
    view: str = ""
    filters: tuple[Filter, ...] = ()
    groups: tuple[Group, ...] = ()
    at: datetime | None = None

    def condition(self, user: Any) -> ColumnElement[bool]:
        """Return the SQL condition; it never looks at a column that `user` may not see."""
        who = comparing.asker(user, self.at)

        def one(single: Filter) -> ColumnElement[bool]:
            return comparing.condition(self.model, single, who)

        parts = [*map(one, self.filters), *(group.condition(one) for group in self.groups)]
        if self.view:
            named = views(self.model)[self.view][1]
            parts += [getattr(self.model, name) == value for name, value in named.items()]
        if self.search:
            parts.append(holding(self.model, user, self.search))
        return and_(true(), *parts)

    def every(self) -> tuple[Filter, ...]:
        """Return all filters, those in groups too."""
        return (*self.filters, *(one for group in self.groups for one in group.filters()))

    def pairs(self) -> list[tuple[str, str]]:
        """Return the criteria as the parameters of an address."""
        combined = groups.simplest(Group(ALL, self.groups)) if self.groups else None
        where = groups.written(combined) if combined else ""
        fixed = [("search", self.search), ("view", self.view), (WHERE, where)]
        return [(name, value) for name, value in fixed if value] + [one.pair() for one in self.filters]

    def combined(self) -> Group:
        """Return all filters as one group."""
        return Group(ALL, (*self.filters, *self.groups))

    def narrowed(self, by: Member | None) -> "Criteria":
        """Return the same with what `combined` gave out, or was made of it, for its filters."""
        by = groups.simplest(by) if by else None
        members = by.members if isinstance(by, Group) and by.word == ALL else (by,) if by else ()
        filters = tuple(one for one in members if isinstance(one, Filter))
        return replace(self, filters=filters, groups=tuple(one for one in members if isinstance(one, Group)))


def views(model: type[Model]) -> Mapping[str, tuple[Any, Mapping[str, Any]]]:
    """Return the named views: word in the address → (label, {column: value})."""
    return _views(resource(model))


# Every page of a list asks, and what a model declares stays as it is.
@lru_cache(maxsize=500)
def _views(said: Resource) -> Mapping[str, tuple[Any, Mapping[str, Any]]]:
    # The word comes from the label as it is written in the code, whatever language it is shown in.
    return {slugify(str(getattr(label, "_args", (label,))[-1])): (label, of) for label, of in said.views.items()}


def read(model: type[Model], user: Any, args: Any) -> Criteria:
    """Return what an address asks for; `args` is a MultiDict or any object with `items(multi=True)`.

    Raises BadCriteria for a name, operator or value that means nothing here, and for columns the user may not
    see: the two are not told apart. The grid's own parameters (page, sort, …) are left alone.
    """
    given = [(name, value) for name, value in args.items(multi=True) if name not in PARAMETERS and value != ""]
    search = _only(given, "search").strip()
    if len(search) > LONGEST:
        raise BadCriteria(_("A search has at most %(most)d characters.", most=LONGEST))
    filters = [comparing.read(model, user, *pair) for pair in given if pair[0] not in OWN]
    plain = Criteria(model, search, _view(model, user, _only(given, "view")), tuple(filters))
    where = _only(given, WHERE)
    combined = [_checked(model, user, groups.parse(where))] if where else []
    asked = plain.narrowed(Group(ALL, (*filters, *combined)))
    if max(len(filters), len(asked.every())) > MOST:
        raise BadCriteria(_("At most %(most)d filters at once.", most=MOST))
    return asked


def _view(model: type[Model], user: Any, word: str) -> str:
    known = views(model)
    if word in known and all(may_see(user, model, name) for name in known[word][1]):
        return word
    if word not in {"", EVERY}:
        raise BadCriteria(_("There is no view called “%(name)s”.", name=word[:40]))
    return ""


def _checked(model: type[Model], user: Any, one: Member) -> Member:
    if isinstance(one, Group):
        return Group(one.word, tuple(_checked(model, user, member) for member in one.members))
    return comparing.read(model, user, *one.pair())


def of(model: type[Model], user: Any, pairs: Iterable[tuple[str, str]], at: str = "") -> Criteria:
    """Return the criteria of `pairs`, as `Criteria.pairs` gave them out; raises BadCriteria like `read`.

    `at` is the moment, as ISO 8601 writes it, at which relative values are understood, "" for whenever it is asked.
    """
    asked = read(model, user, _Pairs(list(pairs)))
    return replace(asked, at=datetime.fromisoformat(at)) if at else asked


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
