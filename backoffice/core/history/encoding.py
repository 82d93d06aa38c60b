"""How a row's values are written as JSON, the same in Python and in SQL."""

import re
from datetime import date, datetime
from decimal import Decimal
from html import unescape
from typing import Any

from sqlalchemy import Boolean, ColumnElement, String, case, cast, event, func, literal
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Engine
from sqlalchemy.schema import Column

from backoffice.core.types import Strings, UtcDateTime

# PostgreSQL takes at most 100 arguments a call, so a wide row is put together from parts.
PART = 40
LONGEST = 400  # characters of a text of which the words are wanted
ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&amp;": "&"}
_TAG = re.compile(r"<[^>]*>?")


def encode(value: Any) -> Any:
    """Return one value of a row as JSON can hold it; moments as ISO 8601 in UTC with microseconds."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def sql_object(dialect: str, values: dict[str, tuple[Column[Any], ColumnElement[Any]]]) -> ColumnElement[Any]:
    """Return an SQL expression for the JSON object of `values`: name → (column, expression)."""
    pairs = [(name, sql_value(dialect, column, value)) for name, (column, value) in values.items()]
    if dialect == "sqlite":
        return func.json_object(*(part for name, value in pairs for part in (literal(name), value)))
    parts = [
        cast(
            func.jsonb_build_object(*(p for name, value in pairs[at : at + PART] for p in (literal(name), value))),
            JSONB,
        )
        for at in range(0, len(pairs), PART)
    ]
    whole: ColumnElement[Any] = parts[0] if parts else cast(func.jsonb_build_object(), JSONB)
    for part in parts[1:]:
        whole = whole.concat(part)
    return whole


def sql_words(dialect: str, value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return an SQL expression for the beginning of a text of HTML as plain words in one line."""
    if dialect == "sqlite":
        return func.plain_words(value)
    words: ColumnElement[Any] = func.regexp_replace(func.left(value, LONGEST), "<[^>]*>?", " ", "g")
    for entity, sign in ENTITIES.items():
        words = func.replace(words, entity, sign)
    return func.btrim(func.regexp_replace(words, "\\s+", " ", "g"))


def _plain(value: str | None) -> str | None:
    if value is None:
        return None
    words = value[:LONGEST]
    if "<" in words or "&" in words:
        words = unescape(_TAG.sub(" ", words))
    words = words.strip()
    # Of all that parts words, only the plain blank can be printed: most texts are in one line already, which is
    # seen in a third of the time that it takes to put them together anew.
    return words if words.isprintable() and "  " not in words else " ".join(words.split())


@event.listens_for(Engine, "connect")
def _teach_sqlite(connection: Any, _record: Any) -> None:
    """SQLite cannot replace patterns; it borrows our words."""
    if hasattr(connection, "create_function"):
        connection.create_function("plain_words", 1, _plain, deterministic=True)


def sql_value(dialect: str, column: Column[Any], value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the SQL expression for a value of this column as JSON can hold it."""
    kind = column.type
    if isinstance(kind, UtcDateTime):
        if dialect == "sqlite":
            return func.replace(cast(value, String), " ", "T").concat("+00:00")
        return func.to_char(func.timezone("UTC", value), 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')
    if dialect != "sqlite":
        return value
    if isinstance(kind, Boolean):
        return func.json(case((value.is_(None), "null"), (value, "true"), else_="false"))
    return func.json(value) if isinstance(kind, Strings) else value
