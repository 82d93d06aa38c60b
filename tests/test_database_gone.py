"""The database goes away in the middle of a write: a page says what to do, nothing is half, no restart is needed."""

import re
import sqlite3
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import create_engine, event, func, make_url, select, text
from sqlalchemy.exc import OperationalError

from backoffice.core.database import connections
from backoffice.core.history import Change
from backoffice.core.history.audit import audit
from backoffice.core.history.seals import seal_all
from backoffice.core.model import db
from backoffice.models.comments import Comment
from conftest import POSTGRESQL
from make import make

ROWS = 30


@pytest.fixture
def keys(app):
    """Store pending comments, and return their keys."""
    with app.app_context():
        found = [make(Comment, status="pending").id for _at in range(ROWS)]
        db.session.commit()
    return found


@contextmanager
def when(app, beginning, fails):
    """Let something happen once, right before a statement that begins like this, when its transaction has written."""
    with app.app_context():
        engine = db.engine
    happened = []

    def watch(connection, _cursor, statement, *_rest):
        if statement.startswith(beginning) and not happened:
            happened.append(statement)
            fails(connection)

    event.listen(engine, "before_cursor_execute", watch)
    try:
        yield happened
    finally:
        event.remove(engine, "before_cursor_execute", watch)


@contextmanager
def server():
    """Return a connection to the server itself, past the application."""
    engine = create_engine(POSTGRESQL, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def end(name):
    """End every connection to a database, as a server does that is stopped."""
    ended = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name AND pid <> pg_backend_pid()"
    )
    with server() as connection:
        connection.execute(ended, {"name": name})


def approve(browser, keys):
    return browser.post("/admin/comment/action/", data={"action": "approve", "confirm": "1", "rowid": keys})


def nothing_is_half(app):
    """See that nothing was written at all, and that the history verifies."""
    with app.test_request_context():
        assert set(db.session.scalars(select(Comment.status))) == {"pending"}
        assert db.session.scalar(select(func.count()).where(Change.verb == "approve")) == 0
        seal_all(db.session)
        assert audit(db.session).faults == []


def works_again(app, browser, keys):
    """See that the same is done now, by the same process."""
    assert approve(browser, keys).status_code == 302
    with app.app_context():
        assert set(db.session.scalars(select(Comment.status))) == {"approved"}
        assert db.session.scalar(select(func.count()).where(Change.verb == "approve")) == ROWS


def refused(answer, status):
    assert answer.status_code == status
    assert "nothing was saved" in answer.text.lower()
    assert "UPDATE" not in answer.text
    assert "Traceback" not in answer.text
    if status == 503:
        assert int(answer.headers["Retry-After"]) > 0


@contextmanager
def out_of_reach(app):
    """Let every connection be refused, in the words of a server; yield what was asked for all the same."""
    with app.app_context():
        engine = db.engine
    asked = []

    def refuse(*_about):
        asked.append("a connection")
        raise OperationalError("SELECT secret", {}, Exception("no route to 10.1.2.3"))

    engine.dispose()
    event.listen(engine, "do_connect", refuse)
    try:
        yield asked
    finally:
        event.remove(engine, "do_connect", refuse)


def addresses(app):
    """Return an address of every rule that can be looked at, with the name of its view."""
    words = {"filename": "admin/grid.css", "name": "0" * 64 + ".png", "number": "1", "stamp": "0"}
    for rule in app.url_map.iter_rules():
        if "GET" in rule.methods and not rule.rule.startswith("/admin/static"):
            parts = r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>"
            yield rule.endpoint, re.sub(parts, lambda found: words.get(found[1], "word"), rule.rule)


def test_a_process_is_alive_without_its_database_whoever_asks(app, as_role):
    signed_in = as_role("administrator")
    with out_of_reach(app) as asked:
        for browser in (signed_in, app.test_client()):
            alive = browser.get("/healthz")
            assert (alive.status_code, alive.json) == (200, {"status": "ok"})
            assert "Set-Cookie" not in alive.headers
        assert asked == []
        ready = signed_in.get("/readyz")
        assert (ready.status_code, ready.json["database"]) == (503, "no answer")
        assert int(ready.headers["Retry-After"]) > 0
    assert signed_in.get("/readyz").json["database"] == "ok"
    assert signed_in.get("/admin/").status_code == 200


@pytest.mark.parametrize("who", ["a stranger", "an administrator"])
def test_without_its_database_every_address_says_so_and_no_more(app, as_role, who):
    browser = app.test_client() if who == "a stranger" else as_role("administrator")
    with out_of_reach(app):
        for endpoint, path in addresses(app):
            answer = browser.get(path)
            files = endpoint.endswith("static") or endpoint == "assets.stamped"
            # A file needs no database; a stranger is sent or told to sign in, and can read what no row has a part in.
            fine = {200, 404} if files or who == "a stranger" else set()
            fine |= {302, 401, 405} if who == "a stranger" else set()
            alive = endpoint == "health.healthz"
            assert answer.status_code in ({200} if alive else {503, *fine}), (path, answer.status_code)
            if answer.status_code == 503:
                assert int(answer.headers["Retry-After"]) > 0
            assert not [word for word in ("SELECT", "Traceback", "10.1.2.3") if word in answer.text], path
    assert browser.get("/").status_code == 200


@pytest.mark.postgres
@pytest.mark.parametrize("beginning", ["INSERT INTO change", "UPDATE comment", "INSERT INTO report"])
def test_a_server_that_ends_the_connection_leaves_nothing_half(app, as_role, keys, database, beginning):
    moderator, name = as_role("moderator"), make_url(database).database
    with when(app, beginning, lambda _connection: end(name)) as happened:
        answer = approve(moderator, keys)
    if not happened:
        pytest.fail(f"No statement begins with {beginning}.")
    refused(answer, 503)
    nothing_is_half(app)
    works_again(app, moderator, keys)


@pytest.mark.postgres
def test_a_connection_that_ended_while_it_waited_is_not_used(as_role, keys, database, monkeypatch):
    moderator, name = as_role("moderator"), make_url(database).database
    monkeypatch.setattr(connections, "FRESH", 0)
    for _turn in range(2):
        assert f"row-{keys[0]}" in moderator.get("/admin/comment/").text
        end(name)
    assert moderator.get("/admin/comment/").status_code == 200


@pytest.mark.postgres
def test_a_server_that_takes_no_connections_is_said_and_found_again(app, as_role, keys, database):
    moderator, name = as_role("moderator"), make_url(database).database
    with server() as connection:
        connection.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'))
        try:
            with when(app, "UPDATE comment", lambda _connection: end(name)):
                refused(approve(moderator, keys), 503)
            refused(approve(moderator, keys), 503)
            assert moderator.get("/admin/comment/").status_code == 503
            probe = app.test_client()
            assert probe.get("/healthz").status_code == 200
            assert probe.get("/readyz").json["database"] == "no answer"
        finally:
            connection.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'))
    assert probe.get("/readyz").json["database"] == "ok"
    nothing_is_half(app)
    works_again(app, moderator, keys)


def no_room(connection):
    """Let the file not grow any more, as on a disk that is full."""
    connection.exec_driver_sql("PRAGMA max_page_count=1")


def read_only(connection):
    connection.exec_driver_sql("PRAGMA query_only=ON")


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("fails", "status", "beginning"),
    [(no_room, 507, "INSERT INTO change"), (read_only, 503, "INSERT INTO change"), (read_only, 503, "UPDATE comment")],
    ids=["no room", "read-only", "read-only half-way"],
)
def test_a_file_that_cannot_be_written_leaves_nothing_half(app, as_role, fails, status, beginning):
    with app.app_context():
        # So much that the history needs more room than the file has left.
        found = [make(Comment, status="pending", body=f"<p>{at}</p>").id for at in range(ROWS)]
        db.session.commit()
    moderator = as_role("moderator")
    with when(app, beginning, fails) as happened:
        answer = approve(moderator, found)
    assert happened
    refused(answer, status)
    with app.app_context():
        # What failed was this connection's alone; the next one finds the file as it is.
        db.engine.dispose()
    nothing_is_half(app)
    works_again(app, moderator, found)


@pytest.mark.sqlite
def test_a_file_that_another_program_holds_is_said_and_found_again(app, as_role, keys):
    moderator = as_role("moderator")
    with app.app_context():
        engine = db.engine

    def hurry(connection, *_rest):
        connection.execute("PRAGMA busy_timeout=50")

    event.listen(engine, "checkout", hurry)
    try:
        with closing(sqlite3.connect(engine.url.database, isolation_level=None)) as writer:
            writer.execute("BEGIN IMMEDIATE")
            refused(approve(moderator, keys), 503)
            writer.execute("ROLLBACK")
    finally:
        event.remove(engine, "checkout", hurry)
        engine.dispose()
    nothing_is_half(app)
    works_again(app, moderator, keys)
