"""Tokens: what programs show instead of a password, on behalf of one account."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.core.catalogues import gettext
from backoffice.core.catalogues import lazy_gettext as _
from backoffice.core.model import Model, now
from backoffice.core.resource import Action, Resource
from backoffice.core.types import Key, Secret, Strings, UtcDateTime


class Token(Model):
    """One program that may act for one person, up to a day and within the rights it was given of theirs."""

    name: Mapped[str] = mapped_column(String(80), info={"label": _("Name")})
    # Enough to tell which one was found somewhere; of the rest only a hash is kept.
    prefix: Mapped[str] = mapped_column(String(16), index=True, info={"label": _("Begins with")})
    digest: Mapped[str] = mapped_column(Secret(64), unique=True)
    scopes: Mapped[list[str]] = mapped_column(Strings, default=list, info={"label": _("Allows")})
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True, info={"label": _("Valid until")})
    last_seen: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True, info={"label": _("Last used")})
    # Taken back, it would bring the token to life again.
    ended_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, index=True, info={"label": _("Revoked"), "lasting": True}
    )
    user_id: Mapped[int] = mapped_column(Key, ForeignKey("user.id", ondelete="CASCADE"))

    user = relationship("User", info={"label": _("User")})

    __table_args__ = (Index("ix_token_user_id_created_at", "user_id", "created_at"),)

    resource = Resource(
        menu=_("System"),
        place=245,
        icon="key",
        name=_("Token"),
        plural=_("Tokens"),
        empty=_("A token lets a program act in your name. Tokens are made in the menu of the account."),
        columns=("name", "prefix", "user", "scopes", "created_at", "last_seen", "expires_at", "ended_at"),
        search=("name", "prefix"),
        filters=("user", "prefix", "created_at", "last_seen", "expires_at", "ended_at"),
        fixed=("name", "prefix", "scopes", "expires_at", "last_seen", "ended_at", "user_id"),
        verbs=("read",),
        actions=(
            Action(
                "revoke",
                _("Revoke"),
                sets={"ended_at": now},
                refuses=lambda user, rows: _over(user, rows),
                danger=True,
            ),
        ),
        # Everybody sees and ends their own in the menu of the account, whatever their roles.
        owner="user_id",
    )


def _over(_user: Any, _rows: Any) -> Iterator[tuple[ColumnElement[bool], str]]:
    """Yield which tokens stay as they are: those that were revoked before."""
    yield Token.ended_at.is_not(None), gettext("It has been revoked already.")
