"""Which rows of another resource can be named by someone who types a few letters."""

from flask import abort, jsonify, request
from sqlalchemy import String, cast, select, type_coerce
from sqlalchemy.orm import load_only
from sqlalchemy.types import TypeDecorator

from backoffice.admin.relations.named import option, target_of
from backoffice.core import search
from backoffice.core.access import can, condition, may_see, visible
from backoffice.core.catalogues import gettext as _
from backoffice.core.model import db
from backoffice.core.resource import columns, resource
from backoffice.core.writing import writable

MOST = 20
CANDIDATES = 500
LONGEST = 100
SHORT = 80
ITSELF = "id"


def short(label):
    """Return a label that fits into a message shown on the next page, which travels in the cookie."""
    return label if len(label) <= SHORT else f"{label[: SHORT - 1]}…"


def pickable(user, target):
    """Return a SELECT of the rows of `target` that `user` may name, with no more of them than their names."""
    said = resource(target)
    names = {"id", said.label, said.owner} - {""}
    return visible(user, "pick", target).options(load_only(*(getattr(target, name) for name in names)))


def offers(user, target, words, *, besides=()):
    """Return the options, at most twenty, whose label holds each of `words`; their signs are literal."""
    name = resource(target).label
    column = getattr(target, name)
    is_text = isinstance(columns(target)[name].type, String | TypeDecorator)
    label = type_coerce(column, String) if is_text else cast(column, String)
    rows = pickable(user, target)
    if besides:
        rows = rows.where(target.id.not_in(besides))
    seen = may_see(user, target, name)
    if words and seen:
        rows = rows.where(target.id.in_(_candidates(user, target, words, besides)))
    # An order by names that one may not see would tell them.
    order = (label, target.id) if seen else (target.id,)
    return [option(user, row) for row in db.session.scalars(rows.order_by(*order).limit(MOST))]


def _candidates(user, target, words, besides):
    """Return a SELECT of the rows to choose from: of a common word not all, which would have to be put in order."""
    found = select(target.id).where(condition(user, "pick", target), search.named(target, words))
    return select(found.where(target.id.not_in(besides)).limit(CANDIDATES).subquery())


def answer(view):
    """Answer the options for a relation as JSON: a list of objects with id and text."""
    words = asked()
    name = request.args.get("name", "")
    target = permitted(view, name)
    return jsonify([{"id": one.key, "text": one.label} for one in offers(view.user, target, words)])


def asked():
    """Return the words that are looked for; answers 400 to an address that asks for anything else."""
    if set(request.args) - {"name", "query"} or any(len(request.args.getlist(name)) > 1 for name in request.args):
        abort(400, _("This address takes “name” and “query”, each once."))
    words = request.args.get("query", "")
    if len(words) > LONGEST:
        abort(400, _("Look for at most %(most)d characters.", most=LONGEST))
    return words


def permitted(view, name):
    """Return the model to look in; answers 404 to whoever may not set this field, or not name such rows."""
    user, model = view.user, view.model
    if name == ITSELF:
        # Whoever deletes a row says to which other row its dependants move.
        target = model if can(user, "delete", model) else None
    else:
        may = can(user, "create", model) or can(user, "update", model)
        target = target_of(model, name) if may and name in writable(user, model) else None
    if target is None or not (can(user, "pick", target) or can(user, "read", target)):
        abort(404)
    return target
