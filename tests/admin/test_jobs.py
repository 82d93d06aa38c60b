"""People see their jobs and what became of them, stop and retry them, and fetch the files that they asked for."""

import io
import os
import re
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import select, update

from backoffice.core import jobs, transfer
from backoffice.core.history import Change
from backoffice.core.history.sets import RECORDED
from backoffice.core.jobs import CANCELLED, DONE, FAILED, RUNNING, WAITING, Job, crew, leases, worker
from backoffice.core.model import db
from backoffice.core.transfer import exports, workbooks
from backoffice.models.accounts import Role, User
from backoffice.models.content import Tag
from filling import shown
from make import make


@pytest.fixture
def editor(as_role):
    return as_role("editor")


@pytest.fixture
def tags(app):
    with app.app_context():
        for at in range(30):
            make(Tag, name=f"Tag {at}")
        db.session.commit()


def made(app, browser, **values):
    """Store a job of the person of this browser and return its key."""
    with app.app_context():
        row = Job(**{"name": "export", "user_id": browser.user.id, **values})
        db.session.add(row)
        db.session.commit()
        return row.id


def put(app, key, **values):
    with app.app_context():
        db.session.execute(update(Job).where(Job.id == key).values(**values), execution_options=RECORDED)
        db.session.commit()


def row(app, key):
    with app.app_context():
        return db.session.execute(select(Job.__table__).filter_by(id=key)).mappings().one()


def ask(browser, address="/admin/tag/export/csv/?later=1"):
    """Ask for an export as a job and return its key."""
    answer = browser.get(address)
    assert answer.status_code == 202
    return int(re.fullmatch(r"/admin/job/details/\?id=(\d+)", answer.location)[1])


def files(app):
    return sorted(path.name for path in Path(app.config["EXPORTS_FOLDER"]).glob("*"))


def test_one_sees_ones_own_jobs_and_an_administrator_sees_all(app, editor, as_role):
    mine, others = made(app, editor), made(app, as_role("author"))
    page = editor.get("/admin/job/").text
    assert f'id="row-{mine}"' in page
    assert f'id="row-{others}"' not in page
    assert editor.get(f"/admin/job/details/?id={others}").status_code == 404
    page = as_role("administrator").get("/admin/job/").text
    assert f'id="row-{mine}"' in page
    assert f'id="row-{others}"' in page


@pytest.mark.parametrize("address", ["/admin/job/", "/admin/job/details/?id={}"])
def test_a_bar_and_words_tell_how_far_a_job_is(address, app, editor):
    key = made(app, editor, state=RUNNING, progress=42)
    bar = shown(editor.get(address.format(key))).xpath("//progress")[0]
    assert (bar.get("value"), bar.get("max"), bar.get("aria-label")) == ("42", "100", "Progress")
    assert bar.tail.strip() == "42 %"


@pytest.mark.parametrize(("state", "moves"), [(WAITING, 1), (RUNNING, 1), (DONE, 0), (FAILED, 0), (CANCELLED, 0)])
def test_the_page_shows_itself_anew_only_while_the_job_changes(state, moves, app, editor):
    page = shown(editor.get(f"/admin/job/details/?id={made(app, editor, state=state)}"))
    assert len(page.xpath("//*[@data-moves]")) == moves
    assert len(page.xpath('//script[contains(@src, "admin/live.js")]')) == moves


def test_the_error_of_a_failed_job_stands_on_its_page_and_it_can_be_tried_again(app, editor):
    key = made(app, editor, state=FAILED, error="The disk is full.", attempts=5)
    page = editor.get(f"/admin/job/details/?id={key}").text
    assert "The disk is full." in page
    assert 'value="retry"' in page
    answer = editor.post("/admin/job/action/", data={"action": "retry", "rowid": key, "confirm": "1"})
    assert answer.status_code == 302
    again = row(app, key)
    assert (again["state"], again["attempts"], again["error"], again["finished_at"]) == (WAITING, 0, None, None)
    with app.app_context():
        assert db.session.scalars(select(Change).filter_by(verb="retry")).one().actor_id == editor.user.id


@pytest.mark.parametrize("state", [WAITING, RUNNING])
def test_a_job_can_be_cancelled_until_it_is_done(state, app, editor):
    key = made(app, editor, state=state)
    editor.post("/admin/job/action/", data={"action": "cancel", "rowid": key, "confirm": "1"})
    assert row(app, key)["state"] == CANCELLED
    assert worker.turn(app) is False


def test_nobody_cancels_the_job_of_another(app, editor, as_role):
    key = made(app, as_role("author"))
    editor.post("/admin/job/action/", data={"action": "cancel", "rowid": key, "confirm": "1"})
    assert row(app, key)["state"] == WAITING


def test_what_workers_tell_each_other_is_for_administrators(app, editor, as_role):
    key = made(app, editor, arguments={"word": "kumquat"})
    assert "kumquat" not in editor.get(f"/admin/job/details/?id={key}").text
    assert "kumquat" in as_role("administrator").get(f"/admin/job/details/?id={key}").text


def test_the_technical_cause_is_for_administrators_and_what_to_do_is_for_everybody(app, editor, as_role, monkeypatch):
    def breaks(task):
        raise ConnectionError(f"redis://worker:hunter2@host, seven kettles and {'0af1' * 16}\nDETAIL: kumquat")
        yield

    monkeypatch.setitem(jobs._works, "export", breaks)
    monkeypatch.setitem(app.config, "MAIL_PASSWORD", "seven kettles")
    monkeypatch.setattr(leases, "MOST_FAILURES", 1)
    key = made(app, editor)
    assert worker.turn(app)
    page = editor.get(f"/admin/job/details/?id={key}").text
    assert "tell an administrator" in page
    assert 'value="retry"' in page
    assert "ConnectionError" not in page
    page = as_role("administrator").get(f"/admin/job/details/?id={key}").text
    assert "ConnectionError: redis://…@host, … and … (" in page
    assert not [word for word in ("hunter2", "seven kettles", "0af1", "kumquat") if word in page]


def test_few_rows_are_sent_at_once_and_many_are_written_by_a_job(app, editor, tags, monkeypatch):
    assert editor.get("/admin/tag/export/csv/").status_code == 200
    monkeypatch.setattr(exports, "LARGE", 29)
    assert editor.get("/admin/tag/export/csv/?name=Tag+1").status_code == 200
    key = ask(editor, "/admin/tag/export/csv/")
    with app.app_context():
        noted = db.session.scalars(select(Change).filter_by(verb="export").order_by(Change.id)).all()
    assert [one.after["count"] for one in noted] == [30, 1, 30]
    assert row(app, key)["user_id"] == editor.user.id
    assert editor.get("/admin/tag/export/csv/?later=0").text.count("Tag ") == 30


@pytest.mark.parametrize("form", ["csv", "excel", "jsonl", "json"])
def test_the_file_holds_what_would_have_been_sent_at_once(form, app, editor, tags, monkeypatch):
    monkeypatch.setattr(exports, "PART", 7)
    key = ask(editor, f"/admin/tag/export/{form}/?later=1&search=Tag+2")
    assert worker.turn(app)
    page = editor.get(f"/admin/job/details/?id={key}").text
    assert f'href="/admin/job/file/?id={key}"' in page
    answer = editor.get(f"/admin/job/file/?id={key}")
    assert answer.status_code == 200
    assert answer.data == editor.get(f"/admin/tag/export/{form}/?search=Tag+2").data
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=tag-20")
    assert answer.headers["Cache-Control"] == "no-store"
    lines = editor.get("/admin/tag/export/jsonl/?search=Tag+2").data.count(b"\n")
    assert row(app, key)["result"]["rows"] == lines > 7


def test_a_workbook_is_sent_at_once_or_written_by_a_job(app, editor, tags):
    sent = editor.get("/admin/tag/export/xlsx/")
    assert sent.mimetype.endswith("spreadsheetml.sheet")
    key = ask(editor, "/admin/tag/export/xlsx/?later=1")
    assert worker.turn(app)
    written = editor.get(f"/admin/job/file/?id={key}")
    assert written.headers["Content-Disposition"].endswith(".xlsx")
    rows = [table_of(answer) for answer in (sent, written)]
    assert rows[0] == rows[1]
    assert len(rows[0]) == 31


@pytest.mark.parametrize("form", ["csv", "excel", "jsonl", "json"])
def test_an_interrupted_export_goes_on_where_it_was_and_says_so(form, app, editor, tags, monkeypatch):
    monkeypatch.setattr(exports, "PART", 7)
    monkeypatch.setattr(transfer, "FIRST", 5)
    key = ask(editor, f"/admin/tag/export/{form}/?later=1")
    assert worker.turn(app, lambda: True)
    told = row(app, key)
    assert (told["state"], told["done"], told["message"]) == (WAITING, 25, None)
    assert worker.turn(app)
    told = row(app, key)
    assert (told["state"], told["result"]["rows"], told["result"]["moments"]) == (DONE, 30, 2)
    assert told["message"] == "It was interrupted and went on: its rows are of 2 moments."
    assert told["message"] in editor.get(f"/admin/job/details/?id={key}").text
    assert editor.get(f"/admin/job/file/?id={key}").data == editor.get(f"/admin/tag/export/{form}/").data


@pytest.mark.parametrize("form", ["csv", "json", "xlsx"])
def test_an_export_interrupted_at_its_very_end_is_whole(form, app, editor, tags):
    key = ask(editor, f"/admin/tag/export/{form}/?later=1")
    while row(app, key)["state"] != DONE:
        assert worker.turn(app, lambda: True)
    assert row(app, key)["result"]["rows"] == 30
    sent, written = editor.get(f"/admin/tag/export/{form}/"), editor.get(f"/admin/job/file/?id={key}")
    assert (table_of(sent) == table_of(written)) if form == "xlsx" else (sent.data == written.data)


def test_a_workbook_that_was_interrupted_is_begun_anew_and_says_so(app, editor, tags, monkeypatch):
    monkeypatch.setattr(exports, "PART", 7)
    monkeypatch.setattr(workbooks, "BREATH", 1)
    monkeypatch.setattr(transfer, "FIRST", 5)
    key = ask(editor, "/admin/tag/export/xlsx/?later=1")
    assert worker.turn(app, lambda: True)
    assert 7 <= row(app, key)["done"] < 30
    assert worker.turn(app)
    assert (row(app, key)["state"], row(app, key)["message"]) == (DONE, "It was interrupted and began anew.")
    assert table_of(editor.get(f"/admin/job/file/?id={key}")) == table_of(editor.get("/admin/tag/export/xlsx/"))
    assert row(app, key)["result"]["rows"] == 30


def test_who_loses_a_right_while_the_file_is_written_does_not_get_it(app, editor, tags, monkeypatch):
    monkeypatch.setattr(exports, "PART", 7)
    monkeypatch.setattr(transfer, "FIRST", 5)
    key = ask(editor)
    step = exports._step

    def losing(state):
        if state["rows"] < 30:
            with app.app_context(), db.engine.begin() as connection:
                connection.execute(update(Role.__table__).where(Role.name == "editor").values(rights=["tag.read"]))
        return step(state)

    monkeypatch.setattr(exports, "_step", losing)
    worker.turn(app)
    assert (row(app, key)["state"], row(app, key)["error"]) == (FAILED, "You may not do this, or not any more.")


def table_of(answer):
    return list(load_workbook(io.BytesIO(answer.data)).active.values)


def test_a_file_without_rows_has_its_header(app, editor):
    key = ask(editor)
    assert worker.turn(app)
    assert editor.get(f"/admin/job/file/?id={key}").text.startswith('"name","')


def test_a_download_that_broke_off_goes_on(app, editor, tags):
    key = ask(editor)
    worker.turn(app)
    whole = editor.get(f"/admin/job/file/?id={key}")
    rest = editor.get(f"/admin/job/file/?id={key}", headers={"Range": "bytes=100-", "If-Range": whole.headers["ETag"]})
    assert rest.status_code == 206
    assert rest.headers["Content-Range"] == f"bytes 100-{len(whole.data) - 1}/{len(whole.data)}"
    assert rest.data == whole.data[100:]


def test_a_file_is_for_whoever_asked_alone(app, as_role, client, tags):
    asking, other = as_role("administrator"), as_role("administrator")
    key = ask(asking)
    worker.turn(app)
    assert other.get(f"/admin/job/details/?id={key}").status_code == 200
    assert other.get(f"/admin/job/file/?id={key}").status_code == 404
    assert as_role("editor").get(f"/admin/job/file/?id={key}").status_code == 404
    assert client.get(f"/admin/job/file/?id={key}").status_code == 302
    assert asking.get(f"/admin/job/file/?id={key}").status_code == 200


def test_a_file_is_for_those_who_still_hold_the_rights_it_was_written_with(app, editor, tags):
    key = ask(editor)
    worker.turn(app)
    with app.app_context():
        role = db.session.scalars(select(Role).filter_by(name="editor")).one()
        role.rights = [right for right in role.rights if right != "tag.export"]
        db.session.commit()
    assert editor.get(f"/admin/job/file/?id={key}").status_code == 404
    assert "job/file" not in editor.get(f"/admin/job/details/?id={key}").text


def test_whoever_has_since_got_every_right_still_fetches_the_file(app, editor, tags):
    key = ask(editor)
    worker.turn(app)
    with app.app_context():
        person = db.session.get(User, editor.user.id)
        person.roles = [db.session.scalars(select(Role).filter_by(name="administrator")).one()]
        db.session.commit()
    assert editor.get(f"/admin/job/file/?id={key}").status_code == 200


def test_rights_are_asked_again_when_the_job_is_done(app, editor, tags):
    key = ask(editor)
    with app.app_context():
        role = db.session.scalars(select(Role).filter_by(name="editor")).one()
        role.rights = [right for right in role.rights if right != "tag.export"]
        db.session.commit()
    worker.turn(app)
    assert (row(app, key)["state"], row(app, key)["error"]) == (FAILED, "You may not do this, or not any more.")


def test_there_is_no_file_before_it_is_whole_or_after_a_week(app, editor, tags):
    key = ask(editor)
    assert editor.get(f"/admin/job/file/?id={key}").status_code == 404
    worker.turn(app)
    put(app, key, finished_at=row(app, key)["finished_at"] - timedelta(days=7, minutes=1))
    assert editor.get(f"/admin/job/file/?id={key}").status_code == 404
    (path,) = Path(app.config["EXPORTS_FOLDER"]).iterdir()
    with app.app_context():
        assert exports.sweep(db.session()) == 0
        os.utime(path, (0, 0))
        assert exports.sweep(db.session()) == 1
    assert files(app) == []


def test_what_a_job_still_writes_or_somebody_may_still_fetch_is_not_swept_away(app, editor, tags, monkeypatch):
    done = ask(editor)
    worker.turn(app)
    monkeypatch.setattr(exports, "PART", 7)
    ask(editor, "/admin/tag/export/jsonl/?later=1")
    worker.turn(app, lambda: True)
    assert len(files(app)) == 2
    for path in Path(app.config["EXPORTS_FOLDER"]).iterdir():
        os.utime(path, (0, 0))
    with app.app_context():
        assert exports.sweep(db.session()) == 0
    assert worker.turn(app)
    assert editor.get(f"/admin/job/file/?id={done}").status_code == 200


@pytest.mark.parametrize("address", ["xml/", "csv/?later=2", "csv/?later=1&later=1", "csv/?later="])
def test_a_made_up_export_is_refused(address, app, editor, tags):
    assert editor.get(f"/admin/tag/export/{address}").status_code in {400, 404}
    with app.app_context():
        assert db.session.scalars(select(Job)).all() == []


def test_asking_twice_at_once_writes_one_file(app, editor, tags):
    asked = [ask(editor) for _ in range(2)]
    while worker.turn(app):
        pass
    # The minute may have turned between the two.
    assert len(files(app)) == len(set(asked))


def test_whoever_may_not_see_their_jobs_is_sent_the_rows(app, as_role, tags):
    with app.app_context():
        db.session.add(Role(name="clerk", rights=["tag.read", "tag.export"]))
        db.session.commit()
    assert as_role("clerk").get("/admin/tag/export/csv/?later=1").status_code == 200


def test_workers_sweep_when_they_start(app, editor, tags):
    folder = exports.folder
    with app.app_context():
        stray = folder() / "1-left.csv"
    stray.write_text("left")
    os.utime(stray, (0, 0))
    crew.run(app, threading.Event(), drain=True)
    assert not stray.exists()
