"""Lines of a table turned into what is to be written: values, the rows they name, and the row they are about."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import DateTime, String, select
from sqlalchemy.orm import Session, defer, selectinload

from backoffice.core.access import ALL, can, rule, visible
from backoffice.core.encoding import encode
from backoffice.core.mapping import Plan, fields
from backoffice.core.model import Model, arrive
from backoffice.core.naming import Names, split
from backoffice.core.rendering import plain_cell
from backoffice.core.resource import columns, labels, relations
from backoffice.core.sheets import ABSENT, CSV, JSONL, Line, Table
from backoffice.core.values import value
from backoffice.core.writing import knowledge

LONGEST_SHOWN = 200


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

    `values` are what its user may set; `beyond` is what only a terminal restores.
    """

    line: Line
    values: dict[str, Any]
    beyond: dict[str, Any] = field(default_factory=dict)
    row: Any = None


class Workshop:
    """Prepares lines chunk by chunk, each relation and the rows themselves looked up once for a chunk."""

    def __init__(self, session: Session, user: Any, plan: Plan, table: Table) -> None:
        self.session, self.user, self.plan = session, user, plan
        self.exact, self.guarded = table.kind == JSONL, table.kind == CSV
        # Rows that were found among those that may be named; asked again for each chunk.
        self.picked: set[Any] = set()
        self.known = knowledge(user, plan.model, self.picked)
        self.fields = [(at, name) for at, name in enumerate(plan.fields) if name]
        self.names = {
            name: Names(user, relation.mapper.class_)
            for name, relation in relations(plan.model).items()
            if name in plan.fields
        }
        self.labels = fields(user, plan.model)
        self.creates = can(user, "create", plan.model)
        self._seen: set[int] = set()
        self._waiting: set[int] = set()
        self._options: dict[type[Model], list[Any]] = {}

    def prepare(self, lines: Sequence[Line]) -> Iterator[Ready | Unfit]:
        """Yield for each line what is to be written, or why it cannot be."""
        parsed = [self._parse(line) for line in lines]
        ready = [one for one in parsed if isinstance(one, Ready)]
        reasons = self._relate(ready)
        reasons |= self._recognise([one for one in ready if one.line.number not in reasons])
        for one in parsed:
            refused = reasons.get(one.line.number)
            if refused is None or isinstance(one, Unfit):
                yield one
            else:
                yield Unfit(one.line, *refused, waits=one.line.number in self._waiting)

    def _parse(self, line: Line) -> Ready | Unfit:
        if line.problem:
            return Unfit(line, "", line.problem)
        one = Ready(line, {})
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

    def _filled(self, name: str) -> bool:
        """Tell whether a default fills a column that is left empty and cannot be."""
        column = columns(self.plan.model).get(name)
        return column is not None and not column.nullable and column.default is not None

    def _value(self, name: str, cell: Any) -> Any:
        column = columns(self.plan.model)[name]
        found = value(column, cell, exact=self.exact)
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

    def _relate(self, ready: list[Ready]) -> dict[int, tuple[str, str]]:
        """Put rows in the place of the words that name them; return by line number what names none, or several."""
        self.picked.clear()
        self._waiting.clear()
        reasons: dict[int, tuple[str, str]] = {}
        for name, names in self.names.items():
            words = {word for one in ready for word in self._place(one, name).get(name, ())}
            own = names.model is self.plan.model
            if own:
                names.forget()
            found = names.keys(self.session, words)
            rows = self._rows(names.model, {keys[0] for keys in found.values() if len(keys) == 1})
            for one in ready:
                place = self._place(one, name)
                wrong = next((word for word in place.get(name, ()) if len(found[word]) != 1), None)
                if wrong is not None:
                    reasons.setdefault(one.line.number, (name, self._misnamed(names, wrong, found[wrong])))
                    if own and names.columns and not found[wrong]:
                        self._waiting.add(one.line.number)
                elif name in place:
                    meant = [rows[found[word][0]] for word in place[name]]
                    many = relations(self.plan.model)[name].secondary is not None
                    place[name] = list(dict.fromkeys(meant)) if many else next(iter(meant), None)
        return reasons

    def _place(self, one: Ready, name: str) -> dict[str, Any]:
        return one.values if name in self.known.may else one.beyond

    def _misnamed(self, names: Names, word: str, keys: list[int]) -> str:
        shown = word[:LONGEST_SHOWN]
        if keys:
            ways = ", ".join(str(labels(names.model, name)) for name in names.columns)
            return str(_("Several are called “%(word)s”; what tells them apart: %(ways)s.", word=shown, ways=ways))
        if not names.columns:
            return str(_("Nothing is called “%(word)s”: here only # and a number names a row.", word=shown))
        return str(_("There is none called “%(word)s” that you may name.", word=shown))

    def _rows(self, model: type[Model], keys: set[int]) -> dict[int, Any]:
        """Return rows by key, without their texts and dates."""
        if not keys:
            return {}
        query = select(model).where(model.id.in_(keys)).options(*self._without_texts(model))
        rows = {row.id: row for row in self.session.scalars(query)}
        self.picked.update(rows.values())
        return rows

    def _without_texts(self, model: type[Model]) -> list[Any]:
        if model not in self._options:
            kinds = {name: getattr(column.type, "impl", column.type) for name, column in columns(model).items()}
            long = [name for name, kind in kinds.items() if isinstance(kind, String | DateTime)]
            self._options[model] = [defer(getattr(model, name)) for name in long]
        return self._options[model]

    def _recognise(self, ready: list[Ready]) -> dict[int, tuple[str, str]]:
        """Find the stored row of each line; return by line number why it has none and cannot make one."""
        key = self.plan.key
        if not key:
            return {}
        reasons, said = {}, labels(self.plan.model, key)
        stored = self._stored([one.values[key] for one in ready if one.values.get(key) not in (None, "")])
        for one in ready:
            known = one.values.get(key)
            if known in (None, ""):
                reasons[one.line.number] = (key, _("This line has no %(label)s to recognise it by.", label=said))
            elif hash(known) in self._seen:
                reasons[one.line.number] = (key, _("An earlier line has the same %(label)s.", label=said))
            elif known not in stored and not self.creates:
                reasons[one.line.number] = (
                    key,
                    _("There is none with this %(label)s that you may change.", label=said),
                )
            else:
                one.row = stored.get(known)
            self._seen.add(hash(known))
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
