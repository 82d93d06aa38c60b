"""The rows that lines name: by words, or by the keys that their file gives to its own lines."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import DateTime, String, select
from sqlalchemy.orm import Session, defer

from backoffice.core.catalogues import gettext as _
from backoffice.core.catalogues import listed
from backoffice.core.imports.ledger import Ledger
from backoffice.core.model import Model
from backoffice.core.naming import Names
from backoffice.core.resource import columns, labels, relations

LONGEST_SHOWN = 200

# The number of each line, and for each relation where the words stand that name rows: relation → {relation: words}.
Named = Sequence[tuple[int, Mapping[str, dict[str, Any]]]]
Reason = tuple[str, str]


class Relating:
    """Puts rows in the place of words, each relation looked up once for many lines.

    `keyed`: the lines of the file have keys, and "#" with one of them names the line. `picked`: the rows that were
    found among those that may be named; `waiting`: the lines that name a row of their own kind which is not there,
    and may come with a later line. Both are those of the last lines.
    """

    def __init__(
        self, session: Session, model: type[Model], names: Mapping[str, Names], ledger: Ledger, *, keyed: bool
    ) -> None:
        self.session, self.model, self.names, self.ledger, self.keyed = session, model, names, ledger, keyed
        self.picked: set[Any] = set()
        self.waiting: set[int] = set()
        self._options: dict[type[Model], list[Any]] = {}

    def relate(self, lines: Named) -> dict[int, Reason]:
        """Put rows in the place of the words that name them; return by line what names none, or several."""
        self.picked.clear()
        self.waiting.clear()
        reasons: dict[int, Reason] = {}
        for name, names in self.names.items():
            own = names.model is self.model
            if own and self.keyed:
                self._translate(lines, name, reasons)
            words = {word for _number, places in lines for word in places[name].get(name, ())}
            if own:
                names.forget()
            found = names.keys(self.session, words)
            rows = self._rows(names.model, {keys[0] for keys in found.values() if len(keys) == 1})
            # What a word meant a while ago may be gone.
            found = {
                word: keys if len(keys) > 1 else [key for key in keys if key in rows] for word, keys in found.items()
            }
            for number, places in lines:
                place = places[name]
                wrong = next((word for word in place.get(name, ()) if len(found[word]) != 1), None)
                if wrong is not None:
                    reasons.setdefault(number, (name, self._misnamed(names, wrong, found[wrong])))
                    if own and names.columns and not found[wrong]:
                        self.waiting.add(number)
                elif name in place:
                    self._fill(place, name, [rows[found[word][0]] for word in place[name]])
        return reasons

    def _fill(self, place: dict[str, Any], name: str, meant: list[Any]) -> None:
        many = relations(self.model)[name].secondary is not None
        place[name] = list(dict.fromkeys(meant)) if many else next(iter(meant), None)

    def _translate(self, lines: Named, name: str, reasons: dict[int, Reason]) -> None:
        """Where lines name others by the keys of their file, put the keys of the rows that these became."""
        places = [(number, held[name]) for number, held in lines]
        words = {word for _number, place in places for word in place.get(name, ()) if word.startswith("#")}
        rows = self.ledger.rows(words)
        for number, place in places:
            missing = next((word for word in place.get(name, ()) if word in words and word not in rows), None)
            if missing is not None:
                said = _("No line of this file has the key “%(word)s”.", word=missing[:LONGEST_SHOWN])
                reasons.setdefault(number, (name, str(said)))
                self.waiting.add(number)
                place[name] = []
            elif name in place:
                place[name] = [f"#{rows[word]}" if word in rows else word for word in place[name]]

    def _misnamed(self, names: Names, word: str, keys: list[int]) -> str:
        shown = word[:LONGEST_SHOWN]
        if keys:
            ways = listed(labels(names.model, name) for name in names.columns)
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
