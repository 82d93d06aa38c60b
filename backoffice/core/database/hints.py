"""What is said to one database in another way than to others, so that it answers soonest."""

import json
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Boolean,
    ColumnElement,
    Dialect,
    Integer,
    String,
    TypeDecorator,
    bindparam,
    literal_column,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class Unindexed(FunctionElement[bool]):
    """A condition on rows that are found by another: SQLite, which keeps no statistics, looks in no index for it."""

    inherit_cache = True
    type = Boolean()


@compiles(Unindexed)
def _plain(element: Unindexed, compiler: Any, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)})"


@compiles(Unindexed, "sqlite")
def _hidden(element: Unindexed, compiler: Any, **options: Any) -> str:
    return f"+({compiler.process(element.clauses, **options)})"


class Walked(FunctionElement[bool]):
    """That a key is among many others, asked while rows are read in their order; PostgreSQL keeps these at hand.

    Else it would look each row up in an index, which takes ten times as long.
    """

    inherit_cache = True
    type = Boolean()


@compiles(Walked)
def _as_it_is(element: Walked, compiler: Any, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)})"


@compiles(Walked, "postgresql")
def _at_hand(element: Walked, compiler: Any, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)}) IS TRUE"


class Sought(FunctionElement[bool]):
    """That a key is among few others, wherever these stand: whoever sorts the rows finds all of them first."""

    inherit_cache = True
    type = Boolean()


@compiles(Sought)
def _in_brackets(element: Sought, compiler: Any, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)})"


class Keys(TypeDecorator[list[int]]):
    """The keys of rows as one parameter, however many they are."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Return what the database takes them as: an array, or the text of one."""
        return dialect.type_descriptor(ARRAY(BigInteger()) if dialect.name == "postgresql" else String())

    def process_bind_param(self, value: list[int] | None, dialect: Dialect) -> Any:
        """Return the keys as they are sent."""
        return value if dialect.name == "postgresql" else json.dumps(value)


class Among(FunctionElement[bool]):
    """A condition on a column of keys: its value is one of those in a parameter."""

    inherit_cache = True
    type = Boolean()


def among(column: Any, name: str, keys: list[int] | None = None) -> ColumnElement[bool]:
    """Return the condition that `column` holds one of the `keys`, or of those in the parameter `name`, a list."""
    return Among(column, bindparam(name, keys, type_=Keys(), required=keys is None))


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


@compiles(Among)
def _listed(element: Among, compiler: Any, **options: Any) -> str:
    column, keys = (compiler.process(one, **options) for one in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({keys}))"  # noqa: S608 - a column and a parameter


@compiles(Among, "postgresql")
def _any(element: Among, compiler: Any, **options: Any) -> str:
    column, keys = (compiler.process(one, **options) for one in element.clauses)
    return f"{column} = ANY({keys})"
