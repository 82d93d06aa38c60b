"""What the panel shows of signing in: the way in, the sessions, and the invitation of a new person."""

import pytest
from sqlalchemy import select

from backoffice.core.model import db
from backoffice.models.accounts import User
from backoffice.models.sessions import Session


@pytest.mark.parametrize("address", ["/admin/", "/admin/post/?search=%C3%A9%20a", "/admin/session/"])
def test_a_stranger_signs_in_and_comes_back_to_the_page_of_the_panel(client, as_role, enter, address):
    someone = as_role("administrator").user
    sent = client.get(address)
    assert (sent.status_code, sent.location.partition("=")[0]) == (302, "/login?next")
    answer = enter(client, someone.email, address=sent.location)
    assert (answer.status_code, answer.location) == (302, address)
    assert client.get(address).status_code == 200


def test_an_administrator_sees_the_sessions_and_nobody_their_words(as_role, stored):
    browser, other = as_role("administrator"), as_role("editor")
    page = browser.get("/admin/session/")
    assert page.status_code == 200
    assert page.text.count("127.0.0.1") >= 2
    for row in stored.sessions():
        assert row.token not in page.text
        details = browser.get(f"/admin/session/details/?id={row.id}")
        assert details.status_code == 200
        assert row.token not in details.text
    assert other.get("/admin/session/").status_code == 404


def test_deleting_a_session_signs_that_browser_out(app, as_role, is_in, stored):
    browser, other = as_role("administrator"), as_role("editor")
    with app.app_context():
        key = db.session.scalars(select(Session.id).where(Session.user_id == other.user.id)).one()
    assert browser.post("/admin/session/delete/", data={"id": key}).status_code == 302
    assert not is_in(other)
    assert is_in(browser)
    (kept,) = stored.changes("delete")
    assert (kept.model, kept.row_id, kept.actor_id) == ("session", key, browser.user.id)


@pytest.mark.parametrize("address", ["new/", "edit/?id=1", "export/csv/"])
def test_a_session_is_neither_made_nor_changed_by_hand(as_role, stored, address):
    browser = as_role("administrator")
    before = stored.sessions()[0].user_id
    assert browser.get(f"/admin/session/{address}").status_code == 404
    assert browser.post(f"/admin/session/{address}", data={"user": "1"}).status_code in {404, 405}
    assert [row.user_id for row in stored.sessions()] == [before]


def test_a_person_made_in_the_panel_is_mailed_an_invitation(app, as_role, mails, stored):
    browser = as_role("administrator")
    form = {"name": "Anna Muster", "username": "anna", "email": "anna@example.com", "active": "y", "password": "typed"}
    assert browser.post("/admin/user/new/", data=form).status_code == 302
    (mail,) = mails()
    assert mail["To"] == "anna@example.com"
    with app.app_context():
        made = db.session.scalars(select(User).where(User.email == "anna@example.com")).one()
        assert made.password is None
    (kept,) = stored.changes("invite")
    assert (kept.actor_id, kept.row_id) == (browser.user.id, made.id)
