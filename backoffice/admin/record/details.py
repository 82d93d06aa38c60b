"""What the page of one row shows: its values, what it names, what hangs on it, and what became of it."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from markupsafe import Markup, escape
from sqlalchemy import String, Text

from backoffice.admin.cells import EMPTY, Cell, cell, linked, opened
from backoffice.admin.diffs import Difference, differences
from backoffice.admin.markup import joined
from backoffice.admin.page import came_from, public_address, return_target
from backoffice.admin.record.hanging import hanging
from backoffice.admin.relations.named import option, present, target_of
from backoffice.admin.words import VERBS
from backoffice.core.access import ALL, OWN, can, may_see, rule, visible
from backoffice.core.catalogues import gettext as _
from backoffice.core.history import Change
from backoffice.core.history.deeds import deed, door
from backoffice.core.model import db
from backoffice.core.resource import (
    actions,
    columns,
    form_columns,
    grid_columns,
    labels,
    relation_of,
    relations,
    resource,
)
from backoffice.core.types import Html, Strings

LATEST = 20
# The page of a change tells these value by value.
TOLD = ("before", "after")
MAIN_HEADING = re.compile(r"<(/?)h1\b")


@dataclass(frozen=True)
class Whole:
    """A long value, shown in full; `kind` is "html", "text" or "lines"."""

    label: Any
    kind: str
    value: Any


@dataclass(frozen=True)
class Event:
    """One entry of the row's history: when, who, what, each value that changed, and what was done with it."""

    moment: datetime
    who: str
    verb: Any
    changes: tuple[Difference, ...]
    batch: str
    door: str
    key: int


def show(view, row):
    """Return the page of a row."""
    user = view.user
    return view.render(
        "admin/details.html",
        row=row,
        label=option(user, row).label,
        entries=entries(user, row),
        events=events(user, row),
        hanging=hanging(user, row),
        actions=[one for one in actions(view.model).values() if fits(one, row) and may(user, one.name, row)],
        may_update=may(user, "update", row),
        may_delete=may(user, "delete", row),
        back=return_target(came_from(view.home())),
        here=url_for(f"{view.endpoint}.details_view", id=row.id),
        links=view.links(row),
        public=public_address(row),
        moves=moves(row),
    )


def moves(row):
    """Tell whether a row changes by itself, so that its page is to show it anew."""
    return any(getattr(row, name) in values for name, values in resource(type(row)).moving.items())


def names(user, model):
    """Return the columns and relations of the page, in order: the form's, the grid's, then all others."""
    rest = [relation_of(model, name) or name for name in columns(model)]
    every = dict.fromkeys((*form_columns(model), *grid_columns(model), *rest, *relations(model)))
    for told in TOLD if model is Change else ():
        del every[told]
    return [name for name in every if may_see(user, model, name)]


def entries(user, row):
    """Return the values of all columns and relations that the page shows, in order."""
    every = names(user, type(row))
    linked = present(user, row, [name for name in every if target_of(type(row), name)])
    return [_named(type(row), name, linked[name]) if name in linked else entry(type(row), row, name) for name in every]


def entry(model, row, name):
    """Return the value of one column as it is shown."""
    value, kind = getattr(row, name), columns(model)[name].type
    label = labels(model, name)
    if value and isinstance(kind, Html):
        # Only what the sanitiser left is ever stored in a column of this type; the page has its one main heading.
        return Whole(label, "html", Markup(MAIN_HEADING.sub(r"<\1h2", value)))  # noqa: S704
    if value and isinstance(kind, Text):
        return Whole(label, "text", value)
    if value and isinstance(kind, Strings):
        return Whole(label, "lines", value)
    # A list cuts what is long; here it stands as it is.
    return Cell(label, escape(value)) if _written(value, columns(model)[name]) else cell(model, name, value)


def _written(value, column):
    """Tell whether a value is words that somebody wrote, on one line."""
    return value and type(column.type) is String and "words" not in column.info


def fits(action, row):
    """Tell whether an operation has anything to do with a row in its present state."""
    return all(getattr(row, column) in states for column, states in action.when.items())


def may(user, verb, row):
    """Tell whether a button for `verb` makes sense on this row; whoever presses it is asked again."""
    if verb in ("update", "delete") and not can(user, "read", type(row)):
        return False
    scope = rule(user, verb, type(row)).scope
    return scope == ALL or (scope == OWN and getattr(row, resource(type(row)).owner) == user.id)


def events(user, row):
    """Return the latest changes of a row, as far as the user may read them."""
    if not can(user, "read", Change):
        return None
    own = (Change.model == row.__tablename__) & (Change.row_id == row.id)
    found = db.session.scalars(visible(user, "read", Change).where(own).order_by(Change.id.desc()).limit(LATEST))
    return [_event(user, type(row), one) for one in found]


def _named(model, name, now):
    target = target_of(model, name)
    parts = [linked(one.label, opened(target, one.key) if one.readable else "") for one in now.shown]
    if now.kept:
        parts.append(_("(not shown)"))
    return Cell(labels(model, name), joined(parts, ", ") if parts else EMPTY)


def _event(user, model, change):
    # What a new row began with stands on the page; its first entry need not repeat it.
    told = tuple(differences(user, model, change)) if change.before is not None else ()
    action = actions(model).get(change.verb)
    verb = action.label if action else VERBS.get(change.verb) or deed(change.verb)
    return Event(
        change.created_at, change.actor or _("nobody signed in"), verb, told, change.batch, door(change.door), change.id
    )
