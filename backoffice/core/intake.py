"""Rows in from a table: what each line would do, rehearsed, and then done as one batch on somebody's behalf."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from backoffice.core import writing
from backoffice.core.access import NotFound, can
from backoffice.core.mapping import Plan
from backoffice.core.preparing import Ready, Unfit, Workshop
from backoffice.core.sheets import Line, Table
from backoffice.core.storing import CHANGED, CREATED, REFUSED, Outcome, Store
from backoffice.core.workbooks import MEGABYTE

CHUNK = 1_000  # lines that are written together
LARGEST_CHUNK = 4 * MEGABYTE  # characters of theirs
MOST_WAITING = 10_000  # lines that name rows of their own kind which come with later lines
MOST_ROUNDS = 60  # levels of a tree whose lines come in the worst order
SHOWN_REFUSALS = 100
SHOWN_CHANGES = 20


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
        self.store = Store(session, user, plan, self.workshop)
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
        for chunk in _chunks(self.table.lines()):
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
            for outcome in (self.store.look if self.rehearse else self.store.write)(ready):
                self._count(outcome)
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

    def _count(self, one: Outcome) -> None:
        if one.what == REFUSED:
            self._refuse(one.ready.line, one.problems)
            return
        report, line = self.report, one.ready.line
        setattr(report, one.what, getattr(report, one.what) + 1)
        if one.what == CREATED and not self.rehearse:
            writing.created.send(self.plan.model, row=one.row)
        if one.what == CHANGED and len(report.differences) < SHOWN_CHANGES:
            fields = {name: self.workshop.words(name, pair) for name, pair in one.told.items()}
            report.differences.append(Difference(line.number, one.row.id, fields))
            self.store.telling = len(report.differences) < SHOWN_CHANGES

    def _refuse(self, line: Line, problems: Mapping[str, str]) -> None:
        self.report.refused += 1
        named, reason = next(iter(problems.items()))
        refused = Refused(line.number, named, reason)
        if len(self.report.refusals) < SHOWN_REFUSALS:
            self.report.refusals.append(refused)
        if self.sink is not None:
            self.sink(line, refused)


def _chunks(lines: Iterator[Line]) -> Iterator[list[Line]]:
    """Yield the lines in parts that fit into memory."""
    chunk: list[Line] = []
    size = 0
    for line in lines:
        chunk.append(line)
        size += sum(len(cell) for cell in line.cells if isinstance(cell, str))
        if len(chunk) >= CHUNK or size > LARGEST_CHUNK:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
