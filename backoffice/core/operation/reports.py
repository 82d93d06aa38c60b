"""What became of each row of an operation, kept with its batch: the history tells what was changed, this the rest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Select, String, Table, case, delete, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from backoffice.core.access import ALL, NotFound, can, condition, rule
from backoffice.core.history import Change
from backoffice.core.history.actors import actor
from backoffice.core.history.sets import RECORDED
from backoffice.core.jobs import chore
from backoffice.core.jobs.forgetting import KEPT
from backoffice.core.model import Model, db, now
from backoffice.core.operation.survey import (
    ALREADY,
    CHANGE,
    DONE,
    REFUSED,
    SAME,
    Group,
    Outcome,
    Survey,
    Written,
    gone,
    overtaken,
)
from backoffice.core.resource import row_label
from backoffice.core.types import Key, UtcDateTime

SHOWN = 5  # rows of each kind that are told by name
CHUNK = 500  # rows in memory at a time
LONGEST = 300  # characters of a reason

report = Table(
    "report",
    db.Model.metadata,
    Column("batch", String(36), primary_key=True),
    Column("model", String(60), primary_key=True),
    Column("verb", String(60), primary_key=True),
    # With the account goes what it was told.
    Column("user_id", Key, ForeignKey("user.id", ondelete="CASCADE"), index=True),
    Column("changed", BigInteger, nullable=False),
    Column("already", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False, index=True),
)
# Rows that stayed as they were; nothing is said of those that were so already.
spared = Table(
    "spared",
    db.Model.metadata,
    Column("id", Key, primary_key=True),
    Column("batch", String(36), nullable=False),
    Column("model", String(60), nullable=False),
    Column("verb", String(60), nullable=False),
    Column("row_id", Key, nullable=False),
    Column("why", String(LONGEST), nullable=False),
    Index("ix_spared_batch_why_id", "batch", "why", "id"),
)
NUMBERS = ("changed", "already", "refused")


@dataclass(frozen=True)
class Report:
    """What came of one operation on rows of `model`, asked for by whoever has the key `user_id`."""

    batch: str
    model: type[Model]
    verb: str
    user_id: int | None
    outcome: Outcome
    created_at: datetime


@dataclass(frozen=True)
class Line:
    """One row: its key and name ("" where it is not to be told), what became of it, and why."""

    row_id: int
    label: str
    kind: str
    why: str = ""


def keep_spared(session: Session, survey: Survey, verb: str) -> None:
    """Keep which rows stay as they are and why: one statement, and one more for rows that are not there."""
    plan = survey.plan
    named = {"batch": actor().batch, "model": plan.model.__tablename__, "verb": verb}
    stay = {word: "" if word == ALREADY else str(plan.said[word])[:LONGEST] for word in survey.found if word != CHANGE}
    if stay:
        rows = survey.selection.rows(survey.user).where(plan.bucket.in_(stay))
        rows = rows.add_columns(*map(literal, named.values()), case(stay, value=plan.bucket))
        put = spared.insert().from_select(["row_id", *named, "why"], rows)
        session.execute(put, execution_options=RECORDED)
    if survey.missing:
        there = set(session.scalars(survey.selection.rows(survey.user)))
        _keep(session, named, {key: gone() for key in survey.selection.keys or () if key not in there})


def keep_written(session: Session, survey: Survey, verb: str, written: Written) -> None:
    """Keep which rows turned out to be so already, or were refused, when it was done."""
    named = {"batch": actor().batch, "model": survey.plan.model.__tablename__, "verb": verb}
    _keep(session, named, {**dict.fromkeys(written.already, ""), **written.refused})


def told_of(model: type[Model]) -> Select[Any]:
    """Return a SELECT of the ids of the rows of `model` of which this batch told already that they stay."""
    return select(spared.c.row_id).where(spared.c.batch == actor().batch, spared.c.model == model.__tablename__)


def _keep(session: Session, named: dict[str, str], rows: dict[int, str]) -> None:
    if rows:
        entries = [{**named, "row_id": key, "why": why[:LONGEST]} for key, why in rows.items()]
        session.execute(spared.insert(), entries, execution_options=RECORDED)


def keep_missed(session: Session, user: Any, what: tuple[type[Model], str], keys: Sequence[int], number: int) -> str:
    """Keep that so many rows were changed before their turn came, and which; returns what is said of them."""
    model, verb = what
    named = {"batch": actor().batch, "model": model.__tablename__, "verb": verb}
    _keep(session, named, dict.fromkeys(keys, overtaken()))
    _add_up(session, user, what, Outcome(refused=number))
    return overtaken()


def keep(session: Session, survey: Survey, verb: str, outcome: Outcome) -> None:
    """Keep the numbers, added to what the same batch did so before: one statement."""
    _add_up(session, survey.user, (survey.plan.model, verb), outcome)


def _add_up(session: Session, user: Any, what: tuple[type[Model], str], outcome: Outcome) -> None:
    model, verb = what
    named = {"batch": actor().batch, "model": model.__tablename__, "verb": verb}
    numbers = {name: getattr(outcome, name) for name in NUMBERS}
    who = {"user_id": getattr(user, "id", None), "created_at": now()}
    put = _adding(session.get_bind().dialect.name)
    session.execute(put, {**named, **who, **numbers}, execution_options=RECORDED)


@cache
def _adding(dialect: str) -> Any:
    """Return the statement that writes a report, or adds its numbers to those that are there."""
    insert: Any = sqlite.insert if dialect == "sqlite" else postgresql.insert
    put = insert(report)
    more = {name: report.c[name] + put.excluded[name] for name in NUMBERS}
    return put.on_conflict_do_update(index_elements=["batch", "model", "verb"], set_=more)


def find(session: Session, user: Any, batch: str, model: type[Model]) -> Report:
    """Return the report of a batch, for whoever asked for it or may read the history; raises NotFound."""
    chosen = select(report).where(report.c.batch == batch, report.c.model == model.__tablename__)
    row = session.execute(chosen.order_by(report.c.created_at).limit(1)).mappings().first()
    if row is None or not can(user, "read", model):
        raise NotFound(batch)
    if row["user_id"] != getattr(user, "id", None) and not can(user, "read", Change):
        raise NotFound(batch)
    return Report(batch, model, row["verb"], row["user_id"], _outcome(session, row), row["created_at"])


def _outcome(session: Session, row: Any) -> Outcome:
    found = select(spared.c.why, func.count()).where(*_of(row), spared.c.why != "").group_by(spared.c.why)
    reasons = tuple((why, count) for why, count in session.execute(found.order_by(spared.c.why)))
    return Outcome(row["changed"], row["already"], row["refused"], reasons)


def _of(row: Any) -> list[Any]:
    return [spared.c[name] == row[name] for name in ("batch", "model", "verb")]


def groups(session: Session, user: Any, one: Report) -> list[Group]:
    """Return the rows in groups of which the same became, each with its first rows by name."""
    kinds = [(DONE, "", one.outcome.changed), (SAME, "", one.outcome.already)]
    kinds += [(REFUSED, why, count) for why, count in one.outcome.reasons]
    told = []
    for kind, why, count in kinds:
        if count:
            first = session.execute(_rows(one, kind, why).limit(SHOWN)).all()
            lines = _lines(session, user, one, [(*row, kind) for row in first])
            told.append(Group(kind, why, count, tuple((line.row_id, line.label) for line in lines)))
    return told


def lines(session: Session, user: Any, one: Report) -> Iterator[Line]:
    """Return what became of each row, few in memory at a time; names as far as `user` may see the rows now."""
    for kind in (DONE, SAME, REFUSED):
        last = 0
        while found := session.execute(_rows(one, kind, after=last).limit(CHUNK)).all():
            last = found[-1].id
            yield from _lines(session, user, one, [(*row, kind) for row in found])


def _rows(one: Report, kind: str, why: str | None = None, after: int = 0) -> Any:
    """Return a SELECT of where each line stands, the key of its row, its name in the history, and why."""
    table: Any = Change.__table__ if kind == DONE else spared
    label = table.c.label if kind == DONE else literal("")
    said = literal("") if kind == DONE else table.c.why
    named = {"batch": one.batch, "model": one.model.__tablename__, "verb": one.verb}
    chosen = select(table.c.id, table.c.row_id, label.label("label"), said.label("why"))
    chosen = chosen.where(table.c.id > after, *(table.c[name] == value for name, value in named.items()))
    if kind != DONE:
        chosen = chosen.where(table.c.why == why if why is not None else (table.c.why == "") == (kind == SAME))
    return chosen.order_by(table.c.id)


def _lines(session: Session, user: Any, one: Report, found: Sequence[Any]) -> list[Line]:
    model, keys = one.model, [row_id for _at, row_id, *_rest in found]
    seen = session.scalars(select(model).where(model.id.in_(keys), condition(user, "read", model)))
    names = {row.id: row_label(row) for row in seen}
    there = set(session.scalars(select(model.id).where(model.id.in_(keys))))
    # What is gone has its name in the history alone, for those who could see any row.
    past = rule(user, "read", model).scope == ALL
    return [
        Line(key, names.get(key, label if past and key not in there else ""), kind, why)
        for _at, key, label, why, kind in found
    ]


@chore
def forget(session: Session, kept: timedelta = KEPT) -> int:
    """Forget the reports that are older than jobs are kept; returns how many."""
    old = select(report.c.batch).where(report.c.created_at < now() - kept)
    if session.scalar(old.limit(1)) is None:
        session.rollback()
        return 0
    session.execute(delete(spared).where(spared.c.batch.in_(old)), execution_options=RECORDED)
    gone_now = session.execute(delete(report).where(report.c.created_at < now() - kept), execution_options=RECORDED)
    session.commit()
    return int(gone_now.rowcount)  # type: ignore[attr-defined]
