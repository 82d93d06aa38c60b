"""The commands that bring other systems' exports in."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.exc import SQLAlchemyError

from backoffice.core.model import db
from backoffice.importers import wordpress, wxr

REFUSED = 2


@click.group("import", cls=AppGroup)
def imports():
    """Bring in what another system exported."""


@imports.command("wordpress")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Do everything, say what became of it, and keep nothing.")
@click.option(
    "--media",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder with the files of the attachments, such as wp-content/uploads.",
)
def import_wordpress(file, dry_run, media):
    """Bring in a WordPress export (WXR 1.0 to 1.2): all of it, or nothing."""
    try:
        report = wordpress.take(file, media)
        report.rehearsed = dry_run
        if not dry_run:
            db.session.commit()
    except wxr.Unreadable as refusal:
        click.echo(f"Not imported: {refusal}", err=True)
        raise click.exceptions.Exit(REFUSED) from refusal
    except SQLAlchemyError as error:
        current_app.logger.exception("The import was given up.")
        raise click.ClickException("The database could not take it, and nothing was kept; the log says why.") from error
    finally:
        db.session.rollback()
    for line in report.lines():
        click.echo(line)
