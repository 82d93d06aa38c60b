"""People and their roles: who may sign in, and what the roles' rights are."""

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar

from flask_security import RoleMixin, UserMixin
from sqlalchemy import Boolean, Column, ColumnElement, ForeignKey, Index, String, Table, Text, inspect, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from backoffice.core import grants
from backoffice.core.access import rights_of, together
from backoffice.core.catalogues import gettext, joined
from backoffice.core.catalogues import lazy_gettext as _
from backoffice.core.grouping import Group
from backoffice.core.history import actor
from backoffice.core.model import Model, db, now
from backoffice.core.preferences import LONGEST
from backoffice.core.resource import Action, Resource, resources, verbs
from backoffice.core.scopes import narrowed, within
from backoffice.core.types import Invalid, Key, Language, Picture, Secret, Strings, TimeZone, UtcDateTime

user_role = Table(
    "user_role",
    db.Model.metadata,
    Column("user_id", Key, ForeignKey("user.id"), primary_key=True),
    Column("role_id", Key, ForeignKey("role.id"), primary_key=True, index=True),
)


class Role(Model, RoleMixin):
    """A name for what a group of people may do."""

    name: Mapped[str] = mapped_column(String(80), unique=True, info={"label": _("Name")})
    description: Mapped[str | None] = mapped_column(String(255), info={"label": _("Description")})
    rights: Mapped[list[str]] = mapped_column(
        Strings,
        default=list,
        info={"label": _("Rights"), "help": _("One a line: post.update, post.update:own, *")},
    )

    resource = Resource(
        menu=_("System"),
        place=220,
        icon="key",
        name=_("Role"),
        plural=_("Roles"),
        columns=("name", "description", "created_at"),
        search=("name",),
        groups=(Group(_("Role"), ("name", "description")), Group(_("What it allows"), ("rights",))),
        order="name",
    )

    def rules(self) -> Iterator[Invalid]:
        """Rights are known words, nobody gives more than they hold, and an administrator remains."""
        unknown = [right for right in self.rights or () if not known(right)]
        if unknown:
            yield Invalid("rights", gettext("There is no right called %(right)s.", right=joined(unknown)))
        if not within({*(self.rights or ()), *_role_rights(self)}, _acting()):
            yield Invalid("rights", gettext("You can give only rights that you hold yourself."))
        if "*" not in (self.rights or ()) and self._is_last():
            yield Invalid("rights", gettext("The last administrator cannot lose this right."))

    def farewells(self) -> Iterator[Invalid]:
        """The role that the last administrator stands on stays, and so does one mightier than oneself."""
        if not within(_role_rights(self), _acting()):
            yield Invalid("", gettext("You can change only roles with rights that you hold yourself."))
        if self._is_last():
            yield Invalid("", gettext("The last administrator cannot lose this role."))

    def _is_last(self) -> bool:
        session = db.session()
        return "*" in _role_rights(self) and bool(_holders(session)) and not _holders(session, besides=self)


def known(right: str) -> bool:
    """Tell whether `right` means something: `*`, `model.*`, `model.verb` or `model.verb:own`."""
    name, _dot, verb = right.partition(".")
    verb, _colon, scope = verb.partition(":")
    model = resources().get(name)
    return right == "*" or (model is not None and scope in ("", "own") and (verb == "*" or verb in verbs(model)))


def new_key() -> str:
    """Return a fresh random name for an account's cookies and tokens."""
    return uuid.uuid4().hex


class User(Model, UserMixin):
    """Someone who can sign in, or who once wrote something."""

    username: Mapped[str] = mapped_column(String(80), unique=True, info={"label": _("Username"), "kind": "handle"})
    name: Mapped[str] = mapped_column(String(120), index=True, info={"label": _("Name")})
    email: Mapped[str | None] = mapped_column(String(254), unique=True, info={"label": _("E-mail"), "kind": "email"})
    bio: Mapped[str | None] = mapped_column(Text, info={"label": _("About")})
    avatar: Mapped[str | None] = mapped_column(Picture, info={"label": _("Picture")})
    locale: Mapped[str | None] = mapped_column(Language, info={"label": _("Language")})
    timezone: Mapped[str | None] = mapped_column(
        TimeZone, info={"label": _("Time zone"), "help": _("Type a city, and choose.")}
    )
    active: Mapped[bool] = mapped_column(Boolean, default=True, info={"label": _("Active")})
    last_seen: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True, info={"label": _("Last seen")})
    # Taken back, it would bring to life again what it ended.
    signed_out_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info={"label": _("Signed out everywhere"), "lasting": True}
    )
    password: Mapped[str | None] = mapped_column(Secret(255))
    # How they like their lists to look is theirs alone (see core/preferences.py).
    wishes: Mapped[str | None] = mapped_column(Secret(LONGEST))
    fs_uniquifier: Mapped[str] = mapped_column(Secret(64), unique=True, default=new_key)

    roles = relationship("Role", secondary=user_role, order_by="Role.name", info={"label": _("Roles")})

    # What of their rights they act with now; None for all of them, as in a browser.
    scopes: ClassVar[tuple[str, ...] | None] = None

    __table_args__ = (Index("ix_user_active_created_at", "active", "created_at", "id"),)

    resource = Resource(
        menu=_("System"),
        place=210,
        icon="users",
        name=_("User"),
        plural=_("Users"),
        columns=("avatar", "name", "username", "email", "roles", "active", "last_seen", "created_at"),
        search=("name", "username", "email"),
        filters=("active", "roles", "last_seen", "created_at"),
        inline=("name",),
        groups=(
            Group(_("Person"), ("name", "username", "email", "bio", "avatar")),
            Group(_("Access"), ("active", "roles"), help=_("Who may sign in, and what they may do then."), side=True),
            Group(_("Language and place"), ("locale", "timezone"), side=True),
        ),
        fixed=("last_seen", "signed_out_at"),
        views={_("Active"): {"active": True}, _("Deactivated"): {"active": False}},
        actions=(
            Action(
                "deactivate",
                _("Deactivate"),
                sets={"active": False, "signed_out_at": now},
                refuses=lambda user, rows: _keep_in(user, rows),
                danger=True,
            ),
            Action("activate", _("Activate"), sets={"active": True}, refuses=lambda user, rows: _mightier(user, rows)),
        ),
        owner="id",
        order="name",
        grants={"editor": "pick", "moderator": "pick", "author": "pick:own"},
        fields={"email": "contact", "roles": "grant"},
    )

    @property
    def rights(self) -> frozenset[str]:
        """All rights of all roles."""
        return together(tuple(tuple(role.rights) for role in self.roles))

    def rules(self) -> Iterator[Invalid]:
        """Nobody gives roles beyond their own rights, and an administrator remains."""
        self.email = self.email.lower() if self.email else None
        if self._leaving():
            if actor().user_id is not None and actor().user_id == self.id:
                yield Invalid("active", gettext("You cannot deactivate yourself."))
            self.signed_out_at = now()
        if not within(self.rights | _user_rights(self.id), _acting()):
            yield Invalid("roles", gettext("You can change only accounts with rights that you hold yourself."))
        if not (self.active and "*" in self.rights) and self._is_last():
            yield Invalid("active" if not self.active else "roles", gettext("The last administrator must stay one."))

    def farewells(self) -> Iterator[Invalid]:
        """Nobody removes themselves, a mightier account, or the last administrator."""
        if actor().user_id is not None and actor().user_id == self.id:
            yield Invalid("", gettext("You cannot delete your own account."))
        if not within(_user_rights(self.id), _acting()):
            yield Invalid("", gettext("This account holds rights that you do not."))
        if self._is_last():
            yield Invalid("", gettext("The last administrator must stay one."))

    def _leaving(self) -> bool:
        return not self.active and True in (inspect(self).attrs.active.history.deleted or ())

    def _is_last(self) -> bool:
        return "*" in _user_rights(self.id) and _holders(db.session()) == {self.id}


def _acting() -> frozenset[str]:
    """Return what whoever acts may do, as it stood before this write; commands, which act for nobody, may do all.

    What is being written must not count: one would give oneself a right by the right one gives oneself.
    """
    user = actor().user
    if user is None:
        return frozenset({"*"})
    return _user_rights(user.id) if user.scopes is None else narrowed(_user_rights(user.id), user.scopes)


def _user_rights(key: int | None) -> frozenset[str]:
    role, link, user = Role.__table__.c, user_role.c, User.__table__.c
    query = select(role.rights).join_from(User.__table__, user_role, link.user_id == user.id)
    query = query.join(Role.__table__, role.id == link.role_id).where(user.id == key)
    with db.session.no_autoflush:
        return frozenset(right for rights in db.session.scalars(query) for right in rights)


def _role_rights(row: Role) -> frozenset[str]:
    table = Role.__table__.c
    with db.session.no_autoflush:
        return frozenset(db.session.scalar(select(table.rights).where(table.id == row.id)) or ())


def _holders(session: Session, *, besides: Role | None = None) -> set[int]:
    """Return the keys of the active users with the right to everything, as the database has it now.

    Nobody else is told before this transaction ends: else two administrators remove each other at once.
    """
    role = Role.__table__.c
    asked = select(role.id, role.rights).order_by(role.id).with_for_update(key_share=True)
    with session.no_autoflush:
        roles = session.execute(asked).all()
        able = [key for key, rights in roles if "*" in (rights or ()) and (besides is None or key != besides.id)]
        table = User.__table__
        query = select(table.c.id).join(user_role, user_role.c.user_id == table.c.id)
        return set(session.scalars(query.where(table.c.active.is_(True), user_role.c.role_id.in_(able))))


def _keep_in(user: Any, rows: Any) -> Iterator[tuple[ColumnElement[bool], str]]:
    """Yield which accounts of `rows` stay active: one's own, mightier ones, the last administrators."""
    session = db.session()
    if user is not None:
        yield User.id == user.id, gettext("You cannot deactivate yourself.")
    yield from _mightier(user, rows)
    holders = _holders(session)
    if holders and holders <= set(session.scalars(rows)):
        yield User.id.in_(holders), gettext("The last administrator must stay one.")


def _mightier(user: Any, _rows: Any) -> Iterator[tuple[ColumnElement[bool], str]]:
    """Yield the accounts that hold rights which `user` does not."""
    beyond = [role.id for role in db.session.scalars(select(Role)) if not within(role.rights, rights_of(user))]
    if beyond:
        mighty = select(user_role.c.user_id).where(user_role.c.role_id.in_(beyond))
        yield User.id.in_(mighty), gettext("This account holds rights that you do not.")


def give_first_rights(session: Session) -> list[str]:
    """Create the roles that the models' declarations name, with those rights; existing roles stay as they are.

    Returns the names of the roles that were created.
    """
    return grants.give(session, Role)
