"""Invitations: whoever gets an account is mailed a link to set its password, once the account is there for good."""

import re

import pytest

from backoffice.core import writing
from backoffice.core.access import OPERATOR
from backoffice.core.history.actors import acting
from backoffice.core.model import db
from backoffice.models.accounts import User

ANNA = {"email": "anna@example.com", "username": "anna", "name": "Anna Muster"}


@pytest.fixture
def made(app):
    """Return a function that makes an account as a door does, and ends the transaction in the way it is told."""

    def make(end="commit", **values):
        with app.app_context(), acting(None, door="panel"):
            row = writing.create(db.session(), OPERATOR, User, {**ANNA, **values})
            getattr(db.session, end)()
            return row if end == "rollback" else row.id

    return make


def test_a_new_account_is_invited_when_it_is_there(made, mails, stored):
    key = made()
    (mail,) = mails()
    assert (mail["To"], mail["Subject"]) == ("anna@example.com", "Your account at Backoffice")
    assert "Anna Muster" in mail.get_content()
    (kept,) = stored.changes("invite")
    assert (kept.row_id, kept.door) == (key, "panel")


@pytest.mark.parametrize(
    ("email", "said"),
    [("anna@example.com", ["An invitation is on its way to anna@example.com. Its link is valid for 1 day."]), ("", [])],
)
def test_whoever_makes_an_account_is_told_to_whom_an_invitation_goes_and_how_long_it_is_valid(
    as_role, mails, email, said
):
    browser = as_role("administrator")
    assert browser.post("/admin/user/new/", data={**ANNA, "email": email}).status_code == 302
    assert re.findall(r"An invitation[^<]*day\.", browser.get("/admin/user/").text) == said
    assert [mail["To"] for mail in mails()] == [email] * len(said)


def test_who_makes_an_account_over_another_form_is_told_as_well(as_role):
    made = as_role("administrator").post("/admin/user/new/", data=ANNA, headers={"HX-Request": "true"})
    assert made.status_code == 201
    assert made.json["said"] == "An invitation is on its way to anna@example.com. Its link is valid for 1 day."


def test_an_account_that_never_was_is_not_invited(app, made, mails):
    made(end="rollback")
    with app.app_context():
        db.session.add(User(username="other", name="Other"))
        db.session.commit()
    assert mails() == []


@pytest.mark.parametrize("values", [{"email": None}, {"active": False}])
def test_whoever_cannot_sign_in_is_not_invited(made, mails, values):
    made(**values)
    assert mails() == []


def test_an_account_with_a_password_is_not_invited(app, mails):
    with app.app_context():
        row = writing.create(db.session(), OPERATOR, User, ANNA)
        row.password = "a hash that the command made"
        db.session.commit()
    assert mails() == []


def test_a_changed_account_is_not_invited_again(app, made, mails):
    key = made()
    with app.app_context():
        writing.update(db.session(), OPERATOR, db.session.get(User, key), {"name": "Anna M."})
        db.session.commit()
    assert len(mails()) == 1


@pytest.mark.parametrize(
    ("locale", "subject"),
    [("en", "Your account at Backoffice"), ("de", "Ihr Konto bei Backoffice"), ("cy", "Your account at Backoffice")],
)
def test_an_invitation_is_in_the_language_of_the_invited_where_this_site_speaks_it(made, mails, locale, subject):
    made(locale=locale)
    assert mails()[0]["Subject"] == subject


def test_part_of_a_transaction_that_is_taken_back_invites_nobody_but_the_rest_does(app, mails):
    def create(name):
        values = {"email": f"{name}@example.com", "username": name, "name": name}
        writing.create(db.session(), OPERATOR, User, values)

    with app.app_context(), acting(None, door="panel"):
        create("anna")
        inner = db.session.begin_nested()
        create("bob")
        inner.rollback()
        with db.session.begin_nested():
            create("carla")
        assert mails() == []
        db.session.commit()
    assert [mail["To"] for mail in mails()] == ["anna@example.com", "carla@example.com"]


@pytest.mark.parametrize(("options", "number"), [((), 0), (("--good-lines",), 0), (("--invite",), 2)])
def test_the_command_invites_new_people_when_it_is_told_to(runner, mails, tmp_path, options, number):
    path = tmp_path / "people.csv"
    path.write_text("email,username,name\nanna@example.com,anna,Anna\nben@example.com,ben,Ben\n")
    assert "2 created" in runner.invoke(args=["load", "user", str(path), *options]).output
    assert len(mails()) == number
