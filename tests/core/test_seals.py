"""The history cannot be altered by the application, and whoever alters it otherwise is found out."""

import hashlib
import json
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from backoffice.core import history, operation
from backoffice.core.access import OPERATOR
from backoffice.core.history import Change, guards, sets, trash
from backoffice.core.history.audit import audit
from backoffice.core.history.digests import content, expected
from backoffice.core.history.encoding import sql_object
from backoffice.core.history.seals import GENESIS, head, link, seal, seal_all
from backoffice.core.model import db
from backoffice.core.selection import Selection
from backoffice.models.comments import Comment
from backoffice.models.content import Post, Tag
from make import make

RECORDED = {"recorded": True}


@pytest.fixture(autouse=True)
def inside(app):
    """Run each test inside a request of its own."""
    with app.test_request_context():
        yield


@pytest.fixture
def written():
    """Write a few batches by both paths, and seal them; return the keys of the changes."""
    with history.acting(None, "command"):
        comments = [make(Comment, status="pending") for _ in range(4)]
        db.session.commit()
    with history.acting(None, "panel"):
        operation.run(db.session, OPERATOR, "approve", Selection(Comment, tuple(row.id for row in comments)))
        history.note(db.session, "export", model="post", label="csv")
        db.session.commit()
    with history.acting(None, "panel"):
        comments[0].guest_name = "Ünïcode \x1f “quoted” \\ 😀"
        db.session.add(Tag(name="late"))
        db.session.commit()
        sets.delete_rows(db.session, Comment, select(Comment.id).where(Comment.id == comments[3].id))
        db.session.commit()
    seal_all(db.session)
    keys = list(db.session.scalars(select(Change.id).order_by(Change.id)))
    db.session.rollback()
    return keys


@contextmanager
def tampering():
    """Write past the triggers, as somebody with the database's own tools could."""
    db.session.rollback()
    with db.engine.begin() as connection:
        guards.detach(connection)
        yield connection
        guards.install(connection)


def faults(**given):
    db.session.rollback()
    return [(fault.what, fault.row) for fault in audit(db.session, **given).faults]


@pytest.mark.parametrize(
    "statement",
    [
        update(Change).values(actor="Somebody else"),
        update(Change).values(after=None),
        update(Change).values(label="", before=None, digest="0" * 64),
        delete(Change),
        delete(seal),
        update(seal).values(count=1),
        update(seal).values(number=7),
    ],
    ids=str,
)
def test_the_database_refuses_to_alter_the_history(written, statement):
    with pytest.raises(DBAPIError, match="append-only"):
        db.session.execute(statement, execution_options=RECORDED)
    db.session.rollback()
    assert faults() == []


@pytest.mark.parametrize("name", guards.DOORS)
def test_a_door_opens_for_its_own_purpose_alone(written, name):
    tried = {
        guards.REDACT: update(Change).values(label=""),
        guards.PRUNE: delete(Change),
        guards.SEAL: update(seal).values(chain=""),
    }
    for purpose, statement in tried.items():
        with guards.door(db.session, name):
            try:
                db.session.execute(statement, execution_options=RECORDED)
            except DBAPIError:
                assert purpose != name or name == guards.SEAL
            else:
                assert purpose == name
            db.session.rollback()
    with guards.door(db.session, name), pytest.raises(DBAPIError, match="append-only"):
        db.session.execute(update(Change).values(actor="Somebody else"), execution_options=RECORDED)
    db.session.rollback()
    assert faults() == []


def test_a_row_of_the_history_cannot_be_changed_as_an_object(written):
    one = db.session.get(Change, written[0])
    one.actor = "Somebody else"
    with pytest.raises(DBAPIError, match="append-only"):
        db.session.flush()


def test_what_was_written_by_each_path_verifies(written):
    report = audit(db.session)
    assert report.faults == []
    assert report.changes == len(written)
    assert report.number == report.seals == db.session.scalar(select(seal.c.number).order_by(seal.c.number.desc()))
    assert (report.number, report.chain) == head(db.session)


def test_a_batch_may_grow_over_several_transactions(written):
    with history.acting(None, "job"):
        for _ in range(3):
            make(Tag)
            db.session.commit()
            seal_all(db.session)
    assert faults() == []
    assert audit(db.session).changes == len(written) + 3


@pytest.mark.parametrize(
    "values",
    [
        {"actor": "Somebody else"},
        {"actor_id": 12},
        {"verb": "reject"},
        {"label": "Another"},
        {"row_id": 99},
        {"door": "job"},
        {"address": "192.0.2.9"},
        {"before": '{"status": "spam"}'},
        {"after": '{"redacted": "' + "0" * 64 + '"}', "label": ""},
    ],
    ids=str,
)
def test_an_altered_change_is_named(written, values):
    with tampering() as connection:
        put = ", ".join(f"{name} = :{name}" for name in values)
        if connection.dialect.name == "postgresql":
            put = put.replace(":before", "CAST(:before AS jsonb)").replace(":after", "CAST(:after AS jsonb)")
        connection.execute(text(f"UPDATE change SET {put} WHERE id = :key"), {**values, "key": written[5]})
    assert faults()[0] == ("This change was altered.", written[5])


def test_the_moment_of_a_change_cannot_be_moved(written):
    first = db.session.get(Change, written[0]).created_at
    with tampering() as connection:
        table = Change.__table__
        connection.execute(table.update().where(table.c.id == written[5]).values(created_at=first))
    assert faults()[0] == ("This change was altered.", written[5])


@pytest.mark.parametrize("at", [0, 5, -1])
def test_a_change_that_is_gone_is_missed(written, at):
    with tampering() as connection:
        connection.execute(text("DELETE FROM change WHERE id = :key"), {"key": written[at]})
    found = faults()
    assert "gone" in found[0][0]
    assert found[0][1] == written[at]


def test_a_change_put_in_later_is_noticed(written):
    names = "batch, actor, door, model, label, verb, created_at, updated_at, version, digest"
    with tampering() as connection:
        connection.execute(text(f"INSERT INTO change ({names}) SELECT {names} FROM change WHERE id = {written[2]}"))
        if connection.dialect.name == "sqlite":
            # There, whatever has no seal yet is sealed as it stands; the digest of a copy tells on it all the same.
            connection.execute(text("UPDATE change SET label = 'x' WHERE id = (SELECT max(id) FROM change)"))
    if db.engine.dialect.name == "sqlite":
        seal_all(db.session)
        assert faults()[0][0] == "This change was altered."
    else:
        assert ("No seal stands for this change.", written[-1] + 1) in faults()


def test_a_change_altered_together_with_its_digest_breaks_its_seal(written):
    table = Change.__table__
    with tampering() as connection:
        connection.execute(table.update().where(table.c.id == written[5]).values(actor="Somebody else"))
        connection.execute(
            table.update().where(table.c.id == written[5]).values(digest=expected(connection.dialect.name, table.c))
        )
    batch = db.session.scalar(select(Change.batch).where(Change.id == written[5]))
    found = audit(db.session).faults[0]
    assert (found.what, found.batch) == ("These changes were altered together with their digests.", batch)


def test_a_chain_made_anew_from_the_middle_is_told_from_a_seal_written_down(written):
    known = head(db.session)
    with tampering() as connection:
        connection.execute(seal.update().values(number=None, chain=None, sealed_at=None))
    seal_all(db.session)
    assert faults() == []
    assert faults(known=known)[0][0] == f"Seal {known[0]} is not the one that was written down."
    assert faults(known=(known[0] + 1, known[1]))[0][0].endswith(f"the chain ends at {known[0]}.")


def test_a_seal_that_is_gone_or_moved_breaks_the_chain(written):
    with tampering() as connection:
        connection.execute(delete(seal).where(seal.c.number == 2))
    assert faults()[0][0] == "Seal 2 is missing."


def test_values_taken_out_without_a_word_are_noticed(written):
    table = Change.__table__
    blank = {
        "label": "",
        "before": None,
        "after": sql_object(
            db.engine.dialect.name, {"redacted": (table.c.label, content(db.engine.dialect.name, table.c))}
        ),
    }
    with guards.door(db.session, guards.REDACT):
        change = update(table).where(table.c.id == written[5]).values(blank)
        db.session.execute(change, execution_options=RECORDED)
    db.session.commit()
    assert faults() == [("The values of this change were taken out, and no removal is recorded.", written[5])]


def test_a_missing_trigger_is_told(written):
    with db.engine.begin() as connection:
        guards.detach(connection)
    found = [what for what, _row in faults()]
    db.session.rollback()
    with db.engine.begin() as connection:
        guards.install(connection)
    assert "The trigger history_change_update is missing or altered." in found
    assert faults() == []


def test_the_command_says_so_and_names_the_first(written, runner):
    told = runner.invoke(args=["check", "history"])
    assert told.exit_code == 0, told.output
    assert f"{len(written)} changes" in told.output
    with tampering() as connection:
        connection.execute(text("UPDATE change SET door = 'job' WHERE id = :key"), {"key": written[5]})
    told = runner.invoke(args=["check", "history"])
    assert told.exit_code == 1
    assert f"change {written[5]}: This change was altered." in told.output


def test_a_save_costs_one_statement_more(queries):
    post = make(Post)
    db.session.commit()
    with queries() as sent:
        post.title = "Another"
        db.session.flush()
    writes = [one for one in sent if not one.lstrip().startswith("SELECT")]
    assert [one.split()[0] for one in writes] == ["UPDATE", "INSERT"]


def test_many_changes_are_one_statement(queries):
    entries = [
        {"model": "tag", "row_id": at, "label": f"Tag {at}", "verb": "create", "before": None, "after": {"n": at}}
        for at in range(1, 301)
    ]
    with queries() as sent:
        history.note_many(db.session, entries)
    assert len(sent) == 1
    db.session.commit()
    seal_all(db.session)
    found = db.session.execute(select(Change.row_id, Change.after).filter_by(model="tag").order_by(Change.id)).all()
    assert [(key, after["n"]) for key, after in found] == [(at, at) for at in range(1, 301)]
    assert faults() == []


def test_a_bare_insert_into_the_history_is_refused():
    with pytest.raises(history.Unrecorded):
        db.session.execute(insert(Change).values(batch="x"))


def test_what_is_old_is_written_to_a_file_and_removed(written, runner, tmp_path):
    with tampering() as connection:
        connection.execute(seal.update().where(seal.c.number <= 2).values(sealed_at=datetime(2020, 1, 1, tzinfo=UTC)))
        connection.execute(seal.update().values(number=None, chain=None))
        open_ones = connection.execute(select(seal).order_by(seal.c.first_id)).all()
        word = GENESIS
        for number, one in enumerate(open_ones, 1):
            word = link(word, number, one, one.sealed_at)
            connection.execute(seal.update().where(seal.c.id == one.id).values(number=number, chain=word))
    assert faults() == []
    file = tmp_path / "old.jsonl"
    told = runner.invoke(args=["history", "prune", "--before", "2021-01-01", "--export", str(file)])
    assert told.exit_code == 0, told.output
    db.session.rollback()
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    left = list(db.session.scalars(select(Change.id).order_by(Change.id)))
    assert [one["id"] for one in lines] == written[: len(lines)]
    assert left[:-1] == written[len(lines) :]
    assert {len(one["digest"]) for one in lines} == {64}
    seal_all(db.session)
    assert faults() == []
    again = runner.invoke(args=["history", "prune", "--before", "2021-01-01", "--export", str(file)])
    assert "Nothing is that old." in again.output
    with tampering() as connection:
        connection.execute(text("DELETE FROM change WHERE verb = 'prune'"))
    assert faults() != []


def test_nothing_is_removed_when_the_file_cannot_be_written(written, runner, tmp_path):
    (tmp_path / "there.jsonl").write_text("mine")
    for name, said in (("there.jsonl", "is there already"), ("no/such/folder.jsonl", "could not be written")):
        told = runner.invoke(args=["history", "prune", "--before", "2999-01-01", "--export", str(tmp_path / name)])
        assert told.exit_code == 1
        assert said in told.output
    db.session.rollback()
    assert list(db.session.scalars(select(Change.id).order_by(Change.id))) == written
    assert (tmp_path / "there.jsonl").read_text() == "mine"


def rewritten(connection, key, **values):
    """Alter a change together with its digest, as somebody would who knows how that is made."""
    table = Change.__table__
    connection.execute(table.update().where(table.c.id == key).values(**values))
    right = expected(connection.dialect.name, table.c)
    connection.execute(table.update().where(table.c.id == key).values(digest=right))


def test_two_changes_that_changed_places_are_noticed(written):
    first, second = written[4:6]
    with tampering() as connection:
        for old, new in ((first, 10**6), (second, first), (10**6, second)):
            connection.execute(text("UPDATE change SET id = :new WHERE id = :old"), {"old": old, "new": new})
    batch = db.session.scalar(select(Change.batch).where(Change.id == first))
    found = audit(db.session).faults[0]
    assert (found.what, found.batch) == ("These changes were altered together with their digests.", batch)


def test_values_put_where_others_were_taken_out_are_noticed(written):
    gone = db.session.scalars(select(Change).where(Change.verb == "delete")).one()
    key = gone.id
    with history.acting(None, "panel"):
        trash.remove(db.session, OPERATOR, gone)
        db.session.commit()
    seal_all(db.session)
    assert faults() == []
    table = Change.__table__
    left = db.session.scalar(select(table.c.after).where(table.c.id == key))
    for values in ({"before": {"status": "spam"}}, {"after": {**left, "status": "spam"}}, {"label": "Somebody"}):
        with tampering() as connection:
            connection.execute(table.update().where(table.c.id == key).values(**values))
        assert faults()[0] == ("This change was altered.", key)
        with tampering() as connection:
            connection.execute(table.update().where(table.c.id == key).values(before=None, after=left, label=""))
        assert faults() == []


def test_the_end_cannot_be_cut_off_behind_a_seal_that_was_written_down(written):
    known = head(db.session)
    last = db.session.execute(select(seal).order_by(seal.c.number.desc()).limit(1)).one()
    with tampering() as connection:
        connection.execute(text("DELETE FROM change WHERE id >= :key"), {"key": last.first_id})
        connection.execute(delete(seal).where(seal.c.id == last.id))
    told = faults(known=known)
    assert (f"Seal {known[0]} is gone: the chain ends at {known[0] - 1}.", None) in told
    if db.engine.dialect.name == "sqlite":
        assert ("3 are gone from the end of the table change.", last.first_id) in told
        make(Tag)
        db.session.commit()
        seal_all(db.session)
        assert ("Changes are gone that were written before these.", last.first_id) in faults()


@pytest.mark.sqlite
def test_a_change_that_was_gone_before_it_was_sealed_is_missed():
    with history.acting(None, "panel"):
        for _ in range(4):
            make(Tag)
        db.session.commit()
    keys = list(db.session.scalars(select(Change.id).order_by(Change.id)))
    with tampering() as connection:
        connection.execute(text("DELETE FROM change WHERE id = :key"), {"key": keys[1]})
    seal_all(db.session)
    assert faults() == [("Some of these changes were gone before they were sealed.", keys[0])]


def test_a_forged_change_cannot_hide_behind_a_second_seal(written):
    names = "batch, actor, door, model, label, verb, created_at, updated_at, version, digest"
    with tampering() as connection:
        put = f"INSERT INTO change (id, {names}) SELECT id + 100000, {names} FROM change WHERE id = :key"
        connection.execute(text(put), {"key": written[0]})
        rewritten(connection, written[0] + 100000, actor="Somebody else", batch="forged")
        # A second seal for a change that has one makes the numbers meet again.
        one = connection.execute(select(seal).order_by(seal.c.number).limit(1)).one()
        hash_ = hashlib.sha256(
            connection.scalar(text("SELECT digest FROM change WHERE id = :key"), {"key": one.first_id}).encode()
        )
        copy = {"batch": one.batch, "first_id": one.first_id, "last_id": one.first_id, "count": 1}
        number, chain = head(connection)
        again = {**copy, "digest": hash_.hexdigest(), "number": number + 1, "sealed_at": one.sealed_at}
        again["id"] = connection.scalar(text("SELECT max(id) FROM seal")) + 1
        again["chain"] = link(chain, number + 1, SimpleNamespace(**again), one.sealed_at)
        connection.execute(insert(seal).values(**again))
    assert ("Two seals stand for the same changes.", one.first_id) in faults()


def test_a_trigger_that_does_something_else_is_told(written):
    if db.engine.dialect.name == "sqlite":
        alter = [
            "DROP TRIGGER history_change_update",
            "CREATE TRIGGER history_change_update BEFORE UPDATE ON change WHEN 0 BEGIN SELECT 1; END",
        ]
        name = "history_change_update"
    else:
        body = "CREATE OR REPLACE FUNCTION history_guard() RETURNS trigger LANGUAGE plpgsql AS"
        alter, name = [f"{body} $guard$ BEGIN RETURN NEW; END $guard$"], "history_guard"
    db.session.rollback()
    with db.engine.begin() as connection:
        for statement in alter:
            connection.exec_driver_sql(statement)
    try:
        assert (f"The trigger {name} is missing or altered.", None) in faults()
    finally:
        db.session.rollback()
        with db.engine.begin() as connection:
            guards.install(connection)
    assert faults() == []


@pytest.mark.postgres
def test_a_trigger_that_works_for_replicas_alone_is_told(written):
    db.session.rollback()
    with db.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE change ENABLE REPLICA TRIGGER history_change_update")
    try:
        assert faults() == [("The trigger history_change_update is missing or altered.", None)]
    finally:
        db.session.rollback()
        with db.engine.begin() as connection:
            guards.install(connection)
