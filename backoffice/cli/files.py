"""The command that compares the stored pictures with the rows that refer to them."""

from datetime import timedelta

import click
from flask.cli import with_appcontext

from backoffice.core import files


@click.command("files")
@click.option("--remove", is_flag=True, help="Remove the files that nothing refers to.")
@click.option(
    "--grace",
    default=60,
    show_default=True,
    type=click.IntRange(min=0),
    help="Leave alone what is younger than this many minutes: its row may be on the way.",
)
@with_appcontext
def check_files(remove, grace):
    """Look for pictures without a row and rows without their picture."""
    lost = files.missing()
    for name in lost:
        click.echo(f"{name} is referred to, but there is no such file.")
    left = 0 if remove else _tell(files.stray(timedelta(minutes=grace)))
    if remove:
        click.echo(f"{_counted(files.sweep(timedelta(minutes=grace)))} removed.")
    if lost or left:
        raise SystemExit(1)
    click.echo("Every picture has its row, and every row its picture.")


def _tell(names):
    for name in names:
        click.echo(f"{name} is referred to by nothing.")
    if names:
        click.echo(f"{_counted(len(names))} that nothing refers to; --remove removes what is left over.")
    return len(names)


def _counted(number):
    return "1 file" if number == 1 else f"{number} files"
