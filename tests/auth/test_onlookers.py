"""People on pages that only look: read as plain values, they are who they are, and only as long as they are."""

from sqlalchemy import select, update

from backoffice.auth import onlookers
from backoffice.core.model import db
from backoffice.models.accounts import User
from backoffice.models.sessions import Session
from people import add_user

LIST = "/admin/post/"


def found(browser):
    """Return the onlooker and the account whose session was made for this browser."""
    token = db.session.scalar(select(Session.token).where(Session.user_id == browser.user.id))
    return onlookers.find(db.session(), token), db.session.get(User, browser.user.id)


def test_an_onlooker_is_the_account_in_all_that_a_page_asks(app, as_role):
    browser = as_role("editor")
    with app.app_context():
        seen, account = found(browser)
        assert {name: getattr(seen.user, name) for name in onlookers.OWN} == {
            name: getattr(account, name) for name in onlookers.OWN
        }
        assert (seen.user.rights, seen.user.scopes) == (account.rights, account.scopes)
        assert [(role.id, role.name) for role in seen.user.roles] == [(role.id, role.name) for role in account.roles]
        # Nothing else was read for it, and still it is there.
        assert seen.user.username == account.username


def test_whoever_holds_no_role_is_still_known(app, as_role):
    browser = as_role("editor")
    with app.app_context():
        db.session.get(User, browser.user.id).roles = []
        db.session.commit()
        seen, _account = found(browser)
        assert (seen.user.roles, seen.user.rights) == ([], frozenset())
    assert browser.get(LIST).status_code == 404


def test_a_session_that_was_ended_shows_no_list(app, as_role):
    browser = as_role("editor")
    assert browser.get(LIST).status_code == 200
    with app.app_context():
        db.session.execute(update(Session).values(ended_at=Session.created_at), execution_options={"recorded": True})
        db.session.commit()
    assert browser.get(LIST).status_code == 302


def test_a_deactivated_account_shows_no_list(app, as_role):
    browser = as_role("editor")
    with app.app_context():
        db.session.get(User, browser.user.id).active = False
        add_user("administrator")
        db.session.commit()
    assert browser.get(LIST).status_code == 302
