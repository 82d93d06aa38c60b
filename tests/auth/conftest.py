"""What the tests of signing in share: people, their browsers, the mails they get, and what is kept."""

from email import message_from_bytes, policy
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import select, update

from backoffice.core.history import Change, guards
from backoffice.core.model import db
from backoffice.models.accounts import User
from backoffice.models.sessions import Session
from people import PASSWORD, add_user

RECORDED = {"recorded": True}


@pytest.fixture
def someone(app):
    """Return an editor."""
    with app.app_context():
        return add_user("editor")


@pytest.fixture
def enter():
    """Return a function that sends the form for signing in."""

    def send(browser, email, password=PASSWORD, address="/login", **more):
        return browser.post(address, data={"email": email, "password": password}, **more)

    return send


@pytest.fixture
def stored(app):
    """Return what the database holds: sessions, changes by their verb, one user; and a way to set it."""

    def sessions():
        with app.app_context():
            return db.session.scalars(select(Session).order_by(Session.id)).all()

    def changes(verb):
        with app.app_context():
            return db.session.scalars(select(Change).where(Change.verb == verb).order_by(Change.id)).all()

    def user(key):
        with app.app_context():
            return db.session.get(User, key)

    def put(model, **values):
        with app.app_context():
            # The history, too, can be made older: by a test that takes its triggers off.
            guards.detach(db.session.connection())
            db.session.execute(update(model).values(**values), execution_options=RECORDED)
            guards.install(db.session.connection())
            db.session.commit()

    return SimpleNamespace(sessions=sessions, changes=changes, user=user, put=put)


@pytest.fixture
def mails(app):
    """Return a function that reads the mails written so far."""

    def read():
        folder = Path(app.config["MAIL_FOLDER"])
        return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(folder.glob("*.eml"))]

    return read


@pytest.fixture
def is_in():
    """Return a function that tells whether a browser is signed in."""

    def ask(browser):
        answer = browser.get("/change")
        assert answer.status_code in {200, 302}
        return answer.status_code == 200

    return ask
