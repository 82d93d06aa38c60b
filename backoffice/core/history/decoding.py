"""Values as the history holds them, put back into columns: in Python and in SQL, the reverse of `encoding`."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Date, DateTime, Numeric, case, cast, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import Column

from backoffice.core.types import Strings, UtcDateTime


def decode(column: Column[Any], value: Any) -> Any:
    """Return a value of the history as a row holds it."""
    kind = column.type
    if value is None:
        return None
    if isinstance(kind, UtcDateTime | DateTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    if isinstance(kind, Boolean):
        return bool(value)
    return Decimal(value) if isinstance(kind, Numeric) else value


def sql_value(dialect: str, column: Column[Any], values: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    """Return the SQL expression for the value called `name` of a JSON object, as `column` stores it."""
    if dialect == "sqlite":
        found = func.json_extract(values, f'$."{name}"')
        if isinstance(column.type, UtcDateTime):
            return func.replace(func.replace(found, "T", " "), "+00:00", "")
        return found
    return cast(func.jsonb_extract_path_text(values, name), column.type)


def sql_has(dialect: str, values: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Return the SQL condition for a JSON object to hold something, be it null, called `name`."""
    if dialect == "sqlite":
        return func.json_type(values, f'$."{name}"').is_not(None)
    return func.jsonb_exists(values, name)


def is_object(dialect: str, values: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the SQL condition for a column of JSON to hold an object, which may be empty."""
    kind = func.json_type(values) if dialect == "sqlite" else func.jsonb_typeof(values)
    return func.coalesce(kind, "") == "object"


def same(dialect: str, column: Column[Any], values: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Return the SQL condition for `column` to hold what the JSON object holds under `name`."""
    if isinstance(column.type, Strings) and dialect != "sqlite":
        return cast(column, JSONB).is_not_distinct_from(func.jsonb_extract_path(values, name))
    if isinstance(column.type, Strings):
        return func.json(column).is_not_distinct_from(func.json(func.json_extract(values, f'$."{name}"')))
    return column.is_not_distinct_from(sql_value(dialect, column, values, name))


def chosen(dialect: str, column: Column[Any], values: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    """Return the SQL expression for what `column` is to hold: the value of that name, where there is one."""
    value = sql_value(dialect, column, values, name)
    return case((sql_has(dialect, values, name), value), else_=column)
