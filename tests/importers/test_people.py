"""Authors arrive as accounts that nobody can sign in to yet; who is here already is found again."""

from sqlalchemy import select

from backoffice.core.model import db
from backoffice.models.accounts import User
from backoffice.models.content import Post
from importers.exports import author, export, item
from people import add_user


def people():
    """Return name, e-mail address and account name of everybody, in the order they came."""
    found = db.session.scalars(select(User).order_by(User.id))
    return [(user.username, user.name, user.email) for user in found]


def test_an_author_becomes_an_active_account_without_password_and_roles(app, bring):
    bring(export(author("ann", email="Ann@Old.example", display_name="Ann &amp; Co"), item()))
    with app.app_context():
        user = db.session.scalars(select(User)).one()
        assert (user.username, user.name, user.email) == ("ann", "Ann & Co", "ann@old.example")
        assert (user.active, user.password, user.roles) == (True, None, [])
        assert db.session.scalars(select(Post)).one().author_id == user.id


def test_nobody_signs_in_to_an_imported_account(app, bring, client):
    bring(export(author("ann", email="ann@old.example")))
    for password in ("", "None", "ann"):
        answer = client.post("/login", data={"email": "ann@old.example", "password": password})
        assert answer.status_code != 302
        assert client.get("/admin/").status_code != 200


def test_authors_without_an_address_are_accounts_without_one(app, bring):
    bring(export(author("ann", email=""), author("ben", first_name="Ben", last_name="Bow")))
    with app.app_context():
        assert people() == [("ann", "ann", None), ("ben", "Ben Bow", None)]


def test_creators_that_no_list_names_are_accounts_too(app, bring):
    bring(export(author("ann"), item(creator="ann"), item(key=2, slug="b", creator="cleo")))
    with app.app_context():
        assert [name for name, *_rest in people()] == ["ann", "cleo"]
        assert [post.author.username for post in db.session.scalars(select(Post).order_by(Post.id))] == ["ann", "cleo"]


def test_posts_of_nobody_are_given_to_one_account(app, bring):
    told = bring(export(item(creator=""), item(key=2, slug="b", creator="")))
    assert "without an author: given to the account “unknown”: 1\n    first in line 8" in told.stdout
    with app.app_context():
        assert people() == [("unknown", "Unknown author", None)]


def test_who_is_here_is_found_by_the_address_then_by_the_name(app, bring):
    with app.app_context():
        first = add_user("editor", username="a-smith", email="ann@old.example")
        second = add_user("author", username="ben", email="ben@new.example")
    told = bring(export(author("ann", email="ANN@old.example"), author("ben", email="ben@old.example"), item()))
    assert "users                      0               2" in told.stdout
    with app.app_context():
        assert [name for name, *_rest in people()] == ["a-smith", "ben"]
        assert db.session.scalars(select(Post)).one().author_id == first.id
        assert db.session.get_one(User, second.id).email == "ben@new.example"


def test_an_account_renamed_since_is_found_again(app, bring):
    bring(export(author("ann"), item()))
    with app.app_context():
        db.session.scalars(select(User)).one().username = "ann-new"
        db.session.commit()
    bring(export(author("ann"), item(), item(key=2, slug="b")))
    with app.app_context():
        assert [name for name, *_rest in people()] == ["ann-new"]


def test_two_authors_with_one_address_are_two_accounts(app, bring):
    told = bring(export(author("ann", email="desk@old.example"), author("ben", email="desk@old.example")))
    assert "two authors have one e-mail address: the second account has none: 1\n    line 9: “ben”" in told.stdout
    with app.app_context():
        assert people() == [("ann", "ann", "desk@old.example"), ("ben", "ben", None)]


def test_an_address_that_is_none_is_told(app, bring):
    told = bring(export(author("ann", email="not an address")))
    assert "an author's e-mail address is none: the account has none: 1\n    line 8: “ann”" in told.stdout
    with app.app_context():
        assert people() == [("ann", "ann", None)]


def test_an_address_used_as_a_name_is_not_shown_to_the_world(app, bring):
    logins = ("ann@old.example", "ann@new.example", "x/y", "n" * 200, "@")
    bring(export(*(author(login, display_name=login) for login in logins)))
    with app.app_context():
        names = [name for name, *_rest in people()]
        assert names == ["ann", "ann-2", "x-y", "n" * 70, "unknown"]
        assert not [name for name, shown, _email in people() if "@old" in shown or "@new" in shown]
