"""Connections that wait for their next use: one that has waited for a while is asked whether it still is one."""

import time
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


def _leave(_connection: Any, record: Any) -> None:
    record.info[LEFT] = time.monotonic()
