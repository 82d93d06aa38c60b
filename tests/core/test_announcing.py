"""Who carries jobs to workers hears of each after the commit of what asked for it, once, and of nothing else."""

import pytest

from backoffice.core.jobs import announcing, later
from backoffice.core.model import db
from working import NAME


@pytest.fixture
def heard(app):
    """Return the keys that were told so far."""
    found = []
    announcing.tell(app, found.extend)
    yield found
    app.extensions.pop(announcing.CARRY)


@pytest.fixture
def session(app, heard):
    with app.app_context():
        yield db.session()


def test_a_job_is_told_of_after_the_commit_and_once(session, heard):
    first = later(session, NAME, None, number=1).id
    second = later(session, NAME, None, "with a key", number=1).id
    assert heard == []
    session.commit()
    assert heard == [first, second]
    session.commit()
    assert heard == [first, second]


def test_the_end_of_a_savepoint_is_no_commit(session, heard):
    with session.begin_nested():
        key = later(session, NAME, None, number=1).id
    assert heard == []
    with session.begin_nested() as inner:
        inner.rollback()
    session.commit()
    assert heard == [key]


def test_what_is_rolled_back_is_not_told_of(session, heard):
    later(session, NAME, None, number=1)
    session.rollback()
    session.commit()
    assert heard == []
    kept = later(session, NAME, None, number=1).id
    session.commit()
    assert heard == [kept]


def test_asking_twice_with_one_key_is_told_of_once(session, heard):
    for _time in range(2):
        later(session, NAME, None, "the same", number=1)
        session.commit()
    assert len(heard) == 1
