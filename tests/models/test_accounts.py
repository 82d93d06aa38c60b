"""An administrator remains, whoever takes one away and whichever way."""

import threading
from contextlib import suppress

import pytest
from sqlalchemy import select

from backoffice.core import operation, writing
from backoffice.core.access import OPERATOR
from backoffice.core.model import db
from backoffice.core.selection import Selection
from backoffice.core.writing import Refusal
from backoffice.models.accounts import Role, User
from people import add_user


@pytest.fixture
def admin(app):
    """Return the only administrator, in a request of nobody's."""
    with app.test_request_context():
        yield db.session.get(User, add_user("administrator").id)


def test_the_last_administrator_is_not_deleted_even_by_the_operator(admin):
    with pytest.raises(Refusal, match="last administrator"):
        writing.delete(db.session(), OPERATOR, admin)
    db.session.rollback()
    assert db.session.scalar(select(User.id)) is not None


@pytest.mark.parametrize("values", [{"active": False}, {"roles": []}])
def test_the_last_administrator_stays_one_even_for_the_operator(admin, values):
    with pytest.raises(Refusal, match="last administrator"):
        writing.update(db.session(), OPERATOR, admin, values)
    db.session.rollback()
    assert admin.active
    assert "*" in admin.rights


def test_the_role_of_the_last_administrator_keeps_its_right(admin):
    role = db.session.scalars(select(Role).filter_by(name="administrator")).one()
    with pytest.raises(Refusal, match="last administrator"):
        writing.update(db.session(), OPERATOR, role, {"rights": ["post.read"]})
    db.session.rollback()
    assert role.rights == ["*"]


def test_one_of_two_administrators_may_go(admin):
    other = db.session.get(User, add_user("administrator").id)
    writing.delete(db.session(), OPERATOR, other)
    db.session.commit()
    assert db.session.scalars(select(User.id)).all() == [admin.id]


def edited(session, key, values):
    writing.update(session, OPERATOR, session.get(User, key), values)


def in_bulk(session, key, _values):
    operation.run(session, OPERATOR, "deactivate", Selection(User, keys=(key,)))


@pytest.mark.postgres
@pytest.mark.parametrize(("take", "values"), [(edited, {"active": False}), (edited, {"roles": []}), (in_bulk, None)])
def test_two_administrators_who_take_each_other_away_at_once_leave_one(app, take, values):
    with app.app_context():
        keys = [add_user("administrator").id for _ in range(2)]
    both = threading.Barrier(2)

    def remove(key):
        with app.test_request_context(), suppress(Refusal):
            take(db.session(), key, values)
            # Where the second has to wait for the first, they never stand here together.
            with suppress(threading.BrokenBarrierError):
                both.wait(timeout=1)
            db.session.commit()

    threads = [threading.Thread(target=remove, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    with app.app_context():
        left = [user for user in db.session.scalars(select(User)) if user.active and "*" in user.rights]
        assert len(left) == 1
