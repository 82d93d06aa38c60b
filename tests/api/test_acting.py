"""Operations as JSON: rehearsed, bound to the rows that were seen, told row by row, and undone."""

import pytest
from sqlalchemy import select

from backoffice.core.jobs import Job
from backoffice.core.model import db
from backoffice.core.operation import chunks
from backoffice.models.comments import Comment
from backoffice.models.content import Post, Tag
from make import make


@pytest.fixture
def comments(app):
    """Return the keys of four comments that wait, and one that is approved."""
    with app.app_context():
        made = [make(Comment, guest_name=f"G{at}", status="pending") for at in range(4)]
        made.append(make(Comment, guest_name="Done", status="approved"))
        db.session.commit()
        return [one.id for one in made]


def states(app):
    with app.app_context():
        return list(db.session.scalars(select(Comment.status).order_by(Comment.id)))


def test_an_operation_is_rehearsed_done_told_by_row_and_taken_back(app, program, comments):
    worker = program("moderator")
    sent = {"ids": [*comments, 987654]}
    dry = worker.post("comments/actions/approve", {**sent, "dry_run": True})
    assert (dry.status_code, dry.json["changed"], dry.json["already"], dry.json["refused"]) == (200, 4, 1, 1)
    assert worker.post("comments/actions/approve?dry_run=true", sent).json["groups"] == dry.json["groups"]
    assert states(app) == ["pending"] * 4 + ["approved"]
    done = worker.post("comments/actions/approve", sent, headers={"Idempotency-Key": "once"})
    assert [done.json[name] for name in ("changed", "already", "refused")] == [4, 1, 1]
    became = {one["id"]: one["became"] for one in done.json["rows"]}
    assert [became[key] for key in sent["ids"]] == ["done"] * 4 + ["same", "refused"]
    assert states(app) == ["approved"] * 5
    again = worker.post("comments/actions/approve", sent, headers={"Idempotency-Key": "once"})
    assert (again.headers["Idempotent-Replayed"], again.json) == ("true", done.json)
    batch = {"batch": done.json["batch"]}
    assert worker.post("changes/actions/undo", {**batch, "dry_run": True}).json["done"] == 4
    assert states(app) == ["approved"] * 5
    assert worker.post("changes/actions/undo", batch).json["done"] == 4
    assert states(app) == ["pending"] * 4 + ["approved"]
    assert program("author").post("changes/actions/undo", batch).status_code == 404


def test_all_that_match_are_those_that_were_expected_or_none(app, program, comments):
    worker = program("moderator")
    asked = {"filter": {"status": "pending"}}
    assert worker.post("comments/actions/approve", asked).status_code == 428
    other = worker.post("comments/actions/approve", {**asked, "expected": 5})
    assert (other.status_code, other.json["found"]) == (409, 4)
    assert states(app) == ["pending"] * 4 + ["approved"]
    assert worker.post("comments/actions/approve", {**asked, "expected": 4}).json["changed"] == 4


def test_a_row_that_is_another_version_than_was_read_stops_the_whole(app, program, comments):
    seen = [{"id": key, "version": 1} for key in comments]
    with app.app_context():
        db.session.get(Comment, comments[0]).guest_name = "Other"
        db.session.commit()
    answer = program("moderator").post("comments/actions/approve", {"ids": seen})
    assert (answer.status_code, answer.json["moved"]) == (409, [{"id": comments[0], "version": 2}])
    assert states(app) == ["pending"] * 4 + ["approved"]


def test_columns_and_relations_of_many_rows_are_changed_at_once(app, program):
    with app.app_context():
        old, new = make(Tag, name="old"), make(Tag, name="new")
        keys = [make(Post, title=f"P{at}", tags=[old]).id for at in range(2)]
        db.session.commit()
        old, new = old.id, new.id
    writer = program("editor")
    sent = {"ids": keys, "set": {"excerpt": "Same."}, "add": {"tags": [new]}, "remove": {"tags": [old]}}
    assert writer.post("posts/actions/update", sent).json["changed"] == 2
    for key in keys:
        row = writer.get(f"posts/{key}").json
        assert (row["excerpt"], [one["id"] for one in row["tags"]]) == ("Same.", [new])
    for wrong in ({"set": {"slug": "x"}}, {"set": {"tags": [1]}}, {"add": {"tags": "x"}}, {"set": []}, {}):
        assert writer.post("posts/actions/update", {"ids": keys, **wrong}).status_code == 422, wrong


def test_many_rows_are_a_job_and_never_one_that_may_more_than_its_token(app, program, comments, monkeypatch):
    monkeypatch.setattr(chunks, "LARGE", 2)
    asked = {"filter": {"status": "pending"}, "expected": 4}
    worker = program("moderator")
    answer = worker.post("comments/actions/approve", asked)
    assert answer.status_code == 202, answer.json
    assert worker.get(answer.headers["Location"]).json["state"] == "waiting"
    with app.app_context():
        assert db.session.scalars(select(Job.user_id)).all() == [worker.user.id]
    # The job would act for the account, with rights that this token was not given.
    monkeypatch.setattr(chunks, "LARGE", -1)
    boss = program("administrator", ["post.read", "post.submit:own", "job.read:own"])
    number = boss.get("posts").json["count"]["value"]
    assert boss.post("posts/actions/submit", {"filter": {}, "expected": number}).status_code == 403


def test_what_an_operation_cannot_be_asked_is_refused(program, comments):
    worker = program("moderator")
    for sent, status in (
        ({}, 422),
        ({"ids": [], "filter": {}}, 422),
        ({"ids": []}, 422),
        ({"ids": ["1"]}, 422),
        ({"ids": [True]}, 422),
        ({"ids": [{"id": 1, "version": "x"}]}, 422),
        ({"ids": list(range(1, 1002))}, 422),
        ({"ids": [10**30]}, 422),
        ({"ids": [1], "set": {}}, 422),
        ({"ids": [1], "dry_run": 1}, 422),
        ({"filter": {"status": 1}, "expected": 1}, 422),
        ({"filter": {"nothing": "1"}, "expected": 1}, 400),
        ({"filter": {"page": "1"}, "expected": 1}, 400),
        ({"filter": {"agent__contains": "\x00"}, "expected": 1}, 400),
    ):
        answer = worker.post("comments/actions/approve", sent)
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), sent
    for path in ("comments/actions/nothing", "posts/actions/publish", "nothing/actions/approve"):
        assert worker.post(path, {"ids": [1]}).status_code == 404, path
    assert worker.post("changes/actions/undo", {"batch": "no"}).status_code == 404
    assert program("author").post("comments/actions/approve", {"ids": comments}).status_code == 404
