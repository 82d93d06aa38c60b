"""Views that people keep: the present state of a list under a name, for themselves or for a role."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ForeignKey, Index, Select, String, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from backoffice.core import moments
from backoffice.core.access import NotFound, can, rights_of
from backoffice.core.catalogues import gettext
from backoffice.core.catalogues import lazy_gettext as _
from backoffice.core.model import Model
from backoffice.core.resource import Resource, relations
from backoffice.core.types import Invalid, Key

LONGEST_NAME = 60
LONGEST_STATE = 4000
MOST = 30  # that one person keeps of one list


class SavedView(Model):
    """The state of a list of `model`, as an address says it, kept by `user`, shared with `role` if there is one."""

    name: Mapped[str] = mapped_column(String(LONGEST_NAME), info={"label": _("Name")})
    model: Mapped[str] = mapped_column(String(60), info={"label": _("List")})
    state: Mapped[str] = mapped_column(String(LONGEST_STATE), info={"label": _("Shown")})
    # What is private goes with its owner; there is nothing to be asked about it.
    user_id: Mapped[int] = mapped_column(Key, ForeignKey("user.id", ondelete="CASCADE"))
    role_id: Mapped[int | None] = mapped_column(Key, ForeignKey("role.id"))

    user = relationship("User", info={"label": _("User")})
    role = relationship("Role", info={"label": _("Shared with")})

    __table_args__ = (
        Index("ix_saved_view_user_id_model", "user_id", "model"),
        Index("ix_saved_view_role_id_model", "role_id", "model"),
    )

    # Everybody works with their own on the lists themselves; these pages are for those who look after them.
    resource = Resource(
        menu=_("System"),
        place=260,
        icon="list",
        name=_("Saved view"),
        plural=_("Saved views"),
        empty=_(
            "A saved view keeps the filters, order and columns of a list. “Save this view…” above a list makes one."
        ),
        columns=("name", "model", "user", "role", "created_at"),
        search=("name",),
        filters=("user", "role", "created_at"),
        fixed=("name", "model", "state", "user_id", "role_id"),
        verbs=("read", "delete", "share"),
        owner="user_id",
        grants={"editor": "share"},
    )

    def rules(self) -> Iterator[Invalid]:
        """A view has a name that can be read."""
        self.name = " ".join((self.name or "").split())
        if not self.name:
            yield Invalid("name", gettext("A view needs a name."))


@dataclass(frozen=True)
class Kept:
    """A view as a tab needs it; `own` tells whether it is the acting person's to change."""

    id: int
    name: str
    state: str
    role_id: int | None
    own: bool


def offered(session: Session, user: Any, model: type[Model]) -> list[Kept]:
    """Return the views of `model` that `user` keeps or that are shared with one of their roles; one statement."""
    question = _offered(model.__tablename__, user.id, _roles(user))
    found = moments.kept(session, question, lambda: session.connection().execute(question).all())
    return [Kept(one.id, one.name, one.state, one.role_id, one.user_id == user.id) for one in found]


# Every page of a list asks this, and putting the statement together takes longer than having it answered.
@lru_cache(maxsize=500)
def _offered(model: str, user: int, roles: tuple[int, ...]) -> Select[Any]:
    table = SavedView.__table__.c
    asked = select(table.id, table.name, table.state, table.role_id, table.user_id)
    known = or_(table.user_id == user, table.role_id.in_(roles))
    return asked.where(table.model == model, known).order_by(func.lower(table.name), table.id)


def _roles(user: Any) -> tuple[int, ...]:
    return tuple(role.id for role in getattr(user, "roles", ()))


def roles_to_share_with(session: Session, user: Any) -> list[Any]:
    """Return the roles `user` may share a view with: their own with the right to share, all with every right."""
    if not can(user, "share", SavedView):
        return []
    if "*" not in rights_of(user):
        return list(getattr(user, "roles", ()))
    role = relations(SavedView)["role"].mapper.class_
    return list(session.scalars(select(role).order_by(role.name)))


def keep(session: Session, user: Any, model: type[Model], values: dict[str, Any]) -> SavedView:
    """Return a new view of `model` with `values` (name, state, role_id), flushed but not committed.

    Raises Invalid where it cannot be kept, NotFound for a role that `user` may not share with.
    """
    own = select(func.count()).where(SavedView.user_id == user.id, SavedView.model == model.__tablename__)
    if (session.scalar(own) or 0) >= MOST:
        raise Invalid("name", gettext("At most %(most)d views of one list can be saved.", most=MOST))
    _may_have(session, user, values.get("role_id"))
    row = SavedView(model=model.__tablename__, user_id=user.id, **values)
    session.add(row)
    session.flush()
    return row


def change(session: Session, user: Any, model: type[Model], key: Any, values: dict[str, Any]) -> SavedView:
    """Set `values` on a view that is `user`'s own, flushed but not committed; raises like `keep`."""
    row = fetch(session, user, model, key)
    if values.get("role_id") not in (None, row.role_id):
        _may_have(session, user, values["role_id"])
    for name, value in values.items():
        setattr(row, name, value)
    session.flush()
    return row


def remove(session: Session, user: Any, model: type[Model], key: Any) -> str:
    """Delete a view that is `user`'s own, not committed; returns its name, raises NotFound for any other."""
    row = fetch(session, user, model, key)
    session.delete(row)
    session.flush()
    return row.name


def fetch(session: Session, user: Any, model: type[Model], key: Any) -> SavedView:
    """Return the view with this key where it is `user`'s own; raises NotFound."""
    own = select(SavedView).where(SavedView.user_id == user.id, SavedView.model == model.__tablename__)
    row: SavedView | None = session.scalar(own.where(SavedView.id == key))
    if row is None:
        raise NotFound(SavedView.__tablename__)
    return row


def _may_have(session: Session, user: Any, role: int | None) -> None:
    if role is not None and role not in {one.id for one in roles_to_share_with(session, user)}:
        raise NotFound("role")
