"""What a person sees first: what waits, what is theirs to finish, how it went lately, and what was done."""

from dataclasses import dataclass
from typing import Any

from flask import jsonify, url_for
from flask_admin import AdminIndexView, expose

from backoffice.admin import menu, palette
from backoffice.admin.cells import Cell, cell, opened, plain
from backoffice.admin.dashboard import standing, trends, unfinished, unsaved
from backoffice.admin.figures import Figure, figures
from backoffice.admin.page import Page, wants_json
from backoffice.admin.words import NOTHING, named_views, permitted, plural, singular
from backoffice.core.access import can, visible
from backoffice.core.catalogues import gettext as _
from backoffice.core.history import Change
from backoffice.core.history.deeds import deed
from backoffice.core.model import db
from backoffice.core.resource import columns, resource, resources
from backoffice.core.types import Html

LATEST = 8
MOST = 1000  # rows that are counted in each view; beyond that it says that there are more


@dataclass(frozen=True)
class Card:
    """What the dashboard says of one resource."""

    name: str
    icon: str
    total: Figure
    views: tuple[Figure, ...]
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
    """The first page of the panel, and the search over all of it."""

    def admits(self, name):
        """Let everybody see the first page, and search who has something to find."""
        return name != "find" or bool(menu.readable(self.user))

    @expose("/")
    def index(self):
        """Show the dashboard."""
        models = menu.readable(self.user)
        return self.render(
            "admin/index.html",
            roles=[role.name for role in getattr(self.user, "roles", ())],
            waits=_waits(self.user, models),
            unsaved=unsaved.unsaved(self.user),
            unfinished=unfinished.unfinished(self.user, models),
            trends=trends.trends(self.user, models),
            cards=_cards(self.user, models),
            standing=standing.standing(self.user),
            changes=_latest(self.user),
        )

    @expose("/find/")
    def find(self):
        """Show what the words in the address lead to: as a page, or to a script as JSON."""
        text = palette.asked()
        groups = palette.found(self.user, text)
        if wants_json():
            return jsonify(palette.told(groups))
        return self.render("admin/find.html", title=_("Search"), text=text, groups=groups)


def _waits(user, models):
    return [(resource(model).icon, plural(model), found) for model, found in menu.waiting(user, models).items()]


def _cards(user, models):
    asked = [(model, [("", plural(model)), *named_views(user, model)]) for model in models]
    found = iter(figures(user, [(model, *view) for model, views in asked for view in views], MOST))
    return [_card(user, model, [next(found) for _view in views]) for model, views in asked]


def _card(user, model, numbers):
    total, *of_views = numbers
    return Card(
        name=model.__tablename__,
        icon=resource(model).icon,
        total=total,
        views=tuple(of_views),
        permitted=tuple(str(one) for one in permitted(user, model)),
        create=url_for(f"{model.__tablename__}.create_view") if can(user, "create", model) else "",
        singular=singular(model),
    )


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
    return Entry(when, change.actor or NOTHING, deed(change.verb), kind, what, opened(Change, change.id))
