"""New rows put into one table in one go: by COPY on PostgreSQL, by one prepared statement elsewhere."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Table, cast, func, insert, select
from sqlalchemy.dialects.postgresql import REGCLASS
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import Session

Row = Mapping[str, Any]
FEW = 50  # rows below which an INSERT is as fast


def keys(session: Session, table: Table, number: int) -> Sequence[int]:
    """Return keys for so many new rows, which no other row gets."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        named = connection.dialect.identifier_preparer.format_table(table)
        sequence = cast(func.pg_get_serial_sequence(named, table.c.id.name), REGCLASS)
        drawn = select(func.nextval(sequence)).select_from(func.generate_series(1, number))
        return connection.execute(drawn).scalars().all()
    # Whoever writes holds the lock, so nobody else makes rows meanwhile.
    last = connection.execute(select(func.max(table.c.id))).scalar() or 0
    return range(last + 1, last + 1 + number)


def put(session: Session, table: Table, rows: Sequence[Row]) -> None:
    """Put rows into a table: all with values for the same columns, as the columns store them.

    Neither defaults nor the history are seen to. Raises SQLAlchemy's errors, as an INSERT does.
    """
    if not rows:
        return
    connection = session.connection()
    if connection.dialect.name == "postgresql" and len(rows) >= FEW:
        _copy(connection, table, rows)
    else:
        connection.execute(insert(table), rows)


def _copy(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    names, preparer = list(rows[0]), connection.dialect.identifier_preparer
    shown = ", ".join(preparer.format_column(table.c[name]) for name in names)
    statement = f"COPY {preparer.format_table(table)} ({shown}) FROM STDIN"
    columns = [(name, _processor(connection, table, name)) for name in names]
    error_kind = connection.dialect.loaded_dbapi.Error
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as pipe:
            for row in rows:
                pipe.write_row([process(row[name]) if process else row[name] for name, process in columns])
    except error_kind as error:
        raise DBAPIError.instance(statement, None, error, error_kind, dialect=connection.dialect) from error
    except (ValueError, TypeError) as error:
        raise StatementError(str(error), statement, None, error) from error


def _processor(connection: Connection, table: Table, name: str) -> Callable[[Any], Any] | None:
    return table.c[name].type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
