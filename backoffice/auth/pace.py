"""How long an answer takes that could tell whether there is such an account."""

import time

from flask import current_app, g, request

from backoffice.core.model import db

EVEN = frozenset({"security.login", "security.forgot_password", "calls.token"})


def init_app(app):
    """Make the answers to signing in and to forgotten passwords take the same time, whoever was named."""
    app.before_request(start)
    app.after_request(wait)


def start():
    """Remember when the question came."""
    if request.method == "POST" and request.endpoint in EVEN:
        g.asked_at = time.monotonic()


def wait(response):
    """Hold the answer back until its time has come, and no lock meanwhile."""
    asked = g.pop("asked_at", None)
    rest = current_app.config["SIGN_IN_SECONDS"] - (time.monotonic() - asked) if asked is not None else 0
    if rest > 0:
        db.session.rollback()
        time.sleep(rest)
    return response
