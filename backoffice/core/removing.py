"""Which rows of a selection can be deleted, and deleting them: only those that nothing hangs on."""

from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, literal
from sqlalchemy.orm import Session

from backoffice.core import writing
from backoffice.core.access import condition
from backoffice.core.catalogues import gettext as _
from backoffice.core.each import each
from backoffice.core.holds import Hold, holds
from backoffice.core.links import sides
from backoffice.core.model import Model
from backoffice.core.resource import relations, resource
from backoffice.core.sets import delete_rows
from backoffice.core.survey import CHANGE, RIGHT, Plan, Written

DELETE = "delete"


def plan(user: Any, model: type[Model]) -> Plan:
    """Return what deleting rows of `model` means for `user`: those that others refer to stay."""
    ways = {f"held:{way.key}": way for way in holds(model)}
    steps = [(~condition(user, DELETE, model), literal(RIGHT))]
    steps += [(_referred(model, way), literal(word)) for word, way in ways.items()]
    said = {word: _("%(kind)s refer to it.", kind=_kind(way)) for word, way in ways.items()}
    said[RIGHT] = _("You may not do this with it.")
    bucket: ColumnElement[str] = case(*steps, else_=literal(CHANGE))
    if model.farewells is Model.farewells:
        return Plan(model, bucket, said, lambda session, rows: Written(delete_rows(session, model, rows)))

    def one_by_one(session: Session, rows: Select[Any]) -> Written:
        return each(session, model, rows, lambda row: writing.delete(session, user, row), DELETE)

    return Plan(model, bucket, said, one_by_one, one_by_one=True)


def _kind(way: Hold) -> Any:
    return resource(way.model).plural or way.model.__tablename__


def _referred(model: type[Model], way: Hold) -> ColumnElement[bool]:
    column = way.column if way.column is not None else sides(relations(way.model)[way.name])[1]
    # Of its own, so that a tree's rows are not taken for the very row that is asked about.
    others = column.table.alias()
    return exists().where(others.c[column.name] == model.id)
