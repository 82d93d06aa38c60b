"""What programs sign in by: tokens that are made for an account, known again by a hash, and ended."""

import re
import secrets
import zlib
from datetime import timedelta

from flask import g
from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import joinedload

from backoffice.auth.sessions import RECORDED, seal
from backoffice.core.access import rights_of
from backoffice.core.catalogues import gettext as _
from backoffice.core.catalogues import joined
from backoffice.core.history import note
from backoffice.core.model import db, now
from backoffice.core.scopes import within
from backoffice.core.writing.refusals import Refusal, explained
from backoffice.models.accounts import Role, User, known
from backoffice.models.tokens import Token

# Whoever finds one in a file or a log knows what it is, and machines that look for such things do, too.
SIGN = "bo_"
WORD = re.compile(r"bo_[0-9a-f]{56}")
SHOWN = len(SIGN) + 6
LONGEST = 365  # days
MOST = 50  # tokens that one account has at a time
MOST_SCOPES = 200
KEPT = timedelta(days=90)
FOUND = (
    select(User, Token)
    .join(Token, Token.user_id == User.id)
    .options(joinedload(User.roles).load_only(Role.name, Role.rights))
    .where(Token.digest == bindparam("digest"), Token.ended_at.is_(None))
)


def make(user, name, scopes, days):
    """Return a new token of `user`, and its word, which nobody can say again; raises Refusal: field → sentence."""
    problems = dict(_problems(user, name, scopes, days))
    if problems:
        raise Refusal(problems)
    session, moment, word = db.session(), now(), _new_word()
    _forget(user, moment)
    until = moment + timedelta(days=days)
    kept = {"prefix": word[:SHOWN], "digest": seal(word), "scopes": scopes, "expires_at": until}
    with explained(Token):
        row = Token(name=name, user_id=user.id, **kept)
        session.add(row)
        session.flush()
    note(session, "token-issued", user, token=row.name, prefix=row.prefix, scopes=row.scopes)
    return row, word


def bearer(request):
    """Return the person for whom a request brings a token, acting within its scopes, or None."""
    kind, _space, word = request.headers.get("Authorization", "").partition(" ")
    word = word.strip()
    if kind.lower() != "bearer" or not WORD.fullmatch(word) or word != _checked(word):
        return None
    found = db.session.execute(FOUND, {"digest": seal(word)}).unique().one_or_none()
    if found is None or not holds(found.Token, found.User):
        return None
    found.User.scopes = tuple(found.Token.scopes)
    g.token = found.Token
    g.presence = (Token, found.Token.id, found.User.id, found.Token.last_seen)
    return found.User


def holds(one, user):
    """Tell whether a token is still good for this user."""
    shut = user.signed_out_at
    living = one.ended_at is None and now() < one.expires_at
    return living and user.active and (shut is None or one.created_at > shut)


def of(user):
    """Return the tokens of this user that still hold, the newest first."""
    mine = select(Token).where(Token.user_id == user.id, Token.ended_at.is_(None))
    return [one for one in db.session.scalars(mine.order_by(Token.id.desc())) if holds(one, user)]


def end(user, key):
    """End one token of this user; tell whether there is such a one."""
    row = next((one for one in of(user) if one.id == key), None)
    if row is not None:
        row.ended_at = now()
    return row is not None


def end_all(user):
    """End every token of this user."""
    ended = update(Token).where(Token.user_id == user.id, Token.ended_at.is_(None)).values(ended_at=now())
    db.session.execute(ended, execution_options=RECORDED)


def _problems(user, name, scopes, days):
    if not isinstance(name, str) or not name.strip():
        yield "name", _("This field is required.")
    if type(days) is not int or not 1 <= days <= LONGEST:
        yield "days", _("A token is valid for 1 to %(most)d days.", most=LONGEST)
    if not isinstance(scopes, list) or not all(isinstance(one, str) for one in scopes) or len(scopes) > MOST_SCOPES:
        yield "scopes", _("This must be a list of words.")
    elif not scopes:
        yield "scopes", _("Say what the token is to allow.")
    elif beyond := [one for one in scopes if not known(one) or not within([one], rights_of(user))]:
        yield "scopes", _("You do not hold these rights yourself: %(rights)s", rights=joined(beyond[:10]))
    if len(of(user)) >= MOST:
        yield "", _("There can be %(most)d tokens at a time; revoke some first.", most=MOST)


def _forget(user, moment):
    """Forget what ended long ago: the history still tells that it was there."""
    over = (Token.ended_at < moment - KEPT) | (Token.expires_at < moment - KEPT)
    db.session.execute(delete(Token).where(Token.user_id == user.id, over), execution_options=RECORDED)


def _new_word():
    return _checked(SIGN + secrets.token_hex(24))


def _checked(word):
    """Return a word with its last digits, which follow from the others: what was mistyped is seen without a look."""
    body = word[: len(SIGN) + 48]
    return f"{body}{zlib.crc32(body.encode()):08x}"
