"""Never give a key twice: on SQLite, too, a row that is brought back finds its own key free.

A table is made anew for this, since SQLite cannot change how an existing one gives out its keys; each is copied as it
is, with its indexes and triggers. PostgreSQL never gives a key twice.
"""
# ruff: noqa: S608 - all names come from the schema, none from a request

import re

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ONCE = "PRIMARY KEY (id)"
NEVER_AGAIN = "PRIMARY KEY (id AUTOINCREMENT)"
PLACE = "made_anew"


def upgrade():
    if op.get_bind().dialect.name == "sqlite":
        for name in made_anew(ONCE, NEVER_AGAIN):
            remember(name)


def downgrade():
    if op.get_bind().dialect.name == "sqlite":
        made_anew(NEVER_AGAIN, ONCE)


def made_anew(old, new):
    """Make every table anew of which the definition holds `old`, with `new` instead; return their names."""
    asked = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND instr(sql, ?) ORDER BY name"
    found = [tuple(row) for row in op.get_bind().exec_driver_sql(asked, (old,))]
    for name, sql in found:
        copy(name, sql.replace(old, new))
    return [name for name, _sql in found]


def copy(name, sql):
    """Put a table of this definition in the place of the one there is, with all rows, indexes and triggers."""
    connection = op.get_bind()
    asked = "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql IS NOT NULL"
    dependants = list(connection.exec_driver_sql(asked, (name,)).scalars())
    begun, count = re.subn(r'^CREATE TABLE ("[^"]+"|\w+)', f'CREATE TABLE "{PLACE}"', sql, count=1)
    if not count:
        raise RuntimeError(f"The definition of {name} cannot be read.")
    connection.exec_driver_sql(begun)
    connection.exec_driver_sql(f'INSERT INTO "{PLACE}" SELECT * FROM "{name}"')
    connection.exec_driver_sql(f'DROP TABLE "{name}"')
    connection.exec_driver_sql(f'ALTER TABLE "{PLACE}" RENAME TO "{name}"')
    for one in dependants:
        connection.exec_driver_sql(one)


def remember(name):
    """Keep the keys, too, that were given to rows which only the history knows now."""
    connection = op.get_bind()
    asked = f'SELECT max(coalesce((SELECT max(id) FROM "{name}"), 0), coalesce(max(row_id), 0)) FROM "change"'
    last = connection.exec_driver_sql(f"{asked} WHERE model = ?", (name,)).scalar()
    connection.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = ?", (name,))
    connection.exec_driver_sql("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, last))
