"""Rights that come with later versions are given to the roles there are; nothing done by hand is undone."""

import pytest
from sqlalchemy import delete, select

from backoffice.core import grants
from backoffice.core.history import Change
from backoffice.core.history.sets import RECORDED
from backoffice.core.model import db
from backoffice.models.accounts import Role


@pytest.fixture
def declare(monkeypatch):
    """Return a function that lets a later version declare something else."""
    now = grants.declared()

    def change(role, *, add=(), remove=()):
        now[role] = [right for right in now.get(role, []) if right not in remove] + list(add)
        monkeypatch.setattr(grants, "declared", lambda: {name: list(rights) for name, rights in now.items()})

    return change


def rights(app, name):
    with app.app_context():
        return db.session.scalar(select(Role.rights).where(Role.name == name))


def forget_notes(app):
    """Let the database be one from before it was noted what the roles were given."""
    with app.app_context():
        db.session.execute(delete(grants.GIVEN), execution_options=RECORDED)
        db.session.commit()


def refresh(runner, *words):
    told = runner.invoke(args=["roles", "refresh", *words])
    assert told.exit_code == 0, told.output
    return told.output


def test_a_fresh_installation_lacks_nothing(runner):
    assert runner.invoke(args=["check", "roles"]).exit_code == 0
    assert refresh(runner) == "The roles hold all that has come.\n"


def test_what_came_is_told_given_once_and_recorded(app, runner, declare):
    declare("editor", add=["user.read"])
    told = runner.invoke(args=["check", "roles"])
    assert told.exit_code == 1
    assert "editor              + user.read" in told.output
    before = rights(app, "editor")
    assert "+ user.read" in refresh(runner, "--dry-run")
    assert rights(app, "editor") == before
    refresh(runner)
    assert rights(app, "editor") == [*before, "user.read"]
    with app.app_context():
        entry = db.session.scalars(select(Change).filter_by(model="role", verb="update")).one()
    assert (entry.label, entry.door, entry.after["rights"][-1]) == ("editor", "command", "user.read")
    assert runner.invoke(args=["check", "roles"]).exit_code == 0
    assert refresh(runner) == "The roles hold all that has come.\n"


def test_what_was_changed_by_hand_stays(app, runner, declare):
    runner.invoke(args=["roles", "forbid", "editor", "post.delete"])
    runner.invoke(args=["roles", "allow", "editor", "role.read"])
    declare("editor", add=["user.read"])
    refresh(runner)
    held = rights(app, "editor")
    assert "user.read" in held
    assert "role.read" in held
    assert "post.delete" not in held
    runner.invoke(args=["roles", "forbid", "editor", "user.read"])
    refresh(runner)
    assert "user.read" not in rights(app, "editor")


def test_what_is_given_no_more_is_taken_but_not_from_who_got_it_by_hand(app, runner, declare):
    runner.invoke(args=["roles", "allow", "author", "post.publish"])
    declare("editor", remove=["post.publish"])
    assert "editor              - post.publish" in refresh(runner)
    assert "post.publish" not in rights(app, "editor")
    assert "post.publish" in rights(app, "author")


def test_a_role_that_may_do_it_already_is_left_alone(app, runner, declare):
    runner.invoke(args=["roles", "allow", "editor", "user.*"])
    before = rights(app, "editor")
    declare("editor", add=["user.read:own"])
    assert refresh(runner) == "The roles hold all that has come.\n"
    assert rights(app, "editor") == before


def test_a_new_role_is_made_and_a_deleted_one_is_not_made_again(app, runner, declare):
    with app.app_context():
        db.session.delete(db.session.scalars(select(Role).filter_by(name="author")).one())
        db.session.commit()
    declare("librarian", add=["image.read"])
    refresh(runner)
    assert rights(app, "librarian") == ["image.read"]
    assert rights(app, "author") is None
    forget_notes(app)
    refresh(runner)
    assert rights(app, "author") is None


@pytest.fixture
def older(app, runner):
    """Let the roles have been made by a command, as in an installation from before the notes."""
    with app.app_context():
        for one in db.session.scalars(select(Role)):
            db.session.delete(one)
        db.session.commit()
    assert "Created: administrator" in runner.invoke(args=["roles", "init"]).output
    forget_notes(app)


def test_in_an_older_database_the_history_tells_what_was_given(app, runner, declare, older):
    runner.invoke(args=["roles", "forbid", "editor", "post.delete"])
    declare("editor", add=["user.read"])
    refresh(runner)
    assert "user.read" in rights(app, "editor")
    assert "post.delete" not in rights(app, "editor")


def test_a_role_of_ones_own_that_happens_to_be_called_alike_is_only_told_of(app, runner, declare, older):
    runner.invoke(args=["roles", "create", "librarian", "--right", "image.read"])
    declare("librarian", add=["image.read", "image.create"])
    told = refresh(runner)
    assert "librarian           ? image.create" in told
    assert "roles allow" in told
    assert rights(app, "librarian") == ["image.read"]
    assert runner.invoke(args=["check", "roles"]).exit_code == 0
