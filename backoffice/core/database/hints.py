"""What is written for one database in another way than for others: numbers that stand, and lists of values."""

from typing import Any

from sqlalchemy import JSON, ColumnElement, Integer, TypeDecorator, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


def fixed(number: int) -> ColumnElement[int]:
    """Return a number that stands in a statement itself; PostgreSQL plans a statement without parameters only once."""
    return literal_column(str(number), Integer)


class Collected(FunctionElement[Any]):
    """The values of a column of keys in all rows, as one list."""

    inherit_cache = True
    type = JSON()


@compiles(Collected)
def _in_json(element: Collected, compiler: Any, **options: Any) -> str:
    return f"json_group_array({compiler.process(element.clauses, **options)})"


@compiles(Collected, "postgresql")
def _in_array(element: Collected, compiler: Any, **options: Any) -> str:
    return f"array_agg({compiler.process(element.clauses, **options)})"


class Listed(FunctionElement[Any]):
    """The values of several columns in all rows, as one list of lists in the order of the rows."""

    inherit_cache = True
    type = JSON()


@compiles(Listed)
def _in_lists(element: Listed, compiler: Any, **options: Any) -> str:
    # What is stored as JSON is a text to SQLite, unless it is told.
    parts = (
        f"json({compiler.process(one, **options)})" if _is_json(one.type) else compiler.process(one, **options)
        for one in element.clauses
    )
    return f"json_group_array(json_array({', '.join(parts)}))"


@compiles(Listed, "postgresql")
def _in_lists_too(element: Listed, compiler: Any, **options: Any) -> str:
    return f"json_agg(json_build_array({compiler.process(element.clauses, **options)}))"


def _is_json(kind: Any) -> bool:
    return isinstance(kind.impl if isinstance(kind, TypeDecorator) else kind, JSON)
