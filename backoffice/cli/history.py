"""The commands about the history: whether it is as it was written, and what is older than it need be."""

import os
from datetime import UTC
from pathlib import Path

import click
from flask.cli import AppGroup, with_appcontext

from backoffice.core.history import retention
from backoffice.core.history.actors import acting
from backoffice.core.history.audit import audit
from backoffice.core.history.seals import seal_all
from backoffice.core.model import db


@click.command("history")
@click.option("--known", metavar="NUMBER:WORD", help="A seal written down before, as this command names the last one.")
@with_appcontext
def check_history(known):
    """Look whether every change is as it was written; names the first that is not."""
    session = db.session()
    seal_all(session)
    session.rollback()
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    found = audit(session, known=_seal(known))
    for fault in found.faults:
        where = [f"batch {fault.batch}"] if fault.batch else []
        where += [f"change {fault.row}"] if fault.row is not None else []
        click.echo(f"{': '.join([', '.join(where), fault.what] if where else [fault.what])}", err=True)
    session.rollback()
    if found.faults:
        raise SystemExit(1)
    click.echo(f"{found.changes} changes under {found.seals} seals are as they were written.")
    click.echo(f"The last seal, to be written down elsewhere: {found.number}:{found.chain}")


def _seal(known):
    if not known:
        return None
    number, _colon, word = known.partition(":")
    if not number.isdecimal() or len(word) != 64:
        raise click.BadParameter("a seal is a number, a colon and 64 characters.", param_hint="--known")
    return int(number), word


@click.group(cls=AppGroup)
def history():
    """Look after the history of all changes."""


@history.command("prune")
@click.option(
    "--before", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The day from which on it is kept (UTC)."
)
@click.option(
    "--export", "path", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The new file to write."
)
def prune(before, path):
    """Write what is older to a new file, as JSON Lines, and remove it. It cannot be taken back any more then."""
    session = db.session()
    seal_all(session)
    number, word = retention.last_before(session, before.replace(tzinfo=UTC))
    if not number:
        click.echo("Nothing is that old.")
        return
    with acting(None, door="command"):
        written = _write(session, number, path)
        removed = retention.prune(session, number, word)
        if removed != written:
            session.rollback()
            path.unlink()
            raise click.ClickException("The history changed meanwhile. Nothing was removed; try again.")
        session.commit()
    click.echo(f"{removed} changes were written to {path} and removed; the chain goes on from seal {number}.")


def _write(session, number, path):
    """Write a file that was not there before and is complete on the disk before anything is removed."""
    try:
        with path.open("x", encoding="utf-8") as file:
            path.chmod(0o600)
            written = retention.write_out(session, number, file)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        raise click.ClickException(f"{path} is there already; name another file.") from error
    except OSError as error:
        raise click.ClickException(f"{path} could not be written: {error.strerror}. Nothing was removed.") from error
    return written
