"""Sessions: what begins one, what ends it, and that nothing brings it back."""

from datetime import timedelta

import pytest
from flask_security.utils import get_request_attr
from sqlalchemy import select, text

from backoffice.core import operation
from backoffice.core.access import OPERATOR
from backoffice.core.history.actors import acting, actor
from backoffice.core.model import db, now
from backoffice.core.selection import Selection
from backoffice.models.accounts import User
from backoffice.models.sessions import Session
from people import PASSWORD, add_user

STRONG = "seven kettles on a roof"


@pytest.fixture
def copied(app):
    """Return a function that gives another browser the same cookie."""

    def copy(browser):
        other = app.test_client()
        other.set_cookie("session", browser.get_cookie("session").value)
        return other

    return copy


@pytest.fixture
def run(app):
    """Return a function that runs an operation on an account, as an operator does."""

    def operate(name, key):
        with app.app_context(), acting(None, door="command"):
            done = operation.run(db.session(), OPERATOR, name, Selection(User, keys=(key,)))
            db.session.commit()
        assert done.changed == 1

    return operate


def change(browser, new=STRONG, old=PASSWORD):
    return browser.post("/change", data={"password": old, "new_password": new, "new_password_confirm": new})


def test_signing_out_ends_the_session_on_the_server_for_a_copied_cookie_too(as_role, copied, is_in, stored):
    browser = as_role("editor")
    other = copied(browser)
    assert is_in(other)
    answer = browser.post("/logout")
    assert (answer.status_code, answer.location) == (302, "/")
    assert not is_in(browser)
    assert not is_in(other)
    (row,) = stored.sessions()
    assert row.ended_at is not None
    (kept,) = stored.changes("sign-out")
    assert (kept.actor_id, kept.row_id, kept.door) == (browser.user.id, browser.user.id, "site")


def test_signing_out_here_leaves_the_other_browser_alone(app, as_role, sign_in, is_in):
    first = as_role("editor")
    second = sign_in(app.test_client(), first.user.email)
    first.post("/logout")
    assert not is_in(first)
    assert is_in(second)


def test_only_a_post_signs_out(as_role, is_in):
    browser = as_role("editor")
    assert browser.get("/logout").status_code == 405
    assert is_in(browser)


def test_a_stranger_who_signs_out_is_led_to_the_first_page(client, stored):
    assert client.post("/logout").location == "/"
    assert stored.changes("sign-out") == []


def test_signing_in_begins_a_new_session_with_nothing_of_the_old_one(client, someone, enter, copied):
    with client.session_transaction() as session:
        session.update(planted="by somebody else", sign_in="a word known to somebody else", csrf_token="known")
    before = copied(client)
    assert enter(client, someone.email).status_code == 302
    with client.session_transaction() as session:
        assert "planted" not in session
        assert session["sign_in"] != "a word known to somebody else"
        assert session.get("csrf_token") != "known"
    assert before.get("/change").status_code == 302


def test_only_a_hash_of_the_cookies_word_is_stored(as_role, stored):
    browser = as_role("editor")
    with browser.session_transaction() as session:
        word = session["sign_in"]
    (row,) = stored.sessions()
    assert len(word) >= 43
    assert row.token != word
    assert len(row.token) == 64


@pytest.mark.parametrize("word", [None, "", 5, [], {"a": 1}, "unknown", "x" * 2000])
def test_a_cookie_with_any_other_word_signs_nobody_in(as_role, is_in, word):
    browser = as_role("editor")
    with browser.session_transaction() as session:
        session["sign_in"] = word
    assert not is_in(browser)


def test_the_word_of_one_does_not_make_another(as_role, is_in):
    editor, admin = as_role("editor"), as_role("administrator")
    with admin.session_transaction() as session:
        identity = session["_user_id"]
    with editor.session_transaction() as session:
        session["_user_id"] = identity
    assert not is_in(editor)


def test_a_deactivated_account_is_out_at_the_next_request_and_activating_revives_nothing(
    app, as_role, run, is_in, sign_in
):
    browser = as_role("editor")
    run("deactivate", browser.user.id)
    assert not is_in(browser)
    run("activate", browser.user.id)
    assert not is_in(browser)
    assert is_in(sign_in(app.test_client(), browser.user.email))


def test_activating_revives_nothing_even_if_nobody_came_by_meanwhile(as_role, run, is_in):
    browser = as_role("editor")
    run("deactivate", browser.user.id)
    run("activate", browser.user.id)
    assert not is_in(browser)


def test_an_account_that_is_not_active_is_out_however_it_came_about(as_role, is_in, stored):
    browser = as_role("editor")
    stored.put(User, active=False)
    assert not is_in(browser)


def test_a_deleted_account_is_out_and_its_sessions_are_gone(app, as_role, is_in, stored):
    browser = as_role("editor")
    with app.app_context():
        db.session.delete(db.session.get(User, browser.user.id))
        db.session.commit()
    assert not is_in(browser)
    assert stored.sessions() == []


def test_deleting_the_row_ends_the_session(app, as_role, is_in):
    browser = as_role("editor")
    with app.app_context():
        db.session.delete(db.session.scalars(select(Session)).one())
        db.session.commit()
    assert not is_in(browser)


def test_rights_are_those_of_this_moment(app, as_role):
    browser = as_role("editor")
    seen = []
    app.before_request_funcs.setdefault(None, []).append(lambda: seen.append(actor().user.rights))
    try:
        browser.get("/change")
        with app.app_context():
            db.session.get(User, browser.user.id).roles = []
            db.session.commit()
        browser.get("/change")
    finally:
        app.before_request_funcs[None].pop()
    assert "post.create" in seen[0]
    assert seen[1] == frozenset()


@pytest.mark.parametrize("setting", ["SESSION_IDLE", "SESSION_LONGEST"])
def test_a_session_ends_on_the_server_when_its_time_is_over(app, as_role, is_in, stored, setting):
    browser = as_role("editor")
    name = {"SESSION_IDLE": "last_seen", "SESSION_LONGEST": "created_at"}[setting]
    stored.put(Session, **{name: now() - app.config[setting] + timedelta(minutes=1)})
    assert is_in(browser)
    stored.put(Session, **{name: now() - app.config[setting] - timedelta(seconds=1)})
    assert not is_in(browser)


def test_someone_who_comes_by_now_and_then_stays_in(app, as_role, is_in, stored):
    browser = as_role("editor")
    stored.put(Session, last_seen=now() - timedelta(hours=20))
    assert is_in(browser)
    (row,) = stored.sessions()
    assert now() - row.last_seen < timedelta(minutes=1)


def test_the_cookie_of_a_session_that_is_over_is_emptied(as_role, stored):
    browser = as_role("editor")
    stored.put(Session, ended_at=now())
    browser.get("/login")
    with browser.session_transaction() as session:
        assert "sign_in" not in session
        assert "_user_id" not in session


def test_changing_the_password_ends_all_other_sessions(as_role, sign_in, copied, is_in, stored):
    browser = as_role("editor")
    old = copied(browser)
    other = sign_in(browser.application.test_client(), browser.user.email)
    answer = change(browser)
    assert (answer.status_code, answer.location) == (302, "/admin/")
    assert is_in(browser)
    assert not is_in(other)
    assert not is_in(old)
    assert [row.ended_at is None for row in stored.sessions()] == [False, False, True]
    (kept,) = stored.changes("password-change")
    assert (kept.actor_id, kept.row_id) == (browser.user.id, browser.user.id)
    assert "argon2" not in f"{kept.before} {kept.after}"
    assert len(stored.changes("sign-in")) == 2


def test_old_sessions_of_a_person_are_cleared_away_at_their_next_sign_in(app, as_role, sign_in, stored):
    browser = as_role("editor")
    with app.app_context():
        another = add_user("author")
    sign_in(app.test_client(), another.email)
    stored.put(Session, created_at=now() - timedelta(days=91))
    sign_in(app.test_client(), browser.user.email)
    left = stored.sessions()
    assert sorted(row.user_id for row in left) == sorted([browser.user.id, another.id])


def test_a_request_asks_once_who_sends_it(as_role, client, queries):
    browser = as_role("editor")
    with queries() as sent:
        browser.get("/change")
    assert len(sent) == 1
    with queries() as sent:
        client.get("/login")
        client.get("/static/admin/single.css")
        browser.get("/static/admin/single.css")
    assert sent == []


def test_the_way_of_signing_in_is_known_as_a_session(app, as_role):
    browser = as_role("editor")
    with browser:
        browser.get("/change")
        assert get_request_attr("fs_authn_via") == "session"


def test_a_long_agent_is_cut_short(client, someone, enter, stored):
    enter(client, someone.email, headers={"User-Agent": "x" * 5000})
    assert stored.sessions()[0].agent == "x" * 255


def test_nobody_sees_the_words_hash_in_the_history(app, as_role):
    as_role("editor")
    with app.app_context():
        (row,) = db.session.scalars(select(Session))
        told = db.session.execute(text('SELECT * FROM "change"')).all()
    assert row.token not in str(told)
