"""What every answer carries, whatever was asked and whatever went wrong."""

import errno
import io
import logging
import re
import time
from contextlib import suppress
from datetime import datetime

import pytest
from flask import Blueprint, Response, jsonify, render_template_string, request
from sqlalchemy import literal, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm.exc import StaleDataError

from backoffice.core.model import db, reading
from backoffice.core.types import Invalid, UtcDateTime
from backoffice.extensions import csrf

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
PAPER = "CREATE TABLE IF NOT EXISTS probe_paper (id INTEGER PRIMARY KEY, title TEXT NOT NULL UNIQUE)"


probes = Blueprint("probes", __name__)


@probes.post("/probe/form")
def form():
    return jsonify({name: len(value) for name, value in request.form.items()})


@probes.post("/probe/json")
@csrf.exempt
def nested():
    return jsonify(request.get_json())


@probes.get("/probe/page")
def page():
    return "<p>public</p>"


@probes.get("/admin/probe")
def private():
    return "<p>private</p>"


@probes.get("/probe/cached")
def cached():
    return Response("x", headers={"Cache-Control": "max-age=60"})


@probes.get("/probe/nonce")
def nonce():
    return render_template_string("{{ csp_nonce() }} {{ csp_nonce() }}")


@probes.route("/probe/may-write", methods=["GET", "POST"])
def may_write():
    return str(not reading.get())


@probes.get("/probe/fails")
def fails():
    raise ValueError("a private detail")


@probes.get("/probe/twice")
def twice():
    db.session.execute(text(PAPER))
    for _ in range(2):
        db.session.execute(text("INSERT INTO probe_paper (title) VALUES ('a private title')"))
    return "not reached"


@probes.get("/probe/half")
def half():
    db.session.execute(text(PAPER))
    db.session.commit()
    db.session.execute(text("INSERT INTO probe_paper (title) VALUES ('half')"))
    raise ValueError("after the first half")


@probes.get("/probe/count")
def count():
    return str(db.session.scalar(text("SELECT count(*) FROM probe_paper")))


@probes.get("/probe/stale")
def stale():
    raise StaleDataError("UPDATE statement on table 'post' expected to update 1 row(s)")


@probes.get("/probe/broken")
def broken():
    return str(db.session.execute(text("SELECT nothing FROM nowhere")).all())


@probes.get("/probe/unzoned")
def unzoned():
    moment = literal(datetime(2026, 1, 1), UtcDateTime)  # noqa: DTZ001
    return str(db.session.scalar(select(moment)))


@probes.get("/probe/invalid")
def invalid():
    raise Invalid("title", "This title is already there.")


@probes.get("/probe/huge")
def huge():
    return str(db.session.scalar(text("SELECT :n"), {"n": 10**30}))


@probes.get("/probe/full")
def full():
    raise OSError(errno.ENOSPC, "No space left on device")


def add_probes(app):
    """Give an application the views that only these tests need, and a hook that commits whatever is there."""
    app.register_blueprint(probes)

    @app.after_request
    def commit_late(response):
        with suppress(SQLAlchemyError):
            db.session.commit()
        return response

    return app


@pytest.fixture(scope="module")
def app(make_app):
    """Return an application with probes, that answers failures as in production."""
    return add_probes(make_app(PROPAGATE_EXCEPTIONS=False))


@pytest.fixture(scope="module")
def lost(make_app, tmp_path_factory):
    """Return an application whose database is gone."""
    nowhere = tmp_path_factory.mktemp("gone") / "folder" / "none.sqlite"
    return add_probes(make_app(SQLALCHEMY_DATABASE_URI=f"sqlite:///{nowhere}", PROPAGATE_EXCEPTIONS=False))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/probe/page", 200),
        ("/static/admin/single.css", 200),
        ("/healthz", 200),
        ("/no-such-page", 404),
        ("/probe/form", 405),
        ("/probe/page?q=%00", 400),
        ("/probe/fails", 500),
        ("/api/none", 404),
    ],
)
def test_every_answer_carries_the_headers(client, path, status):
    answer = client.get(path)
    assert answer.status_code == status
    for name, value in ALWAYS.items():
        assert answer.headers[name] == value
    policy = answer.headers["Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    for name in ("object-src", "base-uri", "frame-src", "frame-ancestors", "worker-src"):
        assert rules[name] == "'none'"
    for name in ("default-src", "connect-src", "form-action", "style-src"):
        assert rules[name] == "'self'"
    asked_for = answer.headers["Permissions-Policy"].split(", ")
    assert {"camera=()", "microphone=()", "geolocation=()", "payment=()", "usb=()", "display-capture=()"} <= set(
        asked_for
    )
    assert all(re.fullmatch(r"[a-z-]+=\(\)", one) for one in asked_for)
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-ID"])


def test_scripts_are_known_by_a_word_that_is_new_on_each_page(client):
    seen = set()
    for _ in range(3):
        answer = client.get("/probe/nonce")
        first, second = answer.text.split()
        assert first == second
        assert f"script-src 'self' 'nonce-{first}';" in answer.headers["Content-Security-Policy"]
        seen.add(first)
    assert len(seen) == 3


def test_the_panel_is_held_to_the_same_policy(client):
    policy = client.get("/admin/probe").headers["Content-Security-Policy"]
    assert "style-src 'self';" in policy
    assert re.search(r"script-src 'self' 'nonce-[\w-]+';", policy)


def test_a_number_sent_by_the_client_is_not_believed(client):
    answer = client.get("/probe/page", headers={"X-Request-ID": "forged"})
    assert answer.headers["X-Request-ID"] != "forged"


@pytest.mark.parametrize("path", ["/admin/probe", "/probe/fails", "/no-such-page", "/api/none", "/healthz"])
def test_private_pages_and_errors_are_never_kept(client, path):
    assert client.get(path).headers["Cache-Control"] == "no-store"


def test_a_public_page_may_be_kept_and_says_that_cookies_change_it(client):
    answer = client.get("/probe/cached")
    assert answer.headers["Cache-Control"] == "max-age=60"
    assert "Cookie" in answer.headers["Vary"]


def test_no_page_is_kept_for_someone_signed_in(client):
    with client.session_transaction() as session:
        session["_user_id"] = "somebody"
    assert client.get("/probe/cached").headers["Cache-Control"] == "no-store"


def test_static_files_may_be_kept_by_everybody(client):
    assert client.get("/static/admin/single.css").headers["Cache-Control"] != "no-store"


@pytest.mark.parametrize(
    "path",
    [
        "/probe/%00",
        "/probe/page?a=%00",
        "/probe/page?%00=a",
        "/probe/page?a=%ff",
        "/probe/page?a=%ed%a0%80",
        "/probe/page?" + "&".join(f"p{n}=1" for n in range(101)),
        "/probe/page?q=" + "x" * 8200,
    ],
)
def test_an_address_no_page_can_have_is_refused(client, path):
    assert client.get(path).status_code == 400


def test_a_path_that_is_not_text_is_refused(client):
    assert client.get("/probe/page", environ_overrides={"PATH_INFO": "/probe/\xff"}).status_code == 400


def test_a_hundred_parameters_and_any_script_are_read(client):
    assert client.get("/probe/page?" + "&".join(f"p{n}=1" for n in range(100))).status_code == 200
    assert client.get("/probe/page?q=日本%20😀").status_code == 200


@pytest.mark.parametrize(
    "data",
    [
        {"title": "a\0b"},
        {"ti\0tle": "a"},
        {"file": (io.BytesIO(b"x"), "a\0.png")},
    ],
)
@pytest.mark.parametrize("kind", ["multipart/form-data", "application/x-www-form-urlencoded"])
def test_a_form_with_nul_is_refused(client, data, kind):
    if "file" in data and kind != "multipart/form-data":
        data = {"file": "a\0.png"}
    assert client.post("/probe/form", data=data, content_type=kind).status_code == 400


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", b"title=\xff\xfe"),
        ("multipart/form-data", b"no boundary at all"),
        ("multipart/form-data; boundary=x", b"--x\r\nbroken"),
    ],
)
def test_a_body_that_is_not_what_it_says_is_refused(client, kind, body):
    assert client.post("/probe/form", data=body, content_type=kind).status_code == 400


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("application/x-www-form-urlencoded", b"body=", b""),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="body"\r\n\r\n',
            b"\r\n--x--\r\n",
        ),
    ],
)
def test_a_text_of_five_megabytes_arrives_whole(client, kind, before, after):
    body = b"word." * 1024 * 1024
    answer = client.post("/probe/form", data=before + body + after, content_type=kind)
    assert answer.json == {"body": len(body)}


def test_a_form_beyond_the_limits_is_too_large(client):
    said = {"CONTENT_LENGTH": str(33 * 1024 * 1024), "CONTENT_TYPE": "multipart/form-data; boundary=x"}
    assert client.post("/probe/form", environ_overrides=said).status_code == 413
    many = {f"field{n}": "x" for n in range(1001)}
    assert client.post("/probe/form", data=many, content_type="multipart/form-data").status_code == 413


def test_a_form_of_endless_fields_is_refused_before_it_is_taken_apart(client):
    kind = "application/x-www-form-urlencoded"
    began = time.process_time()
    assert client.post("/probe/form", data=b"a=&" * 5_000_000, content_type=kind).status_code == 413
    assert time.process_time() - began < 2
    assert client.post("/probe/form", data=b"&".join([b"a=1"] * 5000), content_type=kind).json == {"a": 1}


def test_a_form_without_its_token_is_refused(client):
    assert client.post("/probe/form", data={"a": "b"}).status_code == 200
    assert client.post("/probe/form", data={"a": "b"}, csrf=False).status_code == 400


def test_a_form_sent_to_an_unknown_address_is_not_found(client):
    assert client.post("/nowhere", data={"a": "b\0"}, csrf=False).status_code == 404


@pytest.mark.parametrize("bracket", ["[", '{"a":'])
def test_json_nested_without_end_is_refused(client, bracket):
    answer = client.post("/probe/json", data=bracket * 100_000, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json["status"] == 400


def test_a_failure_shows_its_number_and_keeps_its_cause_for_the_log(client, caplog):
    answer = client.get("/probe/fails")
    assert answer.status_code == 500
    assert "<h1>Something went wrong</h1>" in answer.text
    assert answer.headers["X-Request-ID"] in answer.text
    assert "private detail" not in answer.text
    assert "Traceback" not in answer.text
    assert "a private detail" in caplog.text
    assert "Traceback" in caplog.text


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/probe/twice", 409, "does not fit"),
        ("/probe/stale", 409, "Somebody else changed this"),
        ("/probe/full", 507, "no room"),
        ("/probe/broken", 503, "Nothing was saved"),
    ],
)
def test_what_the_database_refuses_becomes_a_sentence(client, caplog, path, status, words):
    answer = client.get(path)
    assert answer.status_code == status
    assert words in answer.text
    for leak in ("SQL", "INSERT", "UPDATE", "probe_paper", "private title", "nowhere", "Traceback"):
        assert leak not in answer.text
    assert "Traceback" in caplog.text


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/probe/invalid", "This title is already there."),
        ("/probe/unzoned", "Request not understood"),
        ("/probe/huge", "Request not understood"),
    ],
)
def test_a_value_that_cannot_be_stored_is_refused(client, path, words):
    answer = client.get(path)
    assert answer.status_code == 400
    assert words in answer.text


def test_nothing_of_a_failed_request_is_saved_by_a_later_hook(client):
    assert client.get("/probe/half").status_code == 500
    assert client.get("/probe/count").text == "0"


def test_a_lost_database_is_said_plainly_even_to_someone_signed_in(lost):
    visitor = lost.test_client()
    with visitor.session_transaction() as session:
        session["_user_id"] = "somebody"
    answer = visitor.get("/probe/count")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "<h1>Not available just now</h1>" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_lost_database_is_not_ready_but_alive(lost):
    visitor = lost.test_client()
    assert visitor.get("/healthz").status_code == 200
    answer = visitor.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["database"] == "no answer"
    assert answer.json["cache"] == "not used"


def test_an_empty_database_is_not_at_head(client):
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {
        "status": "not ready", "database": "ok", "migrations": "not at head", "cache": "not used",
    }  # fmt: skip


def test_a_cache_that_does_not_answer_is_named(make_app):
    answer = make_app(REDIS_URL="redis://127.0.0.1:1/0").test_client().get("/readyz")
    assert answer.json["cache"] == "no answer"


def test_a_cache_that_answers_is_part_of_being_ready(make_app, redis_url):
    assert make_app(REDIS_URL=redis_url).test_client().get("/readyz").json["cache"] == "ok"


@pytest.mark.parametrize("asked", [{"Accept": "application/json"}, {"Content-Type": "application/json"}])
def test_a_program_is_answered_in_json(client, asked):
    answer = client.get("/no-such-page", headers=asked)
    assert answer.status_code == 404
    assert answer.json["title"] == "Page not found"
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]


def test_a_browser_is_answered_with_a_page(client):
    answer = client.get("/no-such-page", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert answer.mimetype == "text/html"
    assert answer.text.count("<h1>") == 1
    assert '<html lang="en" dir="ltr"' in answer.text


def test_a_refused_method_says_which_are_possible(client):
    answer = client.get("/probe/form")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_only_requests_that_may_write_take_the_writers_lock(client):
    assert client.get("/probe/may-write").text == "False"
    assert client.post("/probe/may-write").text == "True"
    assert client.get("/probe/may-write").text == "False"
    assert reading.get() is False


def test_a_production_site_asks_for_tls_and_answers_to_its_own_name_alone(make_app):
    site = make_app(BACKOFFICE_ENV="production", TRUSTED_HOSTS=["news.example.org"]).test_client()
    answer = site.get("/healthz", base_url="https://news.example.org")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    refused = site.get("/healthz", base_url="https://evil.example.net")
    assert refused.status_code == 400
    assert "<h1>" in refused.text


def test_a_plain_address_is_not_told_to_use_tls(client):
    assert "Strict-Transport-Security" not in client.get("/healthz").headers


def test_each_request_leaves_one_line_without_what_was_asked_in_its_query(client, caplog):
    with caplog.at_level(logging.INFO, logger="backoffice.access"):
        client.get("/probe/page?token=hush")
    lines = [record for record in caplog.records if record.name == "backoffice.access"]
    assert [line.getMessage() for line in lines] == ["GET /probe/page 200"]
    assert lines[0].address == "127.0.0.1"
    assert "hush" not in str(vars(lines[0]))


@pytest.mark.parametrize(
    ("path", "onwards", "words"),
    [("/admin/post/?q=%00", "/admin/", "To the back office"), ("/posts/a?q=%00", "/", "Go to the home page")],
)
def test_an_error_page_leads_on_to_where_one_was(client, path, onwards, words):
    answer = client.get(path)
    assert answer.status_code == 400
    assert f'<a href="{onwards}">{words}</a>' in answer.text
