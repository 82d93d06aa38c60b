"""What goes out of a model: what SQL reads for each column or relation, and what becomes of it, many rows at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, String, cast, func, select
from sqlalchemy.orm import RelationshipProperty

from backoffice.core.history.encoding import sql_value
from backoffice.core.history.links import sides
from backoffice.core.model import Model
from backoffice.core.naming import Names
from backoffice.core.resource import columns, key_of, relations
from backoffice.core.transfer.rendering import ANY, NUMBER, TEXT, WORDS
from backoffice.core.types import UtcDateTime

AT_ONCE = 500  # rows whose words are asked for by one statement
MOST = 100_000  # words that are remembered
SMALL = 20_000  # rows that are read at once, where there are no more to be named

Values = Callable[[Connection, Sequence[Any]], Sequence[Any]]


@dataclass(frozen=True)
class Source:
    """One column of what goes out: what SQL reads for it, what kind it is of, and what its values become."""

    read: ColumnElement[Any]
    kind: str
    values: Values


@dataclass(frozen=True)
class Words:
    """The words for rows of one model, for one person and one piece of work: each row is asked for once."""

    names: Names
    known: dict[int, str | None] = field(default_factory=dict)
    asked: list[bool] = field(default_factory=list)

    def of(self, connection: Connection, keys: set[int]) -> Mapping[int, str | None]:
        """Return the words by key, None for rows that may not be named; words of other rows are in it as well."""
        new = sorted(keys - self.known.keys())
        if new and self.known and not self.asked:
            self.asked.append(True)
            self._read_all(connection)
            new = sorted(keys - self.known.keys())
        if len(self.known) > MOST:
            self.known.clear()
            new = sorted(keys)
        for at in range(0, len(new), AT_ONCE):
            self._read(connection, new[at : at + AT_ONCE])
        return self.known

    def _read(self, connection: Connection, keys: Sequence[int]) -> None:
        query = self.names.query().where(self.names.model.id.in_(keys), self.names.picked())
        self.known.update(dict.fromkeys(keys))
        self.known.update(self.names.words(connection, connection.execute(query).all()))

    def _read_all(self, connection: Connection) -> None:
        """Read the words of all rows, if there are few: then nothing need be asked any more."""
        query = self.names.query().where(self.names.picked())
        number = select(func.count()).select_from(
            query.with_only_columns(self.names.model.id).limit(SMALL + 1).subquery()
        )
        if (connection.scalar(number) or 0) <= SMALL:
            self.known.update(self.names.words_of_all(connection.execute(query)))


def sources(user: Any, model: type[Model], names: Sequence[str], dialect: str) -> list[Source]:
    """Return where the values of these columns and relations come from, as far as `user` may see them."""
    words: dict[type[Model], Words] = {}

    def source(name: str) -> Source:
        relation = relations(model).get(name)
        if relation is None:
            return _column(model, name, dialect)
        target = relation.mapper.class_
        known = words.setdefault(target, Words(Names(user, target)))
        return _one(model, name, known) if relation.secondary is None else _many(model, relation, known)

    return [source(name) for name in names]


def _column(model: type[Model], name: str, dialect: str) -> Source:
    column, read = columns(model)[name], getattr(model, name)
    kind = getattr(column.type, "impl", column.type)
    if isinstance(column.type, UtcDateTime):
        return Source(sql_value(dialect, column, read), TEXT, _as_read)
    if isinstance(kind, Integer):
        return Source(read, NUMBER, _as_read)
    return Source(read, TEXT if isinstance(kind, String) else ANY, _as_read)


def _as_read(_connection: Connection, read: Sequence[Any]) -> Sequence[Any]:
    return read


def _one(model: type[Model], name: str, words: Words) -> Source:
    def named(connection: Connection, keys: Sequence[int | None]) -> list[str | None]:
        known = words.of(connection, {key for key in keys if key is not None})
        return [None if key is None else known[key] for key in keys]

    return Source(getattr(model, key_of(model, name)), TEXT, named)


def _many(model: type[Model], relation: RelationshipProperty[Any], words: Words) -> Source:
    left, right = sides(relation)
    listed = select(func.aggregate_strings(cast(right, String), " ")).where(left == model.id)

    def named(connection: Connection, lists: Sequence[str | None]) -> list[list[str]]:
        keys = set(" ".join(filter(None, lists)).split())
        known = words.of(connection, set(map(int, keys)))
        word = {key: known[int(key)] for key in keys}
        return [sorted(filter(None, map(word.get, one.split()))) if one else [] for one in lists]

    return Source(listed.correlate(model).scalar_subquery(), WORDS, named)
