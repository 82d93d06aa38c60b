"""Processes on the database of a test, to be killed in it, and what they leave in the row of a job."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select

from backoffice.core.jobs import Job
from backoffice.core.leases import looking
from backoffice.core.model import db

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def processes(app, database, **settings):
    """Yield a function that starts Python with these words and returns the process once its first line `says` so.

    All of them are ended afterwards.
    """
    started = []
    own = {
        "BACKOFFICE_ENV": "testing",
        "DATABASE_URL": database,
        "EXPORTS_FOLDER": app.config["EXPORTS_FOLDER"],
        "IMPORTS_FOLDER": app.config["IMPORTS_FOLDER"],
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}",
        "PYTHONUNBUFFERED": "1",
        "PORT": "0",
        **settings,
    }

    def start(*words, says=""):
        process = subprocess.Popen(
            [sys.executable, *map(str, words)],
            cwd=ROOT,
            env={**os.environ, **own},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        started.append(process)
        line = process.stdout.readline()
        assert says in line
        return process, line

    try:
        yield start
    finally:
        for process in started:
            process.kill()
            process.wait(timeout=10)
            process.stdout.close()


def job(app, key):
    """Return the row of a job as it is now."""
    with app.app_context(), looking(db.session()):
        return db.session.execute(select(Job.__table__).filter_by(id=key)).mappings().one()


def until(condition, seconds=90):
    """Wait until something is so, and return how long that took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "It took too long."
        time.sleep(0.05)
    return time.monotonic() - began
