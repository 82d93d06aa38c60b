"""In which order the rows of a list stand, down to the last tie, and from where they are read so."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery

from backoffice.core.access import may_see
from backoffice.core.catalogues import gettext as _
from backoffice.core.model import Model
from backoffice.core.resource import columns, key_of, resource, sortable
from backoffice.core.selection.criteria import BadCriteria


@dataclass(frozen=True)
class Order:
    """The order of a list: by the column `name`, downwards when `desc`; rows equal in it stand as their index does.

    The rows are `picked` first, where that is a SELECT of keys, and only those of the page are looked up; `gathered`
    is what holds their columns where all of them are found before they are sorted. With `ahead` they are looked for
    among the next rows of the list alone, at first.
    """

    model: type[Model]
    name: str
    desc: bool
    picked: Select[Any] | None = field(default=None, compare=False)
    gathered: Subquery | None = field(default=None, compare=False)
    ahead: "Ahead | None" = field(default=None, compare=False)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The columns that put the rows in order: the one asked for, those that break ties, at last the key."""
        return (self.name, *_ties(self.model, self.name))

    @property
    def word(self) -> str:
        """The order as a cursor says it."""
        return f"-{self.name}" if self.desc else self.name

    @property
    def nullable(self) -> bool:
        """Whether rows without a value stand at one end."""
        return bool(columns(self.model)[self.name].nullable)

    def side(self, name: str) -> Any:
        """Return the column `name` of the rows that are put in order."""
        return getattr(self.model if self.gathered is None else self.gathered.c, name)


@dataclass(frozen=True)
class Ahead:
    """How many `rows` of a list are looked at one by one for those that pass, of those that are `within` it.

    Within are those that meet what is asked of the order's own column. `instead` is the same order of the same rows,
    gathered: where they do not fill the page, all that pass are found and sorted.
    """

    rows: int
    within: ColumnElement[bool]
    instead: Order


def order(model: type[Model], user: Any, sort: str, *, desc: bool) -> Order:
    """Return the order by a column's name ("" for the model's own); raises BadCriteria for one there is not.

    The model's own order is that of the keys for those who may not see its column.
    """
    if sort and (sort not in sortable(model) or not may_see(user, model, sort)):
        raise BadCriteria(_("The rows cannot be sorted by “%(name)s”.", name=sort[:40]))
    if sort:
        return Order(model, sort, desc)
    own = resource(model).order
    name = own.lstrip("-")
    return Order(model, key_of(model, name) if may_see(user, model, name) else "id", own.startswith("-"))


def _ties(model: type[Model], name: str) -> tuple[str, ...]:
    """Return the columns after `name` in the shortest index that leads from it to the key; none where no ties are."""
    table = columns(model)
    if name == "id" or (table[name].unique and not table[name].nullable):
        return ()
    found = [("id",)] if table[name].unique else []
    for index in model.__table__.indexes:
        lead, *rest = (column.key for column in index.columns)
        if lead == name and rest and rest[-1] == "id" and not any(table[one].nullable for one in rest):
            found.append(tuple(rest))
    return min(found, key=len, default=("id",))
