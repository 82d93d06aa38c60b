"""Who acts in a request, and through which door."""

from flask import g, request, session
from flask_login import current_user

from backoffice.auth import sessions
from backoffice.core.acting import Actor, begin_acting, end_acting

DOORS = {"admin": "panel", "api": "api"}


def init_app(app):
    """Name the actor before each request and forget them after it."""
    app.before_request(begin)
    app.teardown_request(end)


def begin():
    """Say who acts; a visitor without a session costs no look at the database."""
    if request.endpoint == "static":
        return
    g.acting = begin_acting(Actor(_user(), door(request.path), request.remote_addr))


def end(_error):
    """Leave nothing of this request to whatever its thread does next."""
    token = g.pop("acting", None)
    if token is not None:
        end_acting(token)


def door(path):
    """Return the door that an address belongs to."""
    return DOORS.get(path.split("/", 2)[1], "site")


def _user():
    if "_user_id" not in session:
        return None
    if current_user.is_authenticated:
        return current_user._get_current_object()  # noqa: SLF001 - the actor outlives the proxy
    if sessions.WORD in session:
        sessions.forget()
    return None
