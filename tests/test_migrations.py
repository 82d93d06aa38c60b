"""The schema goes up, down and up again on both databases, and is what the models say."""

import sqlite3
import uuid

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask_migrate import downgrade, upgrade
from sqlalchemy import create_engine, inspect, make_url, text

from backoffice.core.model import db
from backoffice.core.search_tables import is_derived
from conftest import POSTGRESQL


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
