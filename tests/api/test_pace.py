"""How often programs may ask: beyond that they are told to wait, whichever token of a person they show."""

import pytest

from backoffice.api import pace
from backoffice.core.model import db
from backoffice.extensions import limiter
from people import add_user
from programs import Program, token_of


@pytest.fixture
def limited(make_app, database, app, monkeypatch):
    """Return an application of its own, on the same database, that lets one person write twice a day."""
    monkeypatch.setattr(pace, "WRITES", "2/day")
    made = make_app(SQLALCHEMY_DATABASE_URI=database, RATELIMIT_ENABLED=True, RATELIMIT_STORAGE_URI="memory://")
    yield made
    with made.app_context():
        limiter.reset()
        db.engine.dispose()
    limiter.enabled = False


def test_one_person_sends_so_many_requests_by_all_tokens_together(limited):
    with limited.app_context():
        editor, author = add_user("editor"), add_user("author")
    first, other = (Program(limited, token_of(limited, one.id), one) for one in (editor, author))
    second = Program(limited, token_of(limited, editor.id))
    assert [one.post("tags", {"name": name}).status_code for one, name in ((first, "a"), (second, "b"))] == [201, 201]
    counted = second.get("tags/1")
    assert (counted.status_code, counted.headers.get("Retry-After")) == (200, None)
    late = second.post("tags", {"name": "c"})
    assert (late.status_code, late.mimetype) == (429, "application/problem+json")
    assert int(late.headers["Retry-After"]) > 1
    assert second.get("tags").json["count"]["value"] == 2
    assert other.post("posts", {"title": "Mine"}).status_code == 201
