"""What the tests of the JSON door share: programs of people with a role."""

import pytest

from people import add_user
from programs import Program, token_of


@pytest.fixture
def program(app):
    """Return a function that gives the program of a new person with this role, and the scopes it is given."""

    def make(role, scopes=None):
        with app.app_context():
            known = add_user(role)
        return Program(app, token_of(app, known.id, scopes), known)

    return make
