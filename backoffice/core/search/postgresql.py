"""How PostgreSQL keeps the words of a table: in a side table with trigram indexes, fed by triggers."""
# ruff: noqa: S608 - all names come from the models, none from a request

from collections.abc import Iterator
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from backoffice.core.model import Model
from backoffice.core.search.text_columns import (
    BEGINNING,
    LABEL,
    Part,
    column_name,
    is_markup,
    parts,
    quoted,
    side_of,
    sources,
)

REMEMBERED = 300  # texts of which the planner knows how many hold a word
ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&amp;": "&"}


def able(connection: Connection) -> bool:
    """Tell whether trigrams can be had here; the extension is created if it may be."""
    if connection.scalar(text("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")):
        return True
    if not connection.scalar(text("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")):
        return False
    may = "SELECT has_database_privilege(current_database(), 'CREATE')"
    if connection.scalar(text(may)):
        connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    return bool(connection.scalar(text(may)))


def rows(model: type[Model], table: str, alias: str = "r") -> str:
    """Return a SELECT of the key and the parts of the rows of `table`."""
    values = ", ".join(f"{_value(model, part, alias)} AS {quoted(part.name)}" for part in parts(model))
    return f'SELECT {alias}."id", {values} FROM {table} AS {alias}'


def build(model: type[Model]) -> Iterator[str]:
    """Yield the statements that make the side table anew; searches go on in the old one until the last moment."""
    fresh, table = fresh_of(model), quoted(model.__tablename__)
    yield f"LOCK TABLE {table} IN SHARE MODE"
    yield from clear(model)
    yield f"CREATE TABLE {quoted(fresh)} AS {rows(model, table)}"
    yield f'ALTER TABLE {quoted(fresh)} ADD PRIMARY KEY ("id")'
    yield "SET LOCAL maintenance_work_mem = '256MB'"
    yield from indexes(model)
    yield from exchange(model)


def fresh_of(model: type[Model]) -> str:
    """Return the name of the side table of `model` while it is being made."""
    return f"{side_of(model)}_new"


def clear(model: type[Model]) -> Iterator[str]:
    """Yield the statements that remove what is being made, or was left half made."""
    yield from detach(model, fresh_of(model))
    yield f"DROP TABLE IF EXISTS {quoted(fresh_of(model))}"


def indexes(model: type[Model], how: str = "") -> Iterator[str]:
    """Yield the statements that let the table being made be searched; `how` stands before the indexes' names."""
    fresh = quoted(fresh_of(model))
    for part in parts(model):
        # How common a word is decides how it is looked for, so more than the usual hundred texts are remembered.
        yield f"ALTER TABLE {fresh} ALTER {quoted(part.name)} SET STATISTICS {REMEMBERED}"
        # Inserts wait in a list that a search reads as it is: a short one.
        options = "WITH (gin_pending_list_limit = 1024)"
        yield f"CREATE INDEX {how} ON {fresh} USING gin ({quoted(part.name)} gin_trgm_ops) {options}"
    if parts(model)[0].name == LABEL:
        yield f"CREATE INDEX {how} ON {fresh} (left({LABEL}, {BEGINNING}) text_pattern_ops)"
    yield f"ANALYZE {fresh}"


def exchange(model: type[Model]) -> Iterator[str]:
    """Yield the statements that put the table that was made in the place of the old one."""
    yield from detach(model, fresh_of(model))
    yield from drop(model)
    yield f"ALTER TABLE {quoted(fresh_of(model))} RENAME TO {quoted(side_of(model))}"
    yield from attach(model)


def attach(model: type[Model], side: str = "") -> Iterator[str]:
    """Yield the statements that make the triggers, one for each kind of write; they feed `side`, if it is another."""
    side = side or side_of(model)
    table, feed = quoted(model.__tablename__), quoted(f"{side}_feed")
    names = [column_name(model, name) for name in sources(model)]
    changed = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in names)
    run = f"EXECUTE FUNCTION {feed}()"
    yield f"CREATE OR REPLACE FUNCTION {feed}() RETURNS trigger LANGUAGE plpgsql AS $feed${source(model, side)}$feed$"
    for word, when in {
        "insert": "AFTER INSERT ON {table} REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT",
        "update": "AFTER UPDATE OF {names} ON {table} FOR EACH ROW WHEN ({changed})",
        "delete": "AFTER DELETE ON {table} REFERENCING OLD TABLE AS gone FOR EACH STATEMENT",
        "empty": "AFTER TRUNCATE ON {table} FOR EACH STATEMENT",
    }.items():
        said = when.format(table=table, names=", ".join(names), changed=changed)
        yield f"CREATE OR REPLACE TRIGGER {quoted(f'{side}_{word}')} {said} {run}"


def detach(model: type[Model], side: str = "") -> Iterator[str]:
    """Yield the statements that remove the triggers."""
    yield f"DROP FUNCTION IF EXISTS {quoted(f'{side or side_of(model)}_feed')}() CASCADE"


def drop(model: type[Model]) -> Iterator[str]:
    """Yield the statements that remove the side table and all that belongs to it."""
    yield from detach(model)
    yield f"DROP TABLE IF EXISTS {quoted(side_of(model))}"


def source(model: type[Model], side: str = "") -> str:
    """Return what the triggers of `model` do."""
    side = quoted(side or side_of(model))
    names = [quoted(part.name) for part in parts(model)]
    into = f'INSERT INTO {side} ("id", {", ".join(names)})'
    taken = ", ".join(f"{name} = excluded.{name}" for name in names)
    put = f'ON CONFLICT ("id") DO UPDATE SET {taken}'
    values = ", ".join(_value(model, part, "NEW") for part in parts(model))
    return f"""
    BEGIN
        IF TG_OP = 'INSERT' THEN
            {into} {rows(model, "fresh")} {put};
        ELSIF TG_OP = 'UPDATE' THEN
            {into} VALUES (NEW."id", {values}) {put};
        ELSIF TG_OP = 'DELETE' THEN
            DELETE FROM {side} USING gone WHERE {side}."id" = gone."id";
        ELSIF EXISTS (SELECT FROM {side}) THEN
            TRUNCATE {side};
        END IF;
        RETURN NULL;
    END
    """


def sources_there(connection: Connection) -> dict[str, str]:
    """Return what the triggers there are do, by the side table they feed."""
    asked = "SELECT proname, prosrc FROM pg_proc WHERE proname LIKE '%\\_search\\_feed'"
    return {name.removesuffix("_feed"): source for name, source in connection.execute(text(asked))}


def columns_there(connection: Any) -> list[tuple[str, str]]:
    """Return the side tables there are, with their columns, in one statement."""
    asked = (
        "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped"
        " AND c.relname LIKE '%\\_search' AND pg_table_is_visible(c.oid)"
    )
    return [(table, column) for table, column in connection.execute(text(asked))]


def _value(model: type[Model], part: Part, alias: str) -> str:
    texts = ", ".join(_text(model, name, alias) for name in part.columns)
    return f"lower(concat_ws(chr(10), {texts}))"


def _text(model: type[Model], name: str, alias: str) -> str:
    value = f"{alias}.{column_name(model, name)}::text"
    if not is_markup(model, name):
        return value
    value = f"regexp_replace({value}, '<[^>]*>', ' ', 'g')"
    for entity, sign in ENTITIES.items():
        value = f"replace({value}, '{entity}', '{sign}')"
    return value
