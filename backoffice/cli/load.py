"""The command that brings rows of one kind in from a file."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from backoffice.cli.operating import Refused, settle
from backoffice.core.access import OPERATOR, NotFound
from backoffice.core.history.actors import acting
from backoffice.core.imports import mapping
from backoffice.core.imports.intake import Intake
from backoffice.core.imports.mapping import BadPlan, Plan
from backoffice.core.imports.sheets import ENCODINGS, open_table
from backoffice.core.model import db
from backoffice.core.resource import resources
from backoffice.core.transfer.workbooks import Unreadable


@click.command()
@click.argument("model")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--map", "pairs", multiple=True, metavar="COLUMN=FIELD", help="What a column fills; FIELD left empty: nothing."
)
@click.option("--key", default="", help="The unique field that recognises rows which are there already.")
@click.option(
    "--encoding", type=click.Choice([name for name in ENCODINGS if name]), default=None, help="When not UTF-8."
)
@click.option("--dry-run", is_flag=True, help="Do everything, say what became of it, and keep nothing.")
@click.option("--good-lines", is_flag=True, help="Bring in what can be, though other lines are refused.")
@click.option(
    "--media",
    type=click.Path(exists=True, file_okay=False),
    help="The folder of the pictures that the table names.",
)
@click.option("--invite", is_flag=True, help="Mail an invitation to each new account that has no password.")
@with_appcontext
def load(model, file, pairs, key, encoding, **how):
    """Bring in rows of a kind (post, comment, tag, …) from CSV, XLSX or JSON Lines: all of them, or none.

    Columns fill the fields whose names they have; what `export` wrote can be brought in as it is.
    """
    known = resources()
    if model not in known:
        raise click.BadParameter(f"there is no {model!r}; there are {', '.join(sorted(known))}.", param_hint="MODEL")
    settle()
    try:
        table = open_table(file, encoding or "", bounded=False)
        fields = _fields(known[model], table.headers, pairs)
        plan = Plan(
            known[model], fields, key, whole=not how["good_lines"], announced=how["invite"], media=how["media"] or ""
        )
        mapping.check(OPERATOR, plan, table.headers)
        report, missing = _take(plan, table, rehearse=how["dry_run"])
    except (Unreadable, BadPlan) as error:
        db.session.rollback()
        raise Refused(str(error)) from error
    except NotFound as error:
        raise Refused(f"Rows of {model} are not made from files.") from error
    if missing:
        click.echo(
            f"{missing} lines name pictures that are not stored here: copy those, or load with --media.", err=True
        )
    _tell(report, rehearsed=how["dry_run"])


def _fields(model, headers, pairs):
    found = dict(zip(headers, mapping.guess(OPERATOR, model, headers), strict=True))
    for pair in pairs:
        column, equals, name = pair.rpartition("=")
        if not equals or column not in found:
            raise BadPlan(f"The file has no column called “{column or pair}”.")
        found[column] = name
    return tuple(found.values())


def _take(plan, table, *, rehearse):
    with acting(None, door="import"):
        work = Intake(db.session(), OPERATOR, plan, table)
        report = work.report
        for _part in work.steps(rehearse=rehearse):
            if not (plan.whole or rehearse):
                # Good lines are kept as they come, so that nobody who writes waits for all of them.
                db.session.commit()
        if report.kept:
            db.session.commit()
        else:
            db.session.rollback()
    return report, work.workshop.gallery.missing


def _tell(report, *, rehearsed):
    for one in report.refusals:
        click.echo(f"Line {one.number}{f', {one.field}' if one.field else ''}: {one.reason}", err=True)
    click.echo(
        f"{report.created} created, {report.changed} changed, {report.unchanged} unchanged, {report.refused} refused."
    )
    if not report.kept:
        click.echo("This was a rehearsal: nothing was kept." if rehearsed else "Nothing was kept.")
    if report.refused and not report.kept and not rehearsed:
        raise click.exceptions.Exit(2)
