"""The people of the tests: accounts of each role, and the browsers they use."""

import uuid
from types import SimpleNamespace

from flask.testing import FlaskClient
from flask_security import hash_password
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import func, select

from backoffice.core.model import db
from backoffice.models import accounts

PASSWORD = "correct horse battery staple"


class Browser(FlaskClient):
    """A browser that sends the token of its session, as every form of ours does, unless csrf is False."""

    def open(self, *args, csrf=True, headers=None, **rest):
        """Send the request."""
        if csrf and rest.get("method", "GET") not in {"GET", "HEAD", "OPTIONS"}:
            headers = {"X-CSRFToken": self.token(), **dict(headers or {})}
        return super().open(*args, headers=headers, **{"buffered": True, **rest})

    def token(self):
        """Return the token that this session's forms carry."""
        with self.session_transaction() as session:
            word = session.setdefault("csrf_token", "the word of this session")
        return URLSafeTimedSerializer(self.application.secret_key, salt="wtf-csrf-token").dumps(word)


def add_user(role, **fields):
    """Store an active person with this role and the password of all tests, and return who that is."""
    number = db.session.scalar(select(func.count()).select_from(accounts.User)) + 1
    made = accounts.User(
        **{
            "username": f"{role}{number}",
            "email": f"{role}{number}@example.com",
            "name": f"{role} {number}",
            "active": True,
            "password": hash_password(PASSWORD),
            "fs_uniquifier": uuid.uuid4().hex,
            "roles": [db.session.scalars(select(accounts.Role).filter_by(name=role)).one()],
            **fields,
        }
    )
    db.session.add(made)
    db.session.commit()
    return SimpleNamespace(id=made.id, email=made.email, username=made.username)
