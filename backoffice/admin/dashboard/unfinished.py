"""What the acting person began and did not finish, such as drafts: a few of each kind, the latest first."""

from dataclasses import dataclass
from typing import Any

from flask import url_for
from sqlalchemy import select

from backoffice.admin.cells import Cell, Named, cell, words
from backoffice.admin.figures import place
from backoffice.admin.menu import waiting_view
from backoffice.admin.words import plural
from backoffice.core.access import can, condition, may_see
from backoffice.core.model import db
from backoffice.core.resource import resource
from backoffice.core.selection.criteria import Criteria

MOST = 5


@dataclass(frozen=True)
class Begun:
    """One row that waits for its owner: its words, its form, and when it was changed last."""

    words: str
    url: str
    when: Cell


@dataclass(frozen=True)
class Unfinished:
    """Rows of one kind that wait for the acting person, who began them."""

    name: str
    label: Any
    view: Any
    rows: list[Begun]
    url: str


def unfinished(user, models):
    """Return what `user` has still to finish, of those of `models` that say what that is: a statement for each."""
    return [found for model in models if (found := _unfinished(user, model)) and found.rows]


def _unfinished(user, model):
    said = resource(model)
    view = waiting_view(user, model, said.unfinished)
    if view is None or not can(user, "update", model) or not may_see(user, model, said.label):
        return None
    mine = getattr(model, said.owner) == user.id
    meant = condition(user, "update", model) & mine & Criteria(model, view=view[0]).condition(user)
    shown = select(model.id, getattr(model, said.label).label("label"), model.updated_at).where(meant)
    rows = db.session.execute(shown.order_by(model.created_at.desc(), model.id.desc()).limit(MOST))
    begun = [_begun(model, row) for row in rows]
    return Unfinished(model.__tablename__, plural(model), view[1], begun, place(model, view[0]))


def _begun(model, row):
    form = url_for(f"{model.__tablename__}.edit_view", id=row.id)
    return Begun(words(model, Named(row.id, row.label)), form, cell(model, "updated_at", row.updated_at))
