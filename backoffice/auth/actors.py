"""Who acts in a request, and through which door."""

from flask import current_app, g, request, session
from flask_login import current_user

from backoffice.auth import sessions, tokens
from backoffice.core.history.actors import Actor, begin_acting, end_acting

API = "api"
DOORS = {"admin": "panel", "api": API}


def init_app(app):
    """Name the actor before each request and forget them after it."""
    app.before_request(begin)
    app.teardown_request(end)


def begin():
    """Say who acts; a visitor without a session costs no look at the database."""
    if sessions.nameless():
        return
    through = door(request.path)
    user = _bearer() if through == API else _user()
    g.acting = begin_acting(Actor(user, through, request.remote_addr))


def end(_error):
    """Leave nothing of this request to whatever its thread does next."""
    token = g.pop("acting", None)
    if token is not None:
        end_acting(token)


def door(path):
    """Return the door that an address belongs to."""
    return DOORS.get(path.split("/", 2)[1], "site")


def _bearer():
    """Return who brings a token: programs bring one with each request, and a browser's cookie means nothing to them.

    But for pages that only tell, to a person who reads them in a browser.
    """
    if "Authorization" in request.headers:
        return tokens.bearer(request)
    view = current_app.view_functions.get(request.endpoint or "")
    return _user() if getattr(view, "for_people", False) else None


def _user():
    if "_user_id" not in session:
        return None
    if current_user.is_authenticated:
        return current_user._get_current_object()  # noqa: SLF001 - the actor outlives the proxy
    if sessions.WORD in session:
        sessions.forget()
    return None
