"""Which addresses programs have: the same few for every resource, and what is refused before any of them."""

from flask import Blueprint, abort, current_app, jsonify, request
from werkzeug.routing import BaseConverter

from backoffice.api import acts, asking, deleting, listing, pace, rows, writing
from backoffice.api.subjects import ADDRESS, subject
from backoffice.core.access import NotFound, can
from backoffice.core.history.actors import actor
from backoffice.core.model import db
from backoffice.core.selection.comparing import BadCriteria
from backoffice.core.types import Invalid
from backoffice.core.web.problems import Problem, nobody
from backoffice.core.writing.refusals import Refusal
from backoffice.extensions import csrf


class Plural(BaseConverter):
    """What rows are called in an address: anything but the word under which programs sign in."""

    regex = r"(?!auth(?:/|\Z))[^/]+"


blueprint = Blueprint("api", __name__, url_prefix=ADDRESS)


def init_app(app):
    """Serve the addresses; a cookie means nothing there, so that no other site can have a browser write."""
    app.url_map.converters["plural"] = Plural
    csrf.exempt(blueprint)
    app.register_blueprint(blueprint)


@blueprint.before_request
def admit():
    """Let in whoever brings a token that works."""
    if request.method != "OPTIONS" and actor().user is None:
        raise nobody()


@blueprint.errorhandler(NotFound)
def not_found(_error):
    """Answer for a row, a resource or an operation that is not there for this person."""
    return current_app.handle_http_exception(Problem(404))


@blueprint.errorhandler(BadCriteria)
def not_understood(error):
    """Answer for parameters that mean nothing here."""
    return current_app.handle_http_exception(Problem(400, error))


@blueprint.errorhandler(Refusal)
def refused(refusal):
    """Answer for values that no row may have: each sentence under the name of its field."""
    own = [refusal.problems[""]] if "" in refusal.problems else []
    errors = {name: [said] for name, said in refusal.problems.items() if name}
    return current_app.handle_http_exception(Problem(422, *own, errors=errors))


@blueprint.route("/<plural:plural>", methods=("GET", "POST"))
@pace.reading
@pace.writing
def several(plural):
    """Show a page of rows, or make one."""
    if request.method == "POST":
        return writing.create(actor().user, _model(plural, "create"))
    return listing.answer(actor().user, _model(plural, "read"))


@blueprint.route("/<plural:plural>/<key>", methods=("GET", "PATCH", "DELETE"))
@pace.reading
@pace.writing
def single(plural, key):
    """Show one row with its version, change it, or delete it."""
    user = actor().user
    if request.method == "PATCH":
        return writing.update(user, _model(plural, "update"), key)
    if request.method == "DELETE":
        return deleting.delete(user, _model(plural, "delete"), key)
    model = _model(plural, "read")
    return _row(rows.one(db.session(), user, model, key, asking.one(model, user, request.args)))


@blueprint.post("/<plural:plural>/actions/<name>")
@pace.writing
def act(plural, name):
    """Do an operation on rows, or say what it would do."""
    model = subject(plural)
    return acts.answer(actor().user, model, name) if model is not None else abort(404)


@blueprint.errorhandler(Invalid)
def invalid(error):
    """Answer for a value that a row refused by itself."""
    return refused(Refusal({error.field: error.message}))


def _row(told):
    made = jsonify(told)
    made.set_etag(str(told["version"]))
    return made.make_conditional(request)


def _model(plural, verb):
    """Return the model whose rows are called so, if the acting person may do this with any of them."""
    model = subject(plural)
    if model is None or not can(actor().user, verb, model):
        abort(404)
    return model
