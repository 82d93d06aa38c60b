"""Where people are sent to sign in, and where they land afterwards."""

from urllib.parse import quote

import pytest

AWAY = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example/",
    "http:evil.example",
    "javascript:alert(1)",
    "/%2f/evil.example",
    "/%5cevil.example",
    " //evil.example",
    "\t//evil.example",
    "/\n/evil.example",
    "https://localhost@evil.example",
    "evil.example",
    "",
]


def test_a_stranger_signs_in_and_comes_back_to_where_they_were(client, someone, enter):
    sent = client.get("/change?from=a%20b&c=%C3%A9")
    assert (sent.status_code, sent.location) == (302, "/login?next=/change?from%3Da%2520b%26c%3D%25C3%25A9")
    page = client.get(sent.location)
    assert "Sign in to see this page." in page.text
    assert 'value="/change?from=a%20b&amp;c=%C3%A9"' in page.text
    answer = enter(client, someone.email, address=sent.location)
    assert answer.location == "/change?from=a%20b&c=%C3%A9"


def test_the_field_of_the_form_leads_back_too(client, someone):
    form = {"email": someone.email, "password": "correct horse battery staple", "next": "/posts/caf%C3%A9"}
    assert client.post("/login", data=form).location == "/posts/caf%C3%A9"


@pytest.mark.parametrize("target", AWAY)
def test_nobody_is_led_off_this_site(app, someone, enter, is_in, target):
    for send in (
        lambda browser: enter(browser, someone.email, address=f"/login?next={quote(target)}"),
        lambda browser: browser.post(
            "/login", data={"email": someone.email, "password": "correct horse battery staple", "next": target}
        ),
    ):
        browser = app.test_client()
        answer = send(browser)
        assert (answer.status_code, answer.location) == (302, "/admin/")
        assert is_in(browser)
        again = browser.get(f"/login?next={quote(target)}")
        assert (again.status_code, again.location) == (302, "/admin/")
        out = browser.post(f"/logout?next={quote(target)}", data={"next": target})
        assert (out.status_code, out.location) == (302, "/")


@pytest.mark.parametrize("target", [target for target in AWAY if target])
def test_the_form_does_not_repeat_a_place_off_this_site(client, target):
    page = client.get(f"/login?next={quote(target)}")
    assert page.status_code == 200
    assert "evil.example" not in page.text
    assert "javascript:" not in page.text


def test_what_was_being_sent_is_not_come_back_to(client):
    answer = client.post("/change", data={})
    assert (answer.status_code, answer.location) == (302, "/login")


def test_a_program_is_told_to_sign_in_not_sent_to_a_page(client):
    answer = client.get("/change", headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert answer.json["title"] == "Please sign in"
