"""The ground the other tests stand on: a fresh database for each, whichever database it is."""

import pytest
from sqlalchemy import func, select

from backoffice.core.model import db
from backoffice.models.accounts import Role, User
from backoffice.models.content import Tag


@pytest.mark.parametrize("turn", [1, 2])
def test_the_rows_of_one_test_are_gone_in_the_next(app, turn):
    with app.app_context():
        db.session.add(Tag(name="Harbour", slug="harbour"))
        db.session.commit()
        assert db.session.scalar(select(func.count()).select_from(Tag)) == 1
        assert db.session.scalar(select(func.count()).select_from(User)) == 0


def test_the_roles_are_there_with_their_first_rights(app):
    with app.app_context():
        roles = {role.name: role.rights for role in db.session.scalars(select(Role))}
    assert set(roles) == {"administrator", "editor", "moderator", "author"}
    assert roles["administrator"] == ["*"]


def test_queries_are_counted(app, queries):
    with app.app_context(), queries() as sent:
        db.session.scalar(select(func.count()).select_from(Tag))
        db.session.scalar(select(func.count()).select_from(User))
    assert len(sent) == 2


def test_two_applications_stand_side_by_side(make_app):
    first, second = make_app(SITE_NAME="One"), make_app(SITE_NAME="Two")
    assert first.test_client().get("/healthz").status_code == 200
    assert second.test_client().get("/healthz").status_code == 200
    assert first.url_map is not second.url_map
