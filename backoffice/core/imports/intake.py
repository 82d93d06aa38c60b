"""Rows in from a table: what each line would do, rehearsed, and then done as one batch on somebody's behalf."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from backoffice.core import writing
from backoffice.core.access import NotFound, can
from backoffice.core.imports.ledger import Ledger
from backoffice.core.imports.mapping import Plan
from backoffice.core.imports.preparing import Ready, Workshop
from backoffice.core.imports.sheets import Line, Table
from backoffice.core.imports.storing import CHANGED, CREATED, REFUSED, Outcome, Store
from backoffice.core.transfer.workbooks import MEGABYTE

CHUNK = 1_000  # lines that are written together
LARGEST_CHUNK = 4 * MEGABYTE  # characters of theirs
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


@dataclass
class Place:
    """How far a run is: in which round, and behind which line. In round 0 all lines come, then those that waited.

    `moved`: some line of this round waits no more; `last`: nothing is waited for any longer.
    """

    round: int = 0
    line: int = 0
    moved: bool = False
    last: bool = False


class Intake:
    """One run through the lines of a table. `sink` is told each refused line.

    With the `ledger`, the `place` and the `report` that another run left, it goes on from there. `first`: how many
    lines are taken together at first; then twice as many each time.
    """

    def __init__(self, session: Session, user: Any, plan: Plan, table: Table, ledger: Ledger | None = None) -> None:
        if not (can(user, "create", plan.model) or (plan.key and can(user, "update", plan.model))):
            raise NotFound(plan.model.__tablename__)
        self.session, self.user, self.plan, self.table = session, user, plan, table
        self.ledger = ledger or Ledger()
        self.workshop = Workshop(session, user, plan, table, self.ledger)
        self.store = Store(session, user, plan, self.workshop)
        self.report, self.place = Report(), Place()
        self.rehearse, self.first = True, CHUNK
        self.sink: Sink | None = None

    def steps(self, *, rehearse: bool) -> Iterator[Report]:
        """Take the lines chunk by chunk, yielding one and the same report after each; does not commit.

        Who calls says who acts (`history.acting`), and commits: for all or nothing at the end, when `kept` is true,
        and rolls back otherwise; for the good lines, if one likes, after each chunk. A rehearsal does everything that
        may be refused, and keeps nothing: `kept` stays false, and the caller rolls back.
        A plan for all or nothing ends, unless rehearsed, with the chunk that holds the first refused line. Raises
        sheets.Unreadable where the file breaks off.
        """
        self.rehearse = rehearse
        while True:
            for chunk in _chunks(self._lines(), self.first):
                self.report.lines += 0 if self.place.round else len(chunk)
                self.take(chunk)
                self.place.line = chunk[-1].number
                yield self.report
                if self.plan.whole and self.report.refused and not rehearse:
                    return
            if not self._again():
                break
        self.report.kept = not rehearse
        yield self.report

    def _lines(self) -> Iterator[Line]:
        """Yield the lines of this round that are still to come."""
        found = (line for line in self.table.lines() if line.number > self.place.line)
        if not self.place.round:
            yield from found
            return
        waiting = iter(self.ledger.waiting())
        wanted = next(waiting, None)
        for line in found:
            while wanted is not None and wanted < line.number:
                wanted = next(waiting, None)
            if wanted is None:
                return
            if wanted == line.number:
                yield line

    def _again(self) -> bool:
        """Begin the next round, if lines wait: the last one when nothing has moved in the one that ends."""
        done, waits = self.place, bool(self.ledger.waiting())
        stuck = done.round > 0 and not done.moved
        self.place = Place(done.round + 1, last=stuck or done.round >= MOST_ROUNDS)
        return waits and not done.last

    def take(self, lines: Sequence[Line]) -> None:
        """Write the rows of one chunk, those of its lines that can be taken; put off what names later lines."""
        came = [line.number for line in lines]
        with self.session.no_autoflush:
            waiting = self._take(lines)
            # What names lines of the same chunk can be taken now, level by level.
            while waiting and len(waiting) < len(lines):
                lines, waiting = waiting, self._take(waiting)
        late = {line.number for line in waiting}
        self.ledger.put_off(late)
        self.ledger.take_up(number for number in came if number not in late)
        self.place.moved = self.place.moved or len(late) < len(came)
        self.report.refusals.sort(key=lambda one: one.number)

    def _take(self, lines: Sequence[Line]) -> list[Line]:
        """Write what can be written, and return the lines that may be taken later."""
        ready: list[Ready] = []
        waiting: list[Line] = []
        for one in self.workshop.prepare(lines):
            if isinstance(one, Ready):
                ready.append(one)
            elif one.waits and not self.place.last:
                waiting.append(one.line)
            else:
                self._refuse(one.line, {one.field: one.reason})
        found = (self.store.look if self.rehearse else self.store.write)(ready)
        for outcome in found:
            self._count(outcome)
        self.ledger.name({one.ready.word: one.row.id for one in found if one.ready.word and one.what != REFUSED})
        return waiting

    def _count(self, one: Outcome) -> None:
        if one.what == REFUSED:
            self._refuse(one.ready.line, one.problems)
            return
        report, line = self.report, one.ready.line
        setattr(report, one.what, getattr(report, one.what) + 1)
        if one.what == CREATED and self.plan.announced and not self.rehearse:
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


def _chunks(lines: Iterator[Line], most: int) -> Iterator[list[Line]]:
    """Yield the lines in parts that fit into memory."""
    chunk: list[Line] = []
    size, most = 0, min(most, CHUNK)
    for line in lines:
        chunk.append(line)
        size += sum(len(cell) for cell in line.cells if isinstance(cell, str))
        if len(chunk) >= most or size > LARGEST_CHUNK:
            yield chunk
            chunk, size, most = [], 0, min(2 * most, CHUNK)
    if chunk:
        yield chunk
