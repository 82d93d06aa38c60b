"""The command that says whether an index serves every question that the grids can be asked."""

import sys

import click
from flask.cli import with_appcontext

from backoffice.core.model import db
from backoffice.core.paging import plans


@click.command("indexes")
@click.option("--rows", default=10_000, show_default=True, help="How many rows may be read from end to end.")
@with_appcontext
def check_indexes(rows):
    """Explain every sort, view, search and filter of every grid and name the indexes that are missing."""
    session = db.session()
    every = list(plans.plans(session))
    found = [one for one in every if one.served or not one.open]
    missing = [one for one in found if not one.served]
    large = 0
    for one in missing:
        size = plans.size(session, one.model)
        large += size > rows
        name = one.model.__tablename__
        click.echo(f"{name}: {one.question} reads all {size} rows; an index on ({', '.join(one.needs)}) is missing")
    click.echo(f"{len(found) - len(missing)} of {len(found)} questions are answered by an index.")
    for one in every:
        if one not in found:
            click.echo(f"{one.model.__tablename__}: {one.question} is answered by reading; no index could")
    sys.exit(1 if large else 0)
