"""The commands about the side tables that searches look into: whether they are right, and making them anew."""

from time import perf_counter

import click
from flask.cli import AppGroup
from sqlalchemy import inspect

from backoffice.core.model import db
from backoffice.core.resource import resources
from backoffice.core.search import building as search_building
from backoffice.core.search import tables as search_tables
from backoffice.core.search.text_columns import searched, side_of


@click.group(cls=AppGroup)
def search():
    """Look after the tables that searches look into."""


@search.command("build")
@click.argument("names", metavar="[MODEL]...", nargs=-1)
def build(names):
    """Make the search tables anew, all or those of some models, while people go on searching and writing."""
    chosen = _chosen(names)
    with db.engine.begin() as connection:
        _require(connection)
    for model in chosen:
        began = perf_counter()
        search_building.rebuild(db.engine, model)
        click.echo(f"{side_of(model)}: made in {perf_counter() - began:.1f} s")


@click.command("search")
@click.option("--repair", is_flag=True, help="Bring what is not right up to date.")
def check_search(repair):
    """Compare the search tables with the rows they are made from."""
    with db.engine.begin() as connection:
        _require(connection)
        wrong = [model for model in searched().values() if _is_wrong(connection, model)]
        if repair:
            search_tables.install(connection)
            for model in wrong:
                search_tables.repair(connection, model)
                click.echo(f"{side_of(model)}: repaired")
    if wrong and not repair:
        click.echo("Searches may miss rows. Run: manage.py check search --repair", err=True)
        raise SystemExit(1)


def _is_wrong(connection, model):
    name = side_of(model)
    if not search_tables.is_right(connection, model):
        there = inspect(connection).has_table(name)
        click.echo(f"{name}: {'not as the model declares it' if there else 'missing'}")
        return True
    found = search_tables.differences(connection, model)
    told = ", ".join(f"{count} {word}" for word, count in found.items() if count)
    click.echo(f"{name}: {told or 'right'}")
    return bool(told)


def _chosen(names):
    known = {model.__tablename__: model for model in searched().values()}
    unknown = sorted(set(names) - set(known))
    if unknown:
        kind = "is never searched by index" if unknown[0] in resources() else "does not exist"
        raise click.ClickException(f"{unknown[0]} {kind}; there are: {', '.join(known)}")
    return [known[name] for name in names or known]


def _require(connection):
    if not search_tables.able(connection):
        raise click.ClickException(
            "This database cannot keep search tables, so searches read the rows themselves: "
            "PostgreSQL needs the extension pg_trgm, SQLite 3.38 with FTS5."
        )
