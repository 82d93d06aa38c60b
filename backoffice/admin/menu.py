"""Where one can go in the panel: sections of links, of what the acting person may read, and what waits there."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select

from backoffice.admin.parameters import address
from backoffice.admin.words import named_views, plural
from backoffice.core import criteria
from backoffice.core.access import can, condition, person
from backoffice.core.model import db
from backoffice.core.resource import resource, resources

MOST = 99  # rows that wait and are counted; beyond that there are simply many
# "g h" leads home.
TAKEN = "h"


@dataclass(frozen=True)
class Waiting:
    """How many rows wait for somebody, and where they are."""

    label: Any
    number: str
    address: str


@dataclass(frozen=True)
class Link:
    """One entry of the menu; `current` when the page shown belongs to it, `key` leads there after "g"."""

    label: Any
    address: str
    current: bool
    icon: str
    key: str
    waiting: Waiting | None


@dataclass
class Section:
    """A heading of the menu and the entries under it."""

    label: Any
    links: list[Link] = field(default_factory=list)


def sections(user):
    """Return the menu of `user`, its sections in alphabetical order."""
    models, found = readable(user), {}
    waits, keys = waiting(user, models), _keys(models)
    for model in models:
        heading = resource(model).menu
        link = _link(model, keys.get(model, ""), waits.get(model))
        found.setdefault(str(heading), Section(heading)).links.append(link)
    return list(found.values())


def readable(user):
    """Return the models of which `user` may read rows, in the order of the menu."""
    found = [model for model in resources().values() if can(user, "read", model)]
    return sorted(found, key=lambda model: str(resource(model).menu))


def waiting(user, models):
    """Return what waits in those of `models` that say what does: one statement, and no more than MOST rows of each."""
    offered = [(model, _waiting_view(user, model)) for model in models]
    asked = [(model, view) for model, view in offered if view]
    if not asked:
        return {}
    numbers = db.session.execute(_counts(person(user), tuple((model, word) for model, (word, _label) in asked))).one()
    return {model: _waits(model, view, number) for (model, view), number in zip(asked, numbers, strict=True) if number}


def _waiting_view(user, model):
    wanted = resource(model).waits
    return next((one for one in named_views(user, model) if wanted and one[0] == wanted), None)


@lru_cache(maxsize=200)
def _counts(someone, asked):
    # Every page asks this, and putting the statement together takes longer than having it answered.
    return select(*(_counted(someone, model, word) for model, word in asked))


def _counted(user, model, word):
    meant = condition(user, "read", model) & criteria.Criteria(model, view=word).condition(user)
    some = select(model.id).where(meant).limit(MOST + 1).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def _waits(model, view, number):
    word, label = view
    told = str(number) if number <= MOST else _("%(number)d+", number=MOST)
    return Waiting(label, told, address(url_for(f"{model.__tablename__}.index_view"), [("view", word)]))


def _keys(models):
    """Return for each model the letter that leads to it: the first of its name that is still free."""
    found, taken = {}, set(TAKEN)
    for model in models:
        letter = next((one for one in model.__tablename__ if one.isalpha() and one not in taken), "")
        found[model] = letter
        taken.add(letter)
    return found


def _link(model, key, waits):
    name = model.__tablename__
    return Link(
        plural(model), url_for(f"{name}.index_view"), request.blueprint == name, resource(model).icon, key, waits
    )
