"""Sessions: who is signed in, from where and since when."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.core.catalogues import lazy_gettext as _
from backoffice.core.model import Model
from backoffice.core.resource import Resource
from backoffice.core.types import Key, Secret, UtcDateTime
from backoffice.core.web import agents


class Session(Model):
    """One sign-in of one person in one browser; deleting it signs that browser out."""

    user_id: Mapped[int] = mapped_column(Key, ForeignKey("user.id", ondelete="CASCADE"))
    address: Mapped[str | None] = mapped_column(String(45), index=True, info={"label": _("IP address")})
    agent: Mapped[str] = mapped_column(String(255), default="", info={"label": _("Browser"), "words": agents.named})
    last_seen: Mapped[datetime] = mapped_column(UtcDateTime, index=True, info={"label": _("Last seen")})
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True, info={"label": _("Ended")})
    # Of the word in the browser's cookie only a hash is kept: who reads the database cannot become its people.
    token: Mapped[str] = mapped_column(Secret(64), unique=True)

    user = relationship("User", info={"label": _("User")})

    __table_args__ = (Index("ix_session_user_id_created_at", "user_id", "created_at"),)

    resource = Resource(
        menu=_("System"),
        place=240,
        icon="log-in",
        name=_("Session"),
        plural=_("Sessions"),
        label="address",
        columns=("user", "address", "agent", "created_at", "last_seen", "ended_at"),
        search=("address", "agent"),
        filters=("user", "address", "created_at", "last_seen", "ended_at"),
        fixed=("user_id", "address", "agent", "last_seen", "ended_at"),
        verbs=("read", "delete"),
    )
