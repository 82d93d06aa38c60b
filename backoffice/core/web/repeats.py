"""Requests that programs send again because no answer came: a key of theirs tells that it is the same one."""

from datetime import timedelta
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Integer, String, Table, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backoffice.core.history.sets import RECORDED
from backoffice.core.jobs import chore
from backoffice.core.model import db, now
from backoffice.core.types import Key, UtcDateTime

LONGEST = 200  # characters of a key
KEPT = timedelta(days=1)

request_key = Table(
    "request_key",
    db.Model.metadata,
    # With the account goes what it asked.
    Column("user_id", Key, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True),
    Column("key", String(LONGEST), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("answer", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False, index=True),
)


class Different(ValueError):  # noqa: N818 - it says what is wrong with the request
    """The same key came with another request before."""


def claim(session: Session, user: Any, key: str, digest: str) -> tuple[int, Any] | None:
    """Take a key for a request with this digest; returns the status and the answer it had before, if it had one.

    Whoever sends the same at the same moment waits here until the first is through. Raises Different.
    """
    mine = (request_key.c.user_id == user.id) & (request_key.c.key == key)
    old = delete(request_key).where(mine, request_key.c.created_at < now() - KEPT)
    session.execute(old, execution_options=RECORDED)
    fresh = {"user_id": user.id, "key": key, "digest": digest, "status": 0, "answer": None, "created_at": now()}
    try:
        with session.begin_nested():
            session.execute(request_key.insert(), [fresh], execution_options=RECORDED)
    except IntegrityError:
        found = session.execute(select(request_key).where(mine)).one()
        if found.digest != digest:
            raise Different(key) from None
        return found.status, found.answer
    return None


def keep(session: Session, user: Any, key: str, status: int, answer: Any) -> None:
    """Keep what the request with this key was answered, in the transaction that did what it asked."""
    mine = (request_key.c.user_id == user.id) & (request_key.c.key == key)
    put = request_key.update().where(mine).values(status=status, answer=answer)
    session.execute(put, execution_options=RECORDED)


@chore
def forget(session: Session) -> None:
    """Forget the keys that are older than anybody repeats a request."""
    session.execute(delete(request_key).where(request_key.c.created_at < now() - KEPT), execution_options=RECORDED)
    session.commit()
