"""What stands for a change in a few characters: a digest that any later alteration of it would belie."""

import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, case, cast, event, func
from sqlalchemy.engine import Engine

# No value but the last of a text holds it, so that no two changes are written alike.
GAP = "\x1f"
BETWEEN = ("batch", "actor_id", "door", "address", "model", "row_id", "verb", "created_at")
# What final removal takes out of the history; of the rest, nothing is ever altered.
VALUES = ("before", "after", "label")
REDACTED = "redacted"

Columns = Mapping[str, ColumnElement[Any]]


def content(dialect: str, of: Columns) -> ColumnElement[Any]:
    """Return the SQL expression for the digest of a change's values alone; it outlives them."""
    if dialect == "sqlite":
        return func.content_digest(of["before"], of["after"], of["label"])
    values = (func.coalesce(cast(of[name], Text), "null") for name in ("before", "after"))
    return _postgresql(*values, of["label"])


def digest(dialect: str, of: Columns, inner: ColumnElement[Any] | None = None) -> ColumnElement[Any]:
    """Return the SQL expression for the digest of a whole change; `inner` stands for that of its values."""
    if dialect == "sqlite" and inner is None:
        return func.whole_digest(*(of[name] for name in (*BETWEEN, *VALUES)), of["actor"])
    inner = content(dialect, of) if inner is None else inner
    if dialect == "sqlite":
        return func.change_digest(*(of[name] for name in BETWEEN), inner, of["actor"])
    texts: dict[str, ColumnElement[Any]] = {name: func.coalesce(cast(of[name], Text), "") for name in BETWEEN}
    texts["created_at"] = func.to_char(func.timezone("UTC", of["created_at"]), 'YYYY-MM-DD"T"HH24:MI:SS.US')
    return _postgresql(*texts.values(), inner, of["actor"])


def is_redacted(dialect: str, of: Columns) -> ColumnElement[bool]:
    """Return the condition for a change whose values were taken out, and in whose place nothing else stands."""
    kept = _kept(dialect, of)
    left = func.json_object(REDACTED, kept) if dialect == "sqlite" else func.jsonb_build_object(REDACTED, kept)
    alone = func.json(of["after"]) == left if dialect == "sqlite" else of["after"] == left
    nothing = func.coalesce(cast(of["before"], Text), "null") == "null"
    return and_(of["label"] == "", nothing, kept.is_not(None), alone)


def expected(dialect: str, of: Columns) -> ColumnElement[Any]:
    """Return the SQL expression for the digest that a stored change must have; of redacted values one is kept."""
    kept = _kept(dialect, of)
    return digest(dialect, of, case((is_redacted(dialect, of), kept), else_=content(dialect, of)))


def _kept(dialect: str, of: Columns) -> ColumnElement[Any]:
    if dialect == "sqlite":
        return func.json_extract(of["after"], f"$.{REDACTED}")
    return func.jsonb_extract_path_text(of["after"], REDACTED)


def _postgresql(*texts: ColumnElement[Any]) -> ColumnElement[Any]:
    joined: ColumnElement[Any] = cast(texts[0], Text)
    for text in texts[1:]:
        joined = joined.concat(GAP).concat(text)
    return func.encode(func.sha256(func.convert_to(joined, "UTF8")), "hex")


def sha256(*texts: Any) -> str:
    """Return the digest of these texts, in this order."""
    return _digest(GAP.join("" if text is None else str(text) for text in texts))


def _whole(*values: Any) -> str:
    # For each row of a large operation: spelled out, this takes half as long as with a loop over the texts.
    batch, account, door, address, model, row, verb, moment, before, after, label, actor = values
    who = f"{'' if account is None else account}{GAP}{door}{GAP}{'' if address is None else address}"
    what = f"{model}{GAP}{'' if row is None else row}{GAP}{verb}"
    return _digest(f"{batch}{GAP}{who}{GAP}{what}{GAP}{moment}{GAP}{_content(before, after, label)}{GAP}{actor}")


def _content(before: str | None, after: str | None, label: str) -> str:
    return _digest(f"{'null' if before is None else before}{GAP}{'null' if after is None else after}{GAP}{label}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@event.listens_for(Engine, "connect")
def _teach_sqlite(connection: Any, _record: Any) -> None:
    """SQLite has no digest of its own; it borrows ours."""
    if hasattr(connection, "create_function"):
        connection.create_function("content_digest", 3, _content, deterministic=True)
        connection.create_function("whole_digest", len(BETWEEN) + len(VALUES) + 1, _whole, deterministic=True)
        connection.create_function("change_digest", len(BETWEEN) + 2, sha256, deterministic=True)
