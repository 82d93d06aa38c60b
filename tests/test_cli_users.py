"""The commands about people: accounts, roles, and what someone may do."""

from email import message_from_bytes, policy
from pathlib import Path

import pytest
from sqlalchemy import select

from backoffice.core.history import Change
from backoffice.core.model import db
from backoffice.models.accounts import Role, User
from people import add_user

STRONG = "seven kettles on a roof "


def find(app, email):
    with app.app_context():
        return db.session.scalars(select(User).where(User.email == email)).one_or_none()


def changes(app, verb):
    with app.app_context():
        return db.session.scalars(select(Change).where(Change.verb == verb)).all()


def mails(app):
    folder = Path(app.config["MAIL_FOLDER"])
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(folder.glob("*.eml"))]


@pytest.fixture
def run(runner):
    """Return a function that runs a command and returns what it said, or what it refused."""

    def told(*words, refused=False, **more):
        done = runner.invoke(args=words, **more)
        assert done.exit_code == (2 if refused else 0), done.output
        return done.output.strip()

    return told


@pytest.fixture
def admin(app):
    """Return an administrator."""
    with app.app_context():
        return add_user("administrator")


def test_an_account_is_made_with_the_very_password_that_is_piped_in(app, client, run, sign_in):
    asked = ("Anna.Muster@Example.com", "--role", "editor", "--password-stdin")
    said = run("users", "create", *asked, input=STRONG + "\n")
    assert said == "anna.muster@example.com can sign in now."
    made = find(app, "anna.muster@example.com")
    assert (made.username, made.name, made.active) == ("anna-muster", "Anna.Muster", True)
    assert [kept.door for kept in changes(app, "create") if kept.model == "user"] == ["command"]
    assert mails(app) == []
    assert client.post("/login", data={"email": made.email, "password": STRONG.strip()}).status_code == 200
    sign_in(client, made.email, STRONG)


def test_a_password_is_asked_for_twice_at_a_terminal(app, run):
    run("users", "create", "anna@example.com", input=f"{STRONG}\n{STRONG}\n")
    assert find(app, "anna@example.com").password.startswith("$argon2id$")


@pytest.mark.parametrize("weak", ["", "short", "password123", "Anna1234"])
def test_no_account_is_made_with_a_password_that_others_would_try(app, run, weak):
    run("users", "create", "anna@example.com", "--password-stdin", input=weak + "\n", refused=True)
    assert find(app, "anna@example.com") is None


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("no-address",), "not an address"),
        (("anna@example.com", "--role", "emperor"), "no role called emperor"),
    ],
)
def test_an_account_that_cannot_be_is_refused_in_a_sentence(app, run, words, why):
    assert why in run("users", "invite", *words, refused=True)
    assert find(app, words[0]) is None
    assert mails(app) == []


def test_an_address_has_one_account(app, run, admin):
    assert "already" in run("users", "invite", admin.email, refused=True)


def test_two_people_with_the_same_first_part_get_names_of_their_own(app, run):
    run("users", "invite", "anna@example.com")
    run("users", "invite", "anna@example.net")
    assert find(app, "anna@example.net").username == "anna-2"


def test_whoever_is_invited_sets_a_password_by_the_mailed_link_and_signs_in(app, client, run, sign_in):
    run("users", "invite", "anna@example.com", "--role", "editor", "--name", "Anna Muster")
    (mail,) = mails(app)
    assert (mail["To"], mail["Subject"]) == ("anna@example.com", "Your account at Backoffice")
    link = next(word for word in mail.get_content().split() if "/reset/" in word)
    assert link.startswith(app.config["SITE_URL"] + "/reset/")
    path = link.removeprefix(app.config["SITE_URL"])
    assert client.get(path).status_code == 200
    answer = client.post(path, data={"password": STRONG, "password_confirm": STRONG})
    assert (answer.status_code, answer.location) == (302, "/login")
    sign_in(client, "anna@example.com", STRONG)
    assert len(changes(app, "invite")) == 1


def test_an_account_is_shut_and_opened_again(app, run, admin):
    with app.app_context():
        anna = add_user("editor")
    assert "signed out everywhere" in run("users", "deactivate", anna.email)
    assert find(app, anna.email).active is False
    assert "already" in run("users", "deactivate", anna.email)
    assert "can sign in again" in run("users", "activate", anna.email)
    assert find(app, anna.email).active is True
    assert [kept.door for kept in changes(app, "deactivate")] == ["command"]


def test_the_last_administrator_cannot_be_shut_out(app, run, admin):
    assert "last administrator" in run("users", "deactivate", admin.email, refused=True)
    assert "last administrator" in run("roles", "revoke", admin.email, "administrator", refused=True)
    assert find(app, admin.email).active is True


@pytest.mark.parametrize("words", [("users", "deactivate"), ("users", "activate"), ("rights",)])
def test_an_unknown_person_is_named(app, run, words):
    assert "nobody@example.com" in run(*words, "nobody@example.com", refused=True)


def test_the_list_of_accounts_shows_state_and_roles(app, run, admin):
    with app.app_context():
        add_user("editor", active=False)
    first, second = run("users", "list").splitlines()
    assert (first.split(), second.split()) == (
        [admin.email, "active", "administrator"],
        ["editor2@example.com", "deactivated", "editor"],
    )


def test_a_role_is_made_given_changed_and_taken(app, run, admin):
    run("roles", "create", "reader", "--right", "post.read")
    run("roles", "allow", "reader", "tag.read", "post.read")
    with app.app_context():
        assert db.session.scalars(select(Role).filter_by(name="reader")).one().rights == ["post.read", "tag.read"]
    assert "is now reader" in run("roles", "grant", admin.email, "Reader")
    assert "was already" in run("roles", "grant", admin.email, "reader")
    with app.app_context():
        roles = db.session.scalars(select(User).where(User.email == admin.email)).one().roles
        assert [one.name for one in roles] == ["administrator", "reader"]
    run("roles", "revoke", admin.email, "reader")
    assert "post.read" in run("roles", "forbid", "reader", "tag.read")
    told = {line.split()[0]: line.split()[1:] for line in run("roles", "list").splitlines()}
    assert told["reader"] == ["0", "post.read"]
    assert told["administrator"] == ["1", "*"]


@pytest.mark.parametrize("right", ["post.fly", "cloud.read", "post.read:theirs"])
def test_a_role_holds_only_rights_that_mean_something(app, run, right):
    assert right in run("roles", "create", "reader", "--right", right, refused=True)
    assert right in run("roles", "allow", "editor", right, refused=True)


def test_the_first_roles_are_made_once(app, run):
    assert run("roles", "init") == "All of them were there already."
    with app.app_context():
        db.session.delete(db.session.scalars(select(Role).filter_by(name="author")).one())
        db.session.commit()
    assert run("roles", "init") == "Created: author."


def test_what_someone_may_do_is_explained(app, run):
    with app.app_context():
        author = add_user("author")
    assert run("rights", author.email, "publish", "post") == "no: The right “post.publish” is missing."
    assert run("rights", author.email, "update", "post").startswith("own: Allowed for one's own")
    assert "read" in next(line for line in run("rights", author.email).splitlines() if line.startswith("post "))
    assert "user" in run("rights", author.email, "read", "cloud", refused=True)
