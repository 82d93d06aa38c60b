"""The command that writes the rows of one kind to a file."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from backoffice.core import history
from backoffice.core.access import OPERATOR
from backoffice.core.imports.gallery import lay_out
from backoffice.core.model import db
from backoffice.core.resource import resources
from backoffice.core.selection.criteria import BadCriteria, Criteria
from backoffice.core.transfer import FORMS, rows_out


@click.command()
@click.argument("model")
@click.option("--format", "form", type=click.Choice(FORMS), default="csv", show_default=True, help="How it is written.")
@click.option(
    "--output",
    type=click.File("wb", atomic=True),
    default="-",
    help="The file to write, which is there only when it is complete; default: standard output.",
)
@click.option(
    "--media",
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder into which the pictures of the rows are copied, for `load --media`.",
)
@with_appcontext
def export(model, form, output, media):
    """Write all rows of a kind (post, comment, user, …) with all their columns, secrets left out."""
    known = resources()
    if model not in known:
        raise click.BadParameter(f"there is no {model!r}; there are {', '.join(sorted(known))}.", param_hint="MODEL")
    with history.acting(None, door="command"):
        history.note(db.session, "export", model=model, label=form)
        db.session.commit()
    try:
        for part in rows_out(db.session(), OPERATOR, Criteria(known[model]), (), form):
            output.write(part)
    except BadCriteria as error:
        raise click.ClickException(str(error)) from error
    if media:
        media.mkdir(parents=True, exist_ok=True)
        for name in lay_out(db.session(), known[model], media):
            click.echo(f"{name} is missing.", err=True)
