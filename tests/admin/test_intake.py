"""Rows are brought in from files in three steps, and nothing is stored before the last."""

import csv
import io
import os
import re
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from backoffice.core.history import Change
from backoffice.core.imports import uploads
from backoffice.core.model import db
from backoffice.models.accounts import Role
from backoffice.models.content import Post, Tag
from make import make
from sending import confirm, figures, names, rehearse, send, token

FILE = "name,slug,noise\nFog,fog,1\nMist,mist,2\n"


def folder(app):
    return sorted(path.name for path in Path(app.config["IMPORTS_FOLDER"]).iterdir())


def test_a_file_is_sent_rehearsed_and_brought_in(app, as_role):
    editor = as_role("editor")
    assert 'href="/admin/tag/import/"' in editor.get("/admin/tag/").text
    assert editor.get("/admin/tag/import/").status_code == 200
    page = send(editor, FILE)
    assert page.status_code == 200
    assert re.findall(r'<option value="(\w+)" selected>', page.text) == ["name", "slug", "slug"]
    assert "Mist" in page.text
    rehearsed = rehearse(editor, page, columns=("name", "slug", ""))
    assert figures(rehearsed) == [2, 0, 0, 0]
    assert "Bring in 2 rows" in rehearsed.text
    assert names(app) == []
    done = confirm(editor, rehearsed)
    assert (done.status_code, figures(done), names(app)) == (200, [2, 0, 0, 0], ["Fog", "Mist"])
    with app.app_context():
        told = db.session.scalars(select(Change).filter_by(model="tag")).all()
        assert {(one.verb, one.door, one.actor_id) for one in told} == {("create", "import", editor.user.id)}
        assert len({one.batch for one in told}) == 1
    assert not [name for name in folder(app) if uploads.NAME.fullmatch(name)]
    again = confirm(editor, rehearsed)
    assert (again.status_code, names(app)) == (422, ["Fog", "Mist"])


def test_what_changes_is_shown_before_it_is_done(app, as_role):
    editor = as_role("editor")
    with app.app_context():
        make(Tag, name="Fog & co", slug="fog")
        db.session.commit()
    rehearsed = rehearse(editor, send(editor, FILE), columns=("name", "slug", ""), key="slug")
    assert figures(rehearsed) == [1, 1, 0, 0]
    assert "<del>Fog &amp; co</del>" in rehearsed.text
    assert "<ins>Fog</ins>" in rehearsed.text
    assert names(app) == ["Fog & co"]
    confirm(editor, rehearsed)
    assert names(app) == ["Fog", "Mist"]


def test_refused_lines_are_told_and_can_be_fetched_and_mended(app, as_role):
    editor = as_role("editor")
    page = send(editor, "name\nFog\n=1+1\n" + "x" * 130 + "\nFog\n")
    rehearsed = rehearse(editor, page, columns=("name",))
    assert figures(rehearsed) == [2, 0, 0, 2]
    assert "At most 120 characters" in rehearsed.text
    assert 'name="step" value="confirm"' not in rehearsed.text
    link = re.search(r'href="([^"]+refused=[^"]+)"', rehearsed.text)[1]
    table = list(csv.reader(io.StringIO(editor.get(link).data.decode("utf-8-sig"))))
    assert table[0] == ["Line", "Field", "Reason", "name"]
    assert sorted(row[0] for row in table[1:]) == ["4", "5"]
    rehearsed = rehearse(editor, page, columns=("name",), whole="0")
    assert confirm(editor, rehearsed).status_code == 200
    assert names(app) == ["=1+1", "Fog"]
    assert as_role("editor").get(link).status_code == 422


def test_what_is_refused_since_the_rehearsal_stops_all_of_it(app, as_role):
    editor = as_role("editor")
    rehearsed = rehearse(editor, send(editor, FILE), columns=("name", "slug", ""))
    with app.app_context():
        make(Tag, name="Mist", slug="mist-2")
        db.session.commit()
    answer = confirm(editor, rehearsed)
    assert (answer.status_code, names(app)) == (422, ["Mist"])
    assert "Nothing was brought in" in answer.text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty"),
        (b"PK\x03\x04zip", "broken"),
        ("name\nM\u00f6we".encode("cp1252"), "Windows-1252"),
        (b"a," * 300, "more than 200 columns"),
        (b'"' * 999, "quote"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_and_not_kept(app, as_role, content, sentence):
    answer = send(as_role("editor"), content)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert folder(app) == []


def test_a_file_from_an_older_program_is_read_when_one_says_so(app, as_role):
    editor = as_role("editor")
    page = send(editor, "name\nM\u00f6we".encode("cp1252"), encoding="cp1252")
    confirm(editor, rehearse(editor, page, columns=("name",)))
    assert names(app) == ["M\u00f6we"]


@pytest.mark.parametrize(
    "chosen",
    [
        {"columns": ("", "", "")},
        {"columns": ("name", "name", "")},
        {"columns": ("name", "id", "")},
        {"columns": ("name", "password", "")},
        {"columns": ("name", "", ""), "key": "slug"},
        {"columns": ("name", "", ""), "key": "id"},
    ],
)
def test_choices_that_contradict_themselves_are_shown_again(as_role, chosen):
    editor = as_role("editor")
    answer = rehearse(editor, send(editor, FILE), **chosen)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_who_may_neither_create_nor_change_finds_no_such_page(as_role, client):
    moderator = as_role("moderator")
    for model in ("tag", "comment", "change", "role"):
        assert moderator.get(f"/admin/{model}/import/").status_code == 404
        assert send(moderator, FILE, model).status_code == 404
    assert client.get("/admin/tag/import/").status_code == 302
    assert as_role("administrator").get("/admin/change/import/").status_code == 404


def test_the_words_of_a_form_are_for_one_person_one_model_and_one_file(app, as_role):
    editor, other = as_role("editor"), as_role("editor")
    page = send(editor, FILE)
    rehearsed = rehearse(editor, page, columns=("name", "slug", ""))
    assert confirm(other, rehearsed).status_code == 422
    assert confirm(editor, rehearsed, "category").status_code == 422
    assert confirm(editor, page).status_code == 422
    for path in Path(app.config["IMPORTS_FOLDER"]).iterdir():
        path.write_text("name,slug,noise\nOther,other,1\n")
    assert confirm(editor, rehearsed).status_code == 422
    for word in ("", "forged", token(rehearsed)[0][:-2]):
        assert editor.post("/admin/tag/import/", data={"step": "confirm", "token": word}).status_code == 422
    assert names(app) == []


def test_a_right_that_was_lost_since_the_rehearsal_counts(app, as_role):
    editor = as_role("editor")
    rehearsed = rehearse(editor, send(editor, FILE), columns=("name", "slug", ""))
    with app.app_context():
        db.session.scalars(select(Role).filter_by(name="editor")).one().rights = ["tag.read"]
        db.session.commit()
    assert confirm(editor, rehearsed).status_code == 404
    assert names(app) == []


def test_files_are_private_and_go_after_a_day(app, as_role):
    editor = as_role("editor")
    page = send(editor, FILE)
    place = Path(app.config["IMPORTS_FOLDER"])
    (kept,) = place.iterdir()
    assert (place.stat().st_mode & 0o777, kept.stat().st_mode & 0o777) == (0o700, 0o600)
    os.utime(kept, (time.time() - 90_000,) * 2)
    send(editor, FILE)
    assert not kept.exists()
    assert rehearse(editor, page, columns=("name", "slug", "")).status_code == 422


def test_only_a_person_who_may_bring_in_tables_sends_more_than_a_form_holds(app, as_role, client):
    large = {"CONTENT_LENGTH": str(40 * 2**20), "CONTENT_TYPE": "multipart/form-data; boundary=x"}
    data = b"--x\r\nContent-Disposition: form-data; name=step\r\n\r\nnone\r\n--x--\r\n"
    editor = as_role("editor")
    assert client.post("/admin/tag/import/", data=data, environ_overrides=large).status_code == 413
    assert editor.post("/admin/tag/new/", data=data, environ_overrides=large).status_code == 413
    # Who may not bring in such rows is refused by the length alone: nothing of the body is read.
    assert as_role("moderator").post("/admin/tag/import/", data=data, environ_overrides=large).status_code == 413
    huge = {**large, "CONTENT_LENGTH": str(110 * 2**20)}
    assert editor.post("/admin/tag/import/", data=data, environ_overrides=huge).status_code == 413
    name = b"--x\r\nContent-Disposition: form-data; name=file; filename=a.csv\r\n\r\n"
    sent = name + b"name\nFog\n" + b"\n" * (34 * 2**20) + b"\r\n" + data.replace(b"none", b"upload")
    answer = editor.post("/admin/tag/import/", data=sent, content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 302


def test_an_export_as_a_spreadsheet_holds_the_grid_and_comes_back(app, as_role):
    editor = as_role("editor")
    with app.app_context():
        make(Tag, name="=1+1")
        db.session.commit()
    answer = editor.get("/admin/tag/export/xlsx/")
    assert answer.mimetype.endswith("spreadsheetml.sheet")
    rehearsed = rehearse(editor, send(editor, answer.data), columns=("name", "slug", ""), key="slug")
    assert figures(rehearsed) == [0, 0, 1, 0]


def test_what_does_not_fit_into_a_spreadsheet_is_said(app, as_role, runner):
    with app.app_context():
        make(Post, body="<p>" + "x" * 40_000 + "</p>")
        db.session.commit()
    answer = runner.invoke(args=["export", "post", "--format", "xlsx"])
    assert answer.exit_code == 1
    assert "Row 2, body: too long for a spreadsheet" in answer.output
    assert "Traceback" not in answer.output


# The command


def test_the_command_brings_in_what_export_wrote(app, runner, tmp_path):
    path = tmp_path / "tags.csv"
    path.write_text("Word,slug\nFog,fog\nMist,fog\n")
    dry = runner.invoke(args=["load", "tag", str(path), "--map", "Word=name", "--dry-run"])
    assert (dry.exit_code, "1 created, 0 changed, 0 unchanged, 1 refused." in dry.output) == (0, True)
    whole = runner.invoke(args=["load", "tag", str(path), "--map", "Word=name"])
    assert (whole.exit_code, names(app)) == (2, [])
    assert "Line 3, slug: There is already one with this slug." in whole.output
    good = runner.invoke(args=["load", "tag", str(path), "--map", "Word=name", "--good-lines"])
    assert (good.exit_code, names(app)) == (0, ["Fog"])
    again = runner.invoke(args=["load", "tag", str(path), "--map", "Word=name", "--key", "slug", "--good-lines"])
    assert "0 created, 0 changed, 1 unchanged, 1 refused." in again.output


def test_the_command_brings_in_what_is_too_large_for_the_network(app, runner, tmp_path, monkeypatch):
    monkeypatch.setattr("backoffice.core.imports.sheets.LARGEST", 10)
    monkeypatch.setattr("backoffice.core.imports.sheets.MOST_LINES", 1)
    path = tmp_path / "tags.csv"
    path.write_text("name\n" + "".join(f"Tag {at}\n" for at in range(10)))
    assert "10 created" in runner.invoke(args=["load", "tag", str(path)]).output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["penguin"], "there is no 'penguin'"),
        (["change"], "No column|Choose a field|not made from files"),
        (["tag", "--map", "x=name"], "no column called"),
        (["tag", "--map", "name=id"], "no field called"),
        (["tag", "--key", "id"], "cannot be recognised"),
    ],
)
def test_the_command_says_what_it_cannot_do(runner, tmp_path, arguments, sentence):
    path = tmp_path / "tags.csv"
    path.write_text("name\nFog\n")
    answer = runner.invoke(args=["load", arguments[0], str(path), *arguments[1:]])
    assert answer.exit_code == 2
    assert re.search(sentence, answer.output)
