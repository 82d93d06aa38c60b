"""What programs ask about themselves: a token for a name and a password, who a token stands for, and its end."""

from flask import Blueprint, g, jsonify, request
from werkzeug.datastructures import MultiDict

from backoffice.auth import brake, tokens
from backoffice.auth.forms import LoginForm
from backoffice.core.access import rights_of
from backoffice.core.catalogues import gettext as _
from backoffice.core.history.actors import acting, actor
from backoffice.core.model import db
from backoffice.core.web import bodies
from backoffice.core.web.problems import Problem, nobody
from backoffice.core.writing.refusals import Refusal
from backoffice.extensions import csrf, limiter

FIELDS = ("email", "password", "name", "scopes", "days")
ADDRESS = "/api/v1/auth"

blueprint = Blueprint("calls", __name__, url_prefix=ADDRESS)


def init_app(app):
    """Serve the addresses; no cookie means anything there, so none can be misused."""
    csrf.exempt(blueprint)
    app.register_blueprint(blueprint)


@blueprint.get("/me")
def me():
    """Say for whom the token stands, what it allows now, and how long."""
    user, one = _signed_in()
    who = {"id": user.id, "name": user.name, "username": user.username}
    return jsonify(**who, rights=sorted(rights_of(user)), token=_told(one))


@blueprint.route("/token", methods=("POST", "DELETE"))
@limiter.limit("100/minute", **brake.LIMITS)
@limiter.limit("30/minute", key_func=brake.named, **brake.LIMITS)
def token():
    """Answer a name and a password with a token, or end the token that the request brings."""
    return _issue() if request.method == "POST" else _revoke()


def _issue():
    # Guessing counts as it does where people sign in.
    told = bodies.read(request)
    bodies.only(told, FIELDS)
    user = _authenticated(told.get("email"), told.get("password"))
    with acting(user, "api", request.remote_addr):
        try:
            row, word = tokens.make(user, told.get("name"), told.get("scopes"), told.get("days"))
        except Refusal as refusal:
            raise Problem(422, errors={name: [said] for name, said in refusal.problems.items()}) from refusal
        answer = jsonify(token=word, **_told(row))
        db.session.commit()
    return answer, 201


def _revoke():
    user, one = _signed_in()
    tokens.end(user, one.id)
    db.session.commit()
    return "", 204


def _signed_in():
    user = actor().user
    if user is None:
        raise nobody()
    return user, g.token


def _authenticated(email, password):
    typed = {name: value for name, value in (("email", email), ("password", password)) if isinstance(value, str)}
    form = LoginForm(MultiDict(typed), meta={"csrf": False})
    if not form.validate():
        raise Problem(401, _("The address or the password is wrong."))
    return form.user


def _told(one):
    until = one.expires_at.isoformat()
    return {"id": one.id, "name": one.name, "prefix": one.prefix, "scopes": one.scopes, "expires_at": until}
