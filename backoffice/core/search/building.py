"""Making a side table anew beside the one in use, while people go on searching and writing."""
# ruff: noqa: S608 - all names come from the models, none from a request

from collections.abc import Iterable

from sqlalchemy import func, select, text
from sqlalchemy.engine import Connection, Engine

from backoffice.core.model import Model
from backoffice.core.search import postgresql
from backoffice.core.search import tables as search_tables
from backoffice.core.search.text_columns import quoted

AT_ONCE = 20_000  # keys whose rows are taken in one transaction: whoever changes one of them waits for no more


def rebuild(engine: Engine, model: type[Model]) -> None:
    """Make the side table of `model` anew. On PostgreSQL nobody waits for it; on SQLite those who write do."""
    if engine.dialect.name != "postgresql":
        with engine.begin() as connection:
            search_tables.build(connection, model)
        return
    try:
        _prepare(engine, model)
        _fill(engine, model)
        _finish(engine, model)
    except BaseException:
        with engine.begin() as connection:
            _run(connection, postgresql.clear(model))
        raise
    search_tables.forget(engine)


def _prepare(engine: Engine, model: type[Model]) -> None:
    """Make an empty table that takes in what is written from now on."""
    fresh = postgresql.fresh_of(model)
    with engine.begin() as connection:
        _run(connection, postgresql.clear(model))
        made = f"CREATE TABLE {quoted(fresh)} AS {postgresql.rows(model, quoted(model.__tablename__))} WITH NO DATA"
        _run(connection, [made, f'ALTER TABLE {quoted(fresh)} ADD PRIMARY KEY ("id")'])
        _run(connection, postgresql.attach(model, fresh))


def _fill(engine: Engine, model: type[Model]) -> None:
    """Take in the rows there are; what was written meanwhile is newer and stays."""
    fresh, key = quoted(postgresql.fresh_of(model)), model.__table__.c.id
    with engine.begin() as connection:
        first, last = connection.execute(select(func.min(key), func.max(key))).one()
    rows = postgresql.rows(model, quoted(model.__tablename__))
    some = text(f'INSERT INTO {fresh} {rows} WHERE r."id" BETWEEN :first AND :last ON CONFLICT DO NOTHING')
    for start in range(first, last + 1, AT_ONCE) if first is not None else ():
        with engine.begin() as connection:
            connection.execute(some, {"first": start, "last": start + AT_ONCE - 1})


def _finish(engine: Engine, model: type[Model]) -> None:
    fresh, table = quoted(postgresql.fresh_of(model)), quoted(model.__tablename__)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # A row that was deleted while it was being taken in came too late for its trigger.
        gone = f'DELETE FROM {fresh} AS s WHERE NOT EXISTS (SELECT FROM {table} AS r WHERE r."id" = s."id")'
        _run(connection, [gone, "SET maintenance_work_mem = '256MB'"])
        _run(connection, postgresql.indexes(model, "CONCURRENTLY"))
        _run(connection, ["RESET maintenance_work_mem"])
    with engine.begin() as connection:
        _run(connection, [f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE", *postgresql.exchange(model)])


def _run(connection: Connection, statements: Iterable[str]) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)
