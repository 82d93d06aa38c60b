"""What every answer carries: a request number, headers, errors people understand, and health."""

from flask import request

from backoffice import extensions, logs
from backoffice.core.model import reading
from backoffice.core.web.nonce import csp_nonce
from backoffice.http import appearance, assets, compression, errors, headers, health, refusal

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def init_app(app):
    """Attach what belongs to no single door; it comes before the doors, so that its refusals come first."""
    app.request_class = refusal.StrictRequest
    app.ensure_sync = as_it_is
    logs.init_app(app)
    app.before_request(refusal.refuse)
    app.before_request(name_intent)
    app.teardown_request(forget_intent)
    # What is registered first comes last: the headers say whether an answer is private, whatever extensions add.
    app.after_request(compression.compress)
    app.after_request(headers.add)
    extensions.init_app(app)
    app.add_template_global(csp_nonce)
    assets.init_app(app)
    appearance.init_app(app)
    errors.init_app(app)
    health.init_app(app)


def as_it_is(function):
    """Return a function that Flask is about to call: none is a coroutine, and each would be looked at for that."""
    return function


def name_intent():
    """Tell the database whether this request may write, so that readers never wait for a writer's lock."""
    reading.set(request.method in SAFE_METHODS)


def forget_intent(_error):
    """Leave nothing of this request to whatever its thread does next."""
    reading.set(False)
