"""How often programs may ask: so many times a minute for one person, whatever the tokens and addresses."""

from flask import current_app
from flask_limiter.util import get_remote_address
from werkzeug.exceptions import TooManyRequests

from backoffice.core.history.actors import actor
from backoffice.core.model import now
from backoffice.extensions import limiter

READS, WRITES = "600/minute", "240/minute"


def _is_off():
    return not current_app.config["RATELIMIT_ENABLED"]


def _who():
    return f"user {actor().user_id}" if actor().user_id else get_remote_address()


def _breached(limit):
    seconds = max(1, int(limit.reset_at - now().timestamp()) + 1)
    return current_app.handle_http_exception(TooManyRequests(retry_after=seconds))


LIMITS = {"key_func": _who, "on_breach": _breached, "exempt_when": _is_off}
reading = limiter.shared_limit(lambda: READS, scope="api reads", methods=["GET", "HEAD"], **LIMITS)
writing = limiter.shared_limit(lambda: WRITES, scope="api writes", methods=["POST", "PATCH", "DELETE"], **LIMITS)
