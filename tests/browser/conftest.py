"""A real Chromium, and the application served to it; what the browser complains of fails the test."""

import shutil
import threading

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright
from waitress import create_server, wasyncore

from backoffice.cli.serve import listen, settings, turn

# A form that a script sent and that was refused is an answer, not a mistake.
REFUSED = {409, 422}
# A page that answers 404 is written to the console as a mistake; the tests say which status they expect.
EXPECTED = "Failed to load resource"


def pytest_collection_modifyitems(items):
    """Mark every test of this folder."""
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium():
    """Return the browser that the system has."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("there is no Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def served(app):
    """Serve the application on a port of its own, by the server that people get, and return its address."""
    listening, stopping = listen("127.0.0.1", 0), threading.Event()
    server = create_server(app, sockets=[listening], map={}, **settings(app))

    def loop():
        while not stopping.is_set():
            turn(server, 0.05)

    thread = threading.Thread(target=loop)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    stopping.set()
    thread.join(timeout=10)
    server.task_dispatcher.shutdown()
    wasyncore.close_all(server._map)


class Complaints(list):
    """What a browser complains of while it shows the pages of one address."""

    def __init__(self, address):
        super().__init__()
        self.own = (address, "data:", "blob:", "about:")

    def listen(self, page):
        """Hear what this page has to say."""
        page.on("pageerror", lambda error: self.append(f"script: {error}"))
        page.on("console", self.console)
        page.on("request", self.request)
        page.on("response", self.response)

    def console(self, said):
        if said.type == "error" and not said.text.startswith(EXPECTED):
            self.append(f"console: {said.text}")

    def request(self, asked):
        if not asked.url.startswith(self.own):
            self.append(f"foreign request: {asked.url}")

    def response(self, answer):
        if answer.status >= 400 and answer.status not in REFUSED and not answer.request.is_navigation_request():
            self.append(f"{answer.status}: {answer.url}")


@pytest.fixture
def new_page(chromium, served):
    """Return a function that opens a page in a browser of its own; in the end nothing was complained of."""
    complaints, contexts = Complaints(served), []

    def open_page(**options):
        # What still fades in is too pale to be judged.
        options = {"reduced_motion": "reduce", **options}
        contexts.append(chromium.new_context(base_url=served, **options))
        page = contexts[-1].new_page()
        complaints.listen(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(new_page):
    """Return a page of a browser that has not signed in."""
    return new_page()


@pytest.fixture
def signed_in(app, served, new_page, sign_in):
    """Return a function that opens an address for the account of an e-mail address, in a browser of its own.

    The page of signing in has tests of its own; here its cookie is brought along.
    """
    name = app.config["SESSION_COOKIE_NAME"]

    def go(email, path, **options):
        page = new_page(**options)
        word = sign_in(app.test_client(), email).get_cookie(name).value
        cookie = {"name": name, "value": word, "url": served, "httpOnly": True, "sameSite": "Lax"}
        page.context.add_cookies([cookie])
        page.goto(path)
        return page

    return go


@pytest.fixture
def check_access():
    """Return a function that fails with what people with disabilities would stumble over on a page."""

    def check(page):
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()

    return check
