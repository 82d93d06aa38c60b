"""How many rows a page of a grid holds: as many as its address says, else as one keeps, else fifty."""

from backoffice.core import preferences
from backoffice.core.catalogues import gettext as _
from backoffice.core.catalogues import listed
from backoffice.core.selection.criteria import BadCriteria

PARAMETER = "page_size"
SIZES = (20, 50, 100, 200)
USUAL = 50


def read(text):
    """Return the size that an address or a form says; raises BadCriteria for one that is not offered."""
    if text not in map(str, SIZES):
        raise BadCriteria(_("A page may hold %(sizes)s rows.", sizes=listed(SIZES, "or")))
    return int(text)


def usual(user, model):
    """Return how many rows a page of `model` holds for `user` unless its address says otherwise."""
    kept = preferences.kept(user, _key(model))
    return kept if kept in SIZES else USUAL


def wish(model, size):
    """Return what is to be kept so that pages of `model` have this size, by the name it is kept under."""
    return {_key(model): None if size == USUAL else size}


def _key(model):
    return f"size:{model.__tablename__}"
