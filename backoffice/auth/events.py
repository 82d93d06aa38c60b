"""What follows from signing in and out and from new passwords: sessions begin and end, and the history knows."""

from flask import request
from flask_login import user_logged_out
from flask_security.signals import (
    password_changed,
    password_reset,
    reset_password_instructions_sent,
    user_authenticated,
)

from backoffice.auth import sessions, tokens
from backoffice.core.history import note
from backoffice.core.history.actors import acting
from backoffice.core.model import db


def init_app(app):
    """Listen to what Flask-Security says."""
    user_authenticated.connect(signed_in, app)
    user_logged_out.connect(signed_out, app)
    password_changed.connect(changed, app)
    password_reset.connect(was_reset, app)
    reset_password_instructions_sent.connect(asked, app)


def signed_in(_app, user, authn_via=None, **_rest):
    """Begin a session; a changed password only renews it."""
    sessions.begin(user)
    if "change" not in (authn_via or ()):
        _keep("sign-in", user)


def signed_out(_app, user, **_rest):
    """End the session, for good: Flask-Security itself would leave the transaction open."""
    sessions.end()
    if user is not None and user.is_authenticated:
        _keep("sign-out", user)
    db.session.commit()


def changed(_app, user, **_rest):
    """Sign the person out everywhere else, their programs too."""
    sessions.end_others(user)
    tokens.end_all(user)
    _keep("password-change", user)


def was_reset(_app, user, **_rest):
    """Sign the person out everywhere, their programs too."""
    sessions.end_others(user)
    tokens.end_all(user)
    _keep("password-reset", user)


def asked(_app, user, **_rest):
    """Keep that a link to set a new password was mailed."""
    _keep("password-link", user)
    db.session.commit()


def _keep(verb, user):
    with acting(user, "site", request.remote_addr):
        note(db.session(), verb, user)
