"""Where one can go in the panel: sections of links, of what the acting person may read, and what waits there."""

from functools import lru_cache
from typing import Any, NamedTuple

from flask import g, request, url_for

from backoffice.admin.figures import Figure, figures
from backoffice.admin.words import named_views, plural
from backoffice.core.access import can, person
from backoffice.core.catalogues import language
from backoffice.core.resource import resource, resources

MOST = 99  # rows that wait and are counted; beyond that there are simply many
# "g h" leads home.
TAKEN = "h"


class Link(NamedTuple):
    """One entry of the menu; `current` when the page shown belongs to it, `key` leads there after "g"."""

    label: Any
    address: str
    current: bool
    icon: str
    key: str
    waiting: Figure | None


class Section(NamedTuple):
    """A heading of the menu and the entries under it."""

    label: Any
    links: tuple[Link, ...]


def sections(user):
    """Return the menu of `user`, its sections in alphabetical order."""
    models = readable(user)
    waits = tuple(waiting(user, models).items())
    return _sections(models, waits, request.blueprint, language(), request.script_root)


# A menu is the same for all that may read the same, in one language, until something waits or no longer does.
@lru_cache(maxsize=200)
def _sections(models, waits, here, _language, _root):
    found, waits, keys = {}, dict(waits), _keys(models)
    for model in models:
        link = _link(model, keys.get(model, ""), waits.get(model), here)
        found.setdefault(str(resource(model).menu), []).append(link)
    return tuple(Section(heading, tuple(links)) for heading, links in found.items())


def readable(user):
    """Return the models of which `user` may read rows, in the order of the menu."""
    return _readable(person(user), tuple(resources().values()), language())


@lru_cache(maxsize=200)
def _readable(someone, models, _language):
    found = [model for model in models if can(someone, "read", model)]
    return tuple(sorted(found, key=lambda model: str(resource(model).menu)))


def waiting(user, models):
    """Return by model what waits in those of `models` that say what does; once a page, in one statement."""
    if "waiting" not in g:
        asked = _waiting(person(user), models, language())
        g.waiting = {one[0]: found for one, found in zip(asked, figures(user, asked, MOST), strict=True)}
    return g.waiting


@lru_cache(maxsize=200)
def _waiting(someone, models, _language):
    found = ((model, waiting_view(someone, model, resource(model).waits)) for model in models)
    return tuple((model, view[0], str(view[1])) for model, view in found if view)


def waiting_view(user, model, word):
    """Return the word and the label of the view called `word`, when `user` may use it."""
    return next((view for view in named_views(user, model) if word and view[0] == word), None)


def _keys(models):
    """Return for each model the letter that leads to it: the first of its name that is still free."""
    found, taken = {}, set(TAKEN)
    for model in models:
        letter = next((one for one in model.__tablename__ if one.isalpha() and one not in taken), "")
        found[model] = letter
        taken.add(letter)
    return found


def _link(model, key, waits, here):
    name = model.__tablename__
    return Link(str(plural(model)), url_for(f"{name}.index_view"), here == name, resource(model).icon, key, waits)
