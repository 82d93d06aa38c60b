"""Large imports as jobs: nothing half, no line twice, whatever breaks off when."""

import csv
import os
import time

import pytest
from sqlalchemy import select, update

from backoffice.core import imports
from backoffice.core.access import OPERATOR
from backoffice.core.history import Change
from backoffice.core.history.sets import RECORDED
from backoffice.core.imports import Order, intake, uploads
from backoffice.core.imports.mapping import Plan, guess
from backoffice.core.imports.sheets import open_table
from backoffice.core.jobs import CANCELLED, DONE, FAILED, PARTLY, WAITING, Job, Refused, Task, worker
from backoffice.core.jobs.leases import Lost, Stopped
from backoffice.core.model import db
from backoffice.models.accounts import Role, User
from backoffice.models.content import Category, Tag
from people import add_user

ABOVE = (lambda _at: "", lambda at: f"L{(at + 4) % 20}", lambda at: f"L{at - 1}", *[lambda _at: "Nobody"] * 2)
TREE = "name,parent\n" + "".join(f"L{at},{ABOVE[at % 5](at)}\n" for at in range(20))


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(intake, "CHUNK", 3)


def sent(app, content, model, role="editor", **plan):
    """Keep a file as if it had been sent, and ask for it to be brought in; return the key of the job and its person."""
    with app.test_request_context():
        person = add_user(role)
        user = db.session.get(User, person.id)
        path = uploads.folder() / "sent"
        path.write_text(content)
        with path.open("rb") as file:
            upload = uploads.receive(file, "rows.csv")
        rehearse = plan.pop("rehearse", False)
        fields = plan.pop("fields", None) or guess(user, model, open_table(upload.path).headers)
        key = imports.ask(db.session(), user, Order(upload, "", Plan(model, fields, **plan), rehearse)).id
        db.session.commit()
        return key, person


def state(app, key):
    with app.app_context():
        return db.session.execute(select(Job.__table__).filter_by(id=key)).mappings().one()


def put(app, key, **values):
    with app.app_context():
        db.session.execute(update(Job).where(Job.id == key).values(**values), execution_options=RECORDED)
        db.session.commit()


def stored(app, model):
    with app.app_context():
        return db.session.scalars(select(model.name).order_by(model.id)).all()


def figures(report):
    return tuple(report[name] for name in ("lines", "created", "changed", "unchanged", "refused"))


def test_an_import_of_all_or_nothing_is_one_batch_of_its_person(app):
    key, person = sent(app, "name\n" + "".join(f"T{at}\n" for at in range(10)), Tag)
    assert worker.turn(app)
    row = state(app, key)
    assert (row["state"], figures(row["result"]["report"])) == (DONE, (10, 10, 0, 0, 0))
    with app.app_context():
        told = db.session.scalars(select(Change).filter_by(model="tag")).all()
    assert {(one.batch, one.door, one.actor_id, one.verb) for one in told} == {
        (row["batch"], "import", person.id, "create")
    }
    assert len(told) == len(stored(app, Tag)) == 10


def test_a_rehearsal_keeps_nothing_and_says_all(app):
    key, _person = sent(app, "name\n" + "".join(f"T{at % 8}\n" for at in range(10)), Tag, rehearse=True)
    worker.turn(app)
    row = state(app, key)
    assert (row["state"], figures(row["result"]["report"])) == (DONE, (10, 8, 0, 0, 2))
    assert stored(app, Tag) == []
    with app.app_context():
        assert [line[0] for line in refused(key)] == ["10", "11"]


def refused(key):
    path = imports.refused_of(db.session.get(Job, key))
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))[1:]


def test_one_refused_line_of_all_or_nothing_fails_the_job_and_keeps_nothing(app):
    key, _person = sent(app, "name\nA\nB\nC\nD\nA\n", Tag)
    worker.turn(app)
    row = state(app, key)
    assert row["state"] == FAILED
    assert row["error"] == ("Nothing was brought in: line 6 was refused. There is already one with this name.")
    assert stored(app, Tag) == []
    with app.app_context():
        assert [line[:1] + line[3:] for line in refused(key)] == [["6", "A"]]
        assert db.session.scalar(select(Change.id).filter_by(model="tag")) is None


def test_a_worker_that_lives_for_a_moment_only_brings_in_something(app, monkeypatch):
    monkeypatch.setattr(imports, "FIRST_CHUNK", 1)
    key, _person = sent(app, "name\n" + "".join(f"T{at}\n" for at in range(9)), Tag, whole=False)
    seen = []
    for _worker in range(3):
        worker.turn(app, lambda: True)
        seen.append(len(stored(app, Tag)))
    worker.turn(app)
    assert (seen, len(stored(app, Tag)), state(app, key)["state"]) == ([1, 2, 3], 9, DONE)


def begun(app, key, checkpoint, word):
    row = db.session.get(Job, key)
    return Task(key, db.session(), row.user or OPERATOR, dict(row.arguments), checkpoint, word)


def parts(app, key, kept, broken_at):
    """Do a job until it breaks off in part `broken_at`: before its part is committed, which is then lost."""
    with app.app_context():
        task = begun(app, key, kept[-1] if kept else {}, f"word{len(kept)}{broken_at}")
        work = imports.bring_in(task)
        for at, step in enumerate(work):
            if at == broken_at:
                db.session.rollback()
                return False
            db.session.commit()
            kept.append(step.checkpoint)
        db.session.commit()
    return True


@pytest.mark.parametrize("broken", range(12))
def test_the_good_lines_go_on_behind_the_last_part_wherever_they_broke_off(app, broken):
    key, _person = sent(app, TREE, Category, whole=False)
    kept = []
    ended = parts(app, key, kept, broken)
    while not ended:
        ended = parts(app, key, kept, 2)
        assert len(kept) < 40
    taken = [f"L{at}" for at in range(20) if at % 5 < 3]
    assert sorted(stored(app, Category)) == sorted(taken)
    with app.app_context():
        report = kept[-1]["report"]
        text = (uploads.folder() / kept[-1]["refused"]).read_text("utf-8-sig")
        lines = sorted(int(line[0]) for line in csv.reader(text.splitlines()) if line[0] != "Line")
        told = db.session.scalars(select(Change.label).filter_by(model="category", verb="create")).all()
    assert figures(report) == (20, 12, 0, 0, 8)
    assert lines == [at + 2 for at in range(20) if at % 5 > 2]
    assert sorted(told) == sorted(taken)


def test_the_good_lines_say_how_far_they_are_and_what_was_refused(app):
    key, _person = sent(app, TREE, Category, whole=False)
    worker.turn(app)
    row = state(app, key)
    assert (row["state"], row["error"], figures(row["result"]["report"])) == (PARTLY, "8 refused", (20, 12, 0, 0, 8))
    with app.app_context():
        assert len(refused(key)) == 8


def test_keys_that_earlier_lines_had_are_known_after_a_break(app):
    lines = "slug,name\n" + "".join(f"s{at % 5},N{at}\n" for at in range(10))
    key, _person = sent(app, lines, Tag, whole=False, key="slug")
    kept = []
    parts(app, key, kept, 2)
    assert parts(app, key, kept, 99)
    assert figures(kept[-1]["report"]) == (10, 5, 0, 0, 5)
    assert stored(app, Tag) == [f"N{at}" for at in range(5)]


def test_an_import_that_is_cancelled_on_the_way_leaves_nothing_of_all_or_nothing(app):
    for raised in (Lost("1"), Stopped()):
        key, _person = sent(app, TREE.replace("Nobody", ""), Category)
        with app.app_context():
            task = begun(app, key, {}, "w")
            told = []

            def tell(step, told=told, raised=raised):
                told.append(step.done)
                if len(told) == 3:
                    raise raised

            object.__setattr__(task, "tell", tell)
            with pytest.raises(type(raised)):
                list(imports.bring_in(task))
            db.session.rollback()
        assert stored(app, Category) == []
        assert told == sorted(told)


def test_a_worker_told_to_stop_gives_an_import_back_at_once(app):
    key, _person = sent(app, "name\n" + "".join(f"T{at}\n" for at in range(10)), Tag)
    worker.turn(app, lambda: True)
    assert (state(app, key)["state"], stored(app, Tag)) == (WAITING, [])
    worker.turn(app)
    assert (state(app, key)["state"], len(stored(app, Tag))) == (DONE, 10)


def test_an_import_that_was_cancelled_between_parts_goes_on_when_it_is_tried_again(app):
    key, _person = sent(app, "name\n" + "".join(f"T{at}\n" for at in range(10)), Tag, whole=False)
    worker.turn(app, lambda: True)
    put(app, key, state=CANCELLED)
    assert not worker.turn(app)
    assert stored(app, Tag) == ["T0", "T1", "T2"]
    put(app, key, state=WAITING)
    worker.turn(app)
    assert stored(app, Tag) == [f"T{at}" for at in range(10)]


def test_a_right_that_is_lost_on_the_way_ends_the_import_with_the_part(app):
    key, _person = sent(app, "name\n" + "".join(f"T{at}\n" for at in range(10)), Tag, whole=False)
    worker.turn(app, lambda: True)
    with app.app_context():
        db.session.scalars(select(Role).filter_by(name="editor")).one().rights = ["tag.read", "job.read:own"]
        db.session.commit()
    worker.turn(app)
    assert (state(app, key)["state"], stored(app, Tag)) == (FAILED, ["T0", "T1", "T2"])


def test_a_right_that_is_lost_counts_for_the_next_part_of_the_same_worker(app):
    key, _person = sent(app, "name\n" + "".join(f"T{at}\n" for at in range(10)), Tag, whole=False)
    with app.app_context():
        work = imports.bring_in(begun(app, key, {}, "w"))
        next(work)
        db.session.commit()
        db.session.scalars(select(Role).filter_by(name="editor")).one().rights = ["tag.read", "job.read:own"]
        db.session.commit()
        with pytest.raises(Refused):
            next(work)
    assert stored(app, Tag) == ["T0", "T1", "T2"]


def test_a_file_that_is_gone_or_was_altered_is_not_brought_in(app):
    for spoil in (lambda path: path.unlink(), lambda path: path.write_text("name\nOther\n")):
        key, _person = sent(app, "name\nFog\n", Tag)
        with app.app_context():
            spoil(imports.order_of(db.session.get(Job, key)).upload.path)
        worker.turn(app)
        row = state(app, key)
        assert (row["state"], row["error"]) == (FAILED, "This file is no longer kept; send it again.")
    assert stored(app, Tag) == []


def test_one_file_is_brought_in_once_however_often_it_is_asked_for(app):
    key, person = sent(app, "name\nFog\n", Tag)
    with app.app_context():
        order = imports.order_of(db.session.get(Job, key))
        again = imports.ask(db.session(), db.session.get(User, person.id), order)
        assert again.id == key


def test_files_of_imports_that_wait_are_kept(app):
    key, _person = sent(app, "name\nFog\n", Tag)
    with app.app_context():
        path = imports.order_of(db.session.get(Job, key)).upload.path
        os.utime(path, (time.time() - 90_000,) * 2)
        assert imports.hold(db.session()) == 1
        uploads.sweep()
        assert path.is_file()
