"""How often one may try: counted in the history, so that every process knows, and a wait that grows."""

from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from flask import abort, current_app, make_response, render_template, request
from flask_limiter.util import get_remote_address
from flask_security import views
from sqlalchemy import func, select
from werkzeug.exceptions import TooManyRequests

from backoffice.core.history import Change, actor, note
from backoffice.core.model import db, now
from backoffice.extensions import limiter
from backoffice.models.accounts import User
from backoffice.models.sessions import Session

FIRST_WAIT = timedelta(seconds=30)
LONGEST_NAME = 200
# An address from which somebody has signed in lately is theirs: strangers' failures do not shut them out.
FAMILIAR = timedelta(days=30)


@dataclass(frozen=True)
class Kind:
    """What is counted: the word in the history, and how often a name or an address may do it within a while."""

    verb: str
    per_name: int
    per_address: int
    within: timedelta


SIGN_IN = Kind("sign-in-failed", 10, 50, timedelta(minutes=15))
RESET = Kind("password-forgotten", 5, 30, timedelta(hours=1))


def init_app(app):
    """Set limits on the addresses that can be used for guessing."""
    app.view_functions["security.login"] = login
    app.view_functions["security.forgot_password"] = forgot_password


def fold(name):
    """Return a typed address as it is counted: in small letters, cut short, empty when it is no address.

    What is no address may be a password typed into the wrong field: it is not kept.
    """
    folded = (name or "").strip().lower()[:LONGEST_NAME] if isinstance(name, str) else ""
    return folded if "@" in folded else ""


def hold(kind, name):
    """Refuse with 429 as long as the name or the address of this request has to wait."""
    if _is_off():
        return
    here = Change.address == request.remote_addr
    waits = [_wait(kind, kind.per_address, here)]
    if name:
        named = Change.label == name
        waits.append(_wait(kind, kind.per_name, named & here if _is_familiar(name) else named))
    if max(waits) > timedelta(0):
        abort(waiting(max(waits)))


def count(kind, name):
    """Keep in the history that somebody tried."""
    note(db.session(), kind.verb, model="user", label=name)
    db.session.commit()


def waiting(wait):
    """Return the answer 429 that says when it makes sense to try again."""
    seconds = max(1, ceil(wait.total_seconds()))
    if actor().door == "api":
        return current_app.handle_http_exception(TooManyRequests(retry_after=seconds))
    answer = make_response(render_template("security/wait.html", minutes=max(1, ceil((seconds - 5) / 60))), 429)
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _wait(kind, free, whose):
    moment = now()
    tried = select(func.count(), func.max(Change.created_at)).where(
        Change.verb == kind.verb, Change.created_at > moment - kind.within, whose
    )
    times, last = db.session.execute(tried).one()
    if times < free:
        return timedelta(0)
    # Each try beyond doubles the wait, until it is as long as the while itself.
    return last + min(kind.within, FIRST_WAIT * 2 ** min(times - free, 20)) - moment


def _is_familiar(name):
    signed_in = select(Session.id).join(User, User.id == Session.user_id)
    known = signed_in.where(
        User.email == name, Session.address == request.remote_addr, Session.created_at > now() - FAMILIAR
    )
    return db.session.scalar(known.limit(1)) is not None


def _breached(limit):
    return waiting(timedelta(seconds=max(1, limit.reset_at - now().timestamp())))


def named():
    """Return whom a request to sign in names, as it is counted; without a name it shares the limit of its address."""
    told = request.get_json(silent=True) if request.is_json else request.form
    return fold(told.get("email") if hasattr(told, "get") else None) or get_remote_address()


def _is_off():
    return not current_app.config["RATELIMIT_ENABLED"]


LIMITS = {"methods": ["POST"], "on_breach": _breached, "exempt_when": _is_off}


@limiter.limit("100/minute", **LIMITS)
@limiter.limit("30/minute", key_func=named, **LIMITS)
def login():
    """Sign in, not too often."""
    return views.login()


@limiter.limit("20/minute", **LIMITS)
@limiter.limit("10/minute", key_func=named, **LIMITS)
def forgot_password():
    """Ask for a link to set a new password, not too often."""
    return views.forgot_password()
