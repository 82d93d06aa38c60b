"""Links of many-to-many relations taken off or put elsewhere, on many rows at once, with their history."""

from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, delete, func, insert, literal, select, type_coerce, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import RelationshipProperty, Session

from backoffice.core.history import Json
from backoffice.core.history.sets import RECORDED, begin, record, wrote
from backoffice.core.model import Model, now
from backoffice.core.resource import relations
from backoffice.core.types import Key


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
    dialect = session.get_bind().dialect.name
    held = _listed_keys(dialect, keys)
    if dialect == "sqlite":
        return type_coerce(func.json_object(name, func.json(held)), Json)
    return func.jsonb_build_object(cast(literal(name), String), held)


def _listed_keys(dialect: str, keys: Any) -> Any:
    """Return the SQL expression for the list of `keys` (a SELECT of `key`), in order."""
    found = keys.subquery()
    ordered = select(found.c.key).order_by(found.c.key).subquery()
    if dialect == "sqlite":
        return select(func.json_group_array(ordered.c.key)).scalar_subquery()
    return select(func.coalesce(func.jsonb_agg(ordered.c.key), func.jsonb_build_array())).scalar_subquery()


def many(model: type[Model]) -> dict[str, RelationshipProperty[Any]]:
    """Return the many-to-many relations of `model`."""
    return {name: one for name, one in relations(model).items() if one.secondary is not None}


def named_in(dialect: str, values: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    """Return the keys that a JSON object lists under `name`, as a column with a row for each."""
    if dialect == "sqlite":
        listed = func.json_each(values, f'$."{name}"')
        return listed.table_valued("value", name=f"of_{name}", joins_implicitly=True).c.value
    held = func.coalesce(func.jsonb_extract_path(values, name), func.jsonb_build_array())
    found = func.jsonb_array_elements_text(held).table_valued("value", name=f"of_{name}", joins_implicitly=True)
    return cast(found.c.value, Key)


def present(dialect: str, model: type[Model], values: Any, source: Any) -> Any:
    """Return the values of a row, as a JSON object of `source` holds them, without links to rows that are gone."""
    for name, relation in many(model).items():
        key = named_in(dialect, values, name)
        keys = select(key.label("key")).where(key.in_(select(relation.mapper.class_.id))).correlate(source)
        held = _listed_keys(dialect, keys)
        if dialect == "sqlite":
            values = func.json_set(values, f'$."{name}"', func.json(held))
        else:
            values = type_coerce(values, JSONB).concat(func.jsonb_build_object(cast(literal(name), String), held))
    return values
