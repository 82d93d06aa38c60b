"""Which rows hold the words that are looked for: by index where the words are kept, else by reading the rows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    TableClause,
    and_,
    cast,
    column,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    table,
    true,
    union_all,
)

from backoffice.core.model import Model, db
from backoffice.core.resource import resource
from backoffice.core.search.tables import ready
from backoffice.core.search.text_columns import (
    BEGINNING,
    LABEL,
    Part,
    is_markup,
    is_strong,
    parts,
    quoted,
    seen,
    side_of,
)

MOST = 20  # words; what comes after them is looked for as it stands
NEWEST = 10_000  # rows that are looked at for words which no index finds, and
ENOUGH = 1_000  # of these, and of the names that begin so, that are found


def words(text: str) -> list[str]:
    """Return the words of a search, each once; signs are part of them and mean nothing."""
    written = text.replace("\x00", " ").encode("utf-8", "replace").decode("utf-8")
    return list(dict.fromkeys(written.split(maxsplit=MOST - 1)))


def condition(model: type[Model], user: Any, text: str) -> ColumnElement[bool]:
    """Return the SQL condition for rows that hold each word of `text`, in columns that `user` may see.

    No index helps with a word without three letters or digits in a row. Among others it counts wherever it stands.
    Alone it is looked for where names begin, and anywhere in the newest rows, in so many of each that it is quick.
    """
    return _holding(Question(model, seen(model, user), tuple(words(text))))


def named(model: type[Model], text: str) -> ColumnElement[bool]:
    """Return the SQL condition for rows whose name holds each word of `text`; whoever asks may see names."""
    labels, asked = _labels(parts(model)), tuple(words(text))
    if labels:
        return _holding(Question(model, labels, asked))
    return _read(Question(model, (Part(LABEL, (resource(model).label,)),), asked))


def ranked(model: type[Model], user: Any, text: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return two conditions: for rows whose name holds all the words, and for the other rows that hold them."""
    asked, looked = tuple(words(text)), seen(model, user)
    labels = _labels(looked)
    return _holding(Question(model, labels, asked)), _holding(Question(model, looked, asked, labels))


def possible(model: type[Model], name: str, text: str) -> ColumnElement[bool]:
    """Return a condition that an index answers and that all rows meet whose column `name` holds `text`, and others."""
    kept = [part for part in parts(model) if name in part.columns and not is_markup(model, name)]
    if not kept or not is_strong(text) or side_of(model) not in ready(db.session()):
        return true()
    return _holding(Question(model, tuple(kept[:1]), (text,)))


@dataclass(frozen=True)
class Question:
    """All words that are `asked` stand in the parts `looked`, but not all of them in the parts `beyond`."""

    model: type[Model]
    looked: tuple[Part, ...]
    asked: tuple[str, ...]
    beyond: tuple[Part, ...] = ()

    @property
    def strong(self) -> list[str]:
        """Return the words that an index finds."""
        return list(filter(is_strong, self.asked))

    def on(self, holds: Callable[[Part, str], ColumnElement[bool]], asked: Iterable[str]) -> ColumnElement[bool]:
        """Return the condition that each word `asked` is held by one of the parts, where `holds` compares the two."""
        found = and_(true(), *(or_(*(holds(part, word) for part in self.looked)) for word in asked))
        if not self.beyond:
            return found
        return found & ~and_(*(or_(*(holds(part, word) for part in self.beyond)) for word in self.asked))


def _labels(looked: tuple[Part, ...]) -> tuple[Part, ...]:
    return tuple(part for part in looked if part.name == LABEL)


def _holding(question: Question) -> ColumnElement[bool]:
    if not question.looked or question.looked == question.beyond:
        return false()
    if not question.asked:
        return false() if question.beyond else true()
    session, model = db.session(), question.model
    if side_of(model) not in ready(session):
        return _read(question)
    sqlite = session.get_bind().dialect.name == "sqlite"
    side = table(side_of(model), column("rowid" if sqlite else "id"), *(column(part.name) for part in parts(model)))
    if question.strong:
        return model.id.in_(_matching(question, side) if sqlite else _like(question, side))
    newest = select(side).order_by(side.c[0].desc()).limit(NEWEST).subquery()
    anywhere = select(newest.c[0]).where(question.on(_holder(newest, sqlite=sqlite), question.asked)).limit(ENOUGH)
    anywhere = select(anywhere.subquery())
    if question.beyond or question.looked[0].name != LABEL:
        return model.id.in_(anywhere)
    return model.id.in_(union_all(_beginning(question, side, sqlite=sqlite), anywhere))


def _read(question: Question) -> ColumnElement[bool]:
    """Return the condition without any side table, for which the database reads row by row."""
    model = question.model

    def holds(part: Part, word: str) -> ColumnElement[bool]:
        return or_(*(_held(model, name, word) for name in part.columns))

    return question.on(holds, question.asked)


def _held(model: type[Model], name: str, word: str) -> ColumnElement[bool]:
    # In HTML an ampersand is written as an entity.
    written = escape(word, quote=False) if is_markup(model, name) else word
    held: ColumnElement[str] = func.coalesce(cast(getattr(model, name), String), "")
    return held.icontains(written, autoescape=True)


def _like(question: Question, side: TableClause) -> Select[Any]:
    return select(side.c.id).where(question.on(_holder(side, sqlite=False), question.asked))


def _matching(question: Question, side: TableClause) -> Select[Any]:
    """Return a SELECT from a full-text table; it is asked for the words that it knows, the others are compared."""
    strong = question.strong
    match, weak = _match(question.looked, strong), [word for word in question.asked if word not in strong]
    if question.beyond and not weak:
        match = f"({match}) NOT ({_match(question.beyond, strong)})"
    here: ColumnElement[Any] = literal_column(quoted(side.name))
    found = select(side.c.rowid).where(here.op("MATCH", is_comparison=True)(match))
    return found.where(question.on(_holder(side, sqlite=True), weak)) if weak else found


def _match(looked: tuple[Part, ...], asked: list[str]) -> str:
    """Return a question as a full-text table takes it; what was typed stands in quotes, where no sign has a meaning."""
    phrases = " AND ".join('"' + word.replace('"', '""') + '"' for word in asked)
    return f"{{{' '.join(quoted(part.name) for part in looked)}}} : ({phrases})"


def _beginning(question: Question, side: TableClause, *, sqlite: bool) -> Select[Any]:
    """Return a SELECT of the rows whose name begins with the first word and holds the others."""
    first, *others = question.asked
    holds, (label, *_) = _holder(side, sqlite=sqlite), question.looked
    if sqlite:
        # The model's own index on names is shorter than the table of all words.
        name, key = cast(getattr(question.model, label.columns[0]), String), question.model.id
        begins = or_(*(name.like(f"{_plain(one)}%", escape="\\") for one in _spelt(first)))
        rest = (or_(*(name.like(f"%{_plain(one)}%", escape="\\") for one in _spelt(word))) for word in others)
        found = select(key).where(begins, *rest)
    else:
        start = func.left(side.c.label, BEGINNING)
        begins = start.like(func.lower(literal(f"{_plain(first[:BEGINNING])}%", String)))
        found = select(side.c.id).where(begins, *(holds(label, word) for word in question.asked))
    return select(found.limit(ENOUGH).subquery())


def _holder(side: Any, *, sqlite: bool) -> Callable[[Part, str], ColumnElement[bool]]:
    """Return what compares a part, as the side table keeps it, with a word."""

    def in_sqlite(part: Part, word: str) -> ColumnElement[bool]:
        return or_(*(side.c[part.name].like(f"%{_plain(one)}%", escape="\\") for one in _spelt(word)))

    def in_postgresql(part: Part, word: str) -> ColumnElement[bool]:
        # What is kept is in small letters, by the same function.
        found: ColumnElement[bool] = side.c[part.name].like(func.lower(literal(f"%{_plain(word)}%", String)))
        return found

    return in_sqlite if sqlite else in_postgresql


def _spelt(word: str) -> Iterable[str]:
    # SQLite's LIKE knows capitals of the English alphabet only; the others are tried as they are usually written.
    return dict.fromkeys((word, word.lower(), word.upper()))


def _plain(word: str) -> str:
    for sign in "\\%_":
        word = word.replace(sign, f"\\{sign}")
    return word
