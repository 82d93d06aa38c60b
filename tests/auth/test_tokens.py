"""Tokens: what programs sign in by, what they may do then, and what ends them."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from backoffice.auth.tokens import WORD
from backoffice.core import operation
from backoffice.core.access import OPERATOR, rights_of
from backoffice.core.history import Change
from backoffice.core.history.actors import acting
from backoffice.core.model import db, now
from backoffice.core.selection import Selection
from backoffice.core.undo import undo
from backoffice.models.accounts import User
from backoffice.models.tokens import Token
from people import PASSWORD

ME = "/api/v1/auth/me"
TOKEN = "/api/v1/auth/token"
ASKED = {"password": PASSWORD, "name": "Nightly copy", "scopes": ["post.read"], "days": 30}

WRONG = [
    ({"name": " "}, "name"),
    ({"name": 5}, "name"),
    ({"name": "x" * 81}, "name"),
    ({"days": 0}, "days"),
    ({"days": 366}, "days"),
    ({"days": True}, "days"),
    ({"scopes": []}, "scopes"),
    ({"scopes": "post.read"}, "scopes"),
    ({"scopes": ["user.update"]}, "scopes"),
    ({"scopes": ["*"]}, "scopes"),
    ({"scopes": ["post.fly"]}, "scopes"),
    ({"role": "administrator"}, "role"),
]


@pytest.fixture
def issue(client):
    """Return a function that asks for a token."""

    def ask(email, **other):
        return client.post(TOKEN, json={**ASKED, "email": email, **other}, csrf=False)

    return ask


@pytest.fixture
def me(app):
    """Return a function that asks who a word stands for, in a program without cookies."""

    def ask(word, method="GET", path=ME):
        return app.test_client(use_cookies=False).open(
            path, method=method, headers={"Authorization": f"Bearer {word}"}, csrf=False
        )

    return ask


@pytest.fixture
def run(app):
    """Return a function that runs an operation on an account, as an operator does."""

    def operate(name, key):
        with app.app_context(), acting(None, door="command"):
            operation.run(db.session(), OPERATOR, name, Selection(User, keys=(key,)))
            db.session.commit()

    return operate


def test_a_name_and_a_password_give_a_token_that_is_stored_nowhere(app, someone, issue, me, stored):
    answer = issue(someone.email)
    assert (answer.status_code, answer.mimetype) == (201, "application/json")
    word = answer.json["token"]
    assert answer.json["prefix"] == word[:9]
    told = me(word).json
    assert (told["id"], told["rights"], told["token"]["name"]) == (someone.id, ["post.read"], "Nightly copy")
    (issued,) = stored.changes("token-issued")
    assert (issued.actor_id, issued.door, issued.after["prefix"]) == (someone.id, "api", word[:9])
    with app.app_context():
        for table in db.metadata.sorted_tables:
            for row in db.session.execute(text(f'SELECT * FROM "{table.name}"')):
                assert word not in str(tuple(row))
        row = db.session.scalars(select(Token)).one()
        assert row.last_seen is not None
    assert not [one for one in stored.changes("create") if row.digest in str(one.after)]


def test_a_token_that_is_not_one_is_nobodys(someone, issue, me, client):
    word = issue(someone.email).json["token"]
    reset = f"{someone.id}.abc.def"
    other = word[:-9] + ("0" if word[-9] != "0" else "1") + word[-8:]
    for wrong in ("", "x", word[:-1], word.upper(), other, reset, f"{word} {word}"):
        answer = me(wrong)
        assert (answer.status_code, answer.mimetype) == (401, "application/problem+json"), wrong
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert client.get(f"{ME}?token={word}&auth_token={word}").status_code == 401
    assert client.get(ME, headers={"Authorization": f"Basic {word}"}).status_code == 401


def test_a_cookie_means_nothing_to_programs_and_a_token_nothing_to_pages(as_role, someone, issue, me):
    browser = as_role("administrator")
    assert browser.get(ME).status_code == 401
    assert browser.delete(TOKEN).status_code == 401
    word = issue(someone.email).json["token"]
    assert me(word, path="/admin/").status_code == 302


def test_what_a_token_cannot_be_is_said_beside_its_field(app, someone, issue):
    for sent, field in WRONG:
        answer = issue(someone.email, **sent)
        assert (answer.status_code, list(answer.json["errors"])) == (422, [field])
    with app.app_context():
        assert db.session.scalars(select(Token)).all() == []


def test_a_wrong_password_gives_no_token_and_counts_as_where_people_sign_in(app, someone, issue, stored):
    for sent in ({"password": "wrong"}, {"email": "nobody@example.com"}, {"password": None}, {"email": ["a"]}):
        answer = issue(**{"email": someone.email, **sent})
        assert (answer.status_code, answer.json["detail"]) == (401, "The address or the password is wrong.")
    assert [one.label for one in stored.changes("sign-in-failed")][:2] == [someone.email, "nobody@example.com"]
    app.config["RATELIMIT_ENABLED"] = True
    try:
        answers = [issue(someone.email, password="wrong", x=0) for _ in range(2)]
        assert {one.status_code for one in answers} == {422}
        answers = [issue(someone.email, password="wrong") for _ in range(9)]
        last = issue(someone.email)
    finally:
        app.config["RATELIMIT_ENABLED"] = False
    assert answers[0].status_code == 401
    assert (last.status_code, last.mimetype) == (429, "application/problem+json")
    assert int(last.headers["Retry-After"]) > 0


def test_a_token_ends_by_itself_and_by_the_hand_of_its_owner(someone, issue, me, stored):
    word, other = (issue(someone.email).json["token"] for _ in range(2))
    assert me(word, "DELETE", TOKEN).status_code == 204
    assert [me(one).status_code for one in (word, other)] == [401, 200]
    (ended,) = [one for one in stored.changes("update") if one.model == "token"]
    assert (ended.actor_id, ended.door, list(ended.after)) == (someone.id, "api", ["ended_at"])
    stored.put(Token, expires_at=now() - timedelta(seconds=1))
    assert me(other).status_code == 401


def test_a_token_does_not_outlive_the_account_or_its_password(as_role, issue, me, run):
    browser = as_role("editor")
    word = issue(browser.user.email).json["token"]
    run("deactivate", browser.user.id)
    assert me(word).status_code == 401
    run("activate", browser.user.id)
    assert me(word).status_code == 401
    other = as_role("author")
    word = issue(other.user.email, scopes=["post.read:own"]).json["token"]
    new = {"password": PASSWORD, "new_password": "seven kettles on a roof"}
    other.post("/change", data={**new, "new_password_confirm": new["new_password"]})
    assert me(word).status_code == 401


def test_a_token_never_does_more_than_its_owner_can_now(app, someone, issue, me):
    word = issue(someone.email, scopes=["post.read", "post.publish", "user.pick"]).json["token"]
    assert "post.publish" in me(word).json["rights"]
    with app.app_context():
        user = db.session.get(User, someone.id)
        user.roles[0].rights = ["post.read:own", "tag.read", "user.*"]
        db.session.commit()
        user.scopes = ("post.read", "post.publish", "user.pick")
        assert rights_of(user) == {"post.read:own", "user.pick"}
    assert me(word).json["rights"] == ["post.read:own", "user.pick"]


def test_people_make_their_tokens_on_a_page_and_revoke_them(as_role, me, stored):
    browser = as_role("author")
    page = browser.get("/account/tokens")
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    made = browser.post("/account/tokens", data={"name": "Desk", "days": "7", "way": "read"})
    word = WORD.search(made.text)[0]
    assert made.status_code == 200
    rights = me(word).json["rights"]
    assert "post.read:own" in rights
    assert not [one for one in rights if ".read" not in one]
    desk = as_role("editor").post("/account/tokens", data={"name": "Desk", "days": "7", "way": "read"})
    # Who the author is, is a column with a right of its own; there is nothing else that it allows without more.
    assert {"post.read", "post.assign"} <= set(me(WORD.search(desk.text)[0]).json["rights"])
    page = browser.get("/account/tokens")
    assert word not in page.text
    assert word[:9] in page.text
    wrong = browser.post("/account/tokens", data={"name": "Desk", "days": "7", "way": "chosen", "scopes": "user.read"})
    assert wrong.status_code == 422
    assert "user.read" in wrong.text
    (row, _desk) = [one for one in stored.changes("create") if one.model == "token"]
    assert (row.actor_id, row.door, "digest" in row.after) == (browser.user.id, "site", False)
    other = as_role("administrator")
    assert other.post("/account/tokens", data={"revoke": str(row.row_id)}).status_code == 404
    assert me(word).status_code == 200
    assert browser.post("/account/tokens", data={"revoke": str(row.row_id)}).status_code == 303
    assert me(word).status_code == 401


def test_an_administrator_revokes_a_token_for_good_even_if_that_is_undone(as_role, app, issue, me):
    word = issue(as_role("editor").user.email).json["token"]
    boss = as_role("administrator")
    assert me(word).status_code == 200
    assert boss.post("/admin/token/action/", data={"action": "revoke", "rowid": "1", "confirm": "1"}).status_code == 302
    assert me(word).status_code == 401
    with app.app_context(), acting(None, door="command"):
        batch = db.session.scalars(select(Change.batch).where(Change.verb == "revoke")).one()
        undo(db.session(), OPERATOR, batch)
        db.session.commit()
    assert me(word).status_code == 401
