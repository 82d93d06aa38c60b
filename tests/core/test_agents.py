"""What browsers say of themselves is told in words that people know."""

import pytest

from backoffice.core.web.agents import named
from people import PASSWORD

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0"
SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox 128 · Linux"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36", "Chrome 126 · Windows"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36 Edg/126.0.2592.87", "Edge 126 · Windows"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {CHROME} Mobile Safari/537.36", "Chrome 126 · Android"),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {SAFARI} Safari/605.1.15", "Safari 17 · macOS"),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) {SAFARI} Mobile/15E148 Safari/604.1",
            "Safari 17 · iOS",
        ),
        ("curl/8.5.0", "curl 8"),
        ("A program of our own", "A program of our own"),
        ("", ""),
    ],
)
def test_a_browser_is_called_by_its_name_and_its_system(agent, words):
    assert named(agent) == words


def test_the_list_of_sessions_names_browsers_and_finds_them_by_what_they_say(app, as_role):
    admin = as_role("administrator")
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
    other = app.test_client()
    other.environ_base["HTTP_USER_AGENT"] = agent
    assert other.post("/login", data={"email": admin.user.email, "password": PASSWORD}).status_code == 302
    page = admin.get("/admin/session/?search=gecko")
    assert page.status_code == 200
    assert page.text.count("Firefox 128 · Linux") == 1
    assert "rv:128.0" not in page.text
