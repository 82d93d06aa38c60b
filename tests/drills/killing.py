"""Kills the worker of a long job again and again, and measures how soon the next one goes on and what it repeated.

Run it by hand, on a database that may be emptied; docs/drills.md holds what came of it.
"""

import argparse
import os
import random
import secrets
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from sqlalchemy import select  # noqa: E402 - the project is found from here on

from backoffice import create_app  # noqa: E402
from backoffice.core.jobs import DONE, Job, later  # noqa: E402
from backoffice.core.jobs.leases import looking  # noqa: E402
from backoffice.core.model import db  # noqa: E402
from backoffice.models.content import Tag  # noqa: E402
from working import NAME  # noqa: E402

LONGEST = 600


class Drill:
    """One job on a database of its own, and the workers that are killed over it."""

    def __init__(self, given, folder):
        """Make the tables and ask for the job."""
        self.given, self.chance = given, random.Random(given.seed)
        self.settings = {
            "BACKOFFICE_ENV": "testing",
            "DATABASE_URL": given.database or f"sqlite:///{folder}/drill.sqlite",
            "SECRET_KEY": secrets.token_hex(),
            "EXPORTS_FOLDER": f"{folder}/exports",
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}",
            **({"REDIS_URL": given.redis} if given.redis else {}),
        }
        os.environ.update(self.settings)
        self.app = create_app()
        with self.app.app_context():
            db.drop_all()
            db.create_all()
            self.key = later(db.session(), NAME, None, number=given.steps, each=given.each).id
            db.session.commit()

    def job(self):
        """Return the row of the job."""
        with self.app.app_context(), looking(db.session()):
            return db.session.execute(select(Job.__table__).filter_by(id=self.key)).mappings().one()

    def start(self):
        """Start a worker with the leases that workers have, and return it."""
        command = [sys.executable, "tests/working.py", "20", "1"]
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def until(self, condition):
        """Wait until something is so, and return how long that took."""
        began = time.monotonic()
        while not condition():
            assert time.monotonic() - began < LONGEST, "It took too long."
            assert self.job()["state"] != DONE, "The job was done before its workers were killed: give it more steps."
            time.sleep(0.02)
        return time.monotonic() - began

    def run(self):
        """Kill the workers, let the last one finish, and return what was measured."""
        waits = []
        for _kill in range(self.given.kills):
            before = self.job()["done"]
            process = self.start()
            waits.append(self.until(lambda before=before: self.job()["done"] > before))
            time.sleep(self.chance.uniform(0, self.given.apart))
            process.kill()
            process.wait()
        before, process = self.job()["done"], self.start()
        waits.append(self.until(lambda: self.job()["done"] > before))
        while self.job()["state"] != DONE:
            time.sleep(0.2)
        process.kill()
        process.wait()
        return waits, self.steps()

    def steps(self):
        """Return how many steps had their effect once, more than once, and never, and how many workers wrote."""
        with self.app.app_context():
            found = [name.split() for name in db.session.scalars(select(Tag.name))]
            db.session.close()
            db.drop_all()
        counted = Counter(int(step) for _job, step, _word in found)
        never = sum(at not in counted for at in range(self.given.steps))
        many = sum(number > 1 for number in counted.values())
        return len(counted) - many, many, never, len({word for _job, _step, word in found})


def main():
    """Run the drill and write one line of the table of docs/drills.md."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--database", help="a PostgreSQL database that may be emptied; default: a new SQLite file")
    asked.add_argument("--redis", help="the address of a Redis; default: none, workers look into the table")
    asked.add_argument("--steps", type=int, default=2000)
    asked.add_argument("--each", type=float, default=0.02, help="seconds that a step takes")
    asked.add_argument("--kills", type=int, default=10)
    asked.add_argument("--apart", type=float, default=4, help="seconds at most that a worker lives")
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        waits, (once, many, never, workers) = Drill(given, folder).run()
    kind = "PostgreSQL" if given.database else "SQLite"
    later_ones = sorted(waits[1:])
    middle, longest = later_ones[len(later_ones) // 2], later_ones[-1]
    print(
        f"| {kind} | {'Redis' if given.redis else 'none'} | {given.steps} | {given.kills} | {once} | {many} | {never} "
        f"| {workers} | {middle:.1f} s | {longest:.1f} s |"
    )


if __name__ == "__main__":
    main()
