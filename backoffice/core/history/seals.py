"""Seals on the history: each stands for what was written together, and is linked to the one before."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256 as hashing
from itertools import groupby
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, String, Table, bindparam, func, insert, select
from sqlalchemy.orm import Session

from backoffice.core.history import Change
from backoffice.core.history.digests import sha256
from backoffice.core.history.guards import SEAL, door
from backoffice.core.history.sets import RECORDED
from backoffice.core.model import db, now
from backoffice.core.types import Key, UtcDateTime

GENESIS = "0" * 64
MOST = 1000  # seals linked by one transaction, and rows read at a time
PIECE = 50_000  # rows of one seal, where they are gathered afterwards
LOCK = 7_470_001  # PostgreSQL's advisory lock on the end of the chain

# No resource: it says nothing but that nothing was altered.
seal = Table(
    "seal",
    db.Model.metadata,
    Column("id", Key, primary_key=True),
    # The changes of this batch from the first key to the last: what one statement wrote.
    Column("batch", String(36), nullable=False),
    Column("first_id", Key, nullable=False),
    Column("last_id", Key, nullable=False, index=True),
    Column("count", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    # Its place in the chain, once it has one.
    Column("number", BigInteger().with_variant(Integer(), "sqlite"), unique=True),
    Column("chain", String(64)),
    Column("sealed_at", UtcDateTime, index=True),
    sqlite_autoincrement=True,
)
Index("ix_seal_open", seal.c.id, postgresql_where=seal.c.number.is_(None), sqlite_where=seal.c.number.is_(None))


@dataclass
class Piece:
    """Changes that one seal is to stand for, while they are read one by one."""

    batch: str
    first_id: int = 0
    last_id: int = 0
    count: int = 0
    hash: Any = field(default_factory=hashing)

    def add(self, key: int, digest: str) -> None:
        """Take in the next change."""
        self.first_id = self.first_id or key
        self.last_id, self.count = key, self.count + 1
        self.hash.update(digest.encode())

    def values(self) -> dict[str, Any]:
        """Return what the seal is to hold."""
        names = {name: getattr(self, name) for name in ("batch", "first_id", "last_id", "count")}
        return {**names, "digest": self.hash.hexdigest()}


def link(previous: str, number: int, one: Any, moment: datetime) -> str:
    """Return the word that links a seal to the one before: it stands for all that was ever sealed."""
    told = moment.isoformat(timespec="microseconds")
    return sha256(previous, number, one.batch, one.first_id, one.last_id, one.count, one.digest, told)


def head(connection: Connection | Session) -> tuple[int, str]:
    """Return the number of the last seal of the chain, and its word."""
    last = connection.execute(
        select(seal.c.number, seal.c.chain).where(seal.c.number.is_not(None)).order_by(seal.c.number.desc()).limit(1)
    ).first()
    return (last.number, last.chain) if last else (0, GENESIS)


def waiting(session: Session) -> bool:
    """Tell whether there is anything to be sealed or linked."""
    unlinked = session.scalar(select(seal.c.id).where(seal.c.number.is_(None)).limit(1))
    return unlinked is not None or _unsealed(session) is not None


def seal_all(session: Session) -> int:
    """Seal and link what was committed so far, in transactions of its own; returns how many seals were linked."""
    linked = 0
    while waiting(session):
        done = _some(session)
        session.commit()
        linked += done
        if not done:
            break
    return linked


def _some(session: Session) -> int:
    """Link up to `MOST` seals; nothing while somebody else does so."""
    if session.get_bind().dialect.name == "postgresql":
        if not session.scalar(select(func.pg_try_advisory_xact_lock(LOCK))):
            return 0
    else:
        _gather(session)
    open_ones = select(seal).where(seal.c.number.is_(None)).order_by(seal.c.first_id, seal.c.id).limit(MOST)
    number, chain = head(session)
    words, moment = [], now()
    for one in session.execute(open_ones).all():
        number += 1
        chain = link(chain, number, one, moment)
        words.append({"key": one.id, "number": number, "chain": chain, "sealed_at": moment})
    if words:
        change = seal.update().where(seal.c.id == bindparam("key"))
        with door(session, SEAL):
            session.connection().execute(change, words)
    return len(words)


def _gather(session: Session) -> None:
    """Seal what was written since the last seal: where all write one after another, keys tell the order."""
    for piece in _pieces(session):
        session.execute(insert(seal).values(**piece.values()), execution_options=RECORDED)


def _pieces(session: Session) -> Iterator[Piece]:
    first = _unsealed(session)
    if first is None:
        return
    fresh = select(Change.id, Change.batch, Change.digest).where(Change.id >= first).order_by(Change.id).limit(PIECE)
    for batch, rows in groupby(session.execute(fresh).all(), key=lambda row: row.batch):
        piece = Piece(batch)
        for row in rows:
            piece.add(row.id, row.digest)
        yield piece


def _unsealed(session: Session) -> int | None:
    """Return the key of the first change behind the last seal; on PostgreSQL every change has its seal at once."""
    if session.get_bind().dialect.name == "postgresql":
        return None
    last = select(func.coalesce(func.max(seal.c.last_id), 0)).scalar_subquery()
    return session.scalar(select(func.min(Change.id)).where(Change.id > last))
