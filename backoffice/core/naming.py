"""The words that name one row and no other, and the row that is named by words."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, String, or_, select
from sqlalchemy.orm import Session

from backoffice.core.access import condition, may_see, parse_key
from backoffice.core.model import Model
from backoffice.core.resource import columns, is_picture, resource

SEPARATOR = "; "
LONGEST = 200  # characters of a word for a row
KEPT = 5_000  # words that are remembered
# What has to stand between quotes so that a list of words can be taken apart again.
ODD = re.compile(r'[;"\r\n]|^\s|\s$|^$')
PART = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^;]*))\s*(;|$)')


def naming(user: Any, model: type[Model]) -> tuple[str, ...]:
    """Return the columns by which `user` can tell rows of `model` apart: the label, the unique ones, the pictures.

    None where the label is too long to be looked up and nothing is unique: then only "#" and the key names a row.
    """
    label = resource(model).label
    table = columns(model)
    indexed = {index.columns[0].key for index in model.__table__.indexes if index.columns} | {
        name for name, column in table.items() if column.unique
    }
    names = [
        label,
        *sorted((name for name in indexed if table.get(name) is not None and table[name].unique), key=_last),
        *(name for name in table if is_picture(model, name)),
    ]
    kept = [name for name in dict.fromkeys(names) if name in indexed and may_see(user, model, name)]
    return tuple(name for name in kept if isinstance(getattr(table[name].type, "impl", table[name].type), String))


def _last(name: str) -> tuple[bool, str]:
    # Addresses of people are the last thing to hand around.
    return (name == "email", name)


def join(words: Iterable[str]) -> str:
    """Return words as one text that `split` takes apart again."""
    return SEPARATOR.join(map(_quoted, words))


@lru_cache(KEPT)
def _quoted(word: str) -> str:
    return '"{}"'.format(word.replace('"', '""')) if ODD.search(word) else word


def split(text: str) -> list[str]:
    """Return the words that `join` put together; raises ValueError for quotes that do not belong together."""
    found, at = [], 0
    while at < len(text):
        part = PART.match(text, at)
        if part is None:
            raise ValueError(text)
        quoted, plain, end = part.groups()
        if quoted is not None or plain.strip():
            found.append(plain.strip() if quoted is None else quoted.replace('""', '"'))
        at = part.end()
        if not end:
            break
    return found


class Names:
    """Rows of one model named for one person; what was found once is remembered, so it is for one piece of work."""

    def __init__(self, user: Any, model: type[Model]) -> None:
        self.user, self.model = user, model
        self.columns = naming(user, model)
        self._unique: dict[str, bool] = {}
        self._rows: dict[str, list[int]] = {}

    def picked(self) -> Any:
        """Return the condition for the rows that may be named."""
        return condition(self.user, "pick", self.model)

    def query(self) -> Select[Any]:
        """Return a SELECT of the key, the label and the columns that may name a row."""
        label = resource(self.model).label
        first = label if may_see(self.user, self.model, label) else "id"
        named = [getattr(self.model, name) for name in (first, *self.columns)]
        return select(self.model.id, *(column.label(f"name{at}") for at, column in enumerate(named)))

    def words(self, connection: Any, rows: Iterable[Any]) -> dict[int, str]:
        """Return by key the word for each row of `query`: the first that names no other, else the label."""
        rows = list({row[0]: row for row in rows}.values())
        self._ask(connection, {word for row in rows for word in row[2:] if word})
        return {row[0]: self._word(row) for row in rows}

    def words_of_all(self, rows: Iterable[Any]) -> dict[int, str]:
        """Return the same as `words` for all rows that may be named at all: which words are unique is seen in them."""
        rows = list(rows)
        holders = Counter(word for row in rows for word in {*row[2:]})
        self._unique = {word: number == 1 for word, number in holders.items()}
        words = {row[0]: self._word(row) for row in rows}
        self._unique.clear()
        return words

    def _word(self, row: Any) -> str:
        for word in row[2:]:
            if word and len(word) <= LONGEST and self._unique.get(word):
                return str(word)
        label = row[1]
        # Where no words can be looked up, the key at least says which row is meant.
        bare = not self.columns or label in (None, "", row[0])
        return f"#{row[0]}" if bare else str(label)[:LONGEST]

    def _ask(self, connection: Any, words: set[str]) -> None:
        """Find out which of the words name one row only."""
        new = [word for word in words if word not in self._unique]
        if len(self._unique) > KEPT:
            self._unique.clear()
            new = list(words)
        if not new:
            return
        counts: dict[str, set[int]] = {}
        for key, *found in connection.execute(self._matching(new)):
            for word in found:
                counts.setdefault(word, set()).add(key)
        for word in new:
            self._unique[word] = len(counts.get(word, ())) == 1

    def _matching(self, words: list[str]) -> Select[Any]:
        named = [getattr(self.model, name) for name in self.columns]
        return select(self.model.id, *named).where(or_(*(column.in_(words) for column in named)), self.picked())

    def forget(self) -> None:
        """Forget which rows words name: there may be others now."""
        self._rows.clear()

    def keys(self, session: Session, words: set[str]) -> dict[str, list[int]]:
        """Return by word the keys of the rows that it names: none, one, or several where it is ambiguous."""
        if len(self._rows) > KEPT:
            self._rows.clear()
        new = {word for word in words if word not in self._rows}
        if new:
            self._rows |= {word: [] for word in new}
            # No row is named by a word with a NUL: no column takes one, and PostgreSQL refuses the very question.
            for word, key in self._named(session, sorted(word for word in new if "\0" not in word)):
                if word in new and key not in self._rows[word]:
                    self._rows[word].append(key)
        return {word: self._rows[word] for word in words}

    def _named(self, session: Session, words: list[str]) -> Iterator[tuple[str, int]]:
        numbers = {word: parse_key(word[1:]) for word in words if word.startswith("#")}
        known = [number for number in numbers.values() if number is not None]
        if known:
            there = set(session.scalars(select(self.model.id).where(self.model.id.in_(known), self.picked())))
            yield from ((word, number) for word, number in numbers.items() if number in there)
        if self.columns:
            for key, *found in session.execute(self._matching(words)):
                yield from ((word, key) for word in dict.fromkeys(found))
