"""Programs that act for people: what they send with each request, and nothing of a browser."""

from backoffice.auth import tokens
from backoffice.core.access import rights_of
from backoffice.core.history.actors import acting
from backoffice.core.model import db
from backoffice.models.accounts import User

V1 = "/api/v1"


class Program:
    """A program that shows one token and keeps no cookies."""

    def __init__(self, app, word, user=None):
        self.client, self.word, self.user = app.test_client(use_cookies=False), word, user

    def send(self, method, path, **rest):
        """Send a request below /api/v1, or anywhere else by its whole path."""
        own = {"Authorization": f"Bearer {self.word}"} if self.word else {}
        address = path if path.startswith("/") else f"{V1}/{path}"
        headers = {**own, **rest.pop("headers", {})}
        return self.client.open(address, method=method, headers=headers, csrf=False, version=False, **rest)

    def get(self, path, **rest):
        """Look at an address."""
        return self.send("GET", path, **rest)

    def post(self, path, json=None, **rest):
        """Send an object to an address."""
        return self.send("POST", path, json=json, **rest)

    def patch(self, path, json=None, **rest):
        """Send what is to change."""
        return self.send("PATCH", path, json=json, **rest)

    def delete(self, path, **rest):
        """Have something deleted."""
        return self.send("DELETE", path, **rest)


def token_of(app, key, scopes=None):
    """Return the word of a new token of the account with this key, with all its rights unless others are given."""
    with app.app_context():
        user = db.session.get(User, key)
        with acting(user, "panel"):
            # Whoever may do nothing has a token for something: it is worth as little.
            word = tokens.make(user, "Test", scopes or sorted(rights_of(user)), 30)[1]
            db.session.commit()
    return word
