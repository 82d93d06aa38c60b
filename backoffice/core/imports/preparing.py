"""Lines of a table turned into what is to be written: values, the rows they name, and the row they are about."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from backoffice.core.access import ALL, rule, visible
from backoffice.core.catalogues import gettext as _
from backoffice.core.history.encoding import encode
from backoffice.core.imports.gallery import Gallery
from backoffice.core.imports.ledger import Ledger
from backoffice.core.imports.mapping import KEY, Plan, fields
from backoffice.core.imports.relating import LONGEST_SHOWN, Relating
from backoffice.core.imports.sheets import ABSENT, CSV, JSONL, Line, Table
from backoffice.core.model import Model, arrive
from backoffice.core.naming import Names, split
from backoffice.core.resource import columns, is_picture, labels, relations
from backoffice.core.transfer.rendering import plain_cell
from backoffice.core.transfer.values import value
from backoffice.core.writing import knowledge


@dataclass(frozen=True)
class Unfit:
    """A line that cannot be taken, the field at fault and the reason.

    `waits`: it names a row of its own kind that is not there, and may come with a later line.
    """

    line: Line
    field: str
    reason: str
    waits: bool = False


@dataclass
class Ready:
    """A line whose values are known; `row` is the stored row it is about, None for a new one.

    `values` are what its user may set; `beyond` is what only a terminal restores; `word` is how other lines of the
    file name this one.
    """

    line: Line
    values: dict[str, Any]
    beyond: dict[str, Any] = field(default_factory=dict)
    row: Any = None
    word: str = ""


class Workshop:
    """Prepares lines chunk by chunk, each relation and the rows themselves looked up once for a chunk."""

    def __init__(self, session: Session, user: Any, plan: Plan, table: Table, ledger: Ledger) -> None:
        self.session, self.user, self.plan, self.ledger = session, user, plan, ledger
        self.exact, self.guarded = table.kind == JSONL, table.kind == CSV
        self.fields = [(at, name) for at, name in enumerate(plan.fields) if name and name != KEY]
        self.keyed = plan.fields.index(KEY) if KEY in plan.fields else None
        self.names = {
            name: Names(user, relation.mapper.class_)
            for name, relation in relations(plan.model).items()
            if name in plan.fields
        }
        self.relating = Relating(session, plan.model, self.names, ledger, keyed=self.keyed is not None)
        self.gallery = Gallery(plan.media)
        self.labels = fields(user, plan.model)
        self.renew()

    def renew(self) -> None:
        """Find out anew what the user may do."""
        self.known = knowledge(self.user, self.plan.model, self.relating.picked)

    def prepare(self, lines: Sequence[Line]) -> Iterator[Ready | Unfit]:
        """Yield for each line what is to be written, or why it cannot be."""
        parsed = [self._parse(line) for line in lines]
        ready = [one for one in parsed if isinstance(one, Ready)]
        reasons = self.relating.relate([(one.line.number, self._places(one)) for one in ready])
        reasons |= self._doubled([one for one in ready if one.line.number not in reasons])
        reasons |= self._recognise([one for one in ready if one.line.number not in reasons])
        for one in parsed:
            refused = reasons.get(one.line.number)
            if refused is None or isinstance(one, Unfit):
                yield one
            else:
                yield Unfit(one.line, *refused, waits=one.line.number in self.relating.waiting)

    def _parse(self, line: Line) -> Ready | Unfit:
        if line.problem:
            return Unfit(line, "", line.problem)
        one = Ready(line, {}, word=self._word(line))
        for at, name in self.fields:
            cell = line.cells[at]
            if cell is ABSENT:
                continue
            if self.guarded:
                cell = plain_cell(cell)
            try:
                found = self._words(name, cell) if name in self.names else self._value(name, cell)
            except (ValueError, TypeError) as error:
                return Unfit(line, name, str(getattr(error, "message", error)))
            if found is not None or not self._filled(name):
                (one.values if name in self.known.may else one.beyond)[name] = found
        return one

    def _places(self, one: Ready) -> dict[str, dict[str, Any]]:
        """Return for each relation where the words that name its rows stand."""
        return {name: one.values if name in self.known.may else one.beyond for name in self.names}

    def _word(self, line: Line) -> str:
        """Return how other lines name this one, by the key that the file gives it."""
        cell = None if self.keyed is None else line.cells[self.keyed]
        if cell in (None, "", ABSENT):
            return ""
        text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
        return f"#{text.strip().removeprefix('#')}"[:LONGEST_SHOWN]

    def _doubled(self, ready: list[Ready]) -> dict[int, tuple[str, str]]:
        """Return by line number which lines have a key that an earlier line of the file has."""
        met = self.ledger.rows({one.word for one in ready if one.word})
        reasons, seen = {}, set(met)
        for one in ready:
            if one.word and one.word in seen:
                reasons[one.line.number] = (KEY, str(_("An earlier line has the same key.")))
            seen.add(one.word)
        return reasons

    def _filled(self, name: str) -> bool:
        """Tell whether a default fills a column that is left empty and cannot be."""
        column = columns(self.plan.model).get(name)
        return column is not None and not column.nullable and column.default is not None

    def _value(self, name: str, cell: Any) -> Any:
        column = columns(self.plan.model)[name]
        found = value(column, cell, exact=self.exact)
        if found and is_picture(self.plan.model, name):
            return self.gallery.stored(found)
        if name != self.plan.key:
            return found
        # Rows are recognised by what is stored, and addresses are stored in small letters.
        known = arrive(column, found)
        return known.lower() if known and column.info.get("kind") == "email" else known

    def _words(self, name: str, cell: Any) -> list[str]:
        """Return the words with which a cell names other rows."""
        if cell in (None, ""):
            return []
        many = relations(self.plan.model)[name].secondary is not None
        if isinstance(cell, list) and many and all(isinstance(word, str) for word in cell):
            return list(dict.fromkeys(cell))
        if isinstance(cell, list | dict | bool):
            raise ValueError(_("This names no other row."))  # noqa: TRY004 - it is said to people
        text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
        return list(dict.fromkeys(split(text))) if many else [text]

    def _recognise(self, ready: list[Ready]) -> dict[int, tuple[str, str]]:
        """Find the stored row of each line; return by line number why it has none and cannot make one."""
        key = self.plan.key
        if not key:
            return {}
        reasons, said = {}, labels(self.plan.model, key)
        met = self.ledger.met({str(one.values.get(key)) for one in ready})
        stored = self._stored([one.values[key] for one in ready if one.values.get(key) not in (None, "")])
        for one in ready:
            known = one.values.get(key)
            word = str(known)
            if known in (None, ""):
                reasons[one.line.number] = (key, _("This line has no %(label)s to recognise it by.", label=said))
            elif word in met:
                reasons[one.line.number] = (key, _("An earlier line has the same %(label)s.", label=said))
            elif known not in stored and not self.known.creates:
                reasons[one.line.number] = (
                    key,
                    _("There is none with this %(label)s that you may change.", label=said),
                )
            else:
                one.row = stored.get(known)
            met.add(word)
        self.ledger.meet(met)
        for one in ready:
            self._keep_hidden(one)
        return reasons

    def _stored(self, known: list[Any]) -> dict[Any, Any]:
        model, key = self.plan.model, self.plan.key
        query = visible(self.user, "update", model).where(getattr(model, key).in_(known))
        loaded = [selectinload(getattr(model, name)) for name in self.names]
        return {getattr(row, key): row for row in self.session.scalars(query.options(*loaded))} if known else {}

    def _keep_hidden(self, one: Ready) -> None:
        """Rows that a person may not name stay linked: a list that cannot hold them does not let go of them."""
        for name, names in self.names.items():
            if one.row is None or not isinstance(one.values.get(name), list) or self._names_all(names.model):
                continue
            present = {row.id: row for row in getattr(one.row, name)}
            query = select(names.model.id).where(names.model.id.in_(present), names.picked())
            hidden = set(present) - set(self.session.scalars(query))
            one.values[name] += [present[key] for key in sorted(hidden)]

    def _names_all(self, model: type[Model]) -> bool:
        return any(rule(self.user, verb, model).scope == ALL for verb in ("pick", "read"))

    def snapshot(self, one: Ready) -> dict[str, Any]:
        """Return what the stored row of a line holds now: values, and the keys of the rows it names."""
        return {name: self._held(one.row, name) for name in (*one.values, *one.beyond)}

    def _held(self, row: Any, name: str) -> Any:
        held = getattr(row, name)
        if name not in self.names:
            return encode(held)
        return sorted(other.id for other in (held if isinstance(held, list) else [held] if held else []))

    def words(self, name: str, pair: tuple[Any, Any]) -> tuple[str, str]:
        """Return what a field held before and holds now as text, as far as its user may read it."""
        before, after = (self._shown(name, held) for held in pair)
        return before, after

    def _shown(self, name: str, held: Any) -> str:
        if name not in self.names:
            return "" if held is None else str(held)[:LONGEST_SHOWN]
        names = self.names[name]
        query = names.query().where(names.model.id.in_(held), names.picked())
        words = names.words(self.session, self.session.execute(query)) if held else {}
        return "; ".join(words.get(key, _("(hidden)")) for key in held)
