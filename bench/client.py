"""A browser as far as measuring needs one: cookies, forms, and the time until an answer is there in full."""

import http.client
import re
import time
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

PATIENCE = 120  # seconds for one answer


@dataclass(frozen=True)
class Answer:
    """What came back, and after how many milliseconds."""

    status: int
    body: bytes
    took: float
    statements: int | None = None
    location: str = ""

    @property
    def text(self):
        """The body as text."""
        return self.body.decode("utf-8", "replace")


@dataclass(frozen=True)
class Flow:
    """A long answer: after how many milliseconds it was there in full, after how many it began, and how long it is."""

    status: int
    took: float
    first: float | None
    size: int
    lines: int


class Client:
    """Somebody who is signed in to one server."""

    def __init__(self, port):
        self.port, self.cookies, self.connection = port, {}, None
        self.patience, self.headers = PATIENCE, {}

    def connect(self):
        """Open a new connection, so that the next request does not pay for it."""
        self.close()
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.patience)
        self.connection.connect()

    def close(self):
        """Close the connection."""
        if self.connection is not None:
            self.connection.close()

    def get(self, path):
        """Return the answer to this address."""
        return self._ask("GET", path, None)

    def post(self, path, pairs):
        """Return the answer to these values sent as a form."""
        return self._ask("POST", path, urlencode(pairs))

    def stream(self, path, pairs=None):
        """Return what comes in answer to this address (or to these values sent as a form), read but not kept."""
        self.connect()
        start, size, lines = time.perf_counter(), 0, 0
        answer = self._answer(*(("GET", path, None) if pairs is None else ("POST", path, urlencode(pairs))))
        first = None
        while part := answer.read1(1024 * 1024):
            first = first or (time.perf_counter() - start) * 1000
            size, lines = size + len(part), lines + part.count(b"\n")
            if time.perf_counter() - start > self.patience:
                raise TimeoutError
        return Flow(answer.status, (time.perf_counter() - start) * 1000, first, size, lines)

    def form(self, path, field_name):
        """Return the form with this field on the page at `path`."""
        page = self.follow(path)
        found = [form for form in forms(page.text) if field_name in dict(form.values)]
        if not found:
            raise RuntimeError(f"{path} answers {page.status} without a form with {field_name}.")
        form = found[0]
        return Form(urljoin(path, form.action) if form.action else path, form.values)

    def follow(self, path):
        """Return the answer to this address, or to the one that it leads to."""
        for _leap in range(5):
            answer = self.get(path)
            if answer.status not in {301, 302, 303, 307, 308}:
                break
            path = local(urljoin(path, answer.location))
        return answer

    def sign_in(self, path, name, password):
        """Sign in with the form at `path`: the field before the password is the name's."""
        form = self.form(path, "password")
        names = [one for one, _value in form.values]
        known = next(one for one in ("email", "username") if one in names)
        given = {**dict(form.values), known: name, "password": password}
        answer = self.post(local(form.action), list(given.items()))
        if answer.status not in {302, 303}:
            raise RuntimeError(f"Signing in at {path} was answered {answer.status}.")

    def _ask(self, method, path, body):
        if self.connection is None:
            self.connect()
        start = time.perf_counter()
        answer = self._answer(method, path, body)
        content = answer.read()
        took = (time.perf_counter() - start) * 1000
        self._keep(answer.headers.get_all("Set-Cookie") or [])
        told = answer.headers.get("X-Statements")
        return Answer(answer.status, content, took, told and int(told), answer.headers.get("Location", ""))

    def _answer(self, method, path, body):
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "Referer": f"http://127.0.0.1:{self.port}/",
            }
        self.connection.request(method, path, body, headers | self.headers)
        return self.connection.getresponse()

    def _keep(self, cookies):
        for cookie in cookies:
            name, _equals, value = cookie.split(";")[0].partition("=")
            self.cookies[name.strip()] = value.strip()


@dataclass
class Form:
    """A form: where it is sent, and what it would send as it stands."""

    action: str = ""
    values: list[tuple[str, str]] = field(default_factory=list)


def forms(page):
    """Return the forms of a page."""
    reader = _Reader()
    reader.feed(page)
    return reader.forms


def local(address):
    """Return an address without its host."""
    parts = urlsplit(address)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.forms, self.select, self.text = [], None, None

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self.forms.append(Form(given.get("action") or ""))
        elif not self.forms or "disabled" in given:
            return
        elif tag == "input":
            self._input(given)
        elif tag == "select":
            self.select = (given.get("name"), "multiple" in given, [], [])
        elif tag == "option" and self.select:
            self.select[2 if "selected" in given else 3].append(given.get("value") or "")
        elif tag == "textarea":
            self.text = (given.get("name"), [])

    def handle_data(self, data):
        if self.text:
            self.text[1].append(data)

    def handle_endtag(self, tag):
        if tag == "select" and self.select:
            name, many, chosen, others = self.select
            self._add(*((name, value) for value in (chosen or ([] if many else others[:1]))))
            self.select = None
        elif tag == "textarea" and self.text:
            name, parts = self.text
            # The line end right after the tag is not a part of the text.
            self._add((name, re.sub(r"^\r?\n", "", "".join(parts))))
            self.text = None

    def _input(self, given):
        kind = given.get("type", "text")
        ticked = kind not in {"checkbox", "radio"} or "checked" in given
        if kind not in {"submit", "button", "file", "image", "reset"} and ticked:
            self._add((given.get("name"), given.get("value") or ""))

    def _add(self, *pairs):
        self.forms[-1].values += [(name, value) for name, value in pairs if name]
