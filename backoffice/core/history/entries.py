"""How changes are written down: by one INSERT, however many, each with the digest that stands for it."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    Insert,
    Select,
    String,
    Table,
    bindparam,
    column,
    func,
    insert,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB

from backoffice.core.history.digests import digest

Json = JSON().with_variant(JSONB(), "postgresql")
ENTRY = "entry"
# What all changes of one moment have in common, and what each has of its own.
SHARED = ("batch", "actor_id", "actor", "door", "address", "created_at", "updated_at", "version")
OWN: dict[str, Any] = {
    "model": String,
    "row_id": BigInteger,
    "label": String,
    "verb": String,
    "before": Json,
    "after": Json,
}


@cache
def sent_together(table: Table, dialect: str) -> Insert:
    """Return the INSERT that takes what is shared as parameters of their names, and the rest as a list, `entries`."""
    shared: dict[str, Any] = {name: bindparam(name, type_=table.c[name].type) for name in SHARED}
    chosen = select(*(value.label(name) for name, value in shared.items()), *_entries(dialect))
    return written(table, dialect, chosen)


def written(table: Table, dialect: str, chosen: Select[Any]) -> Insert:
    """Return the INSERT of `chosen`, a SELECT of all that a change holds but its key and its digest."""
    if dialect == "sqlite":
        # Merged into what is around it, each value would be computed twice: to be stored, and for the digest.
        chosen = chosen.limit(-1)
    shown, digested = _told(table, dialect, tuple(chosen.selected_columns.keys()))
    whole = select(*shown.values(), digested).select_from(chosen.subquery(ENTRY))
    return insert(table).from_select([*shown, "digest"], whole)


@cache
def _told(table: Table, dialect: str, names: tuple[str, ...]) -> tuple[dict[str, Any], ColumnElement[Any]]:
    """Return the columns of these names as the INSERT finds them, and their digest: the same for each of its kind."""
    shown = {name: literal_column(f'{ENTRY}."{name}"', table.c[name].type) for name in names}
    return shown, digest(dialect, shown).label("digest")


def _entries(dialect: str) -> Iterable[Any]:
    if dialect == "sqlite":
        value = func.json_each(bindparam("entries", type_=JSON)).table_valued("value", name="sent").c.value
        return (func.json_extract(value, f"$.{name}").label(name) for name in OWN)
    sent = func.jsonb_to_recordset(bindparam("entries", type_=Json))
    own = (column(name, JSONB if kind is Json else kind) for name, kind in OWN.items())
    return tuple(sent.table_valued(*own).render_derived(name="sent", with_types=True).c)
