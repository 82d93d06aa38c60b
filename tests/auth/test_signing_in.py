"""Signing in: who gets in, where they land, and what is kept about it."""

import time

import pytest
from flask_security import hash_password
from flask_security.utils import get_hmac

from backoffice.core.model import db
from people import PASSWORD, add_user

WRONG = "The address or the password is wrong."
# Two spellings of one é, as two keyboards write it.
ACCENTED = ("caf\u00e9 am Morgen", "cafe\u0301 am Morgen")


def test_the_right_password_signs_in_and_leads_to_the_panel(client, someone, enter, is_in, stored):
    answer = enter(client, someone.email)
    assert (answer.status_code, answer.location) == (302, "/admin/")
    assert is_in(client)
    (row,) = stored.sessions()
    assert (row.user_id, row.address, row.ended_at) == (someone.id, "127.0.0.1", None)
    (kept,) = stored.changes("sign-in")
    assert (kept.actor_id, kept.door, kept.address, kept.row_id) == (someone.id, "site", "127.0.0.1", someone.id)


def test_the_letters_case_of_an_address_does_not_matter(client, someone, enter, is_in):
    assert enter(client, f"  {someone.email.upper()} ").status_code == 302
    assert is_in(client)


@pytest.mark.parametrize("typed", [PASSWORD + " ", " " + PASSWORD, PASSWORD.upper(), PASSWORD[:-1]])
def test_only_the_exact_password_signs_in(client, someone, enter, is_in, typed):
    answer = enter(client, someone.email, typed)
    assert answer.status_code == 200
    assert WRONG in answer.text
    assert "password" in next(tag for tag in answer.text.split("<input") if " autofocus" in tag)
    assert not is_in(client)


@pytest.fixture
def strangers(app, someone):
    """Return the ways to fail: name and password, each for another reason."""
    with app.app_context():
        shut = add_user("author", active=False)
        bare = add_user("author", password=None)
        plain = add_user("author", password="words in the column")
    return [
        (someone.email, "wrong"),
        ("nobody@example.com", PASSWORD),
        (shut.email, PASSWORD),
        (bare.email, PASSWORD),
        (plain.email, "words in the column"),
        ("no address at all", PASSWORD),
        (someone.email, ""),
        ("", ""),
        ("a@" + "x" * 50_000, "y" * 50_000),
    ]


def test_every_failure_is_answered_alike(app, strangers, enter, stored):
    answers = [enter(app.test_client(), *pair) for pair in strangers]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.text.count(WRONG) for answer in answers} == {1}
    assert {answer.text.count("aria-invalid") for answer in answers} == {0}
    assert stored.sessions() == []
    assert len(stored.changes("sign-in-failed")) == len(strangers)


def test_every_failure_and_success_takes_the_same_time(app, someone, strangers, enter, monkeypatch):
    monkeypatch.setitem(app.config, "SIGN_IN_SECONDS", 0.3)
    for pair in (strangers[0], strangers[1], (someone.email, PASSWORD)):
        began = time.monotonic()
        enter(app.test_client(), *pair)
        assert time.monotonic() - began >= 0.3


def test_a_failure_is_kept_with_the_name_that_was_tried_but_never_with_the_password(client, enter, stored):
    enter(client, "Somebody@Example.com", "a very private word")
    enter(client, "a very private word", "")
    enter(client, "long@" + "x" * 500, "")
    first, second, third = stored.changes("sign-in-failed")
    assert (first.label, second.label, len(third.label)) == ("somebody@example.com", "", 200)
    for kept in (first, second, third):
        assert "private" not in f"{kept.label} {kept.before} {kept.after}"
        assert (kept.actor_id, kept.door, kept.address) == (None, "site", "127.0.0.1")


def test_passwords_are_kept_as_argon2id(someone, stored):
    assert stored.user(someone.id).password.startswith("$argon2id$")


def test_a_hash_made_with_other_costs_is_renewed_at_the_next_sign_in(app, client, enter, is_in, stored):
    stronger = app.extensions["security"].pwd_context.copy(argon2__time_cost=2)
    with app.app_context():
        someone = add_user("editor", password=stronger.hash(get_hmac(PASSWORD)))
    enter(client, someone.email)
    assert is_in(client)
    assert "t=1" in stored.user(someone.id).password


def test_a_long_password_counts_to_its_last_letter(app, client, enter, is_in):
    long = "ein langer Satz, " * 20
    with app.app_context():
        someone = add_user("editor", password=hash_password(long))
    enter(client, someone.email, long[:-1])
    assert not is_in(client)
    enter(client, someone.email, long)
    assert is_in(client)


def test_one_letter_written_in_two_ways_is_one_letter(app, client, enter, is_in):
    with app.app_context():
        someone = add_user("editor", password=hash_password(ACCENTED[0]))
    enter(client, someone.email, ACCENTED[1])
    assert is_in(client)


def test_nobody_can_register(client):
    assert client.get("/register").status_code == 404
    assert client.post("/register", data={"email": "a@example.com", "password": PASSWORD}).status_code == 404


@pytest.mark.parametrize(
    "body", ['"x"', "5", "null", "[]", "{}", "true", "[" * 100_000, '{"email":' * 10_000, "not json", ""]
)
@pytest.mark.parametrize("address", ["/login", "/reset", "/logout"])
def test_json_is_refused_whatever_it_holds(client, body, address):
    assert client.post(address, data=body, content_type="application/json").status_code == 400


def test_a_page_is_answered_even_when_json_is_liked_better(client):
    assert client.get("/login", headers={"Accept": "application/json"}).mimetype == "text/html"


@pytest.mark.parametrize("address", ["/login", "/reset", "/change", "/logout"])
def test_a_form_without_its_token_is_refused(client, someone, enter, is_in, address):
    enter(client, someone.email)
    answer = client.post(address, data={"email": someone.email, "password": PASSWORD}, csrf=False)
    assert answer.status_code == 400
    assert is_in(client)


@pytest.mark.parametrize("name", ["auth_token", "token", "session", "email", "sign_in"])
def test_nothing_in_an_address_or_a_header_signs_in(app, client, someone, is_in, name):
    with app.test_request_context():
        token = app.extensions["security"].datastore.find_user(email=someone.email).get_auth_token()
        db.session.remove()
    assert client.get(f"/change?{name}={token}&password={PASSWORD}").status_code == 302
    # Someone who is signed in would be led on from here.
    assert client.get(f"/login?{name}={token}").status_code == 200
    assert client.get("/login", headers={"Authentication-Token": token}).status_code == 200
    assert client.get("/change", headers={"Authentication-Token": token}).status_code == 302
    assert client.get("/change", headers={"Authorization": f"Bearer {token}"}).status_code == 302
    assert client.get("/change", auth=(someone.email, PASSWORD)).status_code == 302
    assert client.get(f"/login?email={someone.email}&password={PASSWORD}").status_code == 200
    assert not is_in(client)


def test_the_cookie_is_for_this_site_and_no_script(client, someone, enter):
    (cookie,) = enter(client, someone.email).headers.getlist("Set-Cookie")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Expires" not in cookie
    assert len(cookie) < 1000


def test_in_production_the_cookie_is_bound_to_this_host_and_to_tls(make_app, monkeypatch):
    for name, value in {
        "BACKOFFICE_ENV": "production",
        "SITE_URL": "https://news.example.org",
        "DATABASE_URL": "sqlite://",
        "SECRET_KEY": "7d1c5f0b9a3e8264c1f7a0b3d5e9286a4c",
        "SECURITY_PASSWORD_SALT": "7d1c5f0b9a3e8264c1",
    }.items():
        monkeypatch.setenv(name, value)
    answer = make_app(TESTING=True).test_client().get("/login", base_url="https://news.example.org")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    for word in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert word in cookie
    assert "Domain" not in cookie


def test_the_pages_hold_no_inline_script_or_style_and_one_heading(client, someone, enter):
    pages = [client.get(address).text for address in ("/login", "/reset")]
    enter(client, someone.email)
    pages.append(client.get("/change").text)
    for page in pages:
        assert page.count("<h1>") == 1
        for forbidden in ("<script", "<style", " style=", " onclick", "javascript:"):
            assert forbidden not in page
        assert page.count("<label") == page.count('type="password"') + page.count('type="email"')
