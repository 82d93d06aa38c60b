"""Where Flask-Security finds the people who sign in."""

from flask_security import SQLAlchemyUserDatastore
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from backoffice.core.model import db
from backoffice.models.accounts import Role, User


class People(SQLAlchemyUserDatastore):
    """The users and roles of this database."""

    def find_user(self, case_insensitive=False, **kwargs):  # noqa: FBT002 - the name is Flask-Security's
        """Return the user with this one attribute, roles and all, or None."""
        name, value = kwargs.popitem()
        # Addresses are stored in lower case, so that the index serves whatever case is typed.
        value = value.lower() if case_insensitive else value
        found = select(User).options(joinedload(User.roles)).where(getattr(User, name) == value)
        return self.db.session.scalars(found).unique().one_or_none()


store = People(db, User, Role)
