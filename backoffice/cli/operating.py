"""What commands about people share: acting for the operator, finding someone, saying what was refused."""

import gc
from contextlib import contextmanager

import click
from flask_babel import force_locale
from sqlalchemy import func

from backoffice.core.access import OPERATOR, NotFound, visible
from backoffice.core.history.actors import acting
from backoffice.core.model import db
from backoffice.core.types import Invalid
from backoffice.core.writing import Refusal
from backoffice.models.accounts import Role, User


class Refused(click.ClickException):
    """What was asked for cannot be done; the message says why."""

    exit_code = 2


@contextmanager
def operating():
    """Let the operator act inside; all of it is stored at the end, or none of it."""
    with acting(None, door="command"), force_locale("en"):
        try:
            yield db.session()
            db.session.commit()
        except (Refusal, Invalid) as refused:
            db.session.rollback()
            raise Refused(_sentences(refused)) from refused
        except NotFound as error:
            db.session.rollback()
            raise Refused(f"There is no such {error}.") from error
        except click.ClickException:
            db.session.rollback()
            raise


def person(email):
    """Return the account with this address; raises Refused."""
    found = db.session.scalar(visible(OPERATOR, "read", User).where(User.email == email.strip().lower()))
    if found is None:
        raise Refused(f"There is no account with the address {email}.")
    return found


def role(name):
    """Return the role with this name in whatever case; raises Refused."""
    found = db.session.scalar(visible(OPERATOR, "read", Role).where(func.lower(Role.name) == name.strip().lower()))
    if found is None:
        raise Refused(f"There is no role called {name}. The command “roles list” shows those there are.")
    return found


def _sentences(refused):
    if isinstance(refused, Invalid):
        return str(refused.message)
    return " ".join(f"{field}: {said}" if field else said for field, said in refused.problems.items())


def settle():
    """Let the garbage collector pass over what stands now: it stands until the process ends."""
    gc.collect()
    gc.freeze()
