"""What every test may ask for: an application on a fresh database, and browsers of people who use it."""

import os
import shutil
import sqlite3
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import Engine, create_engine, event, make_url, text

from backoffice import create_app
from backoffice.core import moments
from backoffice.core.model import db
from backoffice.models import accounts
from people import PASSWORD, Browser, add_user

POSTGRESQL = os.environ.get("TEST_DATABASE_URL", "")
REQUIRE_ALL = os.environ.get("REQUIRE_ALL") == "1"
MANY = 1000  # rows
FROM_OUTSIDE = ("DATABASE_URL", "REDIS_URL", "MEDIA_URL", "SITE_URL", "SECRET_KEY", "SECURITY_PASSWORD_SALT")


def pytest_configure(config):
    """Keep the settings of whoever runs the tests out of them."""
    for name in FROM_OUTSIDE:
        os.environ.pop(name, None)
    os.environ["BACKOFFICE_ENV"] = "testing"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark what opens the database of the run: all else comes out alike on any, and once is enough for it.

    What takes long goes first, so that no process is left alone with it in the end.
    """
    for item in items:
        if "database" in item.fixturenames:
            item.add_marker(pytest.mark.database)
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Turn a left-out test into a failure where everything must run."""
    outcome = yield
    report = outcome.get_result()
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if "not on this machine" not in reason:
            report.outcome, report.longrepr = "failed", f"This test may not be left out here: {reason}"


def pytest_runtest_setup(item):
    """Leave out what the database of this run does not have."""
    if item.get_closest_marker("postgres") and not POSTGRESQL:
        pytest.skip("TEST_DATABASE_URL is not set")
    if item.get_closest_marker("sqlite") and POSTGRESQL:
        pytest.skip("this run is on PostgreSQL")


@pytest.fixture(scope="session")
def redis_url():
    """Return the address of a Redis that the tests may write to."""
    if "TEST_REDIS_URL" not in os.environ:
        pytest.skip("TEST_REDIS_URL is not set")
    return os.environ["TEST_REDIS_URL"]


@pytest.fixture(scope="session")
def database(tmp_path_factory, worker_id):
    """Return the address of a database that belongs to this process of the test run."""
    if not POSTGRESQL:
        yield f"sqlite:///{tmp_path_factory.mktemp('database') / 'test.sqlite'}"
        return
    given = make_url(POSTGRESQL)
    own = given.set(database=f"{given.database}_{worker_id}")
    server = create_engine(given, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{own.database}" WITH (FORCE)'))
        connection.execute(text(f'CREATE DATABASE "{own.database}"'))
        # As on SQLite: nobody waits until the disk has a commit.
        connection.execute(text(f'ALTER DATABASE "{own.database}" SET synchronous_commit TO off'))
    yield own.render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{own.database}" WITH (FORCE)'))
    server.dispose()


@pytest.fixture(scope="session")
def make_app(tmp_path_factory):
    """Return a function that makes an application of one's own, with the settings it names."""

    def make(**settings):
        place = tmp_path_factory.mktemp("application")
        own = {"SQLALCHEMY_DATABASE_URI": f"sqlite:///{place}/own.sqlite", "MEDIA_URL": f"{place}/media"}
        own |= {"EXPORTS_FOLDER": f"{place}/exports", "IMPORTS_FOLDER": f"{place}/imports"}
        made = create_app(**{**own, "MAIL_FOLDER": f"{place}/mail", **settings})
        made.test_client_class = Browser
        return made

    return make


@pytest.fixture(scope="session")
def _served(make_app, database):
    """Return the one application of this process, its tables made, and a way to empty them."""
    made = make_app(SQLALCHEMY_DATABASE_URI=database)
    with made.app_context():
        db.create_all()
        accounts.give_first_rights(db.session)
        db.session.commit()
        empty, forget = _emptier()
    yield made, empty
    forget()
    with made.app_context():
        db.engine.dispose()


@event.listens_for(Engine, "connect")
def _wait_for_no_disk(connection, _record):
    """Spare SQLite what only the failure of a machine would show: waiting at each commit until the disk has it."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous=OFF")


def _emptier():
    """Return a function that puts the database back to how it is now."""
    engine = db.engine
    if engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(engine.url.database)) as source:
            fresh = sqlite3.connect(":memory:", check_same_thread=False)
            source.backup(fresh)

        def restore():
            with closing(sqlite3.connect(engine.url.database)) as target:
                target.execute("PRAGMA synchronous=OFF")
                fresh.backup(target)

        return restore, fresh.close
    script = _emptying(engine)

    def clear():
        with engine.begin() as connection:
            connection.exec_driver_sql(script)

    return clear, lambda: None


def _emptying(engine):
    """Return what PostgreSQL is told, in one go, to be what it is now again; the rows there are stay in a corner."""
    tables = {engine.dialect.identifier_preparer.format_table(one): one for one in db.metadata.sorted_tables}
    with engine.begin() as connection:
        kept = [name for name in tables if connection.scalar(text(f"SELECT EXISTS (SELECT FROM {name})"))]
        connection.exec_driver_sql("CREATE SCHEMA kept")
        for name in kept:
            connection.exec_driver_sql(f"CREATE TABLE kept.{name} AS TABLE {name}")
        sequences = "SELECT sequencename, coalesce(last_value, 1), last_value IS NOT NULL FROM pg_sequences"
        numbers = connection.execute(text(sequences)).all()
    columns = {name: ", ".join(f'"{one.name}"' for one in tables[name].columns if not one.computed) for name in kept}
    # Of a few rows, TRUNCATE takes fifty times as long: it makes every table and index a new file. Of many, DELETE
    # asks for each whether another names it, among all that were just deleted.
    many = f"SELECT coalesce(max(last_value), 0) > {MANY} FROM pg_sequences"
    truncate = f"TRUNCATE {', '.join(tables)} CASCADE"
    return ";".join(
        [
            "SELECT set_config('backoffice.history', 'prune', true)",
            f"DO $$ BEGIN IF ({many}) THEN {truncate}; END IF; END $$",
            *(f"DELETE FROM {name}" for name in reversed(tables)),
            *(f"SELECT setval('{name}', 1, false)" for name, _last, _called in numbers),
            # What the database writes by itself beside a row, as a seal, is there when its turn comes.
            *(
                f"INSERT INTO {name} ({some}) SELECT {some} FROM kept.{name} WHERE NOT EXISTS (SELECT FROM {name})"
                for name, some in columns.items()
            ),
            *(f"SELECT setval('{name}', {last}, {str(called).lower()})" for name, last, called in numbers),
        ]
    )


@pytest.fixture
def app(_served):
    """Return the application on a database that holds the roles and nothing else."""
    made, empty = _served
    empty()
    for folder in ("MEDIA_URL", "MAIL_FOLDER", "EXPORTS_FOLDER", "IMPORTS_FOLDER"):
        shutil.rmtree(made.config[folder], ignore_errors=True)
    return made


@pytest.fixture
def client(app):
    """Return the browser of someone who has not signed in."""
    return app.test_client()


@pytest.fixture
def runner(app):
    """Return the terminal of an operator."""
    return app.test_cli_runner()


@pytest.fixture
def sign_in():
    """Return a function that signs a browser in with an address and a password."""

    def enter(browser, email, password=PASSWORD):
        answer = browser.post("/login", data={"email": email, "password": password})
        assert answer.status_code == 302, answer.text
        return browser

    return enter


@pytest.fixture
def as_role(app, sign_in):
    """Return a function that gives the signed-in browser of a new person with this role."""

    def enter(role, **fields):
        with app.app_context():
            known = add_user(role, **fields)
        browser = sign_in(app.test_client(), known.email)
        browser.user = known
        return browser

    return enter


@pytest.fixture
def queries(app):
    """Return a context manager that yields the list of SQL statements sent inside it.

    What was told a moment ago is forgotten first, unless it is to be `kept`: whether it still holds is decided by all
    who write to the same server.
    """

    @contextmanager
    def counted(*, kept=False):
        sent = []
        if not kept:
            moments._answers.clear()
        with app.app_context():
            engine = db.engine

        def note(_connection, _cursor, statement, *_rest):
            # On SQLite we begin transactions ourselves; elsewhere the driver does, unseen.
            if not statement.startswith("BEGIN"):
                sent.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            yield sent
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return counted
