"""Takes the schema from one step to another, each step whole or not at all."""

from alembic import context
from flask import current_app
from sqlalchemy import DateTime
from sqlalchemy.types import TypeDecorator

from backoffice.core.history import guards
from backoffice.core.search import tables as search_tables

extension = current_app.extensions["migrate"]


def migrate():
    """Run the steps asked for in one transaction."""
    engine = extension.db.engine
    with engine.connect() as connection:
        # SQLite rebuilds a table to change it, and would take the old one's dependants with it.
        keep_keys(connection, kept=False)
        try:
            run(connection)
        finally:
            connection.rollback()
            keep_keys(connection, kept=True)


def run(connection):
    """Let Alembic do its work on this connection, then make the side tables that searches look into."""
    settings = {
        "connection": connection,
        "target_metadata": extension.db.metadata,
        # Both databases can take back a changed schema; Alembic doubts it of SQLite.
        "transactional_ddl": True,
        "render_item": render,
        "include_name": included,
        **extension.configure_args,
    }
    context.configure(**settings)
    asked = dict(context.get_context().opts)
    if asked.get("dont_mutate"):
        context.run_migrations()
        return
    kept = set()

    def steps(*where):
        """Return the steps to take; if there are any, the triggers are out of their way first."""
        found = list(asked["fn"](*where) or ())
        if found:
            kept.update(search_tables.detach(connection))
            guards.detach(connection)
        return found

    context.configure(**settings, fn=steps)
    with context.begin_transaction():
        context.run_migrations()
        search_tables.install(connection, kept=kept)
        guards.install(connection)


def included(name, kind, _parents):
    """Tell whether a table is for migrations to look after: side tables are made from what the models declare."""
    return kind != "table" or not search_tables.is_derived(name)


def render(kind, item, _context):
    """Return how a new step writes a type of ours: as what is stored, so that old steps outlive the code."""
    if kind != "type" or not isinstance(item, TypeDecorator):
        return False
    return "sa.DateTime(timezone=True)" if isinstance(item.impl, DateTime) else f"sa.{item.impl!r}"


def keep_keys(connection, *, kept):
    """Tell SQLite, outside any transaction, whether to watch the foreign keys."""
    if connection.dialect.name == "sqlite":
        connection.connection.driver_connection.execute(f"PRAGMA foreign_keys={'ON' if kept else 'OFF'}")


migrate()
