"""A page of the panel is light: what it loads the first time, and that it loads it only once."""

import pytest

from people import PASSWORD, add_user

MOST = 350 * 1024


@pytest.fixture
def counted(app, new_page):
    """Return a page of someone signed in, and a function that tells what opening an address loads, in bytes."""
    with app.app_context():
        email = add_user("administrator").email
    page = new_page()
    page.goto("/login")
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/")
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    loaded = {}
    wire.on("Network.responseReceived", lambda said: loaded.setdefault(said["requestId"], [said["response"]["url"], 0]))
    wire.on("Network.loadingFinished", lambda said: _add(loaded, said))

    def load(address, *, cold):
        if cold:
            wire.send("Network.clearBrowserCache")
        loaded.clear()
        page.goto(address, wait_until="networkidle")
        return {url: size for url, size in loaded.values() if size}

    return load


def _add(loaded, said):
    if said["requestId"] in loaded:
        loaded[said["requestId"]][1] = int(said["encodedDataLength"])


@pytest.mark.parametrize("address", ["/admin/", "/admin/post/", "/admin/post/new/", "/admin/user/"])
def test_a_page_is_light_the_first_time_and_only_itself_after_that(counted, address):
    cold = counted(address, cold=True)
    assert len(cold) > 3
    assert sum(cold.values()) <= MOST, cold
    warm = counted(address, cold=False)
    # The icon of the tab comes whenever the browser likes, also after the page is done.
    assert [url for url in warm if "/static/" in url and not url.endswith("icon.svg")] == [], warm
