"""Writes on many rows at once, recorded: the history by INSERT … SELECT, then one UPDATE or DELETE."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Delete,
    Select,
    String,
    Update,
    cast,
    delete,
    func,
    literal,
    null,
    select,
    update,
)
from sqlalchemy.orm import RelationshipProperty, Session
from sqlalchemy.sql import ClauseElement

from backoffice.core.history import SILENT, Change, who
from backoffice.core.history.actors import mark
from backoffice.core.history.encoding import sql_object, sql_words
from backoffice.core.history.entries import Json, written
from backoffice.core.model import Model, now
from backoffice.core.resource import columns, relations, resource
from backoffice.core.trees import from_below
from backoffice.core.types import Html, UtcDateTime

RECORDED = {"recorded": True, "synchronize_session": False}


def update_rows(session: Session, model: type[Model], rows: Select[Any], values: Mapping[str, Any], verb: str) -> int:
    """Set `values` (column → value, or a function returning a value or an SQL expression) on `rows`.

    `rows` is a SELECT of ids, already narrowed to what the user may touch. Returns how many rows were changed.
    """
    new = {name: value() if callable(value) else value for name, value in values.items()}
    table = columns(model)
    session.flush()
    step = begin(session, model, verb)
    before = {name: (table[name], getattr(model, name)) for name in new}
    after = {name: (table[name], _expression(model, name, value)) for name, value in new.items()}
    record(session, step, rows, (_object(session, before), _object(session, after)))
    stamp = {"version": model.version + 1, "updated_at": now()}
    change = update(model).where(model.id.in_(step.recorded())).values(**new, **stamp)
    return wrote(session, model, change)


def delete_rows(session: Session, model: type[Model], rows: Select[Any], verb: str = "delete") -> int:
    """Delete `rows` (a SELECT of ids) and their links to other rows, the lowest of a tree first; returns how many.

    Rows of a model that has something to say against it (`farewells`) go one by one, and may raise Invalid.
    """
    if model.farewells is not Model.farewells:
        return _one_by_one(session, model, rows)
    session.flush()
    return from_below(session, model, rows, lambda part: _delete(session, model, part, verb))


def _delete(session: Session, model: type[Model], rows: Select[Any], verb: str) -> int:
    step = begin(session, model, verb)
    table = {name: column for name, column in columns(model).items() if name not in SILENT}
    before = _object(session, {name: (column, getattr(model, name)) for name, column in table.items()})
    record(session, step, rows, (_with_links(session, model, before), None))
    gone = step.recorded()
    for relation in _links(model).values():
        left, link = relation.local_remote_pairs[0][1], relation.secondary
        session.execute(delete(link).where(left.in_(gone)), execution_options=RECORDED)  # type: ignore[arg-type]
    return wrote(session, model, delete(model).where(model.id.in_(gone)))


def wrote(session: Session, model: type[Model], statement: Update | Delete) -> int:
    """Send the write, let the rows in memory be read anew, and return how many rows it changed."""
    answer = session.execute(statement, execution_options=RECORDED)
    for row in list(session.identity_map.values()):
        if isinstance(row, model):
            session.expire(row)
    return int(answer.rowcount)  # type: ignore[attr-defined]


def _one_by_one(session: Session, model: type[Model], rows: Select[Any]) -> int:
    found = session.scalars(select(model).where(model.id.in_(rows))).all()
    for row in found:
        session.delete(row)
    session.flush()
    return len(found)


def _links(model: type[Model]) -> dict[str, RelationshipProperty[Any]]:
    return {name: relation for name, relation in relations(model).items() if relation.secondary is not None}


@dataclass(frozen=True)
class Step:
    """One operation on many rows within a batch: `entry` says who and when, `mark` where its changes begin."""

    model: type[Model]
    entry: dict[str, Any]
    mark: int

    def recorded(self) -> Select[Any]:
        """Return a SELECT of the ids of the rows whose change has been recorded."""
        named = {name: self.entry[name] for name in ("batch", "model", "verb")}
        return select(Change.row_id).filter_by(**named).where(Change.id > self.mark)


def begin(session: Session, model: type[Model], verb: str) -> Step:
    """Return one operation on many rows of `model`, from which its history can be told apart."""
    entry = {**who(), "model": model.__tablename__, "verb": verb}
    # Behind the last of all, not of the batch alone: whichever index is used then, few entries are looked at.
    return Step(model, entry, session.scalar(select(func.max(Change.id))) or 0)


def _object(session: Session, values: Any) -> ColumnElement[Any]:
    return sql_object(session.get_bind().dialect.name, values)


def _expression(model: type[Model], name: str, value: Any) -> ColumnElement[Any]:
    if isinstance(value, ClauseElement):
        return value  # type: ignore[return-value]
    return literal(value, columns(model)[name].type)


def _with_links(session: Session, model: type[Model], whole: ColumnElement[Any]) -> ColumnElement[Any]:
    """Add to the values of a row the keys of the rows it is linked to, as a list for each relation."""
    sqlite = session.get_bind().dialect.name == "sqlite"
    for name, relation in _links(model).items():
        left, right = relation.local_remote_pairs[0][1], relation.local_remote_pairs[1][1]
        keys = select(right.label("key")).where(left == model.id).correlate(model).order_by(right).subquery()
        if sqlite:
            listed = select(func.json_group_array(keys.c.key)).scalar_subquery()
            whole = func.json_set(whole, f"$.{name}", func.json(listed))
        else:
            listed = select(func.coalesce(func.jsonb_agg(keys.c.key), func.jsonb_build_array())).scalar_subquery()
            whole = whole.concat(func.jsonb_build_object(literal(name), listed))
    return whole


def record(session: Session, step: Step, rows: Select[Any], values: tuple[Any, Any]) -> None:
    """Write the history of `rows` (a SELECT of ids), with `values` before and after as SQL for JSON objects or None."""
    model, (before, after) = step.model, values
    named = func.substr(func.coalesce(_label(session, model), literal("#").concat(cast(model.id, String))), 1, 200)
    shown: dict[str, Any] = {name: typed(name, value) for name, value in step.entry.items()}
    shown |= {
        "row_id": model.id,
        "label": named,
        "before": before,
        "after": cast(null(), Json) if after is None else after,
    }
    dialect = session.get_bind().dialect.name
    chosen = select(*(value.label(name) for name, value in shown.items())).where(*_meant(dialect, model, rows))
    # Locked as they are read, so that what is recorded is what is then written.
    chosen = chosen.with_for_update(of=model)
    table: Any = Change.__table__
    entries = written(table, dialect, chosen)
    session.execute(entries, execution_options=RECORDED)
    mark(session)


def _meant(dialect: str, model: type[Model], rows: Select[Any]) -> list[ColumnElement[bool]]:
    """Return the conditions for a row of `model` to be one of `rows`."""
    asked = rows.whereclause
    # SQLite waits before it reads, and goes through a list of keys in their own order, not in that of an index: so
    # the rows, their entries, and whoever takes them back meet each page but once.
    if dialect == "sqlite" or asked is None or rows.get_final_froms() != [model.__table__]:
        return [model.id.in_(rows)]
    # PostgreSQL asks again of a row for which it had to wait, but only what is asked of the very row it locks. Where
    # that says all, the keys are not looked up besides: it may do so anew for each row.
    return [asked] if rows.compare(rows.limit(None).offset(None)) else [model.id.in_(rows), asked]


def _label(session: Session, model: type[Model]) -> ColumnElement[Any]:
    """Return the SQL expression for the words that name a row, as `resource.row_label` gives them."""
    name = resource(model).label
    value: ColumnElement[Any] = cast(getattr(model, name), String)
    if name in columns(model) and isinstance(columns(model)[name].type, Html):
        value = sql_words(session.get_bind().dialect.name, value)
    return func.nullif(value, "")


def typed(name: str, value: Any) -> ColumnElement[Any]:
    kind = Change.__table__.c[name].type
    # SQLite would make a number of a moment that is cast; PostgreSQL must be told what a bare NULL is.
    return literal(value, kind) if isinstance(kind, UtcDateTime) else cast(literal(value, kind), kind)
