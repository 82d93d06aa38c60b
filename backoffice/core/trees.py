"""Which rows of a kind stand below one another, and work that has to begin with the lowest."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, true
from sqlalchemy.orm import Session
from sqlalchemy.schema import Column

from backoffice.core.model import Model


def ups(model: type[Model]) -> tuple[Column[Any], ...]:
    """Return the columns by which a row names the one it stands below, but for those with which it goes by itself."""
    table: Any = model.__table__
    return tuple(
        column
        for column in table.columns
        if any(key.column.table is table and key.ondelete != "CASCADE" for key in column.foreign_keys)
    )


def is_lowest(model: type[Model]) -> ColumnElement[bool]:
    """Return the condition for a row to have nothing of its own kind below it."""
    child = model.__table__.alias("below")
    return and_(true(), *(~exists().where(child.c[up.key] == model.id) for up in ups(model)))


def from_below(session: Session, model: type[Model], rows: Select[Any], work: Callable[[Select[Any]], int]) -> int:
    """Do work that takes rows away with `rows` (a SELECT of ids), each after all that stand below it.

    A round for each level, and one with whatever is left: with all of them, where rows do not stand in a tree. The
    history then tells of the lowest first, so that taking it back in parts, the latest first, begins with the highest.
    """
    done = 0
    while ups(model) and session.scalar(_narrowed(model, rows, ~is_lowest(model)).limit(1)) is not None:
        gone = work(_narrowed(model, rows, is_lowest(model)))
        if not gone:
            break
        done += gone
    return done + work(rows)


def stopped(model: type[Model], going: Select[Any]) -> Select[Any] | None:
    """Return a SELECT of the ids of those of `going` that cannot go, for the sake of what stands below them.

    `going` is a SELECT of the ids of rows that could go for their own part, on `model` itself. One row that does not
    go holds those above it, up to the root. None where rows do not stand in a tree.
    """
    if not ups(model):
        return None
    child, parent = model.__table__.alias("below"), model.__table__.alias("above")
    goes_too = going.where(model.id == child.c.id).correlate(child).exists()
    stays = exists().where(or_(*(child.c[up.key] == model.id for up in ups(model))), ~goes_too)
    found = going.where(stays.correlate(model.__table__)).cte("stopped", recursive=True)
    # Looked up one by one: how many there will be, no database can tell beforehand.
    higher = [
        select(select(parent.c[up.key]).where(parent.c.id == found.c.id).correlate(found).scalar_subquery())
        .select_from(found)
        .where(found.c.id.is_not(None))
        for up in ups(model)
    ]
    whole = found.union(*higher)
    return select(whole.c.id).where(whole.c.id.is_not(None))


def _narrowed(model: type[Model], rows: Select[Any], condition: ColumnElement[bool]) -> Select[Any]:
    # Where it is asked of the very rows that are written, PostgreSQL asks it again of those it had to wait for.
    if rows.get_final_froms() == [model.__table__]:
        return rows.where(condition)
    return select(model.id).where(model.id.in_(rows), condition)
