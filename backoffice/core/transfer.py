"""Rows out as CSV, JSON or XLSX: no more than the user may see, and no cell that a spreadsheet would run."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Connection, Engine, Select, select
from sqlalchemy.orm import RelationshipProperty, Session

from backoffice.core import workbooks
from backoffice.core.access import NotFound, can, condition, may_see
from backoffice.core.criteria import BadCriteria, Criteria
from backoffice.core.encoding import encode
from backoffice.core.links import sides
from backoffice.core.model import Model, reading
from backoffice.core.naming import Names, join
from backoffice.core.resource import columns, key_of, relation_of, relations

FORMS = ("csv", "excel", "json", "jsonl", "xlsx")
CHUNK = 500  # rows in memory at a time
# What spreadsheets take for the beginning of a formula, after what they overlook; dashes and full-width signs, too.
# Apostrophes before one count: what is put before them can then be taken off again without a doubt.
FORMULA = re.compile(r"'*(?:[\s\0\u200b\ufeff]*[=+\-@\u2013\u2212\uff1d\uff0b\uff0d\uff20]|[\t\r\n])")
BOM = "\ufeff"

Row = dict[str, Any]


def rows_out(session: Session, user: Any, criteria: Criteria, names: Sequence[str], form: str) -> Iterator[bytes]:
    """Return the rows that match `criteria` and that `user` may export, in the order of their keys, as UTF-8.

    `names`: columns and relations, in order; none means all that `user` may see. `form`: "csv" (RFC 4180, the
    names as header), "excel" (the same with a byte order mark), "json", "jsonl" or "xlsx" (whole before its first
    byte; BadCriteria then, where rows do not fit). Relations are the words that name the other rows and no others, as
    far as `user` may name them; moments are ISO 8601 in UTC. The rows are of one moment, read on a connection of
    their own. Raises NotFound when `user` may export nothing of the model, BadCriteria
    for a name that means nothing here or may not be seen: both at once, before the first byte.
    """
    model = criteria.model
    if not can(user, "export", model):
        raise NotFound(model.__tablename__)
    if form not in FORMS:
        raise BadCriteria(_("There is no format called “%(name)s”.", name=form[:40]))
    seen = exportable(user, model)
    for name in names:
        if name not in seen:
            raise BadCriteria(_("There is no column called “%(name)s”.", name=name[:40]))
    table = _Table(user, model, tuple(names) or seen)
    rows = table.select().where(condition(user, "export", model), criteria.condition(user))
    return _stream(session.get_bind().engine, table, rows, form)


def exportable(user: Any, model: type[Model]) -> tuple[str, ...]:
    """Return the columns and relations of `model` that `user` may export."""
    names = [relation_of(model, name) or name for name in columns(model)]
    names += relations(model)
    return tuple(name for name in dict.fromkeys(names) if may_see(user, model, name))


def safe_cell(text: str) -> str:
    """Return `text` so that no spreadsheet takes it for a formula."""
    return f"'{text}" if FORMULA.match(text) else text


def plain_cell(text: str) -> str:
    """Return what `safe_cell` was given."""
    return text[1:] if text.startswith("'") and FORMULA.match(text[1:]) else text


@dataclass(frozen=True)
class _Table:
    """The columns and relations that go out, and how they are read: columns at once, relations by the chunk."""

    user: Any
    model: type[Model]
    names: tuple[str, ...]
    named: dict[type[Model], Names] = field(default_factory=dict)

    def select(self) -> Select[Any]:
        """Return a SELECT of the key and of the columns behind the names."""
        kept = [
            getattr(self.model, key_of(self.model, name)).label(name) for name in self.names if not self._many(name)
        ]
        return select(self.model.id.label("the key"), *kept).order_by(self.model.id)

    def rows(self, connection: Connection, chunk: Sequence[Any]) -> list[Row]:
        """Return the rows of a chunk by name, each relation looked up once for all of them."""
        found = [dict(row) for row in chunk]
        for name, relation in relations(self.model).items():
            if name in self.names and self._many(name):
                self._link(connection, relation, found)
            elif name in self.names:
                self._name(connection, relation, found)
        return [{name: _value(row[name]) for name in self.names} for row in found]

    def _many(self, name: str) -> bool:
        relation = relations(self.model).get(name)
        return relation is not None and relation.secondary is not None

    def _name(self, connection: Connection, relation: RelationshipProperty[Any], rows: list[Row]) -> None:
        names = self._names(relation)
        keys = {row[relation.key] for row in rows} - {None}
        query = names.query().where(names.model.id.in_(keys), names.picked())
        words = names.words(connection, connection.execute(query)) if keys else {}
        for row in rows:
            row[relation.key] = words.get(row[relation.key])

    def _link(self, connection: Connection, relation: RelationshipProperty[Any], rows: list[Row]) -> None:
        names = self._names(relation)
        left, right = sides(relation)
        link: Any = relation.secondary
        keys = [row["the key"] for row in rows]
        query = names.query().add_columns(left.label("the owner")).join_from(link, names.model, right == names.model.id)
        found: dict[int, list[str]] = {key: [] for key in keys}
        linked = connection.execute(query.where(left.in_(keys), names.picked())).all()
        words = names.words(connection, [one[:-1] for one in linked])
        for one in linked:
            found[one[-1]].append(words[one[0]])
        for row in rows:
            row[relation.key] = sorted(found[row["the key"]])

    def _names(self, relation: RelationshipProperty[Any]) -> Names:
        target = relation.mapper.class_
        return self.named.setdefault(target, Names(self.user, target))


def _value(value: Any) -> Any:
    return value if isinstance(value, bool | int | float) else encode(value)


def _stream(engine: Engine, table: _Table, rows: Select[Any], form: str) -> Iterator[bytes]:
    if form == "xlsx":
        yield from _workbook(engine, table, rows)
        return
    write, start, between, end = _writers(table, form)
    with (
        _snapshot(engine).execution_options(yield_per=CHUNK) as connection,
        connection.execute(rows) as found,
    ):
        opening = start
        for chunk in found.mappings().partitions(CHUNK):
            yield (opening + between.join(map(write, table.rows(connection, chunk)))).encode()
            opening = between
        yield ((start if opening is start else "") + end).encode()


def _workbook(engine: Engine, table: _Table, rows: Select[Any]) -> Iterator[bytes]:
    with _snapshot(engine).execution_options(yield_per=CHUNK) as connection, connection.execute(rows) as found:
        chunks = (table.rows(connection, chunk) for chunk in found.mappings().partitions(CHUNK))
        lines = ([_flat(value) for value in row.values()] for chunk in chunks for row in chunk)
        try:
            yield from workbooks.rows_out(table.names, lines)
        except workbooks.TooLong as error:
            raise BadCriteria(str(error)) from error


def _snapshot(engine: Engine) -> Connection:
    """Return a connection whose transaction only reads, so that nobody who writes waits for it."""
    connection = engine.connect()
    token = reading.set(True)
    try:
        connection.begin()
    finally:
        reading.reset(token)
    return connection


def _writers(table: _Table, form: str) -> tuple[Callable[[Row], str], str, str, str]:
    """Return how one row is written, and what stands before, between and after the rows."""
    if form == "json":
        return _json, "[\n", ",\n", "\n]\n"
    if form == "jsonl":
        return _json_line, "", "", ""
    return _csv, (BOM if form == "excel" else "") + _csv({name: name for name in table.names}), "", ""


def _json(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False)


def _json_line(row: Row) -> str:
    return f"{_json(row)}\n"


def _csv(row: Row) -> str:
    line = io.StringIO()
    # Text always stands between quotes, so that no reader can find a separator in it.
    csv.writer(line, quoting=csv.QUOTE_NONNUMERIC).writerow([_cell(value) for value in row.values()])
    return line.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    flat = _flat(value)
    return safe_cell(flat) if isinstance(flat, str) else flat


def _flat(value: Any) -> Any:
    """Return a value that one cell can hold: lists of words joined, other lists and objects as JSON."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return join(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
