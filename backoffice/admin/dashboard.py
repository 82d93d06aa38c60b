"""What a person sees first: what waits, what they may do, and what was done lately."""

from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_admin import AdminIndexView, expose
from sqlalchemy import select

from backoffice.admin import menu
from backoffice.admin.cells import Cell, cell, opened, plain
from backoffice.admin.page import Page
from backoffice.admin.paging import told
from backoffice.admin.parameters import address
from backoffice.admin.words import NOTHING, named_views, permitted, plural, singular
from backoffice.core import criteria
from backoffice.core.access import can, condition, visible
from backoffice.core.counting import counts
from backoffice.core.history import Change
from backoffice.core.model import db
from backoffice.core.resource import columns, resource, resources
from backoffice.core.types import Html

LATEST = 10


@dataclass(frozen=True)
class Count:
    """How many rows there are in a view, and where they are shown."""

    label: Any
    number: str
    url: str


@dataclass(frozen=True)
class Card:
    """What the dashboard says of one resource."""

    name: str
    label: Any
    total: str
    url: str
    counts: tuple[Count, ...]
    permitted: tuple[str, ...]
    create: str
    singular: Any


@dataclass(frozen=True)
class Entry:
    """One line of what was done lately."""

    when: Cell
    who: str
    verb: str
    kind: Any
    what: str
    url: str


class Dashboard(Page, AdminIndexView):
    """The first page of the panel."""

    @expose("/")
    def index(self):
        """Show the dashboard."""
        return self.render(
            "admin/index.html",
            roles=[role.name for role in getattr(self.user, "roles", ())],
            cards=[_card(self.user, model) for model in menu.readable(self.user)],
            changes=_latest(self.user),
        )


def _card(user, model):
    path = url_for(f"{model.__tablename__}.index_view")
    offered = named_views(user, model)
    total, *numbers = _numbers(user, model, offered)
    counts = [
        Count(label, number, address(path, [("view", word)]))
        for (word, label), number in zip(offered, numbers, strict=True)
    ]
    create = url_for(f"{model.__tablename__}.create_view") if can(user, "create", model) else ""
    words = tuple(str(one) for one in permitted(user, model))
    return Card(
        name=model.__tablename__,
        label=plural(model),
        total=total,
        url=path,
        counts=tuple(counts),
        permitted=words,
        create=create,
        singular=singular(model),
    )


def _numbers(user, model, offered):
    """Return in words how many rows `user` may read, in all and in each view."""
    readable = condition(user, "read", model)
    conditions = [readable]
    conditions += [readable & criteria.Criteria(model, view=word).condition(user) for word, _label in offered]
    return [told(number) for number in counts(db.session(), [select(model.id).where(one) for one in conditions])]


def _latest(user):
    """Return the last changes, where `user` may read the history."""
    if not can(user, "read", Change):
        return []
    found = visible(user, "read", Change).order_by(Change.id.desc()).limit(LATEST)
    return [_entry(change) for change in db.session.scalars(found)]


def _entry(change):
    model = resources().get(change.model)
    kind = singular(model) if model else change.model
    markup = model is not None and isinstance(columns(model)[resource(model).label].type, Html)
    what = plain(change.label, markup=markup) or (f"#{change.row_id}" if change.row_id else NOTHING)
    when = cell(Change, "created_at", change.created_at)
    return Entry(when, change.actor or NOTHING, change.verb, kind, what, opened(Change, change.id))
