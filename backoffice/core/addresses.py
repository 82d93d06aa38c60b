"""Addresses for rows that bring none: made of another column's words, and borne by no other row."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.schema import Column

from backoffice.core.types import slugify

FORESEEN = "addresses"
MOST_ASKED = 1_000  # words that are asked for together
FIRST = 10  # the number behind those that are asked for at once
MOST_READ = 4_000  # characters of a text that an address is made of
SPARE = 8  # characters that a number takes behind a word


def stem(column: Column[Any], text: Any) -> str:
    """Return the word that `column` makes of another column's text; with a number behind it, it still fits."""
    longest: Any = column.type
    return (slugify(str(text or "")[:MOST_READ]) or column.table.name)[: longest.longest - SPARE]


class Addresses:
    """Which addresses of one column are taken, as far as it was asked for."""

    def __init__(self, column: Column[Any]) -> None:
        self.column = column
        self.taken: set[str] = set()
        self._asked: dict[str, int] = {}
        self._given: dict[str, int] = {}
        self.last: tuple[str, int, str] | None = None

    def ask(self, session: Session, stems: Iterable[str]) -> None:
        """Find out which of these words are taken, and for those, which of their first numbers are."""
        new = [word for word in dict.fromkeys(stems) if word not in self._asked]
        self._look(session, new)
        full = [word for word in new if word in self.taken]
        self._look(session, [_numbered(word, one) for word in full for one in range(2, FIRST)])
        self._asked |= dict.fromkeys(new, 2) | dict.fromkeys(full, FIRST)

    def free(self, session: Session, word: str) -> str:
        """Return the first of "word", "word-2", "word-3", … that nobody has, and take it."""
        for number in count(self._given.get(word, 1)):
            known = self._asked.get(word, 1)
            if number >= known:
                further = min(10 * number, number + MOST_ASKED)
                self._look(session, [_numbered(word, one) for one in range(known, further)])
                self._asked[word] = further
            found = _numbered(word, number)
            if found not in self.taken:
                break
        self._given[word], self.last = number, (word, number, found)
        self.taken.add(found)
        return found

    def give_back(self) -> None:
        """Let the address that was given last be free again."""
        if self.last is not None:
            word, self._given[word], found = self.last
            self.taken.discard(found)
            self.last = None

    def _look(self, session: Session, words: list[str]) -> None:
        with session.no_autoflush:
            for at in range(0, len(words), MOST_ASKED):
                part = select(self.column).where(self.column.in_(words[at : at + MOST_ASKED]))
                self.taken.update(session.scalars(part))


def _numbered(word: str, number: int) -> str:
    return word if number == 1 else f"{word}-{number}"


@contextmanager
def foreseen(session: Session, stems: dict[Column[Any], set[str]]) -> Iterator[None]:
    """Let rows that get their addresses inside take them out of what is found out here for all of them together."""
    known = session.info[FORESEEN] = {column: Addresses(column) for column in stems}
    for column, words in stems.items():
        known[column].ask(session, sorted(words))
    try:
        yield
    finally:
        del session.info[FORESEEN]


@contextmanager
def tried(session: Session) -> Iterator[None]:
    """Let the addresses that one new row gets inside be free again where it is refused."""
    known = session.info.get(FORESEEN, {}).values()
    for one in known:
        one.last = None
    try:
        yield
    except Exception:
        for one in known:
            one.give_back()
        raise


def free(session: Session, column: Column[Any], word: str) -> str:
    """Return an address for a new row that no row has, stored or about to be."""
    known = session.info.get(FORESEEN, {}).get(column) or Addresses(column)
    known.taken |= {getattr(row, column.key, None) for row in session.new if row.__table__ is column.table}
    return known.free(session, word)
