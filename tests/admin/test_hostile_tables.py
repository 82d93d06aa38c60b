"""Hostile tables are sent as a browser sends them: an answer in a sentence, quickly, and nothing is half stored."""

import io
import json
import re
import time
import tracemalloc
from pathlib import Path

import pytest
from sqlalchemy import select

from backoffice.core import imports
from backoffice.core.imports import sheets
from backoffice.core.model import db
from backoffice.models.content import Category, Tag
from hostile_tables import HOSTILE, STRANGE
from sending import confirm, figures, names, rehearse, send

INPUTS = Path(__file__).resolve().parents[3] / "shared" / "inputs"
LONGEST = 5  # seconds of the processor for the slowest of them
LARGEST = 100 * 2**20  # bytes of memory beside what a file itself is held in


@pytest.fixture
def editor(as_role):
    return as_role("editor")


def inputs(pattern):
    """Return the files of this pattern, or leave the test out."""
    found = sorted(path for path in INPUTS.glob(pattern) if path.is_file()) if INPUTS.is_dir() else []
    if not found:
        pytest.skip("the shared inputs are not on this machine")
    return found


def test_what_is_no_table_is_refused_in_a_sentence(app, editor):
    for name, (content, sentence) in HOSTILE.items():
        began = time.process_time()
        answer = send(editor, content)
        assert (answer.status_code, time.process_time() - began < LONGEST) == (422, True), name
        assert re.search(sentence, answer.text), name
        assert len(answer.data) < 100_000, name
    assert names(app) == []


@pytest.mark.parametrize("name", STRANGE)
def test_a_strange_table_is_taken_line_by_line(app, editor, monkeypatch, name):
    monkeypatch.setattr(imports, "LARGE", sheets.LARGEST)
    content, taken, refused = STRANGE[name]
    began = time.process_time()
    page = send(editor, content)
    assert (page.status_code, len(page.data) < 100_000) == (200, True)
    width = len(re.findall(r'name="column-', page.text))
    rehearsed = rehearse(editor, page, columns=("name", "slug")[:width], whole="0")
    assert (figures(rehearsed), len(rehearsed.data) < 100_000) == ([taken, 0, 0, refused], True)
    assert names(app) == []
    if taken:
        assert figures(confirm(editor, rehearsed)) == [taken, 0, 0, refused]
    assert len(names(app)) == taken
    listed = editor.get("/admin/tag/")
    assert (listed.status_code, "<script>alert" in listed.text, "<img src=x" in listed.text) == (200, False, False)
    assert time.process_time() - began < LONGEST


@pytest.mark.parametrize("word", ["#" + "9" * 400, "#" + "9" * 5_000, "#-1", "#1e9", "a\u0000b", "\ud800", "x" * 10**5])
def test_words_that_name_no_row_are_refused(app, editor, word):
    lines = [{"name": "Fog", "parent": None}, {"name": "Mist", "parent": word}]
    page = send(editor, "\n".join(map(json.dumps, lines)), "category")
    rehearsed = rehearse(editor, page, "category", columns=("name", "parent"), whole="0")
    assert figures(rehearsed) == [1, 0, 0, 1]
    assert figures(confirm(editor, rehearsed, "category")) == [1, 0, 0, 1]
    with app.app_context():
        assert db.session.scalars(select(Category.name)).all() == ["Fog"]


@pytest.mark.parametrize("name", ["a bomb", "a large cell", "a million columns", "a million cells", "entities"])
def test_what_would_fill_the_memory_does_not(editor, name):
    content, _sentence = HOSTILE[name]
    editor.get("/admin/tag/import/")
    tracemalloc.start()
    assert send(editor, content).status_code == 422
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < LARGEST + 2 * len(content)


def test_the_name_of_a_file_says_nothing_about_it(app, editor):
    for title in ("rows.xlsx", "../../etc/passwd", "<script>alert(1)</script>", "\u202egpj.csv", "x" * 3_000):
        data = {"step": "upload", "file": (io.BytesIO(b"name\nFog\n"), title)}
        answer = editor.post("/admin/tag/import/", data=data)
        page = editor.get(answer.location)
        assert (answer.status_code, page.status_code) == (302, 200), title
        assert ("<script>alert" in page.text, len(page.data) < 100_000) == (False, True), title
    kept = {path.name for path in Path(app.config["IMPORTS_FOLDER"]).iterdir()}
    assert all(re.fullmatch("[0-9a-f]{32}", name) for name in kept)


def test_files_of_all_kinds_are_answered(editor):
    for path in [*inputs("5-upload-*/**/*"), *inputs("4-injection-lists/**/*")]:
        assert send(editor, path.read_bytes()).status_code in {200, 422}, path.name


def test_naughty_strings_come_in_as_they_are_or_are_refused_for_a_reason(app, editor):
    (path,) = inputs("4-naughty-strings/blns.json")
    words = list(dict.fromkeys(json.loads(path.read_text("utf-8"))))
    page = send(editor, "\n".join(json.dumps({"name": word}) for word in words))
    rehearsed = rehearse(editor, page, columns=("name",), whole="0")
    created, _changed, _unchanged, refused = figures(rehearsed)
    assert created + refused == len(words)
    assert created > len(words) / 2
    assert figures(confirm(editor, rehearsed)) == [created, 0, 0, refused]
    with app.app_context():
        stored = set(db.session.scalars(select(Tag.name)))
    assert stored <= {word.strip() for word in words}
    assert editor.get("/admin/tag/").status_code == 200
