"""The brake: how often one may try to sign in or ask for a link, whichever process answers."""

import re
from datetime import timedelta

import pytest

from backoffice.auth import brake
from backoffice.core.history import Change
from backoffice.core.model import db, now
from backoffice.extensions import limiter
from people import PASSWORD, add_user


@pytest.fixture
def braked(app, monkeypatch):
    """Turn the brake on, as it is outside the tests; only what the history counts, unless asked otherwise."""
    monkeypatch.setitem(app.config, "RATELIMIT_ENABLED", True)
    monkeypatch.setattr(limiter, "enabled", False)


@pytest.fixture
def from_afar(app, enter):
    """Return a function that tries to sign in from another address."""

    def send(email, password="wrong", address="192.0.2.7"):
        return enter(app.test_client(), email, password, environ_overrides={"REMOTE_ADDR": address})

    return send


def fail(enter, browser, email, times=10):
    for _ in range(times):
        assert enter(browser, email, "wrong").status_code == 200


@pytest.mark.usefixtures("braked")
def test_after_ten_failures_even_the_right_password_has_to_wait(client, someone, enter, is_in, stored):
    fail(enter, client, someone.email)
    answer = enter(client, someone.email)
    assert answer.status_code == 429
    assert 25 <= int(answer.headers["Retry-After"]) <= 30
    assert "Try again in 1 minute." in answer.text
    assert answer.text.count("<h1>") == 1
    assert not is_in(client)
    # What had to wait was not tried: it neither counts nor tells whether it would have been right.
    assert len(stored.changes("sign-in-failed")) == 10


@pytest.mark.usefixtures("braked")
def test_after_the_wait_the_right_password_signs_in(client, someone, enter, is_in, stored):
    fail(enter, client, someone.email)
    stored.put(Change, created_at=now() - timedelta(seconds=31))
    enter(client, someone.email)
    assert is_in(client)


@pytest.mark.usefixtures("braked")
def test_each_failure_after_that_doubles_the_wait(client, someone, enter, stored):
    fail(enter, client, someone.email)
    for waited, expected in ((30, 60), (60, 120), (120, 240), (240, 480), (480, 900)):
        stored.put(Change, created_at=now() - timedelta(seconds=waited))
        assert enter(client, someone.email, "wrong").status_code == 200
        assert expected - 5 <= int(enter(client, someone.email).headers["Retry-After"]) <= expected


@pytest.mark.usefixtures("braked")
def test_unknown_names_wait_like_known_ones(client, someone, enter):
    fail(enter, client, "nobody@example.com")
    first = enter(client, "nobody@example.com")
    fail(enter, client, someone.email)
    second = enter(client, someone.email)
    pages = {re.sub(r"\d+", "", answer.text) for answer in (first, second)}
    assert (first.status_code, second.status_code, len(pages)) == (429, 429, 1)


@pytest.mark.usefixtures("braked")
@pytest.mark.parametrize(
    "dodge",
    [
        lambda email, n: {"email": "".join(c.upper() if (n >> i) & 1 else c for i, c in enumerate(email))},
        lambda email, n: {"email": " " * n + email},
        lambda email, n: {"email": email, "extra": str(n)},
        lambda email, n: {"email": email, "next": f"/{n}"},
    ],
)
def test_another_spelling_or_field_is_the_same_name(client, someone, dodge):
    statuses = [
        client.post("/login", data={"password": "wrong", **dodge(someone.email, n)}).status_code for n in range(12)
    ]
    assert statuses == [200] * 10 + [429] * 2


@pytest.mark.usefixtures("braked")
def test_a_forwarded_address_is_not_believed(app, enter):
    def send(n):
        return enter(app.test_client(), f"nobody{n}@example.com", "wrong", headers={"X-Forwarded-For": f"192.0.2.{n}"})

    assert [send(n).status_code for n in range(51)] == [200] * 50 + [429]


@pytest.mark.usefixtures("braked")
def test_names_do_not_wait_for_one_another(app, client, someone, enter, is_in):
    fail(enter, client, "nobody@example.com")
    enter(client, someone.email)
    assert is_in(client)


@pytest.mark.usefixtures("braked")
def test_strangers_elsewhere_do_not_shut_out_someone_where_they_signed_in_before(
    app, client, someone, enter, is_in, from_afar
):
    enter(client, someone.email)
    client.post("/logout")
    for _ in range(10):
        assert from_afar(someone.email).status_code == 200
    assert from_afar(someone.email, PASSWORD).status_code == 429
    assert from_afar(someone.email, PASSWORD, address="192.0.2.8").status_code == 429
    enter(client, someone.email)
    assert is_in(client)


@pytest.mark.usefixtures("braked")
def test_links_are_mailed_five_times_an_hour(client, someone, mails, stored):
    statuses = [client.post("/reset", data={"email": someone.email}).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429]
    assert len(mails()) == 5
    unknown = [client.post("/reset", data={"email": "nobody@example.com"}).status_code for _ in range(6)]
    assert unknown == statuses


@pytest.mark.usefixtures("braked")
def test_guessing_the_present_password_of_an_open_session_counts_too(as_role, stored):
    browser = as_role("editor")
    form = {"password": "wrong", "new_password": "seven kettles on", "new_password_confirm": "seven kettles on"}
    assert [browser.post("/change", data=form).status_code for _ in range(11)] == [200] * 10 + [429]
    assert stored.changes("password-change") == []
    assert {kept.actor_id for kept in stored.changes("sign-in-failed")} == {browser.user.id}


def test_without_the_setting_nothing_waits_but_all_is_kept(client, someone, enter, is_in, stored):
    fail(enter, client, someone.email, times=12)
    enter(client, someone.email)
    assert is_in(client)
    assert len(stored.changes("sign-in-failed")) == 12


@pytest.fixture
def another(make_app, database, app):
    """Return another application on the same database, with limits on requests, forgotten afterwards."""
    made = make_app(SQLALCHEMY_DATABASE_URI=database, RATELIMIT_ENABLED=True, RATELIMIT_STORAGE_URI="memory://")
    yield made
    limiter.reset()
    limiter.enabled = False
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def limited(another):
    """Return a browser of an application that limits requests."""
    return another.test_client()


@pytest.mark.parametrize(("address", "times"), [("/login", 30), ("/reset", 10)])
def test_requests_for_one_name_are_limited_even_if_none_is_counted(limited, monkeypatch, address, times):
    monkeypatch.setattr(brake, "hold", lambda *_: None)
    form = {"email": "nobody@example.com"}
    assert {limited.post(address, data=form).status_code for _ in range(times)} == {200}
    answer = limited.post(address, data={"email": "NOBODY@example.com "})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert "Try again in 1 minute." in answer.text
    assert limited.get(address).status_code == 200


def test_what_is_no_address_is_not_counted_by_its_name():
    assert [brake.fold(name) for name in (" A@b.c ", "a password", None, 5, "x@" + "y" * 500)][:4] == [
        "a@b.c", "", "", "",
    ]  # fmt: skip
    assert len(brake.fold("x@" + "y" * 500)) == 200


def test_the_brake_of_one_process_is_that_of_another(client, another, someone, enter):
    fail(enter, client, someone.email)
    assert enter(another.test_client(), someone.email).status_code == 429


@pytest.mark.usefixtures("braked")
def test_a_shut_account_waits_like_an_open_one(app, client, enter):
    with app.app_context():
        shut = add_user("author", active=False)
    fail(enter, client, shut.email)
    assert enter(client, shut.email).status_code == 429
