"""Which rows a list shows, for every door: they are counted first, few are found and sorted, many met in its order."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from backoffice.core import counting, moments, paging
from backoffice.core.access import ALL, Person, condition, person, rule
from backoffice.core.counting import Number
from backoffice.core.criteria import Criteria
from backoffice.core.hints import among
from backoffice.core.model import Model
from backoffice.core.ordering import Order

# Rows that are sooner found and sorted than met one by one in a list of a million.
FEW = 1_000
# What finding all rows first may cost at most: this part of what reading the list costs if they are all at its end.
WORTH = 1 / 3


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
    return Sifted(criteria, rows, met(session, order, rows) if keys is None else gathered(order, keys), number)


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
    return _collected(order, select(order.model.id).where(among(order.model.id, "gathered", keys)))


def met(session: Session, order: Order, rows: Select[Any]) -> Order:
    """Return the same order of `rows` (a SELECT of keys), many: they are met in the list or, if surely sooner, sorted.

    PostgreSQL's planner takes it that they are spread evenly over the list. Where they all stand behind others, what
    it believes to end soon reads the whole list; what that would cost it knows.
    """
    walked, collected = replace(order, picked=rows), _collected(order, rows)
    if not order.clustered or session.get_bind().dialect.name == "sqlite":
        return walked
    whole, first = _in_order(collected, collected.picked), _in_order(walked, rows).limit(1)
    is_sooner = counting.cost(session, whole) < WORTH * counting.cost(session, first, lasting=True)
    return collected if is_sooner else walked


# Putting a statement together takes longer than having it answered, so those for one person's rights are kept.
@lru_cache(maxsize=200)
def _readable(someone: Person, model: type[Model]) -> Select[Any]:
    return select(model.id).where(condition(someone, "read", model))


def _collected(order: Order, rows: Select[Any]) -> Order:
    sides = (getattr(order.model, name) for name in dict.fromkeys(("id", *order.names)))
    found = rows.with_only_columns(*sides).order_by(None).cte("gathered").prefix_with("MATERIALIZED")
    return replace(order, picked=select(found.c.id), gathered=found)


def _in_order(order: Order, rows: Any) -> Any:
    sides = [order.side(name) for name in order.names]
    return rows.order_by(*(side.desc() if order.desc else side.asc() for side in sides))
