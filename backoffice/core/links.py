"""Links of many-to-many relations taken off or put elsewhere, on many rows at once, with their history."""

from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, delete, func, insert, literal, select, type_coerce, update
from sqlalchemy.orm import RelationshipProperty, Session

from backoffice.core.history import Json
from backoffice.core.model import Model, now
from backoffice.core.resource import relations
from backoffice.core.sets import RECORDED, begin, record, wrote


def unlink(session: Session, model: type[Model], name: str, keys: Select[Any], instead: int | None = None) -> int:
    """Take the rows `keys` (a SELECT of ids) out of the relation `name` of all rows of `model`.

    `instead` is the key of the row that takes their place. Recorded as an update of the rows of `model`, each
    with the keys it named before and names after; returns how many these are.
    """
    session.flush()
    relation = relations(model)[name]
    table: Any = relation.secondary
    left, right = sides(relation)
    step = begin(session, model, "update")
    rows = select(left).where(right.in_(keys))
    before = _listed(session, name, select(right.label("key")).where(left == model.id).correlate(model))
    record(session, step, rows, (before, _listed(session, name, _after(model, relation, keys, instead))))
    changed = step.recorded()
    if instead is not None:
        there = select(left).where(right == instead)
        new = select(model.id, literal(instead)).where(model.id.in_(changed), model.id.not_in(there))
        session.execute(insert(table).from_select([left.key, right.key], new), execution_options=RECORDED)
    session.execute(delete(table).where(right.in_(keys)), execution_options=RECORDED)
    stamp = {"version": model.version + 1, "updated_at": now()}
    return wrote(session, model, update(model).where(model.id.in_(changed)).values(**stamp))


def sides(relation: RelationshipProperty[Any]) -> tuple[Any, Any]:
    """Return the columns of a link table that name the owning row and the row it is linked to."""
    return relation.local_remote_pairs[0][1], relation.local_remote_pairs[1][1]


def _after(model: type[Model], relation: RelationshipProperty[Any], keys: Select[Any], instead: int | None) -> Any:
    left, right = sides(relation)
    kept = select(right.label("key")).where(left == model.id, right.not_in(keys)).correlate(model)
    return kept if instead is None else kept.union(select(literal(instead)))


def _listed(session: Session, name: str, keys: Any) -> ColumnElement[Any]:
    """Return the SQL expression for {name: [keys in order]}."""
    found = keys.subquery()
    ordered = select(found.c.key).order_by(found.c.key).subquery()
    if session.get_bind().dialect.name == "sqlite":
        listed = select(func.json_group_array(ordered.c.key)).scalar_subquery()
        return type_coerce(func.json_object(name, func.json(listed)), Json)
    listed = select(func.coalesce(func.jsonb_agg(ordered.c.key), func.jsonb_build_array())).scalar_subquery()
    return func.jsonb_build_object(cast(literal(name), String), listed)
