"""Processes on the database of a test, to be killed in it, and what they leave in the row of a job."""

import multiprocessing
import os
import runpy
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select

from backoffice.core.jobs import Job
from backoffice.core.jobs.leases import looking
from backoffice.core.model import db

ROOT = Path(__file__).resolve().parent.parent
# Importing is most of a start, so that each process is a fork of one that has done this and nothing else.
IMPORTED = multiprocessing.get_context("forkserver")
IMPORTED.set_forkserver_preload(["manage", "backoffice.carrier"])


class Process:
    """A process that runs a Python file of the project as a terminal would, and the lines it says."""

    def __init__(self, words, environment):
        """Start it."""
        heard, said = IMPORTED.Pipe(duplex=False)
        with heard, said:
            self._process = IMPORTED.Process(target=_run, args=(words, environment, said))
            self._process.start()
            self.stdout = os.fdopen(os.dup(heard.fileno()))

    def send_signal(self, number):
        """Tell it to do something."""
        os.kill(self._process.pid, number)

    def kill(self):
        """End it as the failure of a machine would."""
        self._process.kill()

    def wait(self, timeout=30):
        """Return the number with which it ended."""
        self._process.join(timeout)
        assert self._process.exitcode is not None, f"It still runs after {timeout} seconds."
        return self._process.exitcode

    def forget(self):
        """End it, if it still runs, and give back what it held."""
        self.kill()
        self.wait()
        self._process.close()
        self.stdout.close()


def _run(words, environment, said):
    os.environ.clear()
    os.environ.update(environment)
    os.dup2(said.fileno(), sys.stdout.fileno())
    said.close()
    sys.stdout.reconfigure(line_buffering=True)
    with Path(os.devnull).open("wb") as nobody:
        os.dup2(nobody.fileno(), sys.stderr.fileno())
    os.chdir(ROOT)
    sys.argv = words
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    runpy.run_path(words[0], run_name="__main__")


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
        "PORT": "0",
        **settings,
    }

    def start(*words, says=""):
        process = Process([str(word) for word in words], {**os.environ, **own})
        started.append(process)
        line = process.stdout.readline()
        assert says in line
        return process, line

    try:
        yield start
    finally:
        for process in started:
            process.forget()


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
