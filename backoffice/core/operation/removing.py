"""Which rows of a selection can be deleted, and deleting them: only those that nothing hangs on which stays."""

from typing import Any

from sqlalchemy import ARRAY, JSON, BigInteger, ColumnElement, Select, and_, any_, case, exists, func, literal, select
from sqlalchemy.orm import Session

from backoffice.core import writing
from backoffice.core.access import condition
from backoffice.core.catalogues import gettext as _
from backoffice.core.history.links import sides
from backoffice.core.history.sets import delete_rows
from backoffice.core.model import Model
from backoffice.core.operation.holds import Hold, holds
from backoffice.core.operation.rowwise import each
from backoffice.core.operation.survey import CHANGE, RIGHT, Plan, Written
from backoffice.core.resource import relations, resource
from backoffice.core.selection import Selection
from backoffice.core.trees import from_below, is_lowest, stopped, ups

DELETE = "delete"
BELOW = "below"
MOST = 100_000  # rows held by what is below them whose keys are kept in mind; more are looked for by each statement


def plan(session: Session, user: Any, selection: Selection) -> Plan:
    """Return what deleting these rows means for `user`: those that others refer to stay.

    Of rows that stand below one another those go that are chosen with all that is below them, the lowest first.
    """
    model = selection.model
    ways = {f"held:{way.key}": way for way in _others(model)}
    steps: list[Any] = [(~condition(user, DELETE, model), literal(RIGHT))]
    steps += [(_referred(model, way), literal(word)) for word, way in ways.items()]
    said = {word: _("%(kind)s refer to it.", kind=_kind(way.model)) for word, way in ways.items()}
    said |= {RIGHT: _("You may not do this with it."), BELOW: _("%(kind)s refer to it.", kind=_kind(model))}
    held = _held_from_below(session, selection.rows(user).where(_free(user, model)), selection)
    steps += [(held, literal(BELOW))] if held is not None else []
    bucket: ColumnElement[str] = case(*steps, else_=literal(CHANGE))
    if model.farewells is Model.farewells:
        return Plan(model, bucket, said, lambda session, rows: Written(delete_rows(session, model, rows)))
    return Plan(model, bucket, said, lambda session, rows: _one_by_one(session, user, model, rows), one_by_one=True)


def lowest(user: Any, model: type[Model]) -> ColumnElement[bool] | None:
    """Return the condition for a row to go before all others, where some have to: nothing refers to it at all."""
    return and_(_free(user, model), is_lowest(model)) if ups(model) else None


def _free(user: Any, model: type[Model]) -> ColumnElement[bool]:
    return and_(condition(user, DELETE, model), *(~_referred(model, way) for way in _others(model)))


def _others(model: type[Model]) -> list[Hold]:
    return [way for way in holds(model) if way.column is None or way.column not in ups(model)]


def _held_from_below(session: Session, going: Select[Any], selection: Selection) -> ColumnElement[bool] | None:
    """Return the condition for a row to be held by one below it that stays, or None where none is."""
    held = stopped(selection.model, going)
    if held is None or selection.keys == ():
        return None
    key, first = selection.model.id, list(session.scalars(held.limit(MOST + 1)))
    sqlite = session.get_bind().dialect.name == "sqlite"
    if not first:
        return None
    if len(first) <= MOST:
        # As one value, of which the database makes a table to look into.
        told = literal(first, JSON) if sqlite else literal(first, ARRAY(BigInteger))
        return key.in_(select(func.json_each(told).table_valued("value").c.value)) if sqlite else key == any_(told)
    # Of a tree PostgreSQL believes it to be ever so large; what it takes for a few keys it reads once.
    return key.in_(held if sqlite else select(func.unnest(func.array(held.scalar_subquery()))))


def _one_by_one(session: Session, user: Any, model: type[Model], rows: Select[Any]) -> Written:
    written = Written()

    def delete(part: Select[Any]) -> int:
        came = each(session, model, part, lambda row: writing.delete(session, user, row), DELETE)
        written.changed += came.changed
        written.refused |= came.refused
        return came.changed

    from_below(session, model, rows, delete)
    return written


def _kind(model: type[Model]) -> Any:
    return resource(model).plural or model.__tablename__


def _referred(model: type[Model], way: Hold) -> ColumnElement[bool]:
    column = way.column if way.column is not None else sides(relations(way.model)[way.name])[1]
    # Of its own, so that a tree's rows are not taken for the very row that is asked about.
    others = column.table.alias()
    return exists().where(others.c[column.name] == model.id)
