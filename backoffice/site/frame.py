"""What every public page asks first: what is seen just now, when the next post appears, and which pages are named."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import g
from sqlalchemy import bindparam, func, literal, select, true

from backoffice.core.database.conditions import Unindexed
from backoffice.core.model import db, now
from backoffice.core.moments import Moment
from backoffice.core.types import UtcDateTime
from backoffice.models.content import PAGE, Post
from backoffice.site import posts

MOST_PAGES = 60


@dataclass(frozen=True)
class Frame:
    """The name of what the database shows, None where it has none; when that changes by itself; the public pages."""

    moment: str | None
    due: datetime | None
    pages: list[Any]


def _asked():
    moment = bindparam("now", type_=UtcDateTime())
    # The newest, which their index has in this order; of all posts few are pages.
    pages = select(Post.title, Post.slug).where(Post.kind == PAGE, Unindexed(Post.public(moment)))
    pages = pages.order_by(Post.created_at.desc(), Post.id.desc()).limit(MOST_PAGES).subquery()
    due = [
        select(func.min(date)).where(Post.status == status, date > moment).scalar_subquery().label(f"due_{status}")
        for status, date in posts.WAYS
    ]
    one = select(literal(1).label("one")).subquery()
    return select(Moment().label("moment"), *due, pages.c.title, pages.c.slug).select_from(one.outerjoin(pages, true()))


# Every page asks this, so it is put together once.
ASKED = _asked()


def frame():
    """Return the frame of this answer, asked for once."""
    if "frame" not in g:
        g.frame = _read(db.session)
    return g.frame


def look():
    """Return the frame before anything else is asked; None where the database has no name for what it shows."""
    if db.engine.dialect.name != "postgresql":
        return None
    # One statement needs no transaction around it, which would be two more ways to the database and back.
    with db.engine.connect() as connection:
        return _read(connection.execution_options(isolation_level="AUTOCOMMIT"))


def _read(database):
    rows = database.execute(ASKED, {"now": now()}).all()
    moment, *due = rows[0][:3]
    pages = sorted((row for row in rows if row.slug is not None), key=lambda row: (row.title, row.slug))
    return Frame(moment, min((one for one in due if one is not None), default=None), pages)
