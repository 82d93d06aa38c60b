"""Forgotten passwords: a link by mail, to the stored address alone, once, and for a day."""

import re
import time
from datetime import timedelta

import pytest

from backoffice.core.model import now
from backoffice.models.accounts import User
from people import PASSWORD, add_user

STRONG = "seven kettles on a roof"
SENT = "If there is an account with this address, a mail with a link is on its way to it."
DEAD = "This link is no longer valid."


@pytest.fixture
def ask(client):
    """Return a function that asks for a link."""

    def send(email, **more):
        return client.post("/reset", data={"email": email}, **more)

    return send


@pytest.fixture
def link(app, ask, mails, someone):
    """Return the path of the link that an editor was mailed."""
    ask(someone.email)
    return path_in(mails()[-1], app)


def path_in(mail, app):
    found = next(word for word in mail.get_content().split() if "/reset/" in word)
    assert found.startswith(f"{app.config['SITE_URL']}/reset/")
    return found.removeprefix(app.config["SITE_URL"])


def put(browser, path, password=STRONG, again=None):
    return browser.post(path, data={"password": password, "password_confirm": again or password})


def test_whoever_forgot_it_sets_a_new_one_by_the_mailed_link(app, client, someone, link, enter, is_in, stored):
    assert client.get(link).text.count('type="password"') == 2
    answer = put(client, link)
    assert (answer.status_code, answer.location) == (302, "/login")
    assert "Your new password is set." in client.get("/login").text
    assert not is_in(client)
    enter(client, someone.email, PASSWORD)
    assert not is_in(client)
    enter(client, someone.email, STRONG)
    assert is_in(client)
    (asked,), (mailed,), (done,) = (stored.changes(f"password-{verb}") for verb in ("forgotten", "link", "reset"))
    assert asked.label == someone.email
    assert (mailed.actor_id, done.actor_id, done.door) == (someone.id, someone.id, "site")


def test_setting_it_signs_out_everywhere(app, as_role, ask, mails, is_in, stored):
    browser = as_role("editor")
    ask(browser.user.email)
    put(app.test_client(), path_in(mails()[-1], app))
    assert not is_in(browser)
    assert [row.ended_at is None for row in stored.sessions()] == [False]


def test_a_link_works_once(client, link, enter, someone, is_in):
    put(client, link)
    again = put(client, link, "another four small words")
    assert (again.status_code, again.location) == (302, "/reset")
    assert DEAD in client.get("/reset").text
    enter(client, someone.email, "another four small words")
    assert not is_in(client)


def test_a_link_is_worth_nothing_after_a_day(app, client, link, monkeypatch, stored):
    monkeypatch.setitem(app.config, "SECURITY_RESET_PASSWORD_WITHIN", timedelta(seconds=-1))
    assert client.get(link).location == "/reset"
    assert put(client, link).location == "/reset"
    assert DEAD in client.get("/reset").text
    assert stored.changes("password-reset") == []


def test_a_link_lives_for_a_day(app):
    assert app.config["SECURITY_RESET_PASSWORD_WITHIN"] == timedelta(days=1)


@pytest.mark.parametrize("values", [{"active": False}, {"signed_out_at": now() + timedelta(hours=1)}])
def test_a_link_from_before_an_account_was_shut_is_worth_nothing(client, link, stored, values):
    before = stored.sessions()
    stored.put(User, **values)
    answer = put(client, link)
    assert answer.status_code == 200
    assert DEAD in answer.text
    assert stored.changes("password-reset") == []
    assert stored.sessions() == before


@pytest.mark.parametrize("token", ["x", "x.y.z", "a" * 5000, "%F0%9F%98%80"])
def test_a_link_made_by_hand_leads_to_asking_for_one(client, token):
    for answer in (client.get(f"/reset/{token}"), put(client, f"/reset/{token}")):
        assert (answer.status_code, answer.location) == (302, "/reset")


@pytest.mark.parametrize(
    ("form", "why"),
    [
        (("short", None), "At least 8 characters."),
        (("Passw0rd123", None), "first that others would try"),
        ((STRONG, "another one"), "The passwords differ."),
        (("", ""), "This field is required."),
    ],
)
def test_a_password_that_cannot_be_is_refused_and_the_link_stays_good(client, link, form, why):
    answer = put(client, link, *form)
    assert answer.status_code == 200
    assert why in answer.text
    assert put(client, link).location == "/login"


def test_all_that_is_wrong_with_a_new_password_is_told_at_once(client, link):
    page = put(client, link, "short", "shorter").text
    assert re.findall(r'id="(\w+)-error">([^<]+)<', page) == [
        ("password", "At least 8 characters."),
        ("password_confirm", "The passwords differ."),
    ]


def test_known_and_unknown_and_shut_accounts_are_answered_alike(app, ask, someone, mails):
    with app.app_context():
        shut = add_user("author", active=False)
    pages = set()
    for email in (someone.email, "nobody@example.com", shut.email):
        answer = ask(email)
        assert answer.status_code == 200
        assert answer.text.count(SENT) == 1
        pages.add(answer.text.replace(email, "").split("csrf_token")[0])
    assert len(pages) == 1
    assert [mail["To"] for mail in mails()] == [someone.email]


def test_they_take_the_same_time(app, ask, someone, monkeypatch):
    monkeypatch.setitem(app.config, "SIGN_IN_SECONDS", 0.3)
    for email in (someone.email, "nobody@example.com", "no address"):
        began = time.monotonic()
        ask(email)
        assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "localhost"])
def test_the_link_is_made_from_the_settings_whatever_the_host_says(client, ask, someone, mails, host):
    client.token()
    client.set_cookie("session", client.get_cookie("session").value, domain="evil.example")
    answer = ask(someone.email, headers={"Host": host, "X-Forwarded-Host": "evil.example"})
    assert answer.status_code == 200
    (mail,) = mails()
    assert "evil.example" not in mail.as_string()
    assert "http://127.0.0.1:5000/reset/" in mail.get_content()


@pytest.mark.parametrize(
    "email",
    ["{0}\r\nBcc: evil@example.net", "{0}\nTo: evil@example.net", "{0},evil@example.net", "{0} evil@example.net"],
)
def test_nothing_typed_adds_a_header_or_a_recipient(ask, someone, mails, email):
    assert ask(email.format(someone.email)).status_code == 200
    assert mails() == []


def test_a_look_alike_address_gets_no_mail_of_its_own(app, ask, mails):
    with app.app_context():
        add_user("administrator", email="kim@example.com")
    for typed in ("K\u0131m@example.com", "\u212aim@example.com", "KIM@EXAMPLE.COM"):
        ask(typed)
    assert {mail["To"] for mail in mails()} == {"kim@example.com"}


def test_someone_invited_who_came_too_late_asks_for_a_new_link(app, client, ask, mails, enter, is_in):
    with app.app_context():
        invited = add_user("author", password=None)
    ask(invited.email)
    put(client, path_in(mails()[-1], app))
    enter(client, invited.email, STRONG)
    assert is_in(client)


def test_the_page_with_the_link_is_kept_by_nobody(client, link):
    assert client.get(link).headers["Cache-Control"] == "no-store"
