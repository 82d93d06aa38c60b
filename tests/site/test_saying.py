"""Members write under a post where the settings let them, and what they write waits like all comments do."""

import re

import pytest
from sqlalchemy import select

from backoffice.core.history import Change
from backoffice.core.model import db
from backoffice.extensions import limiter
from backoffice.models.accounts import User
from backoffice.models.comments import APPROVED, PENDING, Comment
from backoffice.models.content import DRAFT, Post
from backoffice.site import saying
from people import add_user


@pytest.fixture
def members(app, monkeypatch):
    """Let members write comments."""
    monkeypatch.setitem(app.config, "COMMENTS", "members")


@pytest.fixture
def said(app):
    """Return a function that tells what is stored: for each comment its words, state, writer and what it answers."""

    def stored():
        with app.app_context():
            asked = select(Comment.body, Comment.status, Comment.author_id, Comment.parent_id).order_by(Comment.id)
            return [tuple(row) for row in db.session.execute(asked)]

    return stored


def test_where_comments_are_closed_nothing_speaks_of_writing_them(publish, say, as_role, read, said):
    slug = publish()
    say(slug)
    browser = as_role("moderator")
    for answer in (browser.get(f"/posts/{slug}/comments"), browser.post(f"/posts/{slug}/comments", data={"body": "x"})):
        assert answer.status_code == 404
    assert not [link for link in read(f"/posts/{slug}").links() if link.startswith(f"/posts/{slug}/")]
    assert len(said()) == 1


@pytest.mark.parametrize("role", ["author", "editor"])
def test_what_a_member_writes_waits_and_says_so(members, publish, as_role, reader, said, app, role):
    slug, browser = publish(), as_role(role)
    form = reader(browser.get(f"/posts/{slug}/comments").text)
    assert {attrs.get("name") for attrs in form.all("input")} == {"csrf_token", "whose"}
    answer = browser.post(f"/posts/{slug}/comments", data={"body": "Well\r\nput."}, follow_redirects=True)
    assert answer.request.path == f"/posts/{slug}/comments"
    assert "once somebody has approved it" in answer.text
    assert said() == [("Well\nput.", PENDING, browser.user.id, None)]
    assert "Well" not in browser.get(f"/posts/{slug}").text
    with app.app_context():
        change = db.session.scalars(select(Change).where(Change.model == "comment")).one()
        assert (change.verb, change.door, change.actor_id) == ("create", "site", browser.user.id)
        row = db.session.scalars(select(Comment)).one()
        assert row.address == "127.0.0.1"
        assert row.agent


def test_who_may_approve_comments_need_not_wait(members, publish, as_role, said):
    slug, browser = publish(), as_role("moderator")
    answer = browser.post(f"/posts/{slug}/comments", data={"body": "Settled."})
    assert answer.status_code == 303
    assert re.fullmatch(rf"/posts/{slug}#comment-\d+", answer.location)
    assert "Settled." in browser.get(f"/posts/{slug}").text
    assert said() == [("Settled.", APPROVED, browser.user.id, None)]


def test_somebody_without_any_role_is_a_member_too(members, publish, app, sign_in, as_role, said):
    slug, browser = publish(), as_role("author")
    with app.app_context():
        db.session.get(User, browser.user.id).roles = []
        db.session.commit()
    assert browser.post(f"/posts/{slug}/comments", data={"body": "Me, too."}).status_code == 303
    assert said() == [("Me, too.", PENDING, browser.user.id, None)]


def test_strangers_are_led_to_sign_in_and_back_to_the_form(members, publish, say, client, said):
    slug = publish()
    key = say(slug)
    asked = client.get(f"/posts/{slug}/comments?answer={key}")
    sent = client.post(f"/posts/{slug}/comments", data={"body": "Boo.", "answer": key})
    for answer in (asked, sent):
        assert answer.status_code == 302
        assert answer.location == f"/login?next=/posts/{slug}/comments?answer%3D{key}"
    assert len(said()) == 1


def test_nothing_is_taken_without_the_token_of_ones_own_session(members, publish, as_role, said):
    slug, browser, other = publish(), as_role("author"), as_role("author")
    sent = {"body": "Forged.", "csrf_token": other.token() + "x"}
    assert browser.post(f"/posts/{slug}/comments", data=sent, csrf=False).status_code == 400
    assert browser.post(f"/posts/{slug}/comments", data={"body": "Forged."}, csrf=False).status_code == 400
    assert said() == []


@pytest.mark.parametrize("hidden", ["draft", "page", "none"])
def test_nothing_can_be_said_under_what_is_no_public_post(members, publish, as_role, said, hidden):
    slug = {
        "draft": lambda: publish(status=DRAFT, published_at=None),
        "page": lambda: publish(kind="page"),
        "none": lambda: "nowhere",
    }[hidden]()
    browser = as_role("administrator")
    assert browser.get(f"/posts/{slug}/comments").status_code == 404
    assert browser.post(f"/posts/{slug}/comments", data={"body": "Here."}).status_code == 404
    assert said() == []


def test_a_comment_is_answered_by_whoever_reads_it(members, publish, say, as_role, reader, said):
    slug = publish()
    key = say(slug, guest_name="Ann", body="Is it so?")
    browser = as_role("moderator")
    link = f"/posts/{slug}/comments?answer={key}"
    assert link in reader(browser.get(f"/posts/{slug}").text).links()
    page = browser.get(link).text
    assert "You answer Ann:" in page
    assert "Is it so?" in page
    browser.post(f"/posts/{slug}/comments", data={"body": "It is.", "answer": key})
    assert said()[1:] == [("It is.", APPROVED, browser.user.id, key)]


def test_what_visitors_cannot_see_cannot_be_answered(members, publish, say, as_role, said):
    slug, other, browser = publish(), publish(), as_role("administrator")
    hidden = [
        say(slug, status=PENDING, body="Unseen words."),
        say(slug, kind="pingback", body="Unseen words."),
        say(other, body="Unseen words."),
        "0",
        "x",
        "9" * 30,
    ]
    for key in hidden:
        shown = browser.get(f"/posts/{slug}/comments?answer={key}")
        sent = browser.post(f"/posts/{slug}/comments", data={"body": "Answer.", "answer": key})
        assert (shown.status_code, sent.status_code) == (404, 404), key
        assert "Unseen" not in shown.text
    assert len(said()) == 3


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", "Write something first."),
        (" \n ", "Write something first."),
        ("<p> </p><script></script>", "Write something first."),
        ("x" * (saying.LONGEST + 1), "At most 5000 characters; this has 5001."),
        ("<b>" * 600 + "deep", "nested too deeply"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_still_there(
    members, publish, as_role, reader, said, typed, problem
):
    slug, browser = publish(), as_role("author")
    answer = browser.post(f"/posts/{slug}/comments", data={"body": typed})
    assert answer.status_code == 422
    page = reader(answer.text)
    assert problem in page.text("form")
    assert page.text("textarea") == typed.strip()
    assert page.all("textarea")[0]["aria-invalid"] == "true"
    assert said() == []


def test_what_is_sent_twice_is_said_once(members, publish, as_role, said):
    slug, browser = publish(), as_role("author")
    first, second = (browser.post(f"/posts/{slug}/comments", data={"body": "Once."}) for _time in range(2))
    assert (first.status_code, second.status_code) == (303, 422)
    assert "You have said this already." in second.text
    assert len(said()) == 1


def test_a_script_is_stored_no_more_than_by_any_other_door(members, publish, as_role, said):
    slug, browser = publish(), as_role("moderator")
    body = 'Fine <b>words</b><script>alert(1)</script><img src=x onerror="alert(1)"><a href="javascript:alert(1)">a</a>'
    browser.post(f"/posts/{slug}/comments", data={"body": body})
    stored = said()[0][0]
    assert stored.startswith("Fine <b>words</b>")
    assert "<script" not in stored
    assert "onerror" not in stored
    assert "javascript" not in stored


def test_what_else_is_sent_along_changes_nothing(members, publish, as_role, said, app):
    slug, browser = publish(), as_role("author")
    more = {"status": APPROVED, "author_id": 1, "author": 1, "guest_name": "Ann", "kind": "pingback", "id": 77}
    browser.post(f"/posts/{slug}/comments", data={"body": "Plain.", **more})
    assert said() == [("Plain.", PENDING, browser.user.id, None)]
    with app.app_context():
        row = db.session.scalars(select(Comment)).one()
        assert (row.guest_name, row.kind, row.id) == (None, "comment", 1)


@pytest.fixture
def limited(make_app, database, app):
    """Return an application of its own, on the same database, that counts."""
    made = make_app(SQLALCHEMY_DATABASE_URI=database, RATELIMIT_ENABLED=True, RATELIMIT_STORAGE_URI="memory://")
    made.config["COMMENTS"] = "members"
    yield made
    with made.app_context():
        limiter.reset()
        db.engine.dispose()
    limiter.enabled = False


def test_so_many_comments_a_minute_and_no_more(limited, publish, sign_in, said):
    slug = publish()
    with limited.app_context():
        people = [add_user("author") for _one in range(2)]
    browser, other = (sign_in(limited.test_client(), one.email) for one in people)
    answers = [browser.post(f"/posts/{slug}/comments", data={"body": f"No {number}."}) for number in range(6)]
    assert [answer.status_code for answer in answers] == [303] * 5 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert "No 5." in answers[-1].text
    assert other.post(f"/posts/{slug}/comments", data={"body": "Mine."}).status_code == 303
    assert len(said()) == 6


def test_no_page_that_others_may_be_given_holds_a_form_or_a_token(members, app, publish, as_role, client):
    app.jinja_env.auto_reload = False
    slug, browser = publish(), as_role("author")
    pages = [one.get(f"/posts/{slug}") for one in (browser, client, browser, app.test_client())]
    assert all("csrf" not in page.text and "<form" not in page.text for page in pages)
    assert all(f"/posts/{slug}/comments" in page.text for page in pages)
    form = browser.get(f"/posts/{slug}/comments")
    assert form.headers["Cache-Control"] == "no-store"
    assert "csrf_token" not in app.test_client().get(f"/posts/{slug}/comments").text


def test_a_comment_typed_by_somebody_who_was_signed_out_comes_back_to_them(members, publish, say, as_role, said):
    slug, browser = publish(), as_role("author")
    key = say(slug)
    whose = re.search(r'name="whose" value="([^"]+)"', browser.get(f"/posts/{slug}/comments").text)[1]
    browser.post("/logout")
    lost = browser.post(f"/posts/{slug}/comments", data={"body": "Kept words.", "answer": key, "whose": whose})
    assert lost.status_code == 401
    assert len(said()) == 1
    sealed = re.search(r'name="kept" value="([^"]+)"', lost.text)[1]
    signed = {"email": browser.user.email, "password": "correct horse battery staple", "kept": sealed}
    back = browser.post("/login", data=signed)
    again = re.search(r'name="kept" value="([^"]+)"', back.text)[1]
    page = browser.post(f"/posts/{slug}/comments", data={"kept": again})
    assert page.status_code == 200
    assert "Kept words.</textarea>" in page.text
    assert f'name="answer" value="{key}"' in page.text
    assert len(said()) == 1


def test_a_post_says_where_one_writes_under_it_in_any_number_of_settings(members, app, publish, client):
    app.jinja_env.auto_reload = False
    slug = publish()
    assert f"/posts/{slug}/comments" in client.get(f"/posts/{slug}").text
    app.config["COMMENTS"] = "closed"
    assert f"/posts/{slug}/comments" not in client.get(f"/posts/{slug}").text
    with app.app_context():
        assert db.session.scalars(select(Post.slug)).one() == slug
