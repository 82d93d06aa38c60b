"""Rows out as CSV, JSON or XLSX: no more than the user may see, at one moment, in flat memory."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Select, select
from sqlalchemy.orm import Session

from backoffice.core.access import NotFound, can, condition, may_see, rights_of
from backoffice.core.catalogues import gettext as _
from backoffice.core.model import Model, reading
from backoffice.core.resource import columns, relation_of, relations
from backoffice.core.selection.criteria import BadCriteria, Criteria
from backoffice.core.transfer import workbooks
from backoffice.core.transfer.extraction import Source, sources
from backoffice.core.transfer.rendering import flat, form_of

FORMS = ("csv", "excel", "json", "jsonl", "xlsx")
# Rows in memory at a time: few at first, so that the first byte leaves soon, then as many as are of about this size.
FIRST, MOST, SIZE = 200, 2_000, 1024 * 1024

Chunk = Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Wish:
    """What is to go out of the rows: these columns and relations in order (none: all), in this form.

    `after`: the key of the last row that has gone out before; then only what comes behind it follows.
    """

    names: tuple[str, ...] = ()
    form: str = "csv"
    after: int = 0


@dataclass(frozen=True)
class _Reader:
    """Who reads, with the rights they hold when it begins: asked for once, and by nobody while rows are read."""

    id: int | None
    active: bool
    rights: frozenset[str]


@dataclass(frozen=True)
class Part:
    """A piece of what goes out: its bytes, how many rows were read for it, and the key of the last of them."""

    data: bytes
    rows: int = 0
    last: int = 0


def rows_out(session: Session, user: Any, criteria: Criteria, names: Sequence[str], form: str) -> Iterator[bytes]:
    """Return the rows that match `criteria` and that `user` may export, in the order of their keys, as UTF-8.

    `names`: columns and relations, in order; none means all that `user` may see. `form`: "csv" (RFC 4180, the
    names as header), "excel" (the same with a byte order mark), "json", "jsonl" or "xlsx" (whole before its first
    byte; BadCriteria then, where rows do not fit). Relations are the words that name the other rows and no others, as
    far as `user` may name them; moments are ISO 8601 in UTC. The rows are of one moment, read on a connection of
    their own. Raises NotFound when `user` may export nothing of the model, BadCriteria
    for a name that means nothing here or may not be seen: both at once, before the first byte.
    """
    return _bytes(parts_out(session, user, criteria, Wish(tuple(names), form)))


def parts_out(session: Session, user: Any, criteria: Criteria, wish: Wish) -> Generator[Part]:
    """Return what `rows_out` returns in parts that tell how far it is; a workbook has rows first and bytes later."""
    model = criteria.model
    if not can(user, "export", model):
        raise NotFound(model.__tablename__)
    if wish.form not in FORMS:
        raise BadCriteria(_("There is no format called “%(name)s”.", name=wish.form[:40]))
    seen = exportable(user, model)
    for name in wish.names:
        if name not in seen:
            raise BadCriteria(_("There is no column called “%(name)s”.", name=name[:40]))
    engine = session.get_bind().engine
    user = _Reader(user.id, active=True, rights=rights_of(user))
    names = tuple(dict.fromkeys(wish.names)) or seen
    table = _Table(names, sources(user, model, names, engine.dialect.name))
    rows = table.select(model).where(condition(user, "export", model), criteria.condition(user))
    return _stream(engine, table, rows.where(model.id > wish.after) if wish.after else rows, wish)


def exportable(user: Any, model: type[Model]) -> tuple[str, ...]:
    """Return the columns and relations of `model` that `user` may export."""
    names = [relation_of(model, name) or name for name in columns(model)]
    names += relations(model)
    return tuple(name for name in dict.fromkeys(names) if may_see(user, model, name))


def _bytes(parts: Generator[Part]) -> Iterator[bytes]:
    with closing(parts):
        for part in parts:
            if part.data:
                yield part.data


@dataclass(frozen=True)
class _Table:
    """The columns and relations that go out, and where their values come from."""

    names: tuple[str, ...]
    sources: list[Source]

    @property
    def kinds(self) -> list[str]:
        return [source.kind for source in self.sources]

    def select(self, model: type[Model]) -> Select[Any]:
        """Return a SELECT of the key and of what the sources read."""
        read = [source.read.label(f"of {at}") for at, source in enumerate(self.sources)]
        return select(model.id.label("the key"), *read).order_by(model.id)

    def columns(self, connection: Connection, chunk: Chunk) -> list[Sequence[Any]]:
        """Return the values of a chunk, one sequence for each column."""
        _keys, *read = zip(*chunk, strict=True)
        return [source.values(connection, one) for source, one in zip(self.sources, read, strict=True)]


def _stream(engine: Engine, table: _Table, rows: Select[Any], wish: Wish) -> Generator[Part]:
    if wish.form == "xlsx":
        yield from _workbook(engine, table, rows)
        return
    form = form_of(wish.form, table.names, table.kinds)
    opening, size = form.between if wish.after else form.start, FIRST
    with _snapshot(engine) as connection, connection.execute(rows, execution_options={"stream_results": True}) as found:
        while chunk := found.fetchmany(size):
            data = (opening + form.text(table.columns(connection, chunk))).encode()
            yield Part(data, len(chunk), chunk[-1][0])
            opening, size = form.between, _next_size(len(chunk), len(data))
        rest = form.end if opening is form.between else opening + form.end
        if rest:
            yield Part(rest.encode())


def _next_size(rows: int, size: int) -> int:
    """Return how many rows to read next, after so many that were of this size."""
    return max(1, min(MOST, 4 * rows, rows * SIZE // max(size, 1)))


def _workbook(engine: Engine, table: _Table, rows: Select[Any]) -> Generator[Part]:
    read: list[Part] = []
    with _snapshot(engine) as connection, connection.execute(rows, execution_options={"stream_results": True}) as found:

        def lines() -> Iterator[tuple[Any, ...]]:
            while chunk := found.fetchmany(FIRST):
                yield from flat(table.kinds, table.columns(connection, chunk))
                read.append(Part(b"", len(chunk), chunk[-1][0]))

        try:
            for data in workbooks.rows_out(table.names, lines()):
                yield from read
                read.clear()
                yield Part(data)
        except workbooks.TooLong as error:
            raise BadCriteria(str(error)) from error


def _snapshot(engine: Engine) -> Connection:
    """Return a connection whose transaction sees one moment and only reads, so that nobody who writes waits for it."""
    connection = engine.connect()
    if engine.dialect.name == "postgresql":
        connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    token = reading.set(True)
    try:
        connection.begin()
    finally:
        reading.reset(token)
    if engine.dialect.name == "postgresql":
        # Compiling a statement that only reads one row after the other takes longer than it saves.
        connection.exec_driver_sql("SET LOCAL jit = off")
        # All rows are read, not the first tenth of them, for which the whole table would be walked in its order.
        connection.exec_driver_sql("SET LOCAL cursor_tuple_fraction = 1")
    return connection
