"""One row deleted by a program, with what hangs on it moved, let go of or deleted as its address says."""

from flask import make_response, request

from backoffice.api import versions, writing
from backoffice.core import writing as core
from backoffice.core.access import NotFound
from backoffice.core.catalogues import gettext as _
from backoffice.core.model import db
from backoffice.core.operation.holds import holds
from backoffice.core.operation.references import references, resolve, ways
from backoffice.core.resource import resource
from backoffice.core.web.problems import Problem
from backoffice.core.writing.refusals import Refusal


def delete(user, model, key):
    """Delete a row that is still the one that was read, and do with the rest as is said; all of it or nothing."""
    answers = _answers(model)
    version = versions.read({})
    session = db.session()
    row = writing.held(user, model, "delete", key)
    versions.check(row, version)
    _resolve(session, user, row, answers)
    try:
        core.delete(session, user, row)
    except NotFound as error:
        # What was answered took away the very right to delete this.
        raise Problem(409, _("You may not delete this any more once that is done.")) from error
    except Refusal as refusal:
        raise Problem(409, " ".join(refusal.problems.values())) from refusal
    session.commit()
    return writing.recorded(make_response(""), 204)


def keys(model):
    """Return the names under which it is said what becomes of rows that hang on a row of `model`."""
    return sorted(way.key for way in holds(model))


def _answers(model):
    known, given = keys(model), request.args
    if any(name not in known for name in given):
        raise Problem(400, _("There is no such field here."))
    if doubled := [name for name in given if len(given.getlist(name)) > 1]:
        raise Problem(400, _("“%(name)s” stands in the address more than once.", name=doubled[0]))
    return given.to_dict()


def _resolve(session, user, row, answers):
    found = references(session, row)
    if unanswered := [one for one in found if not answers.get(one.key)]:
        raise Problem(409, _("Say what becomes of these."), references=[_told(user, one) for one in unanswered])
    try:
        resolve(session, user, row, answers)
    except Refusal as refusal:
        raise Problem(422, errors={name: [said] for name, said in refusal.problems.items()}) from refusal


def _told(user, one):
    """Return what a program is told of rows that hang on another: under which name to answer, and with what."""
    return {
        "key": one.key,
        "label": str(resource(one.model).plural or one.model.__tablename__),
        "count": one.count,
        "ways": list(ways(user, one)),
    }
