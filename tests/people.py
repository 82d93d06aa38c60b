"""The people of the tests: accounts of each role, and the browsers they use."""

import re
import uuid
from types import SimpleNamespace

from flask.testing import FlaskClient
from flask_security import hash_password
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import func, select

from backoffice.core.access import parse_key
from backoffice.core.model import db
from backoffice.core.resource import resources
from backoffice.models import accounts

EDIT = re.compile(r"/admin/(\w+)/(?:edit/\?(?:.*&)?id=(\d+)|ajax/update/)")
PASSWORD = "correct horse battery staple"


class Browser(FlaskClient):
    """A browser that sends what every form of ours holds: the token of its session, unless csrf is False.

    And the version of the row as it is stored now, unless another is given or `version` is False.
    """

    def open(self, *args, csrf=True, version=True, headers=None, **rest):
        """Send the request."""
        if csrf and rest.get("method", "GET") not in {"GET", "HEAD", "OPTIONS"}:
            headers = {"X-CSRFToken": self.token(), **dict(headers or {})}
        if version and args and isinstance(rest.get("data"), dict) and "version" not in rest["data"]:
            rest["data"] = self._with_version(str(args[0]), rest["data"])
        return super().open(*args, headers=headers, **{"buffered": True, **rest})

    def _with_version(self, path, data):
        """Return what is sent to change a row, with the version that its form would hold."""
        meant = EDIT.search(path)
        model = resources().get(meant[1]) if meant else None
        key = parse_key(meant[2] or data.get("list_form_pk", "")) if model else None
        if key is None:
            return data
        with self.application.app_context():
            stored = db.session.scalar(select(model.version).where(model.id == key))
        return data if stored is None else {**data, "version": stored}

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
