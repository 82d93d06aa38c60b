"""How SQLite keeps the words of a table: in a full-text table of trigrams, fed by triggers."""
# ruff: noqa: S608 - all names come from the models, none from a request

from collections.abc import Iterator
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from backoffice.core.model import Model
from backoffice.core.search.text_columns import Part, column_name, is_markup, parts, quoted, side_of, sources

ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&amp;": "&"}
# A text is cut at each "<" by writing it as a JSON list; of each piece but the first, what follows ">" is kept.
PLAIN = (
    "(SELECT group_concat(CASE WHEN key = 0 THEN value ELSE substr(value, instr(value, '>') + 1) END, ' ')"
    " FROM json_each('[' || replace(json_quote({value}), '<', '\",\"') || ']'))"
)


def able(connection: Connection) -> bool:
    """Tell whether this SQLite has full-text tables of trigrams."""
    options = set(connection.scalars(text("SELECT compile_options FROM pragma_compile_options")))
    version = tuple(map(int, str(connection.scalar(text("SELECT sqlite_version()"))).split(".")))
    return "ENABLE_FTS5" in options and version >= (3, 38)


def rows(model: type[Model], table: str, alias: str = "r") -> str:
    """Return a SELECT of the key and the parts of the rows of `table`."""
    values = ", ".join(f"{_value(model, part, alias)} AS {quoted(part.name)}" for part in parts(model))
    return f'SELECT {alias}."id", {values} FROM {table} AS {alias}'


def build(model: type[Model]) -> Iterator[str]:
    """Yield the statements that make the side table anew."""
    side, names = quoted(side_of(model)), ", ".join(quoted(part.name) for part in parts(model))
    yield from drop(model)
    yield f"CREATE VIRTUAL TABLE {side} USING fts5({names}, tokenize='trigram')"
    yield f"INSERT INTO {side} (rowid, {names}) {rows(model, quoted(model.__tablename__))}"
    yield from attach(model)


def attach(model: type[Model]) -> Iterator[str]:
    """Yield the statements that make the triggers, one for each kind of write."""
    yield from detach(model)
    for word, said in _triggers(model).items():
        yield f"CREATE TRIGGER {quoted(f'{side_of(model)}_{word}')} {said}"


def detach(model: type[Model]) -> Iterator[str]:
    """Yield the statements that remove the triggers."""
    for word in _triggers(model):
        yield f"DROP TRIGGER IF EXISTS {quoted(f'{side_of(model)}_{word}')}"


def drop(model: type[Model]) -> Iterator[str]:
    """Yield the statements that remove the side table and all that belongs to it."""
    yield from detach(model)
    yield f"DROP TABLE IF EXISTS {quoted(side_of(model))}"


def source(model: type[Model]) -> str:
    """Return what the triggers of `model` do."""
    return _triggers(model)["insert"]


def sources_there(connection: Connection) -> dict[str, str]:
    """Return what the triggers there are do, by the side table they feed."""
    asked = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%\\_search\\_insert' ESCAPE '\\'"
    found = connection.execute(text(asked))
    return {name.removesuffix("_insert"): sql.partition(f"{quoted(name)} ")[2] for name, sql in found}


def columns_there(connection: Any) -> list[tuple[str, str]]:
    """Return the side tables there are, with their columns, in one statement."""
    asked = (
        "SELECT m.name, p.name FROM sqlite_master m, pragma_table_info(m.name) p"
        " WHERE m.type = 'table' AND m.name LIKE '%\\_search' ESCAPE '\\'"
    )
    return [(table, column) for table, column in connection.execute(text(asked))]


def _triggers(model: type[Model]) -> dict[str, str]:
    side, table = quoted(side_of(model)), quoted(model.__tablename__)
    names = [column_name(model, name) for name in sources(model)]
    into = ", ".join(["rowid", *(quoted(part.name) for part in parts(model))])
    values = ", ".join(_value(model, part, "new") for part in parts(model))
    put = f'INSERT INTO {side} ({into}) VALUES (new."id", {values});'
    take = f'DELETE FROM {side} WHERE rowid = old."id";'
    changed = " OR ".join(f"old.{name} IS NOT new.{name}" for name in names)
    return {
        "insert": f"AFTER INSERT ON {table} BEGIN {put} END",
        "update": f"AFTER UPDATE OF {', '.join(names)} ON {table} WHEN {changed} BEGIN {take} {put} END",
        "delete": f"AFTER DELETE ON {table} BEGIN {take} END",
    }


def _value(model: type[Model], part: Part, alias: str) -> str:
    return " || char(10) || ".join(f"coalesce({_text(model, name, alias)}, '')" for name in part.columns)


def _text(model: type[Model], name: str, alias: str) -> str:
    value = f"{alias}.{column_name(model, name)}"
    if not is_markup(model, name):
        return value
    value = PLAIN.format(value=value)
    for entity, sign in ENTITIES.items():
        value = f"replace({value}, '{entity}', '{sign}')"
    return value
