"""The command that loads the demonstration, and large sets for measuring."""

import secrets
import time

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import select

from backoffice.core import history
from backoffice.core.model import db
from backoffice.demo.large import Large
from backoffice.demo.magazine import Magazine
from backoffice.models.accounts import User
from backoffice.models.content import Post

MOST = 2**30  # rows; the dice of the large sets have no more sides


@click.command()
@click.option("--posts", type=click.IntRange(0, MOST), default=0, help="Make posts until there are so many.")
@click.option("--comments", type=click.IntRange(0, MOST), default=0, help="Make comments until there are so many.")
@click.option("--password", envvar="DEMO_PASSWORD", help="For the four accounts; default: DEMO_PASSWORD, or random.")
@click.option("--if-empty", is_flag=True, help="Only into a database without users and posts.")
@with_appcontext
def demo(posts, comments, password, if_empty):
    """Load a small magazine with four accounts; --posts and --comments add a large set."""
    if current_app.config["BACKOFFICE_ENV"] == "production":
        click.echo("The demonstration has well-known accounts; it is not for production.", err=True)
        raise SystemExit(2)
    if if_empty and _holds_something():
        click.echo("The database holds something already, so the demonstration was not loaded.")
        return
    password = password or secrets.token_urlsafe(12)
    with history.acting(None, door="command"):
        magazine = Magazine(db.session, password)
        new = magazine.load()
        made = _make_large(posts, comments)
        db.session.commit()
    _report(new, made)
    _show(magazine.accounts, password)


def _holds_something():
    return any(db.session.scalars(select(model.id).limit(1)).first() for model in (User, Post))


def _make_large(posts, comments):
    made, start = False, time.monotonic()
    for name, count in Large(db.session, posts, comments).steps():
        click.echo(f"{time.monotonic() - start:7.1f} s  {count:>10,} {name}")
        made = True
    return made


def _report(new, made):
    if not made and not any(new.values()):
        click.echo("The demonstration is here already; nothing was changed.")
        return
    loaded = ", ".join(f"{count} {name}" for name, count in new.items() if count)
    click.echo(f"Loaded: {loaded or 'the large set'}.")


def _show(accounts, password):
    if not accounts:
        return
    click.echo(f"\n{'Role':<15}{'E-mail':<24}Password")
    for account in accounts:
        click.echo(f"{account['role']:<15}{account['email']:<24}{password}")
