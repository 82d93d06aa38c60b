"""The commands about accounts: who is there, who comes, who goes."""

import sys

import click
from flask import current_app
from flask.cli import AppGroup
from flask_security import hash_password
from sqlalchemy import select

from backoffice.cli.operating import Refused, operating, person, role
from backoffice.core import operation, writing
from backoffice.core.access import OPERATOR, visible
from backoffice.core.model import db
from backoffice.core.selection import Selection
from backoffice.core.types import slugify
from backoffice.models.accounts import User

LONGEST_USERNAME = 80


@click.group(cls=AppGroup)
def users():
    """Accounts: who is there, who comes, who goes."""


@users.command("list")
def list_users():
    """Show every account with its roles."""
    for user in db.session.scalars(visible(OPERATOR, "read", User).order_by(User.email)):
        state = "active" if user.active else "deactivated"
        roles = ", ".join(one.name for one in user.roles) or "no role"
        click.echo(f"{user.email or '(no address)':<40}{state:<14}{roles}")


@users.command()
@click.argument("email")
@click.option("--role", "names", multiple=True, help="A role to give; may be named again.")
@click.option("--name", help="How the person is called; else what stands before the @.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def create(email, names, name, password_stdin):
    """Make an account with a password that is typed here."""
    password = _piped() if password_stdin else click.prompt("Password", hide_input=True, confirmation_prompt=True)
    with operating() as session:
        user = _new(session, email, names, name)
        user.password = _checked(password, user)
    click.echo(f"{user.email} can sign in now.")


@users.command()
@click.argument("email")
@click.option("--role", "names", multiple=True, help="A role to give; may be named again.")
@click.option("--name", help="How the person is called; else what stands before the @.")
def invite(email, names, name):
    """Make an account, and mail a link with which its owner sets the password."""
    with operating() as session:
        user = _new(session, email, names, name)
    click.echo(f"An invitation is on its way to {user.email}.")


@users.command()
@click.argument("email")
def deactivate(email):
    """Shut an account: its sessions end, and it cannot sign in."""
    _run("deactivate", email, "is deactivated, and signed out everywhere", "was deactivated already")


@users.command()
@click.argument("email")
def activate(email):
    """Open an account again; sessions from before stay ended."""
    _run("activate", email, "can sign in again", "was active already")


def _run(action, email, done, already):
    with operating() as session:
        user = person(email)
        outcome = operation.run(session, OPERATOR, action, Selection(User, keys=(user.id,)))
        if outcome.refused:
            raise Refused(" ".join(sentence for sentence, _count in outcome.reasons))
    click.echo(f"{email} {done if outcome.changed else already}.")


def _new(session, email, names, name):
    if "@" not in email.strip("@ "):
        raise Refused(f"{email} is not an address.")
    stem = email.partition("@")[0]
    values = {"email": email, "username": _free(slugify(stem) or "user"), "name": name or stem}
    return writing.create(session, OPERATOR, User, values | {"roles": [role(one) for one in names]})


def _free(stem):
    stem = stem[: LONGEST_USERNAME - 8]
    taken = set(db.session.scalars(select(User.username).where(User.username.startswith(stem, autoescape=True))))
    return next(one for one in (stem, *(f"{stem}-{n}" for n in range(2, len(taken) + 3))) if one not in taken)


def _piped():
    # The line's end is not a part of the password; spaces are.
    return sys.stdin.readline().removesuffix("\n").removesuffix("\r")


def _checked(password, user):
    problems, normal = current_app.extensions["security"].password_util.validate(password, is_register=False, user=user)
    if problems:
        raise Refused(" ".join(map(str, problems)))
    return hash_password(normal)
