"""What the acting person typed and never saved, wherever that was: the latest first."""

from dataclasses import dataclass
from typing import Any

from flask import url_for

from backoffice.admin.forms.drafting import moment
from backoffice.admin.relations.named import option
from backoffice.admin.words import singular
from backoffice.core.access import NotFound, can, fetch
from backoffice.core.catalogues import gettext as _
from backoffice.core.catalogues import inside
from backoffice.core.model import db
from backoffice.core.resource import resources
from backoffice.core.writing import drafts

MOST = 5


@dataclass(frozen=True)
class Typed:
    """One draft: what it is about, the form that offers it, and when it was kept."""

    words: str
    kind: Any
    url: str
    when: str


def unsaved(user):
    """Return the drafts of `user` of rows that they may still change, and of new ones they may still make."""
    return [found for one in drafts.mine(db.session(), user, MOST) if (found := _typed(user, *one))]


def _typed(user, name, key, when):
    model = resources().get(name)
    if model is None:
        return None
    if key == drafts.NEW:
        words = _("New %(kind)s", kind=inside(singular(model)))
        made = Typed(words, "", url_for(f"{name}.create_view"), moment(when))
        return made if can(user, "create", model) else None
    try:
        row = fetch(db.session(), user, "update", model, key)
    except NotFound:
        return None
    return Typed(option(user, row).label, singular(model), url_for(f"{name}.edit_view", id=key), moment(when))
