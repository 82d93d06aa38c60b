"""A worker whose one job writes a row in each of many steps, for the tests that kill it."""

import os
import sys
import threading
import time
from datetime import timedelta

import click

from backoffice import create_app
from backoffice.core import undo
from backoffice.core.jobs import Step, crew, job, leases, worker
from backoffice.core.operation import chunks
from backoffice.models.content import Tag

NAME = "write tags"


@job(NAME)
def write(task):
    """Write tags; each is named after the job, the number of the step, and the start that wrote it."""
    number = task.arguments["number"]
    for at in range(task.checkpoint.get("at", 0), number):
        task.session.add(Tag(name=f"{task.id} {at} {task.word}"))
        task.session.flush()
        if at == task.arguments.get("hangs"):
            click.echo("hanging")
            time.sleep(task.arguments["pause"])
        else:
            time.sleep(task.arguments.get("each", 0))
        yield Step(at + 1, number, {"at": at + 1}, f"{at + 1} tags")
    return {"written": number}


def main(seconds, threads):
    """Do jobs on the database of the environment, with leases of this many seconds, until killed."""
    leases.LEASE = timedelta(seconds=seconds)
    worker.BEAT = seconds / 4
    crew.PAUSE = 0.1
    chunks.PART = 200
    undo.PART = 1000
    app = create_app(EXPORTS_FOLDER=os.environ["EXPORTS_FOLDER"])
    click.echo("working")
    if "carrier" in app.extensions:
        app.extensions["carrier"].work(threads)
        return
    started = crew.start(app, threads)
    threading.Event().wait()
    started.tell()


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
