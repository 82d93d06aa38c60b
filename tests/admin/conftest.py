"""What the tests of the panel's forms may ask for: rows to work on, and what is stored of them afterwards."""

import pytest
from sqlalchemy import select

from backoffice.core.history import Change
from backoffice.core.model import db
from backoffice.core.resource import relation_of, relations
from make import make


@pytest.fixture
def keep(app):
    """Return a function that stores a row and returns its key."""

    def store(model, **values):
        with app.app_context():
            named = {name: relation_of(model, name) for name in values if name.endswith("_id")}
            for name, relation in named.items():
                target = relations(model)[relation].mapper.class_
                values[relation] = db.session.get(target, values.pop(name))
            row = make(model, **values)
            db.session.commit()
            return row.id

    return store


@pytest.fixture
def read(app):
    """Return a function that reads columns of a row, and of its relations the keys, as they are stored."""

    def look(model, key, *names):
        with app.app_context():
            row = db.session.get(model, key)
            values = [getattr(row, name) for name in names] if row else None
        return values[0] if row and len(names) == 1 else values

    return look


@pytest.fixture
def changes(app):
    """Return a function that counts what the history holds about a row."""

    def count(model, key):
        with app.app_context():
            own = select(Change).filter_by(model=model.__tablename__, row_id=key).order_by(Change.id)
            return [(one.verb, one.before, one.after) for one in db.session.scalars(own)]

    return count
