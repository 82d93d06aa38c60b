"""Every write is recorded where it happens: who, when, through which door, before and after."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Delete, Index, Insert, String, Update, event, inspect
from sqlalchemy.orm import Mapped, ORMExecuteState, Session, mapped_column

from backoffice.core.catalogues import lazy_gettext as _
from backoffice.core.history import deeds
from backoffice.core.history.actors import Actor, acting, actor, begin_acting, done, end_acting, mark
from backoffice.core.history.encoding import encode
from backoffice.core.history.entries import Json, sent_together
from backoffice.core.model import Model, now
from backoffice.core.resource import Resource, columns, key_of, relations, row_label
from backoffice.core.types import Invalid, Key

# Who acts is asked for beside what they did: both names come from here.
__all__ = [
    "Actor",
    "Change",
    "Json",
    "Unrecorded",
    "acting",
    "actor",
    "begin_acting",
    "done",
    "end_acting",
    "note",
    "note_created",
    "note_many",
    "who",
]

# Written by the database layer at every write; they say nothing that the change itself does not say.
SILENT = frozenset({"updated_at", "version"})


class Change(Model):
    """One row was created, changed or deleted, or something happened that is worth keeping (a sign-in)."""

    batch: Mapped[str] = mapped_column(String(36), index=True, info={"label": _("Batch")})
    actor_id: Mapped[int | None] = mapped_column(Key, info={"label": _("Account")})
    actor: Mapped[str] = mapped_column(String(120), default="", info={"label": _("Who")})
    door: Mapped[str] = mapped_column(String(20), info={"label": _("Via"), **deeds.OF_DOORS})
    address: Mapped[str | None] = mapped_column(String(45), info={"label": _("IP address")})
    model: Mapped[str] = mapped_column(String(60), info={"label": _("Kind"), **deeds.OF_KINDS})
    row_id: Mapped[int | None] = mapped_column(Key, info={"label": _("Row")})
    label: Mapped[str] = mapped_column(String(200), default="", info={"label": _("What")})
    verb: Mapped[str] = mapped_column(String(60), info={"label": _("Action"), **deeds.OF_DEEDS})
    before: Mapped[dict[str, Any] | None] = mapped_column(Json, info={"label": _("Before")})
    after: Mapped[dict[str, Any] | None] = mapped_column(Json, info={"label": _("After")})
    digest: Mapped[str] = mapped_column(String(64), info={"label": _("Digest")})

    __table_args__ = (
        # Each holds the history in the grid's own order; who did what to what is told from the index alone.
        *(Index(f"ix_change_{one}_created_at", one, "created_at", "id", **said) for one, said in deeds.INDEXED.items()),
        Index("ix_change_row_id_model", "row_id", "model"),
    )

    resource = Resource(
        menu=_("System"),
        place=230,
        icon="clock",
        name=deeds.ENTRY,
        plural=_("History"),
        label="label",
        columns=("created_at", "actor", "verb", "model", "label", "door"),
        filters=("created_at", "actor_id", "verb", "model", "door", "row_id", "batch"),
        order="-created_at",
        verbs=("read", "export", "redact"),
        # What was written holds columns that ask for rights of their own: whoever reads that reads all of them.
        fields=dict.fromkeys(("address", "before", "after", "digest"), "trace"),
    )


def note(session: Session, verb: str, row: Model | None = None, **after: Any) -> None:
    """Record something that changed no column (a sign-in, an export), in the current transaction.

    `after` must hold no secret; its values must be JSON.
    """
    name = row.__tablename__ if row is not None else after.pop("model", "")
    label = row_label(row) if row is not None else str(after.get("label", ""))[:200]
    entry = {"model": name, "row_id": getattr(row, "id", None), "verb": verb, "label": label}
    note_many(session, [{**entry, "before": None, "after": after}])


def note_many(session: Session, entries: Iterable[Mapping[str, Any]]) -> None:
    """Record changes of many rows by one statement; who, when, door and batch are those of the acting user.

    Each entry holds "model", "row_id", "label" (at most 200 characters), "verb", "before" and "after", the values as
    `encoding.encode` writes them; no secrets. For writers of rows that no listener sees, and for the listener itself.
    """
    rows = list(entries)
    if rows:
        dialect = session.get_bind().dialect.name
        statement = sent_together(Change.__table__, dialect)
        session.execute(statement, {**who(), "entries": rows}, execution_options={"recorded": True})
        mark(session)


def who() -> dict[str, Any]:
    """Return the columns of a Change that say who and when, for writers of set-based history."""
    one, moment = actor(), now()
    name = row_label(one.user)[:120] if isinstance(one.user, Model) else ""
    told = {"actor_id": one.user_id, "actor": name, "door": one.door, "address": one.address, "batch": one.batch}
    return told | {"created_at": moment, "updated_at": moment, "version": 1}


@dataclass
class _Pending:
    """One row on its way into the history: known before the flush, written after it."""

    row: Model
    verb: str
    before: dict[str, Any] | None
    relations: dict[str, tuple[list[Any], list[Any]]]
    changed: tuple[str, ...] = ()


@event.listens_for(Session, "before_flush")
def _collect(session: Session, _context: Any, _instances: Any) -> None:
    written = [row for row in session.dirty if isinstance(row, Model) and session.is_modified(row)]
    new = [row for row in session.new if isinstance(row, Model)]
    gone = [row for row in session.deleted if isinstance(row, Model)]
    for row in new + written:
        _refuse(row.problems())
    for row in gone:
        _refuse(row.farewells())
    pending = [_created(row) for row in new if not isinstance(row, Change)]
    pending += [one for one in map(_changed, written) if one]
    pending += [_Pending(row, "delete", _whole(row), _linked(row, load=True)) for row in gone]
    session.info.setdefault("changes", []).extend(pending)


def _refuse(problems: Iterable[Invalid]) -> None:
    for invalid in problems:
        raise invalid


def _created(row: Model) -> _Pending:
    return _Pending(row, "create", None, _linked(row), tuple(columns(type(row))))


def _changed(row: Model) -> _Pending | None:
    state: Any = inspect(row)
    before: dict[str, Any] = {}
    for name in columns(type(row)):
        history = state.attrs[name].history
        if name in SILENT or not history.has_changes():
            continue
        old = encode(history.deleted[0] if history.deleted else _stored(row, name))
        if old != encode(state.dict.get(name)):
            before[name] = old
    before |= {name: old for name, old in _renamed(row) if name not in before}
    linked = {name: (old, new) for name, (old, new) in _linked(row).items() if old != new}
    if linked and not before:
        row.updated_at = now()  # a new tag is a new version of its post, too
    return _Pending(row, "update", before, linked, tuple(before)) if before or linked else None


def _renamed(row: Model) -> Iterator[tuple[str, Any]]:
    """Yield the keys of relations to one row that name another one now: the flush itself fills them in later."""
    state: Any = inspect(row)
    for name, relation in relations(type(row)).items():
        if relation.secondary is not None or not (told := state.attrs[name].history).has_changes():
            continue
        key = key_of(type(row), name)
        old = state.dict[key] if key in state.dict else _stored(row, key)
        new = told.added[0] if told.added else None
        if new is None or new.id is None or new.id != old:
            yield key, encode(old)


def _stored(row: Model, name: str) -> Any:
    """Return what the database holds for a column that was overwritten before it was loaded."""
    state: Any = inspect(row)
    session = state.session
    if session is None or not state.identity:
        return None
    table = row.__table__
    with session.no_autoflush:
        found = session.connection().execute(table.select().where(table.c.id == state.identity[0])).mappings().first()
    return found[columns(type(row))[name].key] if found else None


def _linked(row: Model, *, load: bool = False) -> dict[str, tuple[list[Any], list[Any]]]:
    """Return the rows that each many-to-many relation named and names now; unless `load`, of those in memory."""
    found = {}
    for name, relation in relations(type(row)).items():
        if relation.secondary is None:
            continue
        state: Any = inspect(row).attrs[name]
        past = state.load_history() if load else state.history
        kept = list(past.unchanged or ())
        found[name] = (kept + list(past.deleted or ()), kept + list(past.added or ()))
    return found


def _whole(row: Model) -> dict[str, Any]:
    return {name: encode(getattr(row, name)) for name in columns(type(row)) if name not in SILENT}


def _ids(rows: list[Any]) -> list[int]:
    return sorted(row.id for row in rows)


@event.listens_for(Session, "after_flush")
def _record(session: Session, _context: Any) -> None:
    pending = session.info.pop("changes", [])
    note_many(session, [_entry(one) for one in pending])


def note_created(session: Session, rows: Iterable[Model]) -> None:
    """Record that `rows` were created, which were written without a flush; they hold what is stored."""
    note_many(session, [_entry(_created(row)) for row in rows])


def _entry(one: _Pending) -> dict[str, Any]:
    before, after = dict(one.before or {}), {}
    for name, (old, new) in one.relations.items():
        before[name], after[name] = _ids(old), _ids(new)
    state: Any = inspect(one.row)
    after |= {name: encode(state.dict.get(name)) for name in one.changed if name not in SILENT}
    return {
        "model": one.row.__tablename__,
        "row_id": one.row.id,
        "label": row_label(one.row),
        "verb": actor().verb or one.verb,
        "before": None if one.verb == "create" else before,
        "after": None if one.verb == "delete" else after,
    }


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, _previous: Any) -> None:
    session.info.pop("changes", None)


class Unrecorded(RuntimeError):  # noqa: N818 - it names what was tried
    """A bulk INSERT, UPDATE or DELETE that the history would not see; use `core.history.sets` instead."""


@event.listens_for(Session, "do_orm_execute")
def _refuse_unrecorded(state: ORMExecuteState) -> None:
    statement = state.statement
    if not isinstance(statement, Insert | Update | Delete) or state.execution_options.get("recorded"):
        return
    raise Unrecorded(str(statement.table))
