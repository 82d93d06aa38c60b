"""Where rows came from: what other systems called them, so that nothing is taken twice and old addresses lead on."""

import hashlib
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Column, String, Table, and_, delete, insert, select
from sqlalchemy.orm import Session

from backoffice.core.model import Model, db
from backoffice.core.types import Key, UtcDateTime

LONGEST = 300
# How many names one statement asks for; databases limit the parameters of a statement.
AT_ONCE = 500
# Where a row came from is no change to it: the history tells the row's own making.
UNRECORDED = {"recorded": True}

# No resource: it says nothing about the application, only how an import finds its rows again.
origin = Table(
    "origin",
    db.Model.metadata,
    Column("kind", String(20), primary_key=True),
    Column("theirs", String(LONGEST), primary_key=True),
    Column("site", String(LONGEST), primary_key=True),
    Column("row_id", Key, nullable=False),
    # The date of the row: a database may give the key of a deleted row to another one.
    Column("born", UtcDateTime, nullable=False),
)


def known(session: Session, place: tuple[str, str], model: type[Model], names: Iterable[str]) -> dict[str, int]:
    """Return the keys of the rows of `model` that are still here, by the names they had at `place` (kind, site)."""
    kind, site = place
    asked = {shortened(name): name for name in names}
    found: dict[str, int] = {}
    for part in parts(list(asked)):
        here = and_(model.id == origin.c.row_id, model.created_at == origin.c.born)
        query = select(origin.c.theirs, origin.c.row_id).join(model.__table__, here)
        query = query.where(origin.c.kind == kind, origin.c.site == shortened(site), origin.c.theirs.in_(part))
        found |= {asked[theirs]: key for theirs, key in session.execute(query)}
    return found


def remember(session: Session, place: tuple[str, str], rows: Iterable[tuple[str, Any]]) -> None:
    """Keep the names that stored rows had at `place` (kind, site); a name of a row that is gone is given anew."""
    kind, site = place[0], shortened(place[1])
    named = {shortened(theirs): row for theirs, row in rows}
    for part in parts(list(named)):
        old = delete(origin).where(origin.c.kind == kind, origin.c.site == site, origin.c.theirs.in_(part))
        session.execute(old, execution_options=UNRECORDED)
        entries = [{"theirs": theirs, "row_id": named[theirs].id, "born": named[theirs].created_at} for theirs in part]
        new = [{"kind": kind, "site": site, **entry} for entry in entries]
        session.execute(insert(origin), new, execution_options=UNRECORDED)


def shortened(name: str) -> str:
    """Return `name`, or what stands for it when it is too long to be kept."""
    return name if len(name) <= LONGEST else f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"


def parts(names: list[Any]) -> Iterable[list[Any]]:
    """Yield `names` in lists as long as one statement may ask for."""
    return (names[start : start + AT_ONCE] for start in range(0, len(names), AT_ONCE))
