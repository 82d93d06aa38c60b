"""One value of one change taken back, as if somebody had typed the old one: under the same rights and rules."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.core import writing
from backoffice.core.access import NotFound, fetch
from backoffice.core.catalogues import gettext as _
from backoffice.core.history import Change
from backoffice.core.history.decoding import decode
from backoffice.core.history.encoding import encode
from backoffice.core.resource import columns, relation_of, relations, resources
from backoffice.core.writing.refusals import Refusal


def take_back(session: Session, user: Any, change: Change, name: str) -> Any:
    """Give the row the value of `name` that it had before `change`; returns the row, flushed but not committed.

    Raises NotFound where there is no such row for the user, or no such value in the change; Refusal where the value
    was changed since, or may not be set.
    """
    model = resources().get(change.model)
    if model is None or not change.before or not change.after or name not in change.before:
        raise NotFound(name)
    row = fetch(session, user, "update", model, change.row_id)
    if _now(row, name) != change.after.get(name):
        raise Refusal({name: _("It was changed since.")})
    field, value = _before(session, model, name, change.before[name])
    return writing.update(session, user, row, {field: value})


def _now(row: Any, name: str) -> Any:
    if name in columns(type(row)):
        return encode(getattr(row, name))
    return sorted(one.id for one in getattr(row, name))


def _before(session: Session, model: Any, name: str, held: Any) -> tuple[str, Any]:
    """Return the field of a form that holds `name`, and its value as forms set it."""
    relation = relation_of(model, name) if name in columns(model) else name
    if not relation:
        return name, decode(columns(model)[name], held)
    target = relations(model)[relation].mapper.class_
    keys = held if isinstance(held, list) else [] if held is None else [held]
    found = list(session.scalars(select(target).where(target.id.in_(keys)).order_by(target.id)))
    if len(found) < len(keys):
        raise Refusal({name: _("What it named is gone.")})
    return relation, found if isinstance(held, list) else next(iter(found), None)
