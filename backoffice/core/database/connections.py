"""Connections as we use them: asked whether they still are some after a wait, and brief about what they bring."""

import time
from functools import cache
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError

# Seconds. Asking takes as long as the shortest statement; one that was used a moment ago is not asked.
FRESH = 1.0
LEFT = "left at"


def watch(engine: Engine) -> None:
    """Have the connections of `engine` asked; once one is gone, all are made anew that were there by then."""
    event.listen(engine, "checkin", _leave)

    @event.listens_for(engine, "checkout")
    def take(connection: Any, record: Any, _proxy: Any) -> None:
        left = record.info.get(LEFT)
        if left is None or time.monotonic() - left < FRESH:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error


def be_brief(connection: Any) -> None:
    """Let a connection of psycopg say of each column no more than SQLAlchemy reads: what it is called, and its type.

    All else that could be told is looked up for each column of each statement, and takes as long as sending it.
    """
    connection.cursor_factory = _brief(connection.cursor_factory)


@cache
def _brief(kind: type[Any]) -> type[Any]:
    return type("BriefCursor", (kind,), {"description": property(_columns)})


def _columns(cursor: Any) -> list[tuple[Any, ...]] | None:
    found = cursor.pgresult
    if found is None or not found.nfields:
        return None
    rest = (None,) * 5
    return [(found.fname(at).decode(), found.ftype(at), *rest) for at in range(found.nfields)]


def _leave(_connection: Any, record: Any) -> None:
    record.info[LEFT] = time.monotonic()
