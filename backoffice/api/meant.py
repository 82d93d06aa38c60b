"""Which rows a program means: those it names by key, each with the version it read, or all that match a filter."""

from dataclasses import dataclass

from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from backoffice.core.access import NotFound, can, condition
from backoffice.core.catalogues import gettext as _
from backoffice.core.model import db
from backoffice.core.paging import counting
from backoffice.core.resource import resources
from backoffice.core.selection import Selection, criteria
from backoffice.core.selection.comparing import BadCriteria
from backoffice.core.types import LARGEST
from backoffice.core.web.problems import Problem

MOST = 1000


def named(name):
    """Return the model that is called so."""
    return resources()[name]


def read(user, model, verb, told):
    """Return the rows meant; raises Problem where they are not those that the program saw, NotFound without right."""
    if not can(user, verb, model) or not can(user, "read", model):
        raise NotFound(f"{model.__tablename__}.{verb}")
    if ("ids" in told) == ("filter" in told):
        raise Problem(422, _("Say which rows are meant: either “ids” or “filter”."))
    return _by_key(user, model, told["ids"]) if "ids" in told else _by_filter(user, model, told)


@dataclass(frozen=True)
class Seen:
    """A row as a program read it: `version` is None where it does not say."""

    key: int
    version: int | None = None


def _by_key(user, model, sent):
    if not isinstance(sent, list) or not 0 < len(sent) <= MOST:
        raise Problem(422, errors={"ids": [_("Send a list of 1 to %(most)d keys.", most=MOST)]})
    seen = [_seen(one) for one in sent]
    wanted = {one.key: one.version for one in seen if one.version is not None}
    found = select(model.id, model.version).where(model.id.in_(wanted), condition(user, "read", model))
    moved = [{"id": key, "version": now} for key, now in db.session.execute(found) if now != wanted[key]]
    if moved:
        raise Problem(409, _("Someone changed this meanwhile."), moved=moved)
    return Selection(model, keys=tuple(sorted({one.key for one in seen})))


def _seen(sent):
    one = Seen(sent.get("id"), sent.get("version")) if isinstance(sent, dict) else Seen(sent)
    right = type(one.key) is int and 0 < one.key <= LARGEST and (one.version is None or type(one.version) is int)
    if not right:
        raise Problem(422, errors={"ids": [_("Name a row by its key, a whole number.")]})
    return one


def _by_filter(user, model, told):
    asked, expected = told["filter"], told.get("expected")
    if not isinstance(asked, dict) or not all(isinstance(one, str) for one in asked.values()):
        raise Problem(422, errors={"filter": [_("Send an object of fields and values.")]})
    for name in asked:
        if name in criteria.PARAMETERS:
            raise BadCriteria(_("There is no filter called “%(name)s”.", name=name[:40]))
    selection = Selection(model, criteria=criteria.read(model, user, MultiDict(asked)))
    if type(expected) is not int:
        raise Problem(428, _("Say how many rows you expect, as “expected”: no others are touched."))
    found = counting.exactly(db.session(), selection.rows(user))
    if found is None:
        raise Problem(503, _("Finding these rows takes too long; ask for fewer by more filters."))
    if found != expected:
        raise Problem(409, _("Other rows match now than you expect."), expected=expected, found=found)
    return selection
