"""What hangs on a row, in words and links, and what can become of it when the row goes."""

from dataclasses import dataclass
from typing import Any

from flask import url_for

from backoffice.admin.words import plural
from backoffice.core.access import can, may_see
from backoffice.core.catalogues import gettext as _
from backoffice.core.catalogues import lazy_gettext
from backoffice.core.model import db
from backoffice.core.operation.holds import CLEAR, DELETE
from backoffice.core.operation.references import MOVING, fallout, references, ways
from backoffice.core.resource import filterable, labels

WAYS = {
    MOVING: lazy_gettext("Move them to another:"),
    CLEAR: lazy_gettext("Keep them, and empty this field."),
    DELETE: lazy_gettext("Delete them too."),
}


@dataclass(frozen=True)
class Hanging:
    """Some rows of one kind that refer to a row by one relation; `ways` are what can become of them.

    `key` names the question, as "post.category". `url` leads to the rows where they may be seen, else "".
    """

    key: str
    label: Any
    relation: Any
    count: int
    url: str
    ways: tuple[tuple[str, Any], ...]


def hanging(user, row):
    """Return all that hangs on `row`."""
    return [_hanging(user, row, one) for one in references(db.session(), row)]


def _hanging(user, row, one):
    label, relation = plural(one.model), labels(one.model, one.name)
    found = tuple((way, WAYS[way]) for way in ways(user, one))
    return Hanging(one.key, label, relation, one.count, _url(user, row, one.model, one.name), found)


def goes_along(user, row, found):
    """Return in sentences all that would become of other rows if those in question were deleted, too."""
    if DELETE not in dict(found.ways):
        return []
    return [_fate(one) for one in fallout(db.session(), user, row, found.key)]


def _fate(one):
    kind = str(plural(one.model))
    if one.refused:
        return _("%(kind)s: %(count)s, of which you may not touch %(refused)s", kind=kind, **_counts(one))
    if one.verb == DELETE:
        return _("%(kind)s: %(count)s deleted", kind=kind, count=one.count)
    label = labels(one.model, one.name)
    return _("%(kind)s: %(count)s stay with an empty “%(field)s”", kind=kind, count=one.count, field=label)


def _counts(one):
    return {"count": one.count, "refused": one.refused}


def _url(user, row, model, name):
    if not (can(user, "read", model) and name in filterable(model) and may_see(user, model, name)):
        return ""
    return url_for(f"{model.__tablename__}.index_view", **{name: row.id})
