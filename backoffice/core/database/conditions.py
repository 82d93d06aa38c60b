"""Conditions on rows that one database is told in another way than others, so that it answers soonest."""

from collections.abc import Iterable
from typing import Any, Self

from sqlalchemy import JSON, BigInteger, Boolean, ColumnElement, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

KEYS = JSON().with_variant(ARRAY(BigInteger), "postgresql")


class Condition(FunctionElement[bool]):
    """What is true or false of a row, and is compared with nothing.

    SQLite knows no truth, so SQLAlchemy would compare it with 1, and no index is looked into for that.
    """

    inherit_cache = True
    type = Boolean()

    def self_group(self, against: Any = None) -> Self:  # noqa: ARG002 - the signature is SQLAlchemy's
        """Return the condition as it is: each brings the brackets that it needs."""
        return self


@compiles(Condition)
def _in_brackets(element: Condition, compiler: Any, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)})"


class Unindexed(Condition):
    """A condition on rows that are found by another: SQLite, which keeps no statistics, looks in no index for it."""

    inherit_cache = True


@compiles(Unindexed, "sqlite")
def _hidden(element: Unindexed, compiler: Any, **options: Any) -> str:
    return f"+({compiler.process(element.clauses, **options)})"


class Walked(Condition):
    """That a key is among many others, asked while rows are read in their order; PostgreSQL keeps these at hand.

    Else it would look each row up in an index, which takes ten times as long.
    """

    inherit_cache = True


@compiles(Walked, "postgresql")
def _at_hand(element: Walked, compiler: Any, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)}) IS TRUE"


class Sought(Condition):
    """That a key is among few others, wherever these stand: whoever sorts the rows finds all of them first."""

    inherit_cache = True


class Among(Condition):
    """That a column holds one of the keys of a list."""

    inherit_cache = True


def among(column: Any, keys: Iterable[int] | None = None, name: str | None = None) -> ColumnElement[bool]:
    """Return the condition that `column` holds one of `keys`, or of those in the parameter `name`, a list.

    With a parameter for each key, to write the statement takes longer than to do what it says.
    """
    given = None if keys is None else list(keys)
    return Among(column, bindparam(name, given, type_=KEYS, unique=name is None, required=given is None))


@compiles(Among)
def _in_a_list(element: Among, compiler: Any, **options: Any) -> str:
    column, keys = (compiler.process(one, **options) for one in element.clauses)
    return f"({column} IN (SELECT value FROM json_each({keys})))"  # noqa: S608 - two expressions of its own


@compiles(Among, "postgresql")
def _in_an_array(element: Among, compiler: Any, **options: Any) -> str:
    column, keys = (compiler.process(one, **options) for one in element.clauses)
    return f"({column} = ANY ({keys}))"
