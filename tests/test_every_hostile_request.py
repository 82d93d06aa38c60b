"""Addresses and bodies that nobody sends by mistake are answered with a refusal, never with a failure of ours."""

import json

import pytest

import matrix
from backoffice import create_app
from backoffice.core.resource import columns, relations, resources
from test_every_route import path_of
from world import people_of

REFUSED = {302, 400, 401, 403, 404, 405, 406, 409, 413, 414, 415, 422}
# What a page may say to something that means nothing to it, or that is a search like any other.
FINE = REFUSED | {200, 301, 303, 308}
HUGE = "9" * 23

# Each of these stands where a page number, a key, a column or a filter may stand.
VALUES = {
    "page": (
        "-1",
        HUGE,
        "-9223372036854775809",
        "1e99",
        "abc",
        "0x10",
        "%00",
        "%ff",
        "1%0a",
        "٣",
        "1.5",
        "[]",
        "1000000000",
    ),
    "page_size": ("0", "-1", "1000000000", "abc", "51", HUGE),
    "sort": ("abc", "99", "-1", "id;drop", "password", "%00", "__class__", "author.password"),
    "desc": ("2", "true", "-1"),
    "view": ("abc", "%00", "__init__"),
    "id": (
        "abc",
        "1,2",
        ".",
        "-1",
        "0",
        HUGE,
        "9223372036854775808",
        "%00",
        "1%00",
        "%ff",
        "1%20or%201=1",
        "1.0",
        "",
        "+1",
    ),
    "search": ("%00", "%ff%fe", "%25%25%25", "%5C", "'", '"', "a" * 5000, "%20".join(["word"] * 300)),
    "name": ("abc", "%00", "password", "__class__", "id", "author"),
    "query": ("%00", "%25", "_", "a" * 200, "%ff"),
    "q": ("%00", "%25", "a" * 5000, "'", '"*"', "AND", "%ed%a0%80"),
    "url": ("//evil.example", "javascript:alert(1)", "%00", "%0d%0aX: y"),
    "cell": ("1", "abc:title", f"{HUGE}:title", "1:password", ":", "1:"),
    "cursor": ("abc", HUGE),
}
WHOLE = (
    "_external=1",
    "endpoint=1",
    "self=1",
    "_method=POST",
    "_scheme=javascript&_anchor=x&_host=evil.example",
    "flt0_0=1",
    "flt0_35=$argon2",
    "page=1&page=2",
    "id=1&id=2",
    "sort=id&sort=title",
    "search=a&search=b",
    "x" * 9000,
    "a=" + "b" * 50_000,
    "&".join(f"x{number}=1" for number in range(500)),
    "=",
    "&&&&",
    "%",
    "%zz=%zz",
    "a[b][c]=1",
    "__proto__=1",
    "callback=alert",
    "auth_token=abc",
    "next=//evil.example",
)
QUERIES = [*(f"{name}={value}" for name, values in VALUES.items() for value in values), *WHOLE]
MOST_PARTS = 6
SECRET_WORDS = ("Traceback", "SELECT ", "sqlalchemy", "psycopg", "sqlite3")


def rules():
    served = create_app(SQLALCHEMY_DATABASE_URI="sqlite://").url_map
    return sorted(served.iter_rules(), key=lambda rule: rule.rule)


# Files are not ours to answer for, and a database that no migration made is not ready.
LEFT_TO_OTHERS = {"static", "admin.static", "health.readyz"}
READ = [rule for rule in rules() if "GET" in rule.methods and rule.endpoint not in LEFT_TO_OTHERS]
WRITTEN = [rule for rule in rules() if "POST" in rule.methods and rule.endpoint != "security.logout"]


@pytest.fixture(scope="module")
def world(_served):
    made, empty = _served
    empty()
    return people_of(made)


@pytest.fixture
def answers(world):
    """Return a function that sends a request as the administrator and looks at what came of it."""

    def sent(path, *, fine=FINE, **rest):
        answer = world.people[matrix.ADMINISTRATOR].browser.open(path, **rest)
        assert answer.status_code in fine, (path[:200], answer.status_code)
        said = answer.text[:20_000] if answer.mimetype in {"text/html", "application/json"} else ""
        assert answer.status_code == 200 or not [word for word in SECRET_WORDS if word in said], path[:200]
        assert "evil.example" not in (answer.location or ""), path[:200]
        return answer

    return sent


@pytest.mark.parametrize("rule", READ, ids=lambda rule: rule.rule)
def test_no_address_is_too_strange_to_be_answered(answers, rule):
    path = path_of(rule).partition("?")[0]
    # The same door of each model is sent another part of them, so that each door meets all.
    derived = rule.endpoint.partition(".")[0] in resources()
    door = [one for one in READ if one.endpoint.partition(".")[2] == rule.endpoint.partition(".")[2]]
    parts = min(len(door), MOST_PARTS) if derived else 1
    for query in QUERIES[door.index(rule) % parts :: parts]:
        answers(f"{path}?{query}")


def filters(model):
    """Yield filters that mean nothing: for each column and relation, each operator, each kind of nonsense."""
    strange = (HUGE, "-1", "abc", "%00", "1,2", "", "9999-12-31", "0000-00-00", "true", "1" * 500, "2026-13-45T99:99")
    for name in (*columns(model), *relations(model), "password", "nothing", "author__password", "__class__"):
        for operator in (
            "",
            "__is",
            "__from",
            "__in",
            "__contains",
            "__empty",
            "__find",
            "__startswith",
            "__",
            "__or__",
        ):
            yield from (f"{name}{operator}={value}" for value in strange)


@pytest.mark.parametrize("name", list(resources()))
def test_no_filter_is_too_strange_to_be_answered(answers, name):
    # Every seventh one: the kinds of nonsense and the operators meet each other often enough.
    for query in list(filters(resources()[name]))[::7]:
        answers(f"/admin/{name}/?{query}")
    for query in list(filters(resources()[name]))[::23]:
        answers(f"/admin/{name}/export/csv/?{query}")


@pytest.mark.parametrize("rule", READ, ids=lambda rule: rule.rule)
def test_parts_of_a_path_may_be_anything(answers, rule):
    if rule.arguments:
        start = rule.rule.partition("<")[0]
        for part in (HUGE, "%00", "%ff", "..%2f..%2fetc%2fpasswd", "a" * 5000, "%E2%80%AE", "'", "<script>", "%2e%2e"):
            answers(start + part)


DEEP = "[" * 20_000
BODIES = {
    "not a form": ({"data": "%", "content_type": "application/x-www-form-urlencoded"}),
    "not text": ({"data": b"title=\xff\xfe%00&id=%00&rowid=%00", "content_type": "application/x-www-form-urlencoded"}),
    "no boundary": ({"data": b"--x\r\n", "content_type": "multipart/form-data"}),
    "torn multipart": (
        {
            "data": b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n",
            "content_type": "multipart/form-data; boundary=x",
        }
    ),
    "many parts": ({"data": {f"x{number}": "1" for number in range(2000)}, "content_type": "multipart/form-data"}),
    "many fields": ({"data": "&".join(f"x{number}=1" for number in range(6000))}),
    "oversized": ({"data": b"x", "content_type": "text/plain", "headers": {"Content-Length": str(10**12)}}),
    "a list": ({"json": [1, 2, 3]}),
    "a word": ({"json": "word"}),
    "a number": ({"json": 5}),
    "nothing": ({"data": "null", "content_type": "application/json"}),
    "nested": ({"data": DEEP, "content_type": "application/json"}),
    "nested objects": ({"data": '{"a":' * 20_000, "content_type": "application/json"}),
    "broken JSON": ({"data": '{"id": ', "content_type": "application/json"}),
    "no number at all": ({"data": '{"id": NaN, "rowid": 1e999}', "content_type": "application/json"}),
    "a large number": ({"data": json.dumps({"id": 10**400}), "content_type": "application/json"}),
    "XML": ({"data": "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "content_type": "application/xml"}),
    "an unknown kind": ({"data": b"\x00\x01\x02", "content_type": "application/x-nothing; charset=utf-99"}),
    "an unknown encoding": ({"data": b"id=1", "content_type": "application/x-www-form-urlencoded; charset=nothing"}),
    "hostile keys": ({"data": {"id": HUGE, "rowid": HUGE, "list_form_pk": HUGE, "action": "publish", "version": HUGE}}),
    "keys that are none": (
        {"data": {"id": "1,2", "rowid": "x", "list_form_pk": "", "action": "delete", "token": "\n"}}
    ),
    "doubled": (
        {"data": {"id": ["1", "2"], "rowid": ["1"] * 1500, "list_form_pk": ["1", "2"], "action": ["a", "delete"]}}
    ),
    "half a character": ({"data": "title=%ed%a0%80&name=%ed%a0%80&id=%ed%a0%80"}),
    "a form as a file": ({"data": {"title": (__file__, "title.txt")}, "content_type": "multipart/form-data"}),
}


@pytest.mark.parametrize("body", BODIES)
def test_no_body_is_too_strange_to_be_answered(answers, body):
    for rule in WRITTEN:
        answers(path_of(rule).partition("?")[0] + "?id=987654", method="POST", **BODIES[body])


@pytest.mark.parametrize("body", BODIES)
def test_a_body_where_none_belongs_is_no_matter(answers, body):
    for path in ("/admin/", "/admin/post/", "/admin/post/export/csv/", "/", "/search?q=word", "/healthz"):
        answers(path, method="GET", **BODIES[body])


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept": "\x7f" * 100},
        {"Accept-Language": "x" * 5000},
        {"Accept-Language": ",".join(["en;q=abc", "-", "*;q=9" * 50])},
        {"Cookie": "session=" + "x" * 5000},
        {"Cookie": "session=eyJ.x.y; " * 20},
        {"If-None-Match": "W/" * 500},
        {"If-Modified-Since": "yesterday"},
        {"Range": "bytes=9999999999999999999-"},
        {"X-Forwarded-For": "x" * 3000, "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "javascript"},
        {"X-HTTP-Method-Override": "DELETE"},
        {"Content-Length": "-1"},
        {"Referer": "http://evil.example/\x7f"},
        {"User-Agent": "a\tb{{7*7}}"},
    ],
    ids=lambda headers: " ".join(headers),
)
def test_no_header_is_too_strange_to_be_answered(answers, headers):
    for path in ("/admin/post/", "/", "/login", "/admin/post/ajax/lookup/?name=tags", "/static/admin/grid.css"):
        answers(path, headers=headers, fine=FINE | {206, 304, 416})
