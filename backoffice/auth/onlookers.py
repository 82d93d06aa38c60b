"""Who is signed in on a page that only looks: as much of a person as such pages ask for, read as plain values."""

from dataclasses import dataclass
from typing import NamedTuple

from flask_security import RoleMixin, UserMixin
from sqlalchemy import bindparam, select

from backoffice.core import alone, moments
from backoffice.core.access import together
from backoffice.core.database import patience
from backoffice.core.database.hints import Listed
from backoffice.core.model import db
from backoffice.models.accounts import Role, User, user_role
from backoffice.models.sessions import Session

_user, _role, _session = User.__table__.c, Role.__table__.c, Session.__table__.c
OWN = ("id", "name", "email", "locale", "timezone", "wishes", "active", "signed_out_at", "fs_uniquifier")
_held = (
    select(_role.id, _role.name, _role.rights)
    .join(user_role, user_role.c.role_id == _role.id)
    .where(user_role.c.user_id == _user.id)
    .correlate(User.__table__)
    .order_by(_role.name)
    .subquery()
)
# One row, the roles in it: joined, they would take the database three times as long to plan as to look up.
ASKED = (
    select(
        _session.id.label("session"),
        _session.created_at,
        _session.last_seen,
        moments.Moment().label("moment"),
        select(Listed(*_held.c)).scalar_subquery().label("roles"),
        *(_user[name].label(f"user_{name}") for name in OWN),
    )
    .join_from(Session.__table__, User.__table__, _user.id == _session.user_id)
    .where(_session.token == bindparam("token"), _session.ended_at.is_(None))
)
# Rows that something narrows may take long to find; saying so along with this saves asking once more.
LIMITED = ASKED.add_columns(patience.Limit().label("limit"))
FIRST = 5  # what stands before the person's own columns


@dataclass(frozen=True)
class Held(RoleMixin):
    """A role that somebody holds."""

    id: int
    name: str
    rights: list[str]


class Found(NamedTuple):
    """The session that a cookie names, whose it is, and the moment in which it was found."""

    id: int
    created_at: object
    last_seen: object
    moment: str | None
    user: "Onlooker"


class Onlooker(UserMixin):
    """A person who looks; what else is asked of them is read from their row when it is asked."""

    scopes = None

    def __init__(self, values, roles):
        """Hold the person's own `values` by column, and their `roles`."""
        vars(self).update(values, roles=roles, rights=together(tuple(tuple(role.rights) for role in roles)))

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(db.session.get(User, self.id), name)


def find(session, token):
    """Return the session with this token and its person, or None; one statement, and no object of the database's."""
    asked = ASKED if alone.stands(session) else LIMITED
    found = session.connection().execute(asked, {"token": token}).one_or_none()
    if asked is LIMITED:
        patience.begin(session)
    if found is None:
        return None
    user = Onlooker(dict(zip(OWN, found[FIRST:], strict=False)), [Held(*role) for role in found.roles or ()])
    return Found(found.session, found.created_at, found.last_seen, found.moment, user)
