"""Values that only one row may have: who has them already, asked for many new rows together."""

from collections.abc import Container, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.core.model import Model
from backoffice.core.resource import columns
from backoffice.core.writing.refusals import already

Problems = dict[str, str]


def unique(model: type[Model]) -> tuple[str, ...]:
    """Return the columns in which no two rows of `model` may be equal."""
    table: Any = model.__table__
    alone = {next(iter(index.columns)) for index in table.indexes if index.unique and len(index.columns) == 1}
    return tuple(name for name, column in columns(model).items() if column.unique or column in alone)


def sift(
    session: Session, model: type[Model], rows: Sequence[Any], moving: Container[int]
) -> tuple[dict[int, Problems], set[int]]:
    """Return which of the new `rows` stored ones stand against, with the words for it, and which repeat earlier ones.

    Both by place. One statement for each unique column. Rows whose keys are among `moving` are about to be changed:
    only the database knows whether they still stand against others.
    """
    refused: dict[int, Problems] = {}
    repeated: set[int] = set()
    for name in unique(model):
        column, values = getattr(model, name), [getattr(row, name) for row in rows]
        wanted = {value for value in values if value is not None}
        found = session.execute(select(column, model.id).where(column.in_(wanted))) if wanted else ()
        held = {value for value, key in found if key not in moving}
        seen: set[Any] = set()
        for at, value in enumerate(values):
            if value in held:
                refused.setdefault(at, already(model, name))
            elif value is not None and value in seen:
                repeated.add(at)
            seen.add(value)
    return refused, repeated - set(refused)
