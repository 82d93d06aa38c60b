"""Prepared lines written together: all at once where nothing is wrong, ever fewer where something is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.exc import DataError, DBAPIError, StatementError
from sqlalchemy.orm import Session
from sqlalchemy.schema import CheckConstraint, Column, UniqueConstraint

from backoffice.core import addresses, writing
from backoffice.core.access import NotFound
from backoffice.core.catalogues import gettext as _
from backoffice.core.imports.mapping import Plan
from backoffice.core.imports.pouring import pour, shape_of
from backoffice.core.imports.preparing import Ready, Workshop
from backoffice.core.imports.taken import sift
from backoffice.core.model import Model
from backoffice.core.types import Invalid
from backoffice.core.writing.refusals import Refusal, explained, flush

CREATED, CHANGED, UNCHANGED, REFUSED = "created", "changed", "unchanged", "refused"


@dataclass(frozen=True)
class Outcome:
    """What became of one line: the row it made or is about, or the problems for which it is refused.

    `told`: for each field what the row held before and holds now, where somebody wants to know.
    """

    ready: Ready
    what: str = REFUSED
    row: Any = None
    told: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)


class Store:
    """Writes prepared lines of one plan on behalf of its user; `telling`: whether somebody wants the differences."""

    def __init__(self, session: Session, user: Any, plan: Plan, workshop: Workshop) -> None:
        self.session, self.user, self.model, self.workshop = session, user, plan.model, workshop
        # Whoever waits for new rows gets them as a flush leaves them.
        self.heard = plan.announced and bool(writing.created.has_receivers_for(plan.model))
        self.telling = True
        # Lines that name each other need the keys of the rows that they become.
        self.writes_to_look = _contested(plan.model) or workshop.keyed is not None

    def look(self, ready: Sequence[Ready]) -> list[Outcome]:
        """Return what would become of the lines, and keep nothing, or what the caller rolls back.

        Only where the database has something to say that the rows do not say themselves are they written.
        """
        if self.writes_to_look:
            return self.write(ready)
        found = self._apply_all(ready)
        for one in found:
            self._undo(one.ready)
        return found

    def write(self, ready: Sequence[Ready]) -> list[Outcome]:
        """Write the lines and return what became of each, in any order."""
        if not ready:
            return []
        try:
            with self.session.begin_nested():
                found, again = self._fitting(self._apply_all(ready))
                self._store(found)
        except (Refusal, Invalid, StatementError) as error:
            if isinstance(error, DBAPIError) and not isinstance(error, DataError):
                raise  # the database is not there, or its disk is full: no line is at fault
            if len(ready) > 1:
                half = len(ready) // 2
                return self.write(ready[:half]) + self.write(ready[half:])
            return [Outcome(ready[0], problems=_said(error))]
        return found + self.write(again)

    def _apply_all(self, ready: Sequence[Ready]) -> list[Outcome]:
        with addresses.foreseen(self.session, self._stems(ready)):
            return [self._apply(one) for one in ready]

    def _stems(self, ready: Sequence[Ready]) -> dict[Column[Any], set[str]]:
        return {
            column: {
                addresses.stem(column, one.values.get(column.info["from"]))
                for one in ready
                if one.row is None and not one.values.get(name)
            }
            for name, column in self.model.addresses()
        }

    def _apply(self, one: Ready) -> Outcome:
        """Give a row the values of its line, by the rules for every door, without writing it."""
        before = self.workshop.snapshot(one) if self.telling and one.row is not None else {}
        try:
            with addresses.tried(self.session):
                row = self._given(one)
        except NotFound:
            return Outcome(one, problems={"": _("You may not do this with this row.")})
        except (Refusal, Invalid) as refusal:
            self._undo(one)
            return Outcome(one, problems=_said(refusal))
        if one.row is None:
            return Outcome(one, CREATED, row)
        if not self.session.is_modified(row):
            return Outcome(one, UNCHANGED, row)
        after = self.workshop.snapshot(one) if self.telling else {}
        told = {name: (before[name], after[name]) for name in after if before[name] != after[name]}
        return Outcome(one, CHANGED, row, told)

    def _given(self, one: Ready) -> Any:
        row, known = one.row, self.workshop.known
        if row is None:
            row = writing.draft(self.session, self.user, self.model, one.values, known)
        else:
            writing.alter(self.session, self.user, row, one.values, known)
        for name, value in one.beyond.items():
            setattr(row, name, value)
        return row

    def _undo(self, one: Ready) -> None:
        if one.row is not None:
            self.session.expire(one.row)

    def _fitting(self, found: list[Outcome]) -> tuple[list[Outcome], list[Ready]]:
        """Refuse new rows that stored ones stand against; put off those that repeat what another is about to have."""
        new = [one for one in found if one.what == CREATED]
        moving = {one.row.id for one in found if one.what == CHANGED}
        problems, repeated = sift(self.session, self.model, [one.row for one in new], moving)
        if not problems and not repeated:
            return found, []
        fallen = [new[at] for at in (*problems, *repeated)]
        gone = {id(one) for one in fallen}
        stay = [one for one in found if id(one) not in gone]
        again = [new[at].ready for at in sorted(repeated)]
        if any(not one.ready.values.get(name) for one in fallen for name, _column in self.model.addresses()):
            # The addresses of those that fall out are free for the others.
            fresh = self._apply_all([one.ready for one in stay if one.what == CREATED])
            stay, more = self._fitting([*(one for one in stay if one.what != CREATED), *fresh])
            again += more
        return [*stay, *(Outcome(new[at].ready, problems=said) for at, said in problems.items())], again

    def _store(self, found: list[Outcome]) -> None:
        new = [one.row for one in found if one.what == CREATED]
        poured = shape_of(self.model) is not None and not self.heard
        if not poured:
            self.session.add_all(new)
        flush(self.session, self.model)
        if poured and new:
            with explained(self.model):
                pour(self.session, self.model, new)


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
