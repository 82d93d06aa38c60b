"""What a database's planner is told beside the question, where it cannot know better."""

from typing import Any

from sqlalchemy import Boolean
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
