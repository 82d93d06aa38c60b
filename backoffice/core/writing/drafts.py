"""What people type and have not saved, one draft for each of them and each row, and who has a row open just now."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text, and_, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from backoffice.core.jobs import chore
from backoffice.core.jobs.leases import looking
from backoffice.core.model import Model, db, now
from backoffice.core.types import Key, UtcDateTime

LONGEST = 1_000_000  # characters of one draft
MOST = 100  # drafts of one person; the oldest give way
FRESH = timedelta(seconds=75)  # in which somebody who has a row open shows a sign of it
NEW = 0  # stands for the row that is only being made
# What is typed is no change of a row, and none for the history.
UNRECORDED = {"recorded": True}

Content = Mapping[str, Sequence[str]]
Place = tuple[type[Model], int]

# No resource: nobody reads it but whoever wrote it.
draft = Table(
    "draft",
    db.Model.metadata,
    Column("user_id", Key, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True),
    Column("model", String(60), primary_key=True),
    Column("row_id", Key, primary_key=True, index=True),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False, index=True),
    Column("saved_at", UtcDateTime),
    # The version of the row that was typed over.
    Column("begun_at_version", Integer),
    Column("content", Text),
)


@dataclass(frozen=True)
class Draft:
    """What one person typed: the values of a form by field, the version it was opened at, and when it was kept."""

    content: dict[str, list[str]]
    version: int | None
    saved_at: datetime


@dataclass(frozen=True)
class Desk:
    """What lies at one row for one person: their own draft, and the accounts of others who have it open, since when."""

    own: Draft | None = None
    others: tuple[tuple[int, datetime], ...] = ()


def look(session: Session, user: Any, place: Place) -> Desk:
    """Return what lies at a row (`NEW` for one that is being made) for `user`: one statement."""
    open_now = and_(draft.c.seen_at > now() - FRESH, draft.c.row_id != NEW)
    mine = draft.c.user_id == user.id
    asked = select(draft).where(*_at(place), or_(mine, open_now)).order_by(draft.c.opened_at, draft.c.user_id)
    own, others = None, []
    for row in session.execute(asked):
        if row.user_id != user.id:
            others.append((row.user_id, row.opened_at))
        elif row.content is not None:
            own = Draft(json.loads(row.content), row.begun_at_version, row.saved_at)
    return Desk(own, tuple(others))


def keep(session: Session, user: Any, place: Place, content: Content, version: int | None) -> datetime:
    """Keep what `user` typed in place of what was kept there before, not committed; returns when.

    Raises ValueError when it is too long.
    """
    text, moment = json.dumps({name: list(values) for name, values in content.items()}), now()
    if len(text) > LONGEST:
        raise ValueError
    _put(session, user, place, {"saved_at": moment, "begun_at_version": version, "content": text})
    old = select(draft.c.model, draft.c.row_id).where(draft.c.user_id == user.id, draft.c.content.is_not(None))
    for model, row in session.execute(old.order_by(draft.c.saved_at.desc()).offset(MOST)).all():
        session.execute(_gone(draft.c.user_id == user.id, draft.c.model == model, draft.c.row_id == row))
    return moment


def stay(session: Session, user: Any, place: Place) -> None:
    """Note that `user` has a row open, not committed."""
    _put(session, user, place, {})


def leave(session: Session, user: Any, place: Place) -> None:
    """Note that `user` has closed a row, not committed; what they typed there stays."""
    mine = (draft.c.user_id == user.id, *_at(place))
    session.execute(_gone(*mine, draft.c.content.is_(None)))
    away = update(draft).where(*mine).values(seen_at=now() - FRESH)
    session.execute(away, execution_options=UNRECORDED)


def drop(session: Session, user: Any, place: Place) -> None:
    """Forget what `user` typed at a row, and that they have it open, not committed."""
    session.execute(_gone(draft.c.user_id == user.id, *_at(place)))


def mine(session: Session, user: Any, most: int) -> list[tuple[str, int, datetime]]:
    """Return where `user` has drafts, the latest first: (table, key or `NEW`, when)."""
    asked = select(draft.c.model, draft.c.row_id, draft.c.saved_at)
    asked = asked.where(draft.c.user_id == user.id, draft.c.content.is_not(None))
    return [
        (row.model, row.row_id, row.saved_at)
        for row in session.execute(asked.order_by(draft.c.saved_at.desc()).limit(most))
    ]


def forget(session: Session, kept: timedelta) -> int:
    """Forget what was last touched longer ago than `kept`, not committed; returns how many."""
    return int(session.execute(_gone(draft.c.seen_at < now() - kept)).rowcount)  # type: ignore[attr-defined]


@chore
def forget_now_and_then(session: Session) -> None:
    """Forget old drafts; where there is nothing to forget nobody who writes has to wait."""
    kept = timedelta(days=current_app.config["DRAFT_DAYS"])
    with looking(session):
        found = session.scalar(select(draft.c.row_id).where(draft.c.seen_at < now() - kept).limit(1))
    if found is not None:
        forget(session, kept)
        session.commit()


def _at(place: Place) -> tuple[Any, Any]:
    model, key = place
    return draft.c.model == model.__tablename__, draft.c.row_id == key


def _gone(*conditions: Any) -> Any:
    return delete(draft).where(*conditions).execution_options(**UNRECORDED)


def _put(session: Session, user: Any, place: Place, values: Mapping[str, Any]) -> None:
    model, key = place
    moment = now()
    dialect: Any = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    new = {"user_id": user.id, "model": model.__tablename__, "row_id": key, "opened_at": moment, "seen_at": moment}
    change = {"seen_at": moment, **values}
    keys = ("user_id", "model", "row_id")
    # Who was away for longer has opened it anew.
    again = update(draft).where(draft.c.user_id == user.id, *_at(place), draft.c.seen_at <= moment - FRESH)
    session.execute(again.values(opened_at=moment), execution_options=UNRECORDED)
    put = dialect.insert(draft).values(**new, **values).on_conflict_do_update(index_elements=keys, set_=change)
    session.execute(put, execution_options=UNRECORDED)
