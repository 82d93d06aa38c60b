"""The commands that bring other systems' exports in."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.exc import SQLAlchemyError

from backoffice.core.model import db
from backoffice.importers import ghost, markdown, wordpress
from backoffice.importers.unreadable import Unreadable

REFUSED = 2


@click.group("import", cls=AppGroup)
def imports():
    """Bring in what another system exported."""


def _options(function):
    """Give a command what all imports take."""
    folder = click.Path(exists=True, file_okay=False, path_type=Path)
    function = click.option("--media", type=folder, help="The folder with the files of the pictures.")(function)
    dry = "Do everything, say what became of it, and keep nothing."
    return click.option("--dry-run", is_flag=True, help=dry)(function)


@imports.command("wordpress")
@click.argument("file", type=click.Path(path_type=Path))
@_options
def import_wordpress(file, dry_run, media):
    """Bring in a WordPress export (WXR 1.0 to 1.2): all of it, or nothing."""
    _bring(wordpress.take, file, media, dry_run)


@imports.command("ghost")
@click.argument("file", type=click.Path(path_type=Path))
@_options
def import_ghost(file, dry_run, media):
    """Bring in a Ghost export (JSON): all of it, or nothing."""
    _bring(ghost.take, file, media, dry_run)


@imports.command("markdown")
@click.argument("folder", type=click.Path(path_type=Path))
@_options
def import_markdown(folder, dry_run, media):
    """Bring in a folder of Markdown files, as Jekyll and Hugo keep them: all of it, or nothing."""
    _bring(markdown.take, folder, media, dry_run)


def _bring(take, path, media, dry_run):
    try:
        report = take(path, media)
        report.rehearsed = dry_run
        if not dry_run:
            db.session.commit()
    except Unreadable as refusal:
        click.echo(f"Not imported: {refusal}", err=True)
        raise click.exceptions.Exit(REFUSED) from refusal
    except SQLAlchemyError as error:
        current_app.logger.exception("The import was given up.")
        raise click.ClickException("The database could not take it, and nothing was kept; the log says why.") from error
    finally:
        db.session.rollback()
    for line in report.lines():
        click.echo(line)
