"""Pictures as files beside the database: named by what they hold, kept as long as a committed row refers to them."""

import hashlib
import logging
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import Any, BinaryIO

from sqlalchemy import Connection, Delete, Engine, Table, event, func, inspect, select, true
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction
from sqlalchemy.schema import Column

from backoffice.core.catalogues import gettext as _
from backoffice.core.files.backends import Storage, storage
from backoffice.core.files.pictures import LARGEST, draw_anew
from backoffice.core.files.renditions import add_small
from backoffice.core.history import Change
from backoffice.core.history.decoding import sql_value
from backoffice.core.model import Model, db, now
from backoffice.core.resource import columns, is_picture, resources

CHANGE: Table = Change.__table__
CHUNK = 500
LOCKS = 7_469_000  # the first half of PostgreSQL's advisory locks on pictures; the second is the name's first byte

log = logging.getLogger(__name__)


@dataclass
class _Doubtful:
    """The files that the transaction of one session may have made needless, or may leave behind."""

    place: Storage
    engine: Engine
    names: set[str] = field(default_factory=set)
    # Those that a committed row showed: the history may bring them back.
    former: set[str] = field(default_factory=set)


def store_picture(stream: BinaryIO, known: str = "") -> str:
    """Store the picture read from `stream` and return its name, 64 hexadecimal digits and an extension.

    It stays if the transaction that is under way commits a row which refers to it. What another site has stored as
    `known` stays as it is, to the byte. Raises ValueError with a sentence for the user: too large (bytes, pixels), no
    picture of a known kind, damaged, no room.
    """
    given = stream.read(LARGEST + 1)
    data, kind = draw_anew(given)
    if known == f"{hashlib.sha256(given).hexdigest()}.{kind}":
        data = given
    name = f"{hashlib.sha256(data).hexdigest()}.{kind}"
    session = db.session()
    _hold(session.connection(), name)
    place = storage()
    try:
        if not place.holds(name, len(data)):
            place.write(name, data)
            add_small(place, name, data)
            _doubt(session, [name])
    except OSError as error:
        log.exception("A picture could not be stored")
        raise ValueError(_("The picture could not be stored just now; please try again later.")) from error
    return name


def open_picture(name: str) -> bytes:
    """Return the bytes of a stored picture; raises FileNotFoundError, also for what cannot be a name."""
    return storage().read(name)


def stray(grace: timedelta) -> list[str]:
    """Return the names of stored files older than `grace` to which no row refers."""
    found = storage().names(now() - grace)
    with db.engine.connect() as connection:
        return sorted(name for chunk in _chunks(found) for name in chunk - _referred(connection, chunk))


def missing() -> list[str]:
    """Return the names that rows refer to although there is no such file."""
    place = storage()
    with db.engine.connect() as connection:
        named = {name for column in _picture_columns() for name in connection.scalars(_names(column))}
    return sorted(name for name in named if not place.holds(name))


def sweep(grace: timedelta) -> int:
    """Remove the files older than `grace` to which no row refers, and unfinished ones; returns how many.

    Those that the history still holds are set aside.
    """
    place, left = storage(), stray(grace)
    with db.engine.connect() as connection:
        former = _remembered(connection) if left else set()
    removed = sum(_settle(place, db.engine, chunk, former) for chunk in _chunks(left))
    return removed + place.drop_drafts(now() - grace) + place.drop_copies_alone() + _forget(place)


def _forget(place: Storage) -> int:
    """Remove the files that were set aside and that not even the history holds any more; returns how many."""
    aside = set(place.names_aside())
    with db.engine.connect() as connection:
        gone = aside - (_remembered(connection) if aside else set())
    for name in gone:
        place.forget(name)
    return len(gone)


def _remembered(connection: Connection) -> set[str]:
    """Return the names of all pictures that the history holds."""
    found: set[str] = set()
    for model in resources().values():
        for name, column in columns(model).items():
            if is_picture(model, name):
                for side in (CHANGE.c.before, CHANGE.c.after):
                    held = sql_value(connection.dialect.name, column, side, name)
                    query = select(held).distinct().where(CHANGE.c.model == model.__tablename__, held.is_not(None))
                    found.update(connection.scalars(query))
    return found


def _settle(place: Storage, engine: Engine, names: Collection[str], former: Collection[str] = ()) -> int:
    """Remove those of the files `names` that no committed row refers to, and no open transaction may yet.

    Those of `former` are set aside instead, for the history to bring back.
    """
    with engine.begin() as connection:
        free = {name for name in names if _take(connection, name)}
        needless = free - _referred(connection, free)
        for name in needless:
            (place.set_aside if name in former else place.remove)(name)
    return len(needless)


def _hold(connection: Connection, name: str) -> None:
    """Keep others from removing the file until this transaction ends.

    On SQLite its lock for writers does so: with it every transaction that may write begins.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock_shared(LOCKS, int(name[:2], 16))))


def _take(connection: Connection, name: str) -> bool:
    """Tell whether nobody holds the file, and let whoever wants to hold it wait until this transaction ends."""
    if connection.dialect.name != "postgresql":
        return True
    # It never waits, so two who settle cannot wait for one another; what is held is left to the next sweep.
    return bool(connection.scalar(select(func.pg_try_advisory_xact_lock(LOCKS, int(name[:2], 16)))))


def _picture_columns() -> Iterator[Column[Any]]:
    for model in resources().values():
        yield from (column for name, column in columns(model).items() if is_picture(model, name))


def _names(column: Column[Any]) -> Any:
    return select(column).where(column.is_not(None), column != "").distinct()


def _referred(connection: Connection, names: Collection[str]) -> set[str]:
    found: set[str] = set()
    for column in _picture_columns() if names else ():
        for chunk in _chunks(names):
            found.update(connection.scalars(_names(column).where(column.in_(chunk))))
    return found


def _chunks(names: Iterable[str]) -> Iterator[set[str]]:
    left = iter(names)
    while chunk := set(islice(left, CHUNK)):
        yield chunk


def _doubt(session: Session, names: Iterable[str], *, former: bool = False) -> None:
    if "pictures" not in session.info:
        session.info["pictures"] = _Doubtful(storage(), session.connection().engine)
    doubtful: _Doubtful = session.info["pictures"]
    found = set(names)
    doubtful.names |= found
    if former:
        doubtful.former |= found


def bring_back(session: Session, name: str) -> bool:
    """Fetch a picture that was set aside, for a row that is to show it again; tells whether it is there.

    It stays if the transaction that is under way commits a row which refers to it.
    """
    _hold(session.connection(), name)
    place = storage()
    if not place.holds(name):
        _doubt(session, [name], former=True)
    return place.bring_back(name)


@event.listens_for(Session, "before_flush")
def _note_replaced(session: Session, _context: Any, _instances: Any) -> None:
    for row in [*session.dirty, *session.deleted]:
        if not isinstance(row, Model):
            continue
        for name in columns(type(row)):
            if is_picture(type(row), name) and (old := _former(session, row, name)):
                _doubt(session, [old], former=True)


@event.listens_for(Session, "do_orm_execute")
def _note_deleted(state: ORMExecuteState) -> None:
    statement, mapper = state.statement, state.bind_mapper
    if mapper is None or not isinstance(statement, Delete) or not issubclass(mapper.class_, Model):
        return
    for name, column in columns(mapper.class_).items():
        if is_picture(mapper.class_, name):
            found = _names(column).where(true() if statement.whereclause is None else statement.whereclause)
            _doubt(state.session, state.session.connection().scalars(found), former=True)


def _former(session: Session, row: Model, name: str) -> str | None:
    """Return the picture that the row is about to let go of, if any."""
    history: Any = inspect(row).attrs[name].history
    if row not in session.deleted and not history.has_changes():
        return None
    if history.deleted and history.deleted[0]:
        return str(history.deleted[0])
    # It was overwritten, or is deleted, without having been loaded.
    table: Table = row.__table__
    stored = select(table.c[columns(type(row))[name].key]).where(table.c.id == inspect(row).identity[0])
    return session.connection().scalar(stored)


@event.listens_for(Session, "after_transaction_end")
def _settle_at_the_end(session: Session, transaction: SessionTransaction) -> None:
    """Remove what nobody refers to now; after a commit and after a rollback the question is the same."""
    if transaction.parent is not None or "pictures" not in session.info:
        return
    doubtful: _Doubtful = session.info.pop("pictures")
    try:
        for chunk in _chunks(doubtful.names):
            _settle(doubtful.place, doubtful.engine, chunk, doubtful.former)
    except (SQLAlchemyError, OSError):
        # The rows are as they should be already; the sweep finds what is left over.
        log.exception("Needless pictures were left behind")
