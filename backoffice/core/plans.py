"""Which index the database would use for what a grid can be asked, and which one is missing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Boolean, DateTime, Select, select, text
from sqlalchemy.orm import Session

from backoffice.core import paging
from backoffice.core.access import OPERATOR
from backoffice.core.counting import Explained, count
from backoffice.core.criteria import Criteria, Filter, views
from backoffice.core.links import sides
from backoffice.core.model import Model
from backoffice.core.resource import columns, filterable, key_of, relations, resources, sortable
from backoffice.core.types import Choice, UtcDateTime

SCANS = ("Seq Scan", "Index Scan", "Index Only Scan")


@dataclass(frozen=True)
class Plan:
    """How one question is answered: it `needs` an index on these columns, and `served` tells whether it has one.

    `question` is as an address says it.
    """

    model: type[Model]
    question: str
    needs: tuple[str, ...]
    served: bool


def plans(session: Session) -> Iterator[Plan]:
    """Yield a plan for every sort, view and filter that the models declare; what is asked is not run."""
    for model in resources().values():
        for name in sortable(model):
            yield _sorted(session, model, name)
        for word, (_label, wanted) in views(model).items():
            yield _viewed(session, model, word, tuple(wanted))
        for name in filterable(model):
            yield _filtered(session, model, name)


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


def _filtered(session: Session, model: type[Model], name: str) -> Plan:
    one, table, needs = _filter(model, name), model.__tablename__, (key_of(model, name),)
    asked = select(model.id).where(Criteria(model, filters=(one,)).condition(OPERATOR))
    relation = relations(model).get(name)
    if relation is not None and relation.secondary is not None:
        left, right = sides(relation)
        asked, table, needs = select(left).where(right == 1), left.table.name, (right.name,)
    served = SERVED[_dialect(session)](session, asked, table, False)
    return Plan(model, "=".join(one.pair()), needs, served)


def _filter(model: type[Model], name: str) -> Filter:
    """Return a filter by `name` that an index can serve; what a text contains or a value is not, none can."""
    if name in relations(model):
        return Filter(name, "is", "1")
    kind = columns(model)[name].type
    if isinstance(kind, UtcDateTime | DateTime):
        return Filter(name, "from", "2026-01-01")
    if isinstance(kind, Choice):
        return Filter(name, "is", kind.values[0])
    return Filter(name, "is", "yes" if isinstance(kind, Boolean) else "1")


def _dialect(session: Session) -> str:
    return session.get_bind().dialect.name


def _served_by_sqlite(session: Session, asked: Select[Any], table: str, sorts: bool) -> bool:  # noqa: FBT001
    steps = [str(row.detail) for row in session.connection().execute(Explained(asked))]
    if sorts:
        return not any("TEMP B-TREE" in step for step in steps)
    return not any(step.startswith(f"SCAN {table}") for step in steps)


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
    return all("Index Cond" in node for node in read)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from _nodes(inner)


SERVED = {"sqlite": _served_by_sqlite, "postgresql": _served_by_postgresql}
