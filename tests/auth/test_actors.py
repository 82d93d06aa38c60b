"""Who acts in a request, through which door, and when they were last seen."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from flask import Blueprint, jsonify
from sqlalchemy import event

from backoffice.core.history.actors import actor
from backoffice.core.model import db, now
from backoffice.models.accounts import User
from backoffice.models.content import Tag
from backoffice.models.sessions import Session

probes = Blueprint("acting_probes", __name__)


@probes.route("/admin/acting", methods=["GET", "POST"])
@probes.route("/api/acting")
@probes.route("/adminacting")
@probes.route("/acting/fails", endpoint="fails", defaults={"fails": True})
def tell(*, fails=False):
    if fails:
        raise ValueError("on purpose")
    return jsonify(user=actor().user_id, door=actor().door, address=actor().address)


@probes.post("/admin/acting/tag")
def write():
    db.session.add(Tag(name="Written by a probe"))
    db.session.commit()
    return "done"


@pytest.fixture(scope="module")
def probed(make_app, database):
    """Return an application of our own with a view that says who acts."""
    made = make_app(SQLALCHEMY_DATABASE_URI=database, PROPAGATE_EXCEPTIONS=False)
    made.register_blueprint(probes)
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def app(app, probed):
    """Return it on the database that every test finds fresh."""
    return probed


@pytest.mark.parametrize(
    ("address", "door"), [("/admin/acting", "panel"), ("/api/acting", "api"), ("/adminacting", "site")]
)
def test_the_signed_in_person_acts_through_the_door_they_came_by(as_role, client, address, door):
    browser = as_role("editor")
    # A program brings a token: the cookie of a browser is nobody's there.
    user = None if door == "api" else browser.user.id
    assert browser.get(address).json == {"user": user, "door": door, "address": "127.0.0.1"}
    assert client.get(address).json == {"user": None, "door": door, "address": "127.0.0.1"}


def test_what_is_written_is_kept_under_their_name(as_role, stored):
    browser = as_role("editor")
    browser.post("/admin/acting/tag")
    (kept,) = [one for one in stored.changes("create") if one.model == "tag"]
    assert (kept.actor_id, kept.door, kept.address) == (browser.user.id, "panel", "127.0.0.1")
    assert kept.actor == stored.user(browser.user.id).name


def test_nothing_of_a_request_is_left_to_the_next(as_role, client):
    browser = as_role("editor")
    assert browser.get("/acting/fails").status_code == 500
    assert actor().user is None
    assert client.get("/admin/acting").json["user"] is None


def test_a_forwarded_address_is_not_believed(client):
    assert client.get("/admin/acting", headers={"X-Forwarded-For": "192.0.2.1"}).json["address"] == "127.0.0.1"


@pytest.fixture
def long_ago(stored):
    """Return a function that makes it long since somebody was seen."""

    def put():
        moment = now() - timedelta(hours=2)
        stored.put(Session, last_seen=moment)
        stored.put(User, last_seen=moment, updated_at=moment)

    return put


def test_a_person_is_seen_but_that_is_no_change_of_theirs(as_role, stored, long_ago):
    browser = as_role("editor")
    long_ago()
    before = stored.user(browser.user.id)
    browser.get("/admin/acting")
    after = stored.user(browser.user.id)
    assert now() - after.last_seen < timedelta(minutes=1)
    assert now() - stored.sessions()[0].last_seen < timedelta(minutes=1)
    assert (after.version, after.updated_at) == (before.version, before.updated_at)
    assert stored.changes("update") == []


def test_being_seen_is_written_down_once_in_a_while_only(as_role, queries, stored, long_ago):
    browser = as_role("editor")
    long_ago()
    browser.get("/admin/acting")
    with queries() as sent:
        browser.get("/admin/acting")
    assert not [one for one in sent if one.startswith("UPDATE")]


def test_signing_in_is_being_seen(as_role, stored):
    browser = as_role("editor")
    assert now() - stored.user(browser.user.id).last_seen < timedelta(minutes=1)


@pytest.mark.sqlite
def test_a_reader_does_not_wait_for_someone_who_writes(app, as_role, stored, long_ago):
    browser = as_role("editor")
    long_ago()
    with app.app_context():
        path = db.engine.url.database
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        began = now()
        assert browser.get("/admin/acting").json["user"] == browser.user.id
        assert now() - began < timedelta(seconds=2)
        writer.execute("ROLLBACK")
    assert now() - stored.user(browser.user.id).last_seen > timedelta(hours=1)
    browser.get("/admin/acting")
    assert now() - stored.user(browser.user.id).last_seen < timedelta(minutes=1)


@pytest.mark.sqlite
def test_whoever_writes_waits_once_for_another_and_is_told(app, as_role):
    browser = as_role("editor")
    with app.app_context():
        engine = db.engine
    waits = []

    def hurry(connection, *_rest):
        connection.execute("PRAGMA busy_timeout=50")
        waits.append(True)

    event.listen(engine, "checkout", hurry)
    try:
        with closing(sqlite3.connect(engine.url.database, isolation_level=None)) as writer:
            writer.execute("BEGIN IMMEDIATE")
            answer = browser.post("/admin/tag/new/", data={"name": "Harbour"})
            writer.execute("ROLLBACK")
    finally:
        event.remove(engine, "checkout", hurry)
        engine.dispose()
    assert (answer.status_code, len(waits)) == (503, 1)
    assert "Harbour" in answer.text


@pytest.mark.sqlite
def test_checking_a_password_keeps_no_writer_waiting(app, client, someone, enter, monkeypatch):
    with app.app_context():
        path = db.engine.url.database
    checked = []
    context = app.extensions["security"].pwd_context
    verify = type(context).verify

    def slow(self, *args, **kwargs):
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as writer:
            writer.execute("BEGIN IMMEDIATE")
            writer.execute("ROLLBACK")
        checked.append(True)
        return verify(self, *args, **kwargs)

    monkeypatch.setattr(type(context), "verify", slow)
    assert enter(client, someone.email).status_code == 302
    assert checked
