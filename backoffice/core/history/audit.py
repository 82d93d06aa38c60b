"""Whether the history is as it was written: every seal linked to the one before, every change under its seal."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, groupby
from typing import Any

from sqlalchemy import Select, Table, and_, column, exists, func, inspect, not_, select, table
from sqlalchemy.orm import Session

from backoffice.core.history import Change
from backoffice.core.history.digests import expected, is_redacted
from backoffice.core.history.guards import missing
from backoffice.core.history.seals import GENESIS, MOST, Piece, link, seal

PRUNED, REDACTED = "prune", "redact"
CHANGE: Table = Change.__table__
# Where SQLite keeps the last key that each table gave.
_given = table("sqlite_sequence", column("name"), column("seq"))


@dataclass(frozen=True)
class Fault:
    """One thing that is not as it was written; `batch` and `row` (a change's key) say where, as far as can be told."""

    what: str
    batch: str = ""
    row: int | None = None


@dataclass
class Report:
    """What an audit found: how much it looked at, where the chain ends, and the faults in the order of the chain."""

    seals: int = 0
    changes: int = 0
    chain: str = GENESIS
    number: int = 0
    last: int = 0
    faults: list[Fault] = field(default_factory=list)


def audit(session: Session, most: int = 20, known: tuple[int, str] | None = None) -> Report:
    """Look at the whole history, in little memory, until `most` faults are found.

    `known` is the number and the word of a seal that were written down elsewhere: it must still be in the chain.
    """
    report = Report(
        faults=[Fault(f"The trigger {name} is missing or altered.") for name in missing(session.connection())]
    )
    for fault in _walk(session, report, known):
        report.faults.append(fault)
        if len(report.faults) >= most:
            break
    return report


def _walk(session: Session, report: Report, known: tuple[int, str] | None) -> Iterator[Fault]:
    report.number, report.chain = _beginning(session)
    yield from _seals(session, report, known)
    if known is not None and known[0] > report.number:
        yield Fault(f"Seal {known[0]} is gone: the chain ends at {report.number}.")
    yield from _unsealed(session, report)
    yield from _twice(session)
    yield from _cut_off(session)
    yield from _blank(session)


def _beginning(session: Session) -> tuple[int, str]:
    """Return where the chain begins: at its first seal, or behind those that the last removal was recorded for."""
    told = select(CHANGE.c.after).where(CHANGE.c.verb == PRUNED, CHANGE.c.model == Change.__tablename__)
    after = session.scalar(told.order_by(CHANGE.c.id.desc()).limit(1)) or {}
    return int(after.get("number", 0)), str(after.get("chain", GENESIS))


def _seals(session: Session, report: Report, known: tuple[int, str] | None) -> Iterator[Fault]:
    while found := session.execute(_next(report.number)).all():
        yield from _links(found, report, known)
        if session.get_bind().dialect.name == "sqlite":
            yield from _gaps(found, report)
        yield from _rows(session, [one.id for one in found], report)
        report.number = found[-1].number
    linked = select(func.max(seal.c.number))
    if (last := session.scalar(linked) or 0) > report.number:
        yield Fault(f"Seal {report.number + 1} is missing.")
        report.number = last


def _next(number: int) -> Select[Any]:
    return select(seal).where(seal.c.number.between(number + 1, number + MOST)).order_by(seal.c.number)


def _links(found: Any, report: Report, known: tuple[int, str] | None) -> Iterator[Fault]:
    for number, one in enumerate(found, report.number + 1):
        if one.number != number:
            yield Fault(f"Seal {number} is missing.", one.batch)
            return
        if one.chain != link(report.chain, one.number, one, one.sealed_at):
            yield Fault(f"Seal {one.number} is not linked to the one before.", one.batch)
        if known is not None and known == (one.number, known[1]) and one.chain != known[1]:
            yield Fault(f"Seal {one.number} is not the one that was written down.", one.batch)
        report.chain = one.chain


def _gaps(found: Any, report: Report) -> Iterator[Fault]:
    """Yield what was gone before it was sealed: SQLite gives keys one after another, and takes none back."""
    for one in found:
        if report.last and one.first_id != report.last + 1:
            yield Fault("Changes are gone that were written before these.", one.batch, report.last + 1)
        elif one.count != one.last_id - one.first_id + 1:
            yield Fault("Some of these changes were gone before they were sealed.", one.batch, one.first_id)
        report.last = one.last_id


def _rows(session: Session, seals: list[int], report: Report) -> Iterator[Fault]:
    """Compare the changes with their seals, which must name exactly these, each as it was written."""
    under = and_(CHANGE.c.batch == seal.c.batch, CHANGE.c.id.between(seal.c.first_id, seal.c.last_id))
    right = CHANGE.c.digest == expected(session.get_bind().dialect.name, CHANGE.c)  # type: ignore[arg-type]
    query = select(seal, CHANGE.c.id.label("row"), CHANGE.c.digest.label("held"), right.label("right"))
    query = query.outerjoin_from(seal, CHANGE, under).where(seal.c.id.in_(seals)).order_by(seal.c.id, CHANGE.c.id)
    stream = session.execute(query, execution_options={"yield_per": MOST})
    for _key, rows in groupby(stream, key=lambda row: row.id):
        yield from _piece(rows, report)


def _piece(rows: Iterator[Any], report: Report) -> Iterator[Fault]:
    first = next(rows)
    piece, wrong, gap = Piece(first.batch), False, None
    for row in chain((first,), rows):
        if row.row is None:
            continue
        if gap is None and row.row != max(piece.last_id + 1, first.first_id):
            gap = max(piece.last_id + 1, first.first_id)
        piece.add(row.row, row.held)
        if not row.right:
            wrong = True
            yield Fault("This change was altered.", row.batch, row.row)
    report.seals, report.changes = report.seals + 1, report.changes + piece.count
    if not wrong and piece.values()["digest"] != first.digest:
        yield _told_apart(first, piece, gap or first.last_id)


def _told_apart(first: Any, piece: Piece, gap: int) -> Fault:
    """Say what became of the changes under a seal when each by itself looks right."""
    lost = first.count - piece.count
    if lost > 0:
        # Keys that one statement gave out follow one another, unless another statement took some of them.
        at = gap if first.last_id - first.first_id + 1 == first.count else None
        return Fault(f"{lost} of the {first.count} changes written together are gone.", first.batch, at)
    if lost < 0:
        return Fault(f"{-lost} changes were put among the {first.count} written together.", first.batch)
    return Fault("These changes were altered together with their digests.", first.batch, piece.first_id)


def _unsealed(session: Session, report: Report) -> Iterator[Fault]:
    """Yield the changes that no seal stands for: they came in past the triggers."""
    loose = list(session.scalars(select(seal.c.id).where(seal.c.number.is_(None))))
    for at in range(0, len(loose), MOST):
        yield from _rows(session, loose[at : at + MOST], report)
    if session.scalar(select(func.count()).select_from(CHANGE)) == report.changes:
        return
    under = and_(seal.c.batch == CHANGE.c.batch, CHANGE.c.id.between(seal.c.first_id, seal.c.last_id))
    for row in session.execute(
        select(CHANGE.c.id, CHANGE.c.batch).where(not_(exists().where(under))).order_by(CHANGE.c.id)
    ):
        yield Fault("No seal stands for this change.", row.batch, row.id)


def _twice(session: Session) -> Iterator[Fault]:
    """Yield the batches in which two seals stand for the same changes: one more than there is could hide by them."""
    before = func.lag(seal.c.last_id).over(partition_by=seal.c.batch, order_by=(seal.c.first_id, seal.c.id))
    told = select(seal.c.batch, seal.c.first_id, before.label("before")).subquery()
    for row in session.execute(select(told).where(told.c.before >= told.c.first_id).order_by(told.c.first_id)):
        yield Fault("Two seals stand for the same changes.", row.batch, row.first_id)


def _cut_off(session: Session) -> Iterator[Fault]:
    """Yield what is gone from the end: SQLite remembers the last key that it gave."""
    if session.get_bind().dialect.name != "sqlite" or not inspect(session.connection()).has_table("sqlite_sequence"):
        return
    for one in (CHANGE, seal):
        last = session.scalar(select(func.max(one.c.id))) or 0
        given = session.scalar(select(_given.c.seq).where(_given.c.name == one.name)) or 0
        if last and given > last:
            yield Fault(f"{given - last} are gone from the end of the table {one.name}.", row=last + 1)


def _blank(session: Session) -> Iterator[Fault]:
    """Yield the changes whose values were taken out although no final removal of their row is recorded."""
    told = CHANGE.alias()
    removed = and_(
        told.c.verb == REDACTED,
        told.c.model == CHANGE.c.model,
        told.c.row_id == CHANGE.c.row_id,
        told.c.id > CHANGE.c.id,
    )
    blank = is_redacted(session.get_bind().dialect.name, CHANGE.c)  # type: ignore[arg-type]
    query = select(CHANGE.c.id, CHANGE.c.batch).where(blank, not_(exists().where(removed))).order_by(CHANGE.c.id)
    for row in session.execute(query):
        yield Fault("The values of this change were taken out, and no removal is recorded.", row.batch, row.id)
