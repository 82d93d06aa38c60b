"""The commands about jobs: doing them in a process of its own, and forgetting old ones."""

import signal
from datetime import timedelta

import click
from flask import current_app
from flask.cli import with_appcontext

from backoffice.cli.operating import settle
from backoffice.core import history
from backoffice.core.jobs import Job, crew
from backoffice.core.jobs.forgetting import KEPT, forget
from backoffice.core.model import db
from backoffice.core.transfer import exports

LONGEST_GOODBYE = 25
DOING = "Doing jobs (Ctrl-C stops it)"
ENDINGS = (signal.SIGTERM, signal.SIGINT)


@click.command()
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1, 64), help="How many jobs at a time.")
@click.option("--drain", is_flag=True, help="End when nothing waits any more.")
@with_appcontext
def work(threads, drain):
    """Do jobs until told to stop; what is under way ends with its step, and others go on from there."""
    app = current_app._get_current_object()  # noqa: SLF001 - the threads outlive this context
    carrier = app.extensions.get("carrier")
    db.engine.dispose()
    settle()
    if carrier and not drain:
        click.echo(DOING)
        carrier.work(threads)
        return
    started = crew.start(app, threads, drain=drain)
    for name in ENDINGS:
        signal.signal(name, lambda _number, _frame: started.tell())
    click.echo(DOING)
    while any(thread.is_alive() for thread in started.threads) and not started.stop.wait(0.2):
        pass
    started.wait(LONGEST_GOODBYE)


@click.group()
def jobs():
    """Look after the list of jobs."""


@jobs.command()
@click.option(
    "--days", default=KEPT.days, show_default=True, type=click.IntRange(min=0), help="How long ended jobs are kept."
)
@with_appcontext
def prune(days):
    """Forget jobs that ended long ago, and remove the files of exports that nobody may fetch any more."""
    session = db.session()
    with history.acting(None, door="command"):
        count = forget(session, timedelta(days=days))
        history.note(session, "prune", model=Job.__tablename__, count=count)
        session.commit()
    click.echo(f"{count} jobs and {exports.sweep(session)} files removed.")
