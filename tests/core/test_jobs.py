"""Work for later is there with the change that asks for it, is done once, by nobody who may not, and can be stopped."""

import logging
import re
import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from backoffice.core import jobs
from backoffice.core.history import Change
from backoffice.core.history.sets import RECORDED
from backoffice.core.jobs import CANCELLED, DONE, FAILED, WAITING, Job, Refused, Step, crew, later, leases, worker
from backoffice.core.jobs.leases import Lost, claim
from backoffice.core.model import db
from backoffice.core.resource import actions
from backoffice.models.accounts import User
from backoffice.models.content import Tag
from people import add_user
from working import NAME


@pytest.fixture
def works(monkeypatch):
    """Return a function that registers work for the length of a test."""
    known = dict(jobs._works)
    monkeypatch.setattr(jobs, "_works", known)
    return lambda name, work: known.__setitem__(name, work)


def asked(app, name, role="editor", **arguments):
    """Let somebody ask for a job; return its key and who it was."""
    with app.app_context():
        person = add_user(role)
        key = later(db.session(), name, db.session.get(User, person.id), **arguments).id
        db.session.commit()
        return key, person


def state(app, key):
    """Return the row of a job as it is now."""
    with app.app_context():
        return db.session.execute(select(Job.__table__).filter_by(id=key)).mappings().one()


def tags(app):
    with app.app_context():
        return db.session.scalars(select(Tag.name).order_by(Tag.id)).all()


def put(app, key, **values):
    """Set columns of a job as time, another worker or another request would."""
    with app.app_context():
        db.session.execute(update(Job).where(Job.id == key).values(**values), execution_options=RECORDED)
        db.session.commit()


def test_a_job_is_there_only_if_its_transaction_is(app):
    with app.app_context():
        later(db.session(), NAME, None, number=1)
        db.session.rollback()
        assert db.session.scalar(select(func.count()).select_from(Job)) == 0
    assert worker.turn(app) is False


def test_a_job_does_its_steps_and_acts_as_the_one_who_asked(app):
    key, person = asked(app, NAME, number=3)
    assert state(app, key)["state"] == WAITING
    assert worker.turn(app) is True
    row = state(app, key)
    assert (row["state"], row["progress"], row["done"], row["total"]) == (DONE, 100, 3, 3)
    assert (row["result"], row["message"], row["error"], row["worker"]) == ({"written": 3}, "3 tags", None, None)
    assert row["started_at"] <= row["finished_at"]
    with app.app_context():
        found = db.session.scalars(select(Change).filter_by(model="tag")).all()
    assert [(one.actor_id, one.door, one.batch) for one in found] == [(person.id, "job", row["batch"])] * 3
    assert worker.turn(app) is False


def test_a_job_of_the_operator_may_do_everything(app):
    with app.app_context():
        later(db.session(), NAME, None, number=1)
        db.session.commit()
    assert worker.turn(app)
    assert len(tags(app)) == 1


def test_asking_twice_with_one_key_asks_once(app):
    with app.app_context():
        one, other = (db.session.get(User, add_user("editor").id) for _ in range(2))
        first = later(db.session(), NAME, one, "the same", number=1)
        assert later(db.session(), NAME, one, "the same", number=1) is first
        assert later(db.session(), NAME, other, "the same", number=1) is not first
        db.session.commit()
        while worker.turn(app):
            pass
        assert later(db.session(), NAME, one, "the same", number=1).id == first.id
        assert db.session.scalar(select(func.count()).select_from(Job)) == 2


def test_an_unknown_job_and_arguments_that_are_no_json_are_refused(app):
    with app.app_context():
        with pytest.raises(Refused, match="no work called mow"):
            later(db.session(), "mow", None)
        with pytest.raises(TypeError):
            later(db.session(), NAME, None, number=object())


def test_a_job_nobody_knows_any_more_fails_with_a_sentence(app):
    key, _person = asked(app, NAME, number=1)
    put(app, key, name="mow")
    worker.turn(app)
    assert (state(app, key)["state"], state(app, key)["error"]) == (FAILED, "There is no work called mow.")


def test_a_job_that_always_breaks_off_fails_in_the_end_and_holds_up_no_other(app, works, caplog):
    def poison(task):
        task.session.add(Tag(name="half"))
        task.session.flush()
        raise ZeroDivisionError(task.id)
        yield

    works("poison", poison)
    key, _person = asked(app, "poison")
    other, _person = asked(app, NAME, number=2)
    with caplog.at_level(logging.ERROR):
        pauses = []
        for _attempt in range(5):
            assert worker.turn(app)
            row = state(app, key)
            pauses.append(row["due_at"] is not None and row["state"] == WAITING)
            worker.turn(app)
            put(app, key, due_at=None)
    assert state(app, other)["state"] == DONE
    row = state(app, key)
    assert (row["state"], row["attempts"], pauses) == (FAILED, 5, [True] * 4 + [False])
    told = f"It broke off, not by your doing. Try again; if that does not help, tell an administrator: job {key}."
    assert (row["error"], row["failures"]) == (told, 5)
    assert re.fullmatch(r"ZeroDivisionError: \d+ \(core.jobs.worker, line \d+\)", row["cause"])
    assert f"Job {key} broke off in attempt 5." in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert "half" not in tags(app)
    assert worker.turn(app) is False


def dies(app, key):
    """Let a worker take the job and die of it, and let its lease end."""
    with app.app_context():
        assert claim(db.session(), key) is not None
        long_ago = leases.clock(db.session()) - leases.LEASE
    put(app, key, lease_until=long_ago)


def test_a_job_whose_workers_die_each_time_fails_in_the_end_and_can_be_tried_again(app):
    key, _person = asked(app, NAME, number=1)
    for _worker in range(15):
        dies(app, key)
    worker.turn(app)
    row = state(app, key)
    assert row["state"] == FAILED
    assert row["error"].startswith("It was given up after 15 workers broke down on it.")
    assert row["cause"].startswith("No worker ended or raised anything")
    assert tags(app) == []
    assert worker.turn(app) is False
    put(app, key, **actions(Job)["retry"].sets)
    worker.turn(app)
    row = state(app, key)
    assert (row["state"], row["error"], row["cause"], len(tags(app))) == (DONE, None, None, 1)


def test_workers_that_die_are_no_failures_of_the_job(app, works):
    def breaks(task):
        raise OSError(task.id)
        yield

    works("breaks", breaks)
    key, _person = asked(app, "breaks")
    for _worker in range(12):
        dies(app, key)
    for failures in range(1, 4):
        worker.turn(app)
        row = state(app, key)
        assert (row["state"], row["failures"]) == (WAITING, failures)
        put(app, key, due_at=None)


def test_workers_that_are_told_to_stop_within_one_long_step_do_not_count(app, works):
    def long(task):
        task.tell(Step())
        yield Step(1, 1)

    works("long", long)
    key, _person = asked(app, "long")
    for _worker in range(20):
        assert worker.turn(app, lambda: True)
    assert (state(app, key)["state"], state(app, key)["attempts"]) == (WAITING, 0)
    assert worker.turn(app)
    assert state(app, key)["state"] == DONE


def test_a_step_that_was_completed_is_not_done_again_after_a_failure(app, works):
    seen = []

    def stumbles(task):
        for at in range(task.checkpoint.get("at", 0), 3):
            seen.append(at)
            if at == 1 and seen.count(1) == 1:
                raise OSError
            yield Step(at + 1, 3, {"at": at + 1})

    works("stumbles", stumbles)
    key, _person = asked(app, "stumbles")
    worker.turn(app)
    assert (state(app, key)["attempts"], state(app, key)["done"]) == (1, 1)
    put(app, key, due_at=None)
    worker.turn(app)
    assert (state(app, key)["state"], seen) == (DONE, [0, 1, 1, 2])


def test_the_job_of_a_deactivated_account_is_refused(app):
    key, person = asked(app, NAME, number=1)
    with app.app_context():
        db.session.get(User, person.id).active = False
        db.session.commit()
    worker.turn(app)
    assert state(app, key)["state"] == FAILED
    assert state(app, key)["error"] == "The account that asked for this is deactivated."
    assert tags(app) == []


def test_an_account_deactivated_on_the_way_ends_its_job_after_the_step(app, works):
    def betrays(task):
        task.session.execute(update(User).values(active=False), execution_options=RECORDED)
        yield Step(1, 2)
        task.session.add(Tag(name="too late"))
        yield Step(2, 2)

    works("betrays", betrays)
    key, _person = asked(app, "betrays")
    worker.turn(app)
    assert (state(app, key)["state"], state(app, key)["done"]) == (FAILED, 1)
    assert state(app, key)["error"] == "The account that asked for this is deactivated."
    assert tags(app) == []


def test_a_job_that_is_cancelled_during_a_step_leaves_no_half_of_it(app, works):
    def cancelled(task):
        yield Step(1, 3, {"at": 1})
        task.session.rollback()
        put(app, task.id, state=CANCELLED)
        task.session.add(Tag(name="half"))
        yield Step(2, 3, {"at": 2})
        task.session.add(Tag(name="too late"))
        yield Step(3, 3, {"at": 3})

    works("cancelled", cancelled)
    key, _person = asked(app, "cancelled")
    worker.turn(app)
    assert (state(app, key)["state"], state(app, key)["done"]) == (CANCELLED, 1)
    assert tags(app) == []
    assert worker.turn(app) is False


def test_a_worker_that_lost_its_job_writes_nothing_more(app):
    key, _person = asked(app, NAME, number=2)
    with app.app_context():
        ticket = claim(db.session())
        assert claim(db.session()) is None
    put(app, key, worker="another")
    with app.app_context():
        db.session.add(Tag(name="half"))
        with pytest.raises(Lost):
            leases.keep(db.session(), ticket, Step(1, 2))
        for ending in (leases.renew, leases.release):
            with pytest.raises(Lost):
                ending(db.session(), ticket)
        with pytest.raises(Lost):
            leases.finish(db.session(), ticket, None)
        with pytest.raises(Lost):
            leases.fail(db.session(), ticket, "", again=True)
    assert tags(app) == []
    assert state(app, key)["worker"] == "another"


def test_a_worker_told_to_stop_gives_the_job_back_after_its_step(app):
    key, _person = asked(app, NAME, number=3)
    assert worker.turn(app, lambda: True)
    assert (state(app, key)["state"], state(app, key)["done"]) == (WAITING, 1)
    assert worker.turn(app)
    assert state(app, key)["state"] == DONE
    assert len(tags(app)) == 3


def test_jobs_go_with_their_account(app):
    key, person = asked(app, NAME, number=1)
    with app.app_context():
        db.session.delete(db.session.get(User, person.id))
        db.session.commit()
        assert db.session.get(Job, key) is None


def test_ended_jobs_are_forgotten_after_a_time(app, runner):
    old, _person = asked(app, NAME, number=1)
    young, _person = asked(app, NAME, number=1)
    waiting, _person = asked(app, NAME, number=1)
    with app.app_context():
        moment = leases.clock(db.session())
    put(app, old, state=DONE, finished_at=moment - timedelta(days=31))
    put(app, young, state=FAILED, finished_at=moment)
    told = runner.invoke(args=["jobs", "prune"])
    assert told.output == "1 jobs and 0 files removed.\n"
    with app.app_context():
        assert db.session.scalars(select(Job.id).order_by(Job.id)).all() == [young, waiting]
        noted = db.session.scalars(select(Change).filter_by(verb="prune")).one()
    assert (noted.model, noted.after) == ("job", {"count": 1})


def test_workers_forget_by_themselves(app):
    old, _person = asked(app, NAME, number=1)
    young, _person = asked(app, NAME, number=1)
    with app.app_context():
        moment = leases.clock(db.session())
    put(app, old, state=CANCELLED, finished_at=moment - timedelta(days=31))
    put(app, young, state=DONE, finished_at=moment - timedelta(days=29))
    crew.run(app, threading.Event(), drain=True)
    with app.app_context():
        assert db.session.scalars(select(Job.id)).all() == [young]


def test_the_clock_is_the_databases(app):
    with app.app_context():
        moment = leases.clock(db.session())
        assert moment.utcoffset().total_seconds() == 0
        assert leases.clock(db.session()) >= moment
