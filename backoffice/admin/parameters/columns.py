"""Which columns a grid shows, and in what order: those its address names, those one keeps, else the model's own."""

from functools import lru_cache
from typing import NamedTuple

from backoffice.core import preferences
from backoffice.core.access import may_see, person
from backoffice.core.catalogues import gettext as _
from backoffice.core.catalogues import language
from backoffice.core.resource import columns, grid_columns, labels, relation_of, relations, resource
from backoffice.core.selection.criteria import BadCriteria

PARAMETER, UP = "columns", "up"


class Column(NamedTuple):
    """A column that a grid can show, and whether it does."""

    name: str
    label: str
    shown: bool


class Choice(NamedTuple):
    """The columns to choose from, in order; whether what is shown is not yet kept, and whether anything is."""

    columns: tuple[Column, ...]
    new: bool
    kept: bool


def available(user, model):
    """Return all columns and relations that a grid can show to `user`: the model's own first."""
    return _available(person(user), model, resource(model))


@lru_cache(maxsize=500)
def _available(user, model, _said):
    every = [relation_of(model, name) or name for name in columns(model) if name != "version"]
    found = dict.fromkeys((*grid_columns(model), *every, *relations(model)))
    return tuple(name for name in found if may_see(user, model, name))


def read(model, user, given):
    """Return the columns that an address names (none for the usual ones); raises BadCriteria for others."""
    named = [name for part in given.getlist(PARAMETER) for name in part.split(",")]
    offered, moved = available(user, model), given.getlist(UP)
    for name in (*named, *moved):
        if name not in offered:
            raise BadCriteria(_("There is no column called “%(name)s”.", name=name[:40]))
    names = list(dict.fromkeys(named))
    for name in moved[:1]:
        if name in names[1:]:
            at = names.index(name)
            names[at - 1 : at + 1] = names[at], names[at - 1]
    return tuple(names)


def usual(user, model):
    """Return the columns that a grid shows to `user` unless its address says otherwise."""
    offered = available(user, model)
    held = [name for name in preferences.kept(user, _key(model)) or () if name in offered]
    return tuple(held or (name for name in grid_columns(model) if name in offered))


def choice(user, model, names, *, other=False):
    """Return what there is to choose from where `names` are shown; `other` tells whether all else is not yet kept."""
    offered = _columns(model, available(user, model), names, language())
    kept = any(preferences.kept(user, f"{what}:{model.__tablename__}") is not None for what in ("columns", "size"))
    return Choice(offered, other or names != usual(user, model), kept)


@lru_cache(maxsize=500)
def _columns(model, offered, names, _language):
    rest = (name for name in offered if name not in names)
    return tuple(Column(name, str(labels(model, name)), name in names) for name in (*names, *rest))


def keep(session, user, model, names, beside):
    """Keep these columns for `user`, none for the usual ones, and other wishes `beside`; ValueError without room."""
    preferences.keep_together(session, user, {_key(model): list(names) or None, **beside})


def _key(model):
    return f"columns:{model.__tablename__}"
