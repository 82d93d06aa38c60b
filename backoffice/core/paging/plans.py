"""Which index the database would use for what a grid can be asked, and which one is missing."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Boolean, DateTime, Select, inspect, select, text
from sqlalchemy.orm import Session

from backoffice.core import paging
from backoffice.core.access import OPERATOR
from backoffice.core.history.links import sides
from backoffice.core.model import Model
from backoffice.core.paging.counting import Explained, count
from backoffice.core.resource import columns, filterable, key_of, relations, resources, searchable, sortable
from backoffice.core.search.text_columns import searched, side_of
from backoffice.core.selection.criteria import Criteria, Filter, operators, views
from backoffice.core.types import Choice, UtcDateTime

# What hardly any row holds: for a word of many, walking the list is the quickest way.
WORD = "zyxwvut"
FEW = 1000
SCANS = ("Seq Scan", "Index Scan", "Index Only Scan")


@dataclass(frozen=True)
class Plan:
    """How one question is answered: it `needs` an index on these columns, and `served` tells whether it has one.

    `question` is as an address says it. Of what is `open` no index can be demanded: rows that lack a word, or that
    name nothing, are found by walking the list in its order, which is soon done unless there are hardly any.
    """

    model: type[Model]
    question: str
    needs: tuple[str, ...]
    served: bool
    open: bool = False


def plans(session: Session) -> Iterator[Plan]:
    """Yield a plan for every sort and view, the search and each operator of every filter; what is asked is not run."""
    for model in resources().values():
        for name in sortable(model):
            yield _sorted(session, model, name)
        for word, (_label, wanted) in views(model).items():
            yield _viewed(session, model, word, tuple(wanted))
        if searchable(model):
            yield _searched(session, model)
        for name in filterable(model):
            for operator in operators(model, name):
                yield from (_filtered(session, model, one) for one in _filters(model, name, operator))


def size(session: Session, model: type[Model]) -> int:
    """Return how many rows of `model` there are, about."""
    return count(session, select(model.id)).value


def _sorted(session: Session, model: type[Model], name: str) -> Plan:
    order = paging.order(model, OPERATOR, name, desc=True)
    # Only empty values are equal in a column of unique ones, and their order is not worth an index.
    names = order.names[:1] if columns(model)[name].unique else order.names
    parts = [getattr(model, one).desc() for one in names]
    asked = select(model.id).order_by(*parts).limit(1)
    served = SERVED[_dialect(session)](session, asked, model.__tablename__, True)
    return Plan(model, f"sort={name}", names, served)


def _viewed(session: Session, model: type[Model], word: str, names: tuple[str, ...]) -> Plan:
    asked = select(model.id).where(Criteria(model, view=word).condition(OPERATOR))
    served = SERVED[_dialect(session)](session, asked, model.__tablename__, False)
    return Plan(model, f"view={word}", names, served)


def _searched(session: Session, model: type[Model]) -> Plan:
    asked = select(model.id).where(Criteria(model, search=WORD).condition(OPERATOR))
    served = SERVED[_dialect(session)](session, asked, model.__tablename__, False) or _few(session, model)
    # Of what only the application writes no words are kept, and its rows are read.
    return Plan(model, f"search={WORD}", searchable(model), served, open=side_of(model) not in searched())


def _filtered(session: Session, model: type[Model], one: Filter) -> Plan:
    link = _link(model, one)
    table, needs = (link[1].table.name, link[1].name) if link else (model.__tablename__, key_of(model, one.name))
    served = any(_finds(session, model, each) for each in _alike(model, one))
    if not served and _few(session, model):
        # What is used of hardly any rows tells nothing: all ways are as short.
        served = one.operator == "not" or (one.operator != "contains" and _led(session, table, needs))
    return Plan(model, "=".join(one.pair()), (needs,), served, open=_open(model, one))


def _link(model: type[Model], one: Filter) -> tuple[Any, Any] | None:
    """Return the two sides of the table of links that a filter for linked rows is answered by, if there is one."""
    relation = relations(model).get(one.name)
    return (
        sides(relation) if relation is not None and relation.secondary is not None and one.operator != "empty" else None
    )


def _finds(session: Session, model: type[Model], one: Filter) -> bool:
    """Tell whether an index leads to the rows that pass a filter."""
    link, table = _link(model, one), model.__tablename__
    asked = select(model.id).where(Criteria(model, filters=(one,)).condition(OPERATOR))
    if link:
        asked, table = select(link[0]).where(link[1] == 1), link[0].table.name
    return SERVED[_dialect(session)](session, asked, table, False)


def _led(session: Session, table: str, name: str) -> bool:
    """Tell whether the database has an index of a table that begins with a column."""
    return any(index["column_names"][:1] == [name] for index in inspect(session.connection()).get_indexes(table))


def _alike(model: type[Model], one: Filter) -> list[Filter]:
    """Return a filter, and the same for each other value of its column where these are few.

    To a value that all rows have no index is the shortest way; it is there if it leads to the rows of another one.
    """
    column = columns(model).get(one.name)
    if column is None or not isinstance(column.type, Choice | Boolean) or one.operator == "empty":
        return [one]
    words = map(str, column.type.values) if isinstance(column.type, Choice) else ("yes", "no")
    return [one, *(replace(one, value=word) for word in words if word != one.value)]


def _few(session: Session, model: type[Model]) -> bool:
    """Tell whether the table is so small that reading it all is sooner done than looking into an index often."""
    return size(session, model) <= FEW


def _open(model: type[Model], one: Filter) -> bool:
    """Tell whether rows are asked for that no index leads to: those without something, or with it anywhere inside."""
    column = columns(model).get(key_of(model, one.name))
    if one.operator == "empty":
        return column is None or not column.nullable or one.value == "no"
    if one.operator == "not":
        return column is None or not isinstance(column.type, Choice)
    return one.operator in {"contains", "lacks"}


def _filters(model: type[Model], name: str, operator: str) -> list[Filter]:
    """Return a filter for each kind of value that `name` can be asked for by `operator`."""
    values = {"empty": ("yes", "no"), "older": ("30",), "contains": (WORD,), "lacks": (WORD,)}
    return [Filter(name, operator, value) for value in values.get(operator, (_value(model, name),))]


def _value(model: type[Model], name: str) -> str:
    if name in relations(model):
        return "1"
    kind = columns(model)[name].type
    if isinstance(kind, UtcDateTime | DateTime):
        return "2026-01-01"
    if isinstance(kind, Choice):
        return str(kind.values[0])
    return "yes" if isinstance(kind, Boolean) else "1"


def _dialect(session: Session) -> str:
    return session.get_bind().dialect.name


def _served_by_sqlite(session: Session, asked: Select[Any], table: str, sorts: bool) -> bool:  # noqa: FBT001
    steps = [str(row.detail) for row in session.connection().execute(Explained(asked))]
    if sorts:
        return not any("TEMP B-TREE" in step for step in steps)
    return not any(f"{step} ".startswith(f"SCAN {table} ") for step in steps)


def _served_by_postgresql(session: Session, asked: Select[Any], table: str, sorts: bool) -> bool:  # noqa: FBT001
    with session.begin_nested() as inner:
        # Of a small table all is read however many indexes there are; what none can serve is read whole even so.
        session.execute(text("SET LOCAL enable_seqscan = off"))
        session.execute(text("SET LOCAL enable_sort = off"))
        plan = session.connection().execute(Explained(asked)).scalar_one()[0]["Plan"]
        inner.rollback()
    nodes = list(_nodes(plan))
    if sorts:
        return not any(node["Node Type"] in {"Seq Scan", "Sort", "Incremental Sort"} for node in nodes)
    read = [node for node in nodes if node.get("Relation Name") == table and node["Node Type"] in SCANS]
    # A bitmap may be made of a whole index, which is no shorter than the table.
    read += [node for node in nodes if node["Node Type"] == "Bitmap Index Scan"]
    return all("Index Cond" in node for node in read)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from _nodes(inner)


SERVED = {"sqlite": _served_by_sqlite, "postgresql": _served_by_postgresql}
