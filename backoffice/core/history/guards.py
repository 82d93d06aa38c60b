"""The history is append-only: the database itself refuses what would alter it, but for three narrow doors."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from sqlalchemy import event, inspect, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from backoffice.core.history.digests import BETWEEN
from backoffice.core.model import Base

# What may be done to what is written: its values taken out, a seal linked to the one before, or the oldest removed.
REDACT, SEAL, PRUNE = DOORS = ("redact", "seal", "prune")
LASTING = {
    "change": ("id", *BETWEEN, "actor", "digest"),
    "seal": ("id", "batch", "first_id", "last_id", "count", "digest"),
}
ALTER = {"change": REDACT, "seal": SEAL}
REFUSAL = "The history is append-only."
_open: ContextVar[str] = ContextVar("history_door", default="")


@contextmanager
def door(session: Session, name: str) -> Iterator[None]:
    """Let this transaction do one kind of alteration inside; who opens a door records it in the history."""
    if name not in DOORS:
        raise ValueError(f"There is no door called {name}.")
    token = _open.set(name)
    _tell(session, name)
    try:
        yield
    finally:
        _open.reset(token)
        # In a transaction that failed nothing can be said any more, and with it the door closes by itself.
        with suppress(DBAPIError):
            _tell(session, "")


def _tell(session: Session, name: str) -> None:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT set_config('backoffice.history', :name, true)"), {"name": name})


def install(connection: Connection) -> None:
    """Make the triggers, if what they guard is there; those that are there already are made anew."""
    seen = inspect(connection)
    if not seen.has_table("seal") or "digest" not in {one["name"] for one in seen.get_columns("change")}:
        return
    detach(connection)
    made = _postgresql() if connection.dialect.name == "postgresql" else _sqlite()
    for statement in made:
        connection.exec_driver_sql(statement)


def detach(connection: Connection) -> None:
    """Take the triggers off, so that a migration can change the tables under them."""
    if connection.dialect.name == "postgresql":
        for name in ("history_guard", "history_piece"):
            connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {name}() CASCADE")
        return
    for name in _there(connection):
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')


def missing(connection: Connection) -> list[str]:
    """Return the names of the triggers that should be there and are not, are switched off, or do something else."""
    return sorted((set(_names(connection.dialect.name)) - _there(connection)) | _altered(connection))


def _altered(connection: Connection) -> set[str]:
    """Return the names of what is there and does not do what it was made for."""
    if connection.dialect.name == "postgresql":
        told = connection.execute(text("SELECT proname, prosrc FROM pg_proc WHERE proname LIKE 'history\\_%'"))
        made = {sql.split()[2].removesuffix("()"): sql.split("$")[2] for sql in _postgresql() if "FUNCTION" in sql[:40]}
    else:
        told = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
        made = {sql.split()[2]: sql for sql in _sqlite()}
    return {name for name, sql in told if name in made and sql.split() != made[name].split()}


def _there(connection: Connection) -> set[str]:
    if connection.dialect.name == "postgresql":
        asked = "SELECT tgname FROM pg_trigger WHERE tgname LIKE 'history\\_%' AND tgenabled IN ('O', 'A')"
    else:
        asked = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'history\\_%' ESCAPE '\\'"
    return set(connection.scalars(text(asked)))


def _names(dialect: str) -> list[str]:
    own = ("lasting", "update", "delete", *(("truncate",) if dialect == "postgresql" else ()))
    found = [f"history_{table}_{word}" for table in LASTING for word in own]
    return [*found, "history_seal_once", *(["history_change_insert"] if dialect == "postgresql" else [])]


def _postgresql() -> Iterator[str]:
    yield f"""
    CREATE FUNCTION history_guard() RETURNS trigger LANGUAGE plpgsql AS $guard$
    BEGIN
        IF current_setting('backoffice.history', true) IS NOT DISTINCT FROM TG_ARGV[0] THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation';
    END
    $guard$"""
    # What one statement wrote is sealed in its own transaction; the seals are linked later, see `core.history.seals`.
    yield """
    CREATE FUNCTION history_piece() RETURNS trigger LANGUAGE plpgsql AS $piece$
    BEGIN
        INSERT INTO seal (batch, first_id, last_id, count, digest)
        SELECT batch, min(id), max(id), count(*),
               encode(sha256(convert_to(string_agg(digest, '' ORDER BY id), 'UTF8')), 'hex')
        FROM fresh GROUP BY batch ORDER BY min(id);
        RETURN NULL;
    END
    $piece$"""
    for table, names in LASTING.items():
        for word, when, name in (
            ("lasting", f"UPDATE OF {', '.join(names)}", "nobody"),
            ("update", "UPDATE", ALTER[table]),
            ("delete", "DELETE", PRUNE),
            ("truncate", "TRUNCATE", PRUNE),
        ):
            run = f"FOR EACH STATEMENT EXECUTE FUNCTION history_guard('{name}')"
            yield f"CREATE TRIGGER history_{table}_{word} BEFORE {when} ON {table} {run}"
    once = "FOR EACH ROW WHEN (OLD.number IS NOT NULL) EXECUTE FUNCTION history_guard('nobody')"
    yield f"CREATE TRIGGER history_seal_once BEFORE UPDATE ON seal {once}"
    fresh = "REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION history_piece()"
    yield f"CREATE TRIGGER history_change_insert AFTER INSERT ON change {fresh}"


def _sqlite() -> Iterator[str]:
    no = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    for table, names in LASTING.items():
        yield f"CREATE TRIGGER history_{table}_lasting BEFORE UPDATE OF {', '.join(names)} ON {table} {no}"
        for word, name in (("update", ALTER[table]), ("delete", PRUNE)):
            when = f"BEFORE {word.upper()} ON {table} WHEN history_door() IS NOT '{name}'"
            yield f"CREATE TRIGGER history_{table}_{word} {when} {no}"
    yield f"CREATE TRIGGER history_seal_once BEFORE UPDATE ON seal WHEN OLD.number IS NOT NULL {no}"


@event.listens_for(Engine, "connect")
def _teach_sqlite(connection: Any, _record: Any) -> None:
    """Let SQLite's triggers ask which door is open."""
    if hasattr(connection, "create_function"):
        connection.create_function("history_door", 0, _open.get)


@event.listens_for(Base.metadata, "after_create")
def _make(_target: Any, connection: Connection, **_rest: Any) -> None:
    install(connection)


@event.listens_for(Base.metadata, "before_drop")
def _remove(_target: Any, connection: Connection, **_rest: Any) -> None:
    detach(connection)
