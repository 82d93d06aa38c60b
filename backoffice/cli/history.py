"""The commands about the history: whether it is as it was written, and what is older than it need be."""

import click
from flask.cli import with_appcontext

from backoffice.core.audit import audit
from backoffice.core.model import db
from backoffice.core.seals import seal_all


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
