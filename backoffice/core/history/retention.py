"""The oldest changes written to a file and removed from the database, with a word that the rest is verified from."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, TextIO

from sqlalchemy import and_, delete, exists, func, select
from sqlalchemy.orm import Session

from backoffice.core.history import Change, note
from backoffice.core.history.audit import PRUNED
from backoffice.core.history.batches import CHANGE
from backoffice.core.history.encoding import encode
from backoffice.core.history.guards import PRUNE, door
from backoffice.core.history.seals import GENESIS, seal
from backoffice.core.history.sets import RECORDED

CHUNK = 1000  # changes in memory at a time


def last_before(session: Session, moment: datetime) -> tuple[int, str]:
    """Return the number and the word of the last seal under which everything was written before `moment`."""
    younger = select(func.min(seal.c.number)).where(seal.c.sealed_at >= moment).scalar_subquery()
    linked = and_(seal.c.number.is_not(None), func.coalesce(seal.c.number < younger, True))
    found = select(seal.c.number, seal.c.chain).where(linked).order_by(seal.c.number.desc()).limit(1)
    last = session.execute(found).first()
    return (int(last.number), str(last.chain)) if last else (0, GENESIS)


def write_out(session: Session, number: int, file: TextIO) -> int:
    """Write the changes under the seals up to this number as JSON Lines, each with its digest; returns how many."""
    query = select(CHANGE).where(_under(number)).order_by(CHANGE.c.id)
    written = 0
    for row in _rows(session, query):
        file.write(json.dumps(row, ensure_ascii=False) + "\n")
        written += 1
    return written


def prune(session: Session, number: int, word: str) -> int:
    """Remove the changes under the seals up to this number, recorded, flushed, not committed; returns how many."""
    with door(session, PRUNE):
        gone = session.execute(delete(CHANGE).where(_under(number)), execution_options=RECORDED)
        session.execute(delete(seal).where(seal.c.number <= number), execution_options=RECORDED)
    count = int(gone.rowcount)  # type: ignore[attr-defined]
    note(session, PRUNED, model=Change.__tablename__, number=number, chain=word, count=count)
    return count


def _under(number: int) -> Any:
    same = and_(seal.c.batch == CHANGE.c.batch, CHANGE.c.id.between(seal.c.first_id, seal.c.last_id))
    return exists().where(same, seal.c.number <= number)


def _rows(session: Session, query: Any) -> Iterator[dict[str, Any]]:
    for row in session.execute(query, execution_options={"yield_per": CHUNK}).mappings():
        yield {name: encode(value) for name, value in row.items() if name not in {"updated_at", "version"}}
