"""How long the database may take to answer somebody who waits, and that a question which takes longer is given up."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from sqlalchemy import String, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

SECONDS = 3.0  # that one statement may take which finds the rows of a page
STEPS = 10_000  # instructions of SQLite between two looks at the clock
STOPPED = "57014"  # what PostgreSQL calls a statement that was stopped


class TooLong(Exception):  # noqa: N818 - it says what the answer would take
    """The database did not answer in time; it has stopped working on the question."""


@contextmanager
def limited(session: Session, seconds: float) -> Iterator[None]:
    """Stop a statement of this session that takes longer than `seconds`; raises TooLong then.

    After that the transaction, or the savepoint that was begun last, can only be rolled back.
    """
    if _is_sqlite(session):
        with _telling(), _watched(session, seconds):
            yield
        return
    before = session.scalar(text("SHOW statement_timeout"))
    with _telling():
        _set(session, f"{int(seconds * 1000)}ms")
        yield
        _set(session, before)


@contextmanager
def reading(session: Session, seconds: float) -> Iterator[None]:
    """Do what `limited` does where nothing is written: what was read is forgotten before TooLong is raised.

    On PostgreSQL the limit stays up to the end of the transaction, which saves asking for another.
    """
    try:
        with _telling(), _watched(session, seconds) if _is_sqlite(session) else nullcontext():
            if not _is_sqlite(session) and session.info.get(Limit) != (session.get_transaction(), seconds):
                _set(session, f"{int(seconds * 1000)}ms")
            yield
    except TooLong:
        session.rollback()
        raise


class Limit(FunctionElement[str]):
    """Part of the first statement of a transaction: from then on none takes longer than rows of a page may."""

    inherit_cache = True
    type = String()


@compiles(Limit)
def _no_limit(_element: Limit, _compiler: Any, **_options: Any) -> str:
    return "NULL"


@compiles(Limit, "postgresql")
def _limit(_element: Limit, _compiler: Any, **_options: Any) -> str:
    return f"set_config('statement_timeout', '{int(SECONDS * 1000)}ms', true)"


def begin(session: Session) -> None:
    """Note that the first statement of this transaction had the `Limit` in it."""
    session.info[Limit] = (session.get_transaction(), SECONDS)


@contextmanager
def _telling() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        if not _stopped(error):
            raise
        raise TooLong from error


@contextmanager
def _watched(session: Session, seconds: float) -> Iterator[None]:
    ends = time.monotonic() + seconds
    driver: Any = session.connection().connection.driver_connection
    driver.set_progress_handler(lambda: time.monotonic() > ends, STEPS)
    try:
        yield
    finally:
        driver.set_progress_handler(None, 0)


def _set(session: Session, limit: str) -> None:
    session.execute(text("SELECT set_config('statement_timeout', :limit, true)"), {"limit": limit})


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _stopped(error: OperationalError) -> bool:
    if isinstance(error.orig, sqlite3.OperationalError):
        return "interrupted" in str(error.orig)
    return getattr(error.orig, "sqlstate", None) == STOPPED
