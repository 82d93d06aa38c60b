"""The page on which people make tokens for their programs, see which there are, and revoke them."""

from flask import Blueprint, abort, redirect, render_template, request, url_for

from backoffice.auth import tokens
from backoffice.core.access import ALL as ALL_ROWS
from backoffice.core.access import NONE, OWN, parse_key, rights_of, rule
from backoffice.core.catalogues import lazy_gettext as _
from backoffice.core.history.actors import actor
from backoffice.core.model import db
from backoffice.core.resource import actions, resource, resources
from backoffice.core.writing.refusals import Refusal

DAYS = (7, 30, 90, 365)
READ, ALL, CHOSEN = "read", "all", "chosen"
WAYS = {
    READ: _("Only looking at what you may see"),
    ALL: _("All that you may do"),
    CHOSEN: _("Only these rights:"),
}

blueprint = Blueprint("issuing", __name__)


def init_app(app):
    """Serve /account/tokens."""
    app.register_blueprint(blueprint)


@blueprint.route("/account/tokens", methods=("GET", "POST"))
def page():
    """Show the tokens of the acting person; make one, or revoke one."""
    user = actor().user
    if user is None:
        return redirect(url_for("security.login", next=request.script_root + request.path))
    if request.method != "POST":
        return _shown(user)
    return _revoked(user) if "revoke" in request.form else _made(user)


def scopes_for(user, way, typed=""):
    """Return the rights that a token is to have, as explicit words: what is added later is not among them."""
    if way == ALL:
        return sorted(rights_of(user))
    if way == READ:
        return sorted(word for model in resources().values() for word in _looking(user, model))
    return typed.split()


def _looking(user, model):
    """Yield the rights to look at rows of `model`, and at those columns that ask for rights of their own."""
    said, name = resource(model), model.__tablename__
    scope = rule(user, "read", model).scope
    if scope == NONE:
        return
    yield f"{name}.read:own" if scope == OWN else f"{name}.read"
    for verb in {*said.fields.values()} - {*said.verbs, *actions(model)}:
        if rule(user, verb, model).scope == ALL_ROWS:
            yield f"{name}.{verb}"


def _made(user):
    way, days = request.form.get("way", READ), request.form.get("days", "30")
    if way not in WAYS or days not in map(str, DAYS):
        abort(400)
    try:
        scopes = scopes_for(user, way, request.form.get("scopes", ""))
        row, word = tokens.make(user, request.form.get("name", ""), scopes, int(days))
    except Refusal as refusal:
        db.session.rollback()
        return _shown(user, problems=refusal.problems), 422
    name = row.name
    db.session.commit()
    return _shown(user, word=word, made=name)


def _revoked(user):
    if not tokens.end(user, parse_key(request.form["revoke"])):
        abort(404)
    db.session.commit()
    return redirect(url_for("issuing.page"), 303)


def _shown(user, **told):
    return render_template(
        "security/tokens.html",
        tokens=tokens.of(user),
        days=DAYS,
        ways=WAYS,
        rights=sorted(rights_of(user)),
        sent=request.form,
        **{"problems": {}, "word": "", "made": "", **told},
    )
