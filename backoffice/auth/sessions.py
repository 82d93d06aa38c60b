"""Who is signed in: one row for each sign-in, asked for by every request that brings its word."""

import hashlib
import secrets
from datetime import timedelta

from flask import current_app, g, request, session
from flask_security.utils import set_request_attr
from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import joinedload

from backoffice.auth import onlookers
from backoffice.core import alone, moments
from backoffice.core.model import db, now
from backoffice.models.accounts import Role, User
from backoffice.models.sessions import Session

WORD = "sign_in"
# What Flask-Login itself keeps in the cookie.
LOGINS = ("_user_id", "_fresh", "_id")
# Every request asks this, so it is put together once; of a role it reads no more than what it is called and allows.
ASKED = (
    select(User, Session.id, Session.created_at, Session.last_seen, moments.Moment().label("moment"))
    .join(Session, Session.user_id == User.id)
    .options(joinedload(User.roles).load_only(Role.name, Role.rights))
    .where(Session.token == bindparam("token"), Session.ended_at.is_(None))
)
# Whoever watches this process asks as nobody, so that it answers while the database does not.
NAMELESS = frozenset({"health"})
# How long the row of a session that is over stays for people to look at.
KEPT = timedelta(days=90)
# A sign-in or a sign-out is itself in the history; its session need not be there a second time.
RECORDED = {"recorded": True, "synchronize_session": False}


def init_app(security):
    """Let a session, and nothing else, say who sends a request."""
    security.login_manager.user_loader(load)
    security.login_manager.request_loader(lambda _request: None)
    # The server knows its sessions itself; a phone that changes its network stays signed in.
    security.login_manager.session_protection = None
    # Flask-Principal asks who is there before every request, even for a style sheet.
    security.principal.skip_static = True


def load(identity):
    """Return the user whose session the cookie names, as long as it holds; one statement."""
    word = session.get(WORD)
    if nameless() or not isinstance(word, str):
        return None
    database = db.session()
    alone.stand(database)
    found = onlookers.find(database, seal(word)) if alone.looks() else _find(database, seal(word))
    if found is None or found.user.fs_uniquifier != identity or not holds(found, found.user):
        return None
    moments.begin(database, found.moment)
    g.presence = (Session, found.id, found.user.id, found.last_seen)
    set_request_attr("fs_authn_via", "session")
    return found.user


def _find(database, token):
    row = database.execute(ASKED, {"token": token}).unique().one_or_none()
    return row and onlookers.Found(row.id, row.created_at, row.last_seen, row.moment, row.User)


def nameless():
    """Tell whether it is of no matter who asks: for files, and for whether this process is well."""
    return request.endpoint == "static" or request.blueprint in NAMELESS


def holds(one, user):
    """Tell whether a session that was not ended is still good for this user."""
    moment = now()
    if not user.active or (user.signed_out_at is not None and one.created_at <= user.signed_out_at):
        return False
    idle, longest = current_app.config["SESSION_IDLE"], current_app.config["SESSION_LONGEST"]
    return moment - one.last_seen < idle and moment - one.created_at < longest


def begin(user):
    """Start a new session; nothing that the browser brought along before goes on with it."""
    kept = {name: session[name] for name in LOGINS if name in session}
    word = secrets.token_urlsafe(32)
    session.clear()
    session.update(kept | {WORD: word})
    g.pop("csrf_token", None)
    moment = now()
    row = {"user_id": user.id, "token": seal(word), "last_seen": moment, "created_at": moment}
    row |= {"address": request.remote_addr, "agent": request.user_agent.string[:255]}
    db.session.execute(insert(Session), [row], execution_options=RECORDED)
    seen = update(User).where(User.id == user.id).values(last_seen=moment, updated_at=User.updated_at)
    db.session.execute(seen, execution_options=RECORDED)
    old = delete(Session).where(Session.user_id == user.id, Session.created_at < moment - KEPT)
    db.session.execute(old, execution_options=RECORDED)


def end():
    """End the session on the server, so that a copy of its cookie is worth nothing."""
    word = session.get(WORD)
    session.clear()
    if isinstance(word, str):
        _end(Session.token == seal(word))


def end_others(user):
    """End every session of this user but the one that this request belongs to."""
    word = session.get(WORD)
    _end((Session.user_id == user.id) & (Session.token != (seal(word) if isinstance(word, str) else "")))


def forget():
    """Drop a session that is over from the browser's cookie."""
    for name in (*LOGINS, WORD):
        session.pop(name, None)


def seal(word):
    """Return what is stored of a word: enough to know it again, not enough to say it."""
    return hashlib.sha256(word.encode()).hexdigest()


def _end(condition):
    moment = now()
    ended = update(Session).where(condition, Session.ended_at.is_(None)).values(ended_at=moment)
    db.session.execute(ended, execution_options=RECORDED)
