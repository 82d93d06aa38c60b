"""Which rows a list shows, for every door: they are counted first, few are found and sorted, many met in its order."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from backoffice.core import moments, paging
from backoffice.core.access import ALL, OWN, Person, condition, person, rule
from backoffice.core.database.conditions import among
from backoffice.core.model import Model
from backoffice.core.paging import counting
from backoffice.core.paging.counting import Number
from backoffice.core.paging.ordering import Ahead, Order
from backoffice.core.resource import columns, key_of, resource
from backoffice.core.selection.criteria import Criteria, Filter, views
from backoffice.core.types import UtcDateTime

# Rows that are sooner found and sorted than met one by one in a list of a million.
FEW = 1_000
# Rows of a list that are looked at one by one for those that pass, at least. Looking at one costs as much as finding
# and sorting a few, so where all that pass are very many, more of the list are looked at.
REACH, DEARER = 10_000, 10
# All rows that hold a common word are found in the time in which so many times as many are looked at.
WORDY = 4
ENDS = frozenset({"is", "from", "to", "older", "empty"})


@dataclass(frozen=True)
class Sifted:
    """The rows that meet `criteria`, as a SELECT of ids, and the order that knows how they are soonest read.

    `number` tells how many there are where they were counted on the way: wherever anything narrows the list.
    """

    criteria: Criteria
    rows: Select[Any]
    order: Order
    number: Number | None = None


def sift(session: Session, user: Any, criteria: Criteria, order: Order) -> Sifted:
    """Return the rows that meet `criteria` of those that `user` may read, in the same order, and how many there are.

    Where few pass, they are found before they are sorted. Where many do, keys alone are picked: an index may have
    all that filters and order ask for, and is shorter than the rows.
    """
    rows = _readable(person(user), criteria.model)  # type: ignore[arg-type] # a class hashes as any object does
    narrowed = criteria.pairs()
    if narrowed:
        rows = rows.where(criteria.condition(user))
    elif rule(user, "read", criteria.model).scope == ALL:
        return Sifted(criteria, rows, order)
    # Rows that hold a common word are met at once, and reading each of them takes long.
    ask = counting.glanced if criteria.search else counting.sought
    number, keys = moments.kept(session, rows, lambda: ask(session, rows, FEW))
    if keys is not None:
        return Sifted(criteria, rows, gathered(order, keys), number)
    if _is_led(user, criteria, order):
        return Sifted(criteria, rows, replace(order, picked=rows), number)
    own = tuple(one for one in criteria.filters if key_of(criteria.model, one.name) == order.name)
    within = replace(criteria, search="", groups=(), filters=own).condition(user)
    reach = max(REACH * (WORDY if criteria.search else 1), number.value // DEARER)
    return Sifted(criteria, rows, met(order, rows, reach, within), number)


def page(session: Session, sifted: Sifted, shown: Select[Any], place: paging.Place, size: int) -> paging.Page:
    """Return the page at `place` of the rows that were sifted, with the columns of `shown`, a SELECT of readable rows.

    Where no row was counted, none is looked for. Raises BadCriteria like `paging.page`.
    """
    if sifted.number == Number(0):
        paging.checked(sifted.order, place)
        return paging.Page(())
    order = sifted.order
    if place.skip and order.picked is None:
        # What stands in a row that is passed over is not looked up.
        order = replace(order, picked=sifted.rows)
    return paging.page(session, shown, order, place, size)


def number(session: Session, sifted: Sifted) -> Number:
    """Return how many rows there are, exactly as far as that is quick."""
    return sifted.number or moments.kept(session, sifted.rows, lambda: counting.whole(session, sifted.rows))


def gathered(order: Order, keys: list[int]) -> Order:
    """Return the same order of the rows with these `keys`, few among many: they are looked up first, and sorted then.

    A database that takes them for many would read all of the list in its order to meet them.
    """
    return _collected(order, select(order.model.id).where(among(order.model.id, keys, "gathered")))


def met(order: Order, rows: Select[Any], reach: int, within: ColumnElement[bool]) -> Order:
    """Return the same order of `rows` (a SELECT of keys), many: they are met in the list or, if not soon, sorted.

    A database takes it that they are spread evenly over the list. Where they all stand behind others, what it
    believes to end soon reads the whole list. So no more than `reach` rows of it are looked at first.
    """
    return replace(order, picked=rows, ahead=Ahead(reach, within, _collected(order, rows)))


def _is_led(user: Any, criteria: Criteria, order: Order) -> bool:
    """Tell whether an index leads from one of the rows to the next, passing no others: by values they all hold."""
    model, said = criteria.model, resource(criteria.model)
    held = {said.owner} if rule(user, "read", model).scope == OWN else set()
    held |= set(views(model)[criteria.view][1] if criteria.view else ())
    # What is asked of the order's own columns is where one begins and ends, or stands in the index that is read.
    asked = [one for one in criteria.filters if one.name not in order.names or one.operator not in ENDS]
    held |= {key_of(model, one.name) for one in asked}
    leading = (*held, *order.names)
    indexes = ([column.key for column in index.columns] for index in model.__table__.indexes)
    there = not held or any(tuple(names[: len(leading)]) == leading for names in indexes)
    return there and not criteria.search and not criteria.groups and all(_is_value(model, one) for one in asked)


def _is_value(model: type[Model], one: Filter) -> bool:
    kind = columns(model)[key_of(model, one.name)].type if key_of(model, one.name) in columns(model) else None
    return one.operator == "is" and kind is not None and not isinstance(kind, UtcDateTime)


# Putting a statement together takes longer than having it answered, so those for one person's rights are kept.
@lru_cache(maxsize=200)
def _readable(someone: Person, model: type[Model]) -> Select[Any]:
    return select(model.id).where(condition(someone, "read", model))


def _collected(order: Order, rows: Select[Any]) -> Order:
    sides = (getattr(order.model, name) for name in dict.fromkeys(("id", *order.names)))
    # What has an offset is asked as it stands, not in the order that is wanted of it.
    found = rows.with_only_columns(*sides).order_by(None).offset(0).subquery("gathered")
    return replace(order, picked=select(found.c.id), gathered=found)
