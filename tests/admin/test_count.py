"""Who wants to know exactly how many of very many rows there are has them counted by a job, and sees the number."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from backoffice.core.history import Change
from backoffice.core.history.sets import RECORDED
from backoffice.core.jobs import DONE, RUNNING, WAITING, Job, worker
from backoffice.core.model import db
from backoffice.core.paging import census, counting
from backoffice.models.accounts import Role, User
from backoffice.models.content import Post, Tag
from filling import shown
from make import make
from people import add_user

GRID = "/admin/tag/?page_size=20&search=Tag"


@pytest.fixture(autouse=True)
def many(app, monkeypatch):
    """Store some rows that are taken for very many."""
    about = counting.Number(300_000, exact=False)
    monkeypatch.setattr(counting, "count", lambda *_asked: about)
    for way in ("sought", "glanced"):
        monkeypatch.setattr(counting, way, lambda *_asked: (about, None))
    with app.app_context():
        for at in range(30):
            make(Tag, name=f"Tag {at}")
        db.session.commit()


@pytest.fixture
def editor(as_role):
    return as_role("editor")


def jobs(app):
    with app.app_context():
        return db.session.execute(select(Job.__table__).order_by(Job.id)).mappings().all()


def total(browser, address=GRID):
    """Return what the pager says, the address of its form, and whether it shows itself anew."""
    page = shown(browser.get(address))
    (place,) = page.xpath('//*[@id="total"]')
    form = place.xpath(".//form/@action")
    return " ".join(place.text_content().split()), form[0] if form else "", place.get("data-moves")


def ask(browser, address=GRID):
    """Press the button, and return the address one is led to."""
    answer = browser.post(total(browser, address)[1])
    assert answer.status_code == 302
    return answer.location


def test_a_job_counts_them_and_the_grid_shows_the_number(app, editor):
    words, form, moves = total(editor)
    assert "about 300,000" in words
    assert form.startswith("/admin/tag/count/?")
    assert moves is None
    page = ask(editor)
    words, form, moves = total(editor, page)
    assert "All of them are being counted." in words
    assert (form, moves) == ("", page)
    assert worker.turn(app)
    words, form, moves = total(editor, page)
    assert "of 30" in words
    assert "Counted at" in words
    assert (form, moves) == ("", None)
    assert jobs(app)[0]["user_id"] == editor.user.id


def test_the_page_moves_by_itself_where_there_is_javascript(editor):
    page = shown(editor.get(ask(editor)))
    assert page.xpath('//script[contains(@src, "admin/live.js")]')
    assert "data-stays" in page.xpath('//*[@id="total"]')[0].attrib
    assert "data-moves" not in shown(editor.get(GRID)).xpath('//*[@id="total"]')[0].attrib


def test_asking_twice_is_one_job_for_one_person_and_one_filter(app, editor, as_role):
    form = total(editor)[1]
    for _time in range(2):
        editor.post(form)
    assert len(jobs(app)) == 1
    worker.turn(app)
    editor.post(form)
    assert [one["state"] for one in jobs(app)] == [DONE]
    as_role("editor").post(form)
    editor.post("/admin/tag/count/?search=Tag+1")
    assert [one["state"] for one in jobs(app)] == [DONE, WAITING, WAITING]


def test_the_number_is_good_for_some_minutes_and_then_asked_for_anew(app, editor):
    page = ask(editor)
    worker.turn(app)
    old = jobs(app)[0]["finished_at"] - census.KEPT - timedelta(seconds=1)
    with app.app_context():
        db.session.execute(update(Job).values(finished_at=old), execution_options=RECORDED)
        db.session.commit()
    words, form, _moves = total(editor, page)
    assert "about 300,000" in words
    assert form
    ask(editor)
    assert [one["state"] for one in jobs(app)] == [DONE, WAITING]


def test_what_is_counted_is_what_one_may_see(app, as_role):
    author = as_role("author")
    with app.app_context():
        own, other = (db.session.get(User, key) for key in (author.user.id, add_user("author").id))
        for at in range(32):
            make(Post, author=own if at < 25 else other)
        db.session.commit()
    page = ask(author, "/admin/post/?page_size=20")
    worker.turn(app)
    assert "of 25" in total(author, page)[0]


def test_with_other_rights_it_is_another_number(app, editor):
    page = ask(editor)
    worker.turn(app)
    with app.app_context():
        role = db.session.scalars(select(Role).filter_by(name="editor")).one()
        role.rights = [*role.rights, "user.read"]
        db.session.commit()
    assert "about 300,000" in total(editor, page)[0]


def test_a_count_that_failed_says_so_and_can_be_asked_for_again(app, editor, monkeypatch):
    page = ask(editor)
    monkeypatch.setattr(counting, "exactly", lambda *_asked: None)
    worker.turn(app)
    words, form, moves = total(editor, page)
    assert "Counting took too long." in words
    assert form
    assert moves is None
    editor.post(form)
    assert jobs(app)[-1]["state"] == WAITING


def test_not_so_many_are_counted_at_once_and_no_job_is_asked_for(app, editor, monkeypatch):
    monkeypatch.setattr(census, "LARGE", 300_000)
    page = shown(editor.get(GRID))
    (link,) = page.xpath('//*[@id="total"]//a[text()="Count exactly"]/@href')
    assert "of 30" in total(editor, link)[0]
    assert jobs(app) == []


def test_what_takes_too_long_to_count_at_once_can_be_counted_by_a_job(app, editor, monkeypatch):
    monkeypatch.setattr(census, "LARGE", 300_000)
    with monkeypatch.context() as slow:
        slow.setattr(counting, "exactly", lambda *_asked: None)
        words, form, _moves = total(editor, f"{GRID}&count=exact")
    assert "longer than 5" in words
    assert form
    assert editor.post(form).status_code == 302
    worker.turn(app)
    assert "of 30" in total(editor, f"{GRID}&count=exact")[0]


@pytest.mark.parametrize("address", ["?page=rubbish", "?nothing=1", "?search=%00"])
def test_a_made_up_count_is_refused(address, app, editor):
    assert editor.post(f"/admin/tag/count/{address}").status_code == 400
    assert jobs(app) == []


def test_counting_leaves_no_trace_in_the_history(app, editor):
    ask(editor)
    worker.turn(app)
    with app.app_context():
        assert db.session.scalars(select(Change.verb).where(Change.door == "job")).all() == []
        assert RUNNING not in db.session.scalars(select(Job.state)).all()
