"""The schema goes up, down and up again on both databases, and is what the models say."""

import sqlite3
import uuid
from contextlib import closing

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from flask_migrate import downgrade, upgrade
from sqlalchemy import create_engine, inspect, make_url, text

from backoffice.core.model import db
from backoffice.core.resource import resources
from backoffice.core.search.tables import is_derived
from conftest import POSTGRESQL

pytestmark = pytest.mark.database
# Indexes that others took the place of since.
REPLACED = {f"ix_change_{name}_id" for name in ("actor_id", "verb", "model", "door")}


@pytest.fixture
def address(tmp_path):
    """Return the address of an empty database of one's own."""
    if not POSTGRESQL:
        yield f"sqlite:///{tmp_path}/steps.sqlite"
        return
    given = make_url(POSTGRESQL)
    own = given.set(database=f"{given.database}_{uuid.uuid4().hex[:8]}")
    server = create_engine(given, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{own.database}"'))
    yield own.render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{own.database}" WITH (FORCE)'))
    server.dispose()


@pytest.fixture
def app(make_app, address):
    """Return an application on the empty database."""
    made = make_app(SQLALCHEMY_DATABASE_URI=address)
    yield made
    with made.app_context():
        db.session.remove()
        db.engine.dispose()


def tables():
    """Return the names of the tables there are."""
    with db.engine.connect() as connection:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}


def shape():
    """Return every table with its columns, indexes and keys, in a form that can be compared."""
    with db.engine.connect() as connection:
        return {name: described(inspect(connection), name) for name in inspect(connection).get_table_names()}


def described(seen, table):
    """Return what makes one table what it is."""
    columns = [(one["name"], str(one["type"]), one["nullable"]) for one in seen.get_columns(table)]
    indexes = [(one["name"], one["column_names"], one["unique"]) for one in seen.get_indexes(table)]
    keys = [(one["name"], one["constrained_columns"]) for one in seen.get_foreign_keys(table)]
    uniques = [(one["name"], one["column_names"]) for one in seen.get_unique_constraints(table)]
    return [sorted(map(str, part)) for part in (columns, indexes, keys, uniques)]


def drift():
    """Return what the models say and the schema does not, or the reverse."""
    with db.engine.connect() as connection:
        opts = {"compare_type": True, "include_name": lambda name, kind, _: kind != "table" or not is_derived(name)}
        context = MigrationContext.configure(connection, opts=opts)
        return compare_metadata(context, db.metadata)


def test_the_schema_goes_up_down_and_up_again(app):
    with app.app_context():
        upgrade()
        first = shape()
        downgrade(revision="base")
        assert tables() == set()
        upgrade()
        assert shape() == first
    assert {"user", "role", "post", "comment", "change"} <= set(first)


def test_the_schema_is_what_the_models_say(app):
    with app.app_context():
        upgrade()
        assert drift() == []


def test_a_migrated_database_is_ready(app):
    with app.app_context():
        upgrade()
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json["migrations"] == "ok"


def test_going_up_twice_changes_nothing(app):
    with app.app_context():
        upgrade()
        first = shape()
        upgrade()
        assert shape() == first


@pytest.mark.sqlite
def test_a_migrated_file_keeps_its_foreign_keys_whole(app, address):
    with app.app_context():
        upgrade()
    with sqlite3.connect(address.removeprefix("sqlite:///")) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()


@pytest.mark.sqlite
def test_a_migrated_file_gives_no_key_twice_and_keeps_its_rows(app, address):
    with app.app_context():
        upgrade(revision=step_before("0016"))
    with closing(sqlite3.connect(address.removeprefix("sqlite:///"), isolation_level=None)) as connection:
        for key in (3, 7):
            names = "id, name, slug, created_at, updated_at, version"
            connection.execute(
                f"INSERT INTO tag ({names}) VALUES (?, ?, ?, '', '', 1)", (key, f"Tag {key}", f"t-{key}")
            )
        names = "batch, actor, door, model, row_id, label, verb, created_at, updated_at, version, digest"
        told = "'b', '', 'panel', 'tag', 12, '', 'delete', '', '', 1, ''"
        connection.execute(f"INSERT INTO change ({names}) VALUES ({told})")
        before = definitions(connection)
        with app.app_context():
            upgrade()
        assert connection.execute("SELECT id, name FROM tag").fetchall() == [(3, "Tag 3"), (7, "Tag 7")]
        assert connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'tag'").fetchone() == (12,)
        assert {name for kind, name in definitions(connection) if kind != "table"} >= {
            name for kind, name in before if kind != "table" and name not in REPLACED
        }
        for model in resources().values():
            sql = definitions(connection)["table", model.__tablename__]
            assert "AUTOINCREMENT" in sql, f"A step that makes {model.__tablename__} anew needs sqlite_autoincrement."
        with app.app_context():
            downgrade(revision=step_before("0016"))
        assert definitions(connection) == {**before, **sequences(connection)}
        assert connection.execute("SELECT id FROM tag").fetchall() == [(3,), (7,)]


def step_before(revision):
    """Return the step that comes right before this one."""
    steps = ScriptDirectory.from_config(current_app.extensions["migrate"].migrate.get_config())
    return steps.get_revision(revision).down_revision


def definitions(connection):
    """Return what makes each table, index and trigger."""
    asked = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
    return {(kind, name): sql.replace('"', "") for kind, name, sql in connection.execute(asked)}


def sequences(connection):
    """Return the table in which SQLite keeps the last keys: it stays once it is there."""
    return {key: sql for key, sql in definitions(connection).items() if key[1] == "sqlite_sequence"}
