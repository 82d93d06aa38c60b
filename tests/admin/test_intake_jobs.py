"""Large files are rehearsed and brought in by jobs, whose pages lead back to what became of the lines."""

import csv
import io
import re

import pytest
from sqlalchemy import select, update

from backoffice.core import imports
from backoffice.core.history import Change
from backoffice.core.history.sets import RECORDED
from backoffice.core.jobs import CANCELLED, Job, worker
from backoffice.core.model import db
from backoffice.models.accounts import Role
from sending import confirm, figures, names, rehearse, send

FILE = "name,slug\nFog,fog\nMist,mist\nHaze,fog\n"


@pytest.fixture(autouse=True)
def _large(monkeypatch):
    monkeypatch.setattr(imports, "LARGE", 10)


def follow(app, browser, answer):
    """Let a worker do the job that an answer leads to; return its page and the page that says what became of it."""
    assert answer.status_code == 303
    page = browser.get(answer.location)
    assert page.status_code == 200
    assert "import/?job=" not in page.text
    worker.turn(app)
    page = browser.get(answer.location)
    links = re.findall(r'href="(/admin/tag/import/\?job=[^"]+)"', page.text)
    return page, browser.get(links[0].replace("&amp;", "&")) if links else None, links


def test_a_large_file_is_rehearsed_by_a_job_and_then_brought_in_by_another(app, as_role):
    editor = as_role("editor")
    answer = rehearse(editor, send(editor, FILE), columns=("name", "slug"), whole="0")
    _page, rehearsed, links = follow(app, editor, answer)
    assert (figures(rehearsed), names(app)) == ([2, 0, 0, 1], [])
    assert "Bring in 2 rows" in rehearsed.text
    table = list(csv.reader(io.StringIO(editor.get(links[1].replace("&amp;", "&")).data.decode("utf-8-sig"))))
    assert [row[0] for row in table[1:]] == ["4"]
    answer = confirm(editor, rehearsed)
    _page, done, _links = follow(app, editor, answer)
    assert (figures(done), names(app)) == ([2, 0, 0, 1], ["Fog", "Mist"])
    with app.app_context():
        told = db.session.scalars(select(Change).filter_by(model="tag")).all()
        assert {(one.door, one.actor_id) for one in told} == {("import", editor.user.id)}
        assert len({one.batch for one in told}) == 1
    # Confirmed again, it is the same job, and is not done again.
    assert confirm(editor, rehearsed).location == answer.location
    assert not worker.turn(app)
    assert names(app) == ["Fog", "Mist"]


def test_refused_lines_of_all_or_nothing_fail_the_job_and_can_be_fetched(app, as_role):
    editor = as_role("editor")
    rehearsed = rehearse(editor, send(editor, FILE.replace("Haze,fog", "Haze,haze")), columns=("name", "slug"))
    _page, rehearsed, _links = follow(app, editor, rehearsed)
    editor.post("/admin/tag/new/", data={"name": "Haze"})
    page, _none, links = follow(app, editor, confirm(editor, rehearsed))
    assert "Nothing was brought in: line 4 was refused." in page.text
    assert names(app) == ["Haze"]
    assert len(links) == 1
    assert "already one" in editor.get(links[0].replace("&amp;", "&")).data.decode()


def test_what_was_cancelled_says_what_is_kept(app, as_role):
    editor = as_role("editor")
    page = send(editor, FILE)
    answer = rehearse(editor, page, columns=("name", "slug"))
    with app.app_context():
        db.session.execute(update(Job).values(state=CANCELLED), execution_options=RECORDED)
        db.session.commit()
    page = editor.get(answer.location)
    assert page.status_code == 200
    assert "import/?job=" not in page.text


def test_the_import_of_one_is_nothing_to_others(app, as_role):
    editor, other, administrator = as_role("editor"), as_role("editor"), as_role("administrator")
    answer = rehearse(editor, send(editor, FILE), columns=("name", "slug"), whole="0")
    worker.turn(app)
    key = re.search(r"id=(\d+)", answer.location)[1]
    address = f"/admin/tag/import/?job={key}"
    assert editor.get(address).status_code == 200
    for browser in (other, administrator):
        assert browser.get(address).status_code == 404
        assert browser.get(f"{address}&refused=1").status_code == 404
    assert editor.get(f"/admin/category/import/?job={key}").status_code == 404
    for word in ("0", "x", "999999"):
        assert editor.get(f"/admin/tag/import/?job={word}").status_code == 404
    assert "import/?job=" not in administrator.get(answer.location).text


def test_who_may_not_see_jobs_waits_for_the_answer(app, as_role):
    editor = as_role("editor")
    with app.app_context():
        role = db.session.scalars(select(Role).filter_by(name="editor")).one()
        role.rights = [right for right in role.rights if not right.startswith("job.")]
        db.session.commit()
    rehearsed = rehearse(editor, send(editor, FILE), columns=("name", "slug"), whole="0")
    assert (rehearsed.status_code, figures(rehearsed)) == (200, [2, 0, 0, 1])
