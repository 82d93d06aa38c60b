"""The side tables that searches look into: made from what the models declare, filled, compared and repaired."""
# ruff: noqa: S608 - all names come from the models, none from a request

from collections.abc import Iterable
from time import monotonic
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import event, inspect
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session

from backoffice.core.model import Base, Model
from backoffice.core.search import postgresql as search_postgresql
from backoffice.core.search import sqlite as search_sqlite
from backoffice.core.search.text_columns import parts, quoted, searched, side_of, sources

KINDS: dict[str, Any] = {"postgresql": search_postgresql, "sqlite": search_sqlite}
SHADOWS = (
    "",
    "_new",
    "_data",
    "_idx",
    "_content",
    "_docsize",
    "_config",
)  # of one being made, and what SQLite makes of it
PATIENCE = 30.0  # seconds after which a process looks again for side tables that were not all there

_known: WeakKeyDictionary[Engine, tuple[frozenset[str], float]] = WeakKeyDictionary()


def ready(session: Session) -> frozenset[str]:
    """Return the side tables that can be searched; a process asks the database once."""
    engine = session.get_bind().engine
    found, until = _known.get(engine, (frozenset(), 0.0))
    if monotonic() > until:
        found = _whole(session.connection())
        complete = len(found) == len(searched())
        _known[engine] = (found, float("inf") if complete else monotonic() + PATIENCE)
    return found


def forget(engine: Engine) -> None:
    """Look anew which side tables can be searched, at the next search."""
    _known.pop(engine, None)


def is_derived(name: str | None) -> bool:
    """Tell whether a table is a side table, which no migration makes or removes."""
    return name in {f"{side}{shadow}" for side in searched() for shadow in SHADOWS}


def install(connection: Connection, *, kept: Iterable[str] | None = None) -> list[str]:
    """Make the side tables that are missing or of another shape; return their names.

    `kept` names those that were right before their triggers were taken off: they get them back and are repaired.
    """
    kind = KINDS[connection.dialect.name]
    forget(connection.engine)
    if not kind.able(connection):
        return []
    right, whole, made = _right(connection), _whole(connection), []
    tables = {name: _has_sources(connection, model) for name, model in searched().items()}
    for name, model in searched().items():
        if not tables[name]:
            _run(connection, kind.drop(model))
        elif name in whole and name in (kept or ()):
            _run(connection, kind.attach(model))
            repair(connection, model)
        elif name not in right or name not in whole:
            _run(connection, kind.build(model))
            made.append(name)
    return made


def build(connection: Connection, model: type[Model]) -> None:
    """Make the side table of `model` anew: the fastest way to fill it. Writers of the model wait meanwhile."""
    forget(connection.engine)
    _run(connection, KINDS[connection.dialect.name].build(model))


def detach(connection: Connection) -> frozenset[str]:
    """Take the triggers off, so that the schema can change under them; return the side tables that were right."""
    right = _right(connection) & _whole(connection)
    present = set(inspect(connection).get_table_names())
    for model in searched().values():
        if model.__tablename__ in present:
            _run(connection, KINDS[connection.dialect.name].detach(model))
    return right


def able(connection: Connection) -> bool:
    """Tell whether this database can keep side tables at all."""
    return bool(KINDS[connection.dialect.name].able(connection))


def is_right(connection: Connection, model: type[Model]) -> bool:
    """Tell whether the side table of `model` is there, with the columns and the triggers its declaration asks for."""
    return side_of(model) in _right(connection) & _whole(connection)


def differences(connection: Connection, model: type[Model]) -> dict[str, int]:
    """Return how many rows are "missing" in the side table, "stale" in it, and "left over" from deleted rows."""
    compared, key = _compared(connection, model)
    side, table = quoted(side_of(model)), quoted(model.__tablename__)
    over = f'SELECT count(*) FROM {side} AS s WHERE NOT EXISTS (SELECT 1 FROM {table} AS r WHERE r."id" = s.{key})'
    missing, stale = connection.exec_driver_sql(
        f"SELECT count(*), coalesce(sum(CASE WHEN there THEN 1 ELSE 0 END), 0) FROM ({compared}) AS c"
    ).one()
    left = connection.exec_driver_sql(over).scalar() or 0
    return {"missing": missing - stale, "stale": stale, "left over": left}


def repair(connection: Connection, model: type[Model]) -> None:
    """Bring the rows of the side table that differ up to date."""
    compared, key = _compared(connection, model)
    side, table = quoted(side_of(model)), quoted(model.__tablename__)
    names = ", ".join(quoted(part.name) for part in parts(model))
    passing = quoted(f"{side_of(model)}_differ")
    connection.exec_driver_sql(f"CREATE TEMPORARY TABLE {passing} AS {compared}")
    gone = f'NOT EXISTS (SELECT 1 FROM {table} AS r WHERE r."id" = {side}.{key})'
    connection.exec_driver_sql(f'DELETE FROM {side} WHERE {key} IN (SELECT "id" FROM {passing}) OR {gone}')
    connection.exec_driver_sql(f'INSERT INTO {side} ({key}, {names}) SELECT "id", {names} FROM {passing}')
    connection.exec_driver_sql(f"DROP TABLE {passing}")


def _compared(connection: Connection, model: type[Model]) -> tuple[str, str]:
    """Return a SELECT of the rows whose words are not as kept, and what the key of the side table is called."""
    kind, key = KINDS[connection.dialect.name], "rowid" if connection.dialect.name == "sqlite" else '"id"'
    fresh = kind.rows(model, quoted(model.__tablename__))
    differ = "IS NOT" if connection.dialect.name == "sqlite" else "IS DISTINCT FROM"
    names = [quoted(part.name) for part in parts(model)]
    changed = " OR ".join(f"s.{name} {differ} f.{name}" for name in names)
    shown = ", ".join(f"f.{name}" for name in ['"id"', *names])
    compared = f'SELECT {shown}, s.{key} IS NOT NULL AS "there" FROM ({fresh}) AS f'
    return (
        f'{compared} LEFT JOIN {quoted(side_of(model))} AS s ON s.{key} = f."id" WHERE s.{key} IS NULL OR {changed}',
        key,
    )


def _right(connection: Connection) -> frozenset[str]:
    kind = KINDS[connection.dialect.name]
    there = kind.sources_there(connection)
    return frozenset(name for name, model in searched().items() if there.get(name) == kind.source(model))


def _whole(connection: Connection) -> frozenset[str]:
    there: dict[str, set[str]] = {}
    for table, column in KINDS[connection.dialect.name].columns_there(connection):
        there.setdefault(table, set()).add(column)
    wanted = {name: {part.name for part in parts(model)} for name, model in searched().items()}
    return frozenset(name for name, columns in wanted.items() if name in there and columns <= there[name])


def _has_sources(connection: Connection, model: type[Model]) -> bool:
    seen, table = inspect(connection), model.__tablename__
    if not seen.has_table(table):
        return False
    held = {column["name"] for column in seen.get_columns(table)}
    return {model.__table__.c[name].name for name in sources(model)} <= held


def _run(connection: Connection, statements: Iterable[str]) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)


@event.listens_for(Base.metadata, "after_create")
def _make(_target: Any, connection: Connection, **_rest: Any) -> None:
    install(connection)


@event.listens_for(Base.metadata, "before_drop")
def _remove(_target: Any, connection: Connection, **_rest: Any) -> None:
    present = set(inspect(connection).get_table_names())
    for model in searched().values():
        if model.__tablename__ in present:
            _run(connection, KINDS[connection.dialect.name].drop(model))
