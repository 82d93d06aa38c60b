"""Rows named by their keys: one parameter and one statement, however many keys there are."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, ColumnElement, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

KEYS = JSON().with_variant(ARRAY(BigInteger), "postgresql")


class Among(FunctionElement[bool]):
    """The condition for a column to hold one of the keys of a list."""

    name = "among"
    type = Boolean()
    inherit_cache = True


def among(column: Any, keys: Iterable[int]) -> ColumnElement[bool]:
    """Return the condition for `column` to hold one of `keys`.

    With a parameter for each key, to write the statement takes longer than to do what it says.
    """
    return Among(column, bindparam(None, list(keys), type_=KEYS, unique=True))


@compiles(Among)
def _in_a_list(element: Among, compiler: SQLCompiler, **options: Any) -> str:
    column, keys = (compiler.process(one, **options) for one in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({keys}))"  # noqa: S608 - two expressions of its own


@compiles(Among, "postgresql")
def _in_an_array(element: Among, compiler: SQLCompiler, **options: Any) -> str:
    column, keys = (compiler.process(one, **options) for one in element.clauses)
    return f"{column} = ANY ({keys})"
