"""Rows in from a table: what each line would do, rehearsed, and then done as one batch on somebody's behalf."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.exc import DataError, DBAPIError, StatementError
from sqlalchemy.orm import Session

from backoffice.core import writing
from backoffice.core.access import NotFound, can
from backoffice.core.mapping import Plan
from backoffice.core.model import Model
from backoffice.core.preparing import Ready, Unfit, Workshop
from backoffice.core.refusals import Refusal, flush
from backoffice.core.sheets import Line, Table
from backoffice.core.types import Invalid

CHUNK = 200  # lines that are flushed together
MOST_WAITING = 10_000  # lines that name rows of their own kind which come with later lines
MOST_ROUNDS = 60  # levels of a tree whose lines come in the worst order
SHOWN_REFUSALS = 100
SHOWN_CHANGES = 20

CREATED, CHANGED, UNCHANGED = "created", "changed", "unchanged"


@dataclass(frozen=True)
class Refused:
    """A line that cannot be taken: its number, the field at fault ("" for the whole line) and the reason."""

    number: int
    field: str
    reason: str


@dataclass(frozen=True)
class Difference:
    """What a line changes: its number, the row's key, and field → (before, after) as text."""

    number: int
    key: int
    fields: dict[str, tuple[str, str]]


@dataclass
class Report:
    """What has become of the lines so far: how many of each, the first differences and the first refusals."""

    lines: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    differences: list[Difference] = field(default_factory=list)
    refusals: list[Refused] = field(default_factory=list)
    kept: bool = False

    @property
    def writes(self) -> int:
        """How many rows are created or changed."""
        return self.created + self.changed


Sink = Callable[[Line, Refused], None]


class Intake:
    """One run through the lines of a table. `sink` is told each refused line."""

    def __init__(self, session: Session, user: Any, plan: Plan, table: Table) -> None:
        if not (can(user, "create", plan.model) or (plan.key and can(user, "update", plan.model))):
            raise NotFound(plan.model.__tablename__)
        self.session, self.user, self.plan, self.table = session, user, plan, table
        self.workshop = Workshop(session, user, plan, table)
        self.report = Report()
        self.rehearse = True
        self.waiting: list[Line] = []
        self.patience = MOST_WAITING
        self.contested = _contested(plan.model)
        self.sink: Sink | None = None

    def steps(self, *, rehearse: bool) -> Iterator[Report]:
        """Take the lines chunk by chunk, yielding one and the same report after each; does not commit.

        All is one transaction of the caller, who commits when `kept` is true at the end and rolls back otherwise,
        and who says who acts (`history.acting`). A rehearsal does everything that may be refused, and keeps nothing:
        `kept` stays false.
        A plan for all or nothing ends, unless rehearsed, with the chunk that holds the first refused line. Raises
        sheets.Unreadable where the file breaks off.
        """
        self.rehearse = rehearse
        lines = self.table.lines()
        while chunk := list(islice(lines, CHUNK)):
            self.report.lines += len(chunk)
            self.take(chunk)
            yield self.report
            if self.plan.whole and self.report.refused and not rehearse:
                return
        self._take_waiting()
        if self.plan.whole and self.report.refused and not rehearse:
            return
        self.report.kept = not rehearse
        yield self.report

    def take(self, lines: Sequence[Line]) -> None:
        """Write the rows of one chunk, those of its lines that can be taken."""
        with self.session.no_autoflush:
            ready: list[Ready] = []
            for one in self.workshop.prepare(lines):
                if isinstance(one, Unfit) and one.waits and len(self.waiting) < self.patience:
                    self.waiting.append(one.line)
                elif isinstance(one, Unfit):
                    self._refuse(one.line, {one.field: one.reason})
                else:
                    ready.append(one)
            self._write(ready)
        self.report.refusals.sort(key=lambda one: one.number)

    def _take_waiting(self) -> None:
        """Take the lines that named rows which came with later lines, until no more of them can be taken."""
        for _round in range(MOST_ROUNDS):
            waiting, self.waiting = self.waiting, []
            for at in range(0, len(waiting), CHUNK):
                self.take(waiting[at : at + CHUNK])
            if len(self.waiting) == len(waiting):
                break
        self.patience = 0
        self.take(self.waiting)

    def _write(self, ready: list[Ready]) -> None:
        """Write rows together; where the database refuses, halve them until the one at fault is found."""
        if not ready:
            return
        if self.rehearse and not self.contested:
            self._look(ready)
            return
        failed: list[tuple[Ready, dict[str, str]]] = []
        done: list[tuple[str, Ready, Any, Any]] = []
        try:
            with self.session.begin_nested():
                for one in ready:
                    self._apply(one, done, failed)
                flush(self.session, self.plan.model)
        except (Refusal, Invalid, StatementError) as error:
            if isinstance(error, DBAPIError) and not isinstance(error, DataError):
                raise  # the database is not there, or its disk is full: no line is at fault
            if len(ready) > 1:
                half = len(ready) // 2
                self._write(ready[:half])
                self._write(ready[half:])
                return
            failed, done = [(ready[0], _said(error))], []
        self._settle(done, failed)

    def _look(self, ready: list[Ready]) -> None:
        """Say what would be written, where the database has nothing to say that the rows do not say themselves."""
        failed: list[tuple[Ready, dict[str, str]]] = []
        done: list[tuple[str, Ready, Any, Any]] = []
        for one in ready:
            self._apply(one, done, failed)
        self._settle(done, failed)
        for _what, one, row, _before in done:
            self._undo(one, row)

    def _settle(self, done: list[tuple[str, Ready, Any, Any]], failed: list[tuple[Ready, dict[str, str]]]) -> None:
        for one, problems in failed:
            self._refuse(one.line, problems)
        for what, one, row, before in done:
            self._count(what, one, row, before)

    def _apply(self, one: Ready, done: list[tuple[str, Ready, Any, Any]], failed: list[Any]) -> None:
        row = one.row
        before = None if row is None else self.workshop.snapshot(one)
        try:
            if row is None:
                row = writing.draft(self.session, self.user, self.plan.model, one.values, self.workshop.known)
            else:
                writing.alter(self.session, self.user, row, one.values, self.workshop.known)
            for name, value in one.beyond.items():
                setattr(row, name, value)
        except (Refusal, Invalid) as refusal:
            self._undo(one, row)
            failed.append((one, _said(refusal)))
        except NotFound:
            failed.append((one, {"": _("You may not do this with this row.")}))
        else:
            done.append((self._what(one, row), one, row, before))

    def _undo(self, one: Ready, row: Any) -> None:
        if one.row is not None:
            self.session.expire(one.row)
        elif row is not None:
            self.session.expunge(row)

    def _what(self, one: Ready, row: Any) -> str:
        if one.row is None:
            return CREATED
        return CHANGED if self.session.is_modified(row) else UNCHANGED

    def _count(self, what: str, one: Ready, row: Any, before: dict[str, Any] | None) -> None:
        report = self.report
        setattr(report, what, getattr(report, what) + 1)
        if what == CREATED and not self.rehearse:
            writing.created.send(self.plan.model, row=row)
        if what == CHANGED and len(report.differences) < SHOWN_CHANGES and before is not None:
            after = self.workshop.snapshot(one)
            told = {name: (before[name], after[name]) for name in after if before[name] != after[name]}
            fields = {name: self.workshop.words(name, pair) for name, pair in told.items()}
            report.differences.append(Difference(one.line.number, row.id, fields))

    def _refuse(self, line: Line, problems: dict[str, str]) -> None:
        self.report.refused += 1
        named, reason = next(iter(problems.items()))
        refused = Refused(line.number, named, reason)
        if len(self.report.refusals) < SHOWN_REFUSALS:
            self.report.refusals.append(refused)
        if self.sink is not None:
            self.sink(line, refused)


def _contested(model: type[Model]) -> bool:
    """Tell whether the database may refuse a row for what others hold, which only writing it shows."""
    table: Any = model.__table__
    rules = any(isinstance(one, UniqueConstraint | CheckConstraint) for one in table.constraints)
    return rules or any(index.unique for index in table.indexes)


def _said(error: Exception) -> dict[str, str]:
    if isinstance(error, Refusal):
        return error.problems
    if isinstance(error, Invalid):
        return {error.field: str(error.message)}
    return {"": _("The database cannot hold one of these values.")}
