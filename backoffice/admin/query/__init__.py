"""Which rows a page of a grid shows, and which others these name: one or two statements, some to count."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import String, Text, cast, func, select

from backoffice.core import moments, paging
from backoffice.core.access import condition, may_see, person
from backoffice.core.database import hints
from backoffice.core.jobs import DONE, Job
from backoffice.core.paging import census, counting, sifting
from backoffice.core.resource import columns, key_of, relations, resource
from backoffice.core.types import Html

# Enough of a long text for what a cell shows, once its tags are gone.
BEGINNING = 1200


class Linked(NamedTuple):
    """A row that another row names: its key, the words for it, and whether it may be opened."""

    key: int
    label: Any
    readable: bool


class Row(NamedTuple):
    """One row of a grid: in the order of `arranged` its values, and the rows it names that may be named."""

    key: int
    label: Any
    may_update: bool
    may_delete: bool
    cells: list[Any]


@dataclass(frozen=True)
class Found:
    """The rows of a page in their order, the cursors of its neighbours, and how many rows there are in all.

    `first` is the number of the first row among all, None where it is not known; `hasty` tells that counting all
    of them was asked for and would take too long, and `counter` is the job that counts them or has done so.
    """

    rows: list[Row]
    order: paging.Order
    next: str
    previous: str
    total: counting.Number
    first: int | None
    hasty: bool = False
    counter: Job | None = None


def find(session, user, model, asked, names):
    """Return the page that is asked for; raises BadCriteria for a place that there cannot be in its order."""
    someone, order = person(user), paging.order(model, user, asked.sort, desc=asked.desc)
    sifted = sifting.sift(session, user, asked.criteria, order)
    page = sifting.page(session, sifted, _shown(someone, model, names), asked.place, asked.page_size)
    counter = census.latest(session, user, asked.criteria) if asked.exact else None
    total, hasty = _total(session, sifted, asked, (page, counter))
    first = _first(session, sifted, (asked.place, page, total))
    return Found(_rows(model, page.rows, names), order, page.next, page.previous, total, first, hasty, counter)


def _total(session, sifted, asked, seen):
    """Return how many rows there are in all, and whether counting them exactly was given up."""
    (page, counter), place = seen, asked.place
    if page.rows and not (page.next or place.after or place.before or place.last or place.at):
        return counting.Number(place.skip + len(page.rows)), False
    if counter is not None and counter.state == DONE:
        return counting.Number(counter.result["count"]), False
    number = sifting.number(session, sifted)
    if number.exact or not asked.exact:
        return number, False
    exact = counting.exactly(session, sifted.rows) if number.value <= census.LARGE and counter is None else None
    return (number, True) if exact is None else (counting.Number(exact), False)


def _first(session, sifted, stands):
    """Return the number of the page's first row among all, or None where finding it would take long."""
    place, page, total = stands
    if not page.rows:
        return None
    if place.skip or not page.previous:
        return place.skip + 1
    if place.last and total.exact:
        return total.value - len(page.rows) + 1
    if not total.exact or total.value > counting.MOST:
        return None
    before = paging.preceding(session, sifted.rows, sifted.order, page.rows[0])
    return moments.kept(session, before, lambda: counting.count(session, before)).value + 1


def beginning(model, name):
    """Return the SQL expression for a column as a grid needs it: of a long text only the beginning."""
    column = getattr(model, name)
    if isinstance(columns(model)[name].type, Html | Text):
        return func.substr(column, hints.fixed(1), hints.fixed(BEGINNING), type_=String)
    return column


def label_of(user, model):
    """Return the SQL expression for the words that name a row of `model`."""
    name = resource(model).label
    if name not in columns(model) or not may_see(user, model, name):
        return cast(model.id, String)
    return beginning(model, name)


# Putting a statement together takes longer than having it answered, so those for one person's rights are kept.
@lru_cache(maxsize=200)
def _shown(someone, model, names):
    """Return the SELECT of what a page shows of the rows; `_rows` reads its columns in this order."""
    query = select(
        model.id,
        label_of(someone, model).label("label"),
        condition(someone, "update", model).label("may_update"),
        condition(someone, "delete", model).label("may_delete"),
        *(beginning(model, name).label(f"value_{name}") for name in names if name in columns(model)),
    )
    single, many = _related(model, names)
    for name in single:
        query = _join(query, someone, model, name)
    linked = (_links(someone, model, name).label(f"links_{name}") for name in many)
    return query.add_columns(*linked).where(condition(someone, "read", model))


def _join(query, user, model, name):
    target = relations(model)[name].mapper.class_
    named = _nameable(user, target).subquery(f"named_{name}")
    added = query.outerjoin_from(model, named, named.c.key == getattr(model, key_of(model, name)))
    return added.add_columns(*(part.label(f"{part.key}_{name}") for part in named.c))


def _nameable(user, target):
    readable = condition(user, "read", target).label("readable")
    chosen = select(target.id.label("key"), label_of(user, target).label("label"), readable)
    return chosen.where(condition(user, "pick", target))


def _links(someone, model, name):
    """Return the SQL expression for the rows that the relation to many `name` links a row to, as a list of lists."""
    relation = relations(model)[name]
    left, right = (pair[1] for pair in relation.local_remote_pairs)
    named = _nameable(someone, relation.mapper.class_).subquery()
    # JSON has no moments and no exact numbers.
    linked = select(named.c.key, cast(named.c.label, String).label("label"), named.c.readable)
    linked = linked.join(left.table, named.c.key == right).where(left == model.id).correlate(model)
    found = linked.order_by(named.c.label, named.c.key).subquery()
    return select(hints.Listed(*found.c)).scalar_subquery()


def arranged(model, names):
    """Return `names` in the order in which a Row holds them: columns, relations to one, relations to many."""
    single, many = _related(model, names)
    return [*(name for name in names if name in columns(model)), *single, *many]


def _related(model, names):
    """Return those of `names` that are relations to one, and those that are relations to many."""
    found = [name for name in names if name in relations(model)]
    return [name for name in found if not _is_many(model, name)], [name for name in found if _is_many(model, name)]


def _rows(model, found, names):
    """Return the rows that were found by `_shown`."""
    (single, many), own = _related(model, names), sum(name in columns(model) for name in names)
    ones = range(own, own + 3 * len(single), 3)
    lists = range(own + 3 * len(single), own + 3 * len(single) + len(many))
    rows = []
    for one in found:
        key, label, may_update, may_delete, *rest = one.values()
        cells = rest[:own]
        for at in ones:
            other, words, readable = rest[at : at + 3]
            cells.append([] if other is None else [Linked(other, words, bool(readable))])
        cells += [[Linked(*linked) for linked in rest[at] or ()] for at in lists]
        rows.append(Row(key, label, bool(may_update), bool(may_delete), cells))
    return rows


def _is_many(model, name):
    return relations(model)[name].secondary is not None
