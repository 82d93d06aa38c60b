"""Kills the worker of a large import again and again, and counts how often each line came in.

Run it by hand, on a database that may be emptied; docs/drills.md holds what came of it.
"""

import argparse
import atexit
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from sqlalchemy import func, select  # noqa: E402 - the project is found from here on

from backoffice import create_app  # noqa: E402
from backoffice.core import imports  # noqa: E402
from backoffice.core.history import Change  # noqa: E402
from backoffice.core.imports import Order, uploads  # noqa: E402
from backoffice.core.imports.mapping import Plan  # noqa: E402
from backoffice.core.jobs import ENDED, FINISHED, Job  # noqa: E402
from backoffice.core.jobs.leases import looking  # noqa: E402
from backoffice.core.model import db  # noqa: E402
from backoffice.models.accounts import Role, User  # noqa: E402
from backoffice.models.comments import Comment  # noqa: E402
from backoffice.models.content import Post  # noqa: E402

LONGEST = 900
FIELDS = ("post", "guest_name", "body")


class Drill:
    """One import on a database of its own, and the workers that are killed over it."""

    def __init__(self, given, folder):
        """Make the tables and the file, and ask for the import."""
        self.given, self.chance, self.starts = given, random.Random(given.seed), []
        own = {
            "BACKOFFICE_ENV": "development",
            "DATABASE_URL": given.database or f"sqlite:///{folder}/drill.sqlite",
            "SECRET_KEY": secrets.token_hex(),
            "IMPORTS_FOLDER": f"{folder}/imports",
            "EXPORTS_FOLDER": f"{folder}/exports",
            **({"REDIS_URL": given.redis} if given.redis else {}),
        }
        os.environ.update(own)
        self.app = create_app()
        with self.app.test_request_context():
            db.drop_all()
            db.create_all()
            self.key = self.ask(Path(folder) / "comments.csv")

    def ask(self, path):
        """Write the file, and down what is to be done with it; return the key of the job."""
        root = User(username="root", name="Root", active=True, roles=[Role(name="root", rights=["*"])])
        db.session.add_all([root, *(Post(title=f"Post {at}", slug=f"post-{at}", author=root) for at in range(100))])
        db.session.flush()
        with path.open("w", encoding="utf-8") as file:
            file.write("post,guest_name,body\n")
            file.writelines(
                f"post-{at % 100},Guest {at},<p>{'Some words. ' * 8}{at}</p>\n" for at in range(self.given.lines)
            )
        with path.open("rb") as file:
            upload = uploads.receive(file, path.name)
        plan = Plan(Comment, FIELDS, whole=self.given.whole)
        key = imports.ask(db.session(), root, Order(upload, "", plan, rehearse=False)).id
        db.session.commit()
        return key

    def job(self):
        """Return the row of the job."""
        with self.app.app_context(), looking(db.session()):
            return db.session.execute(select(Job.__table__).filter_by(id=self.key)).mappings().one()

    def start(self):
        """Start a worker as an operator starts one, and return it once it has taken the job, and how long that took."""
        before, began = self.job()["worker"], time.monotonic()
        command = [sys.executable, "manage.py", "work"]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        process.stdout.readline()
        self.starts.append(time.monotonic() - began)
        # However this drill ends, no worker of it is left to take the next one's job.
        atexit.register(process.kill)
        while self.job()["worker"] in (None, before):
            assert time.monotonic() - began < LONGEST, "It took too long."
            assert self.job()["state"] not in FINISHED, (
                "The import was done before its workers were killed: give it more lines."
            )
            time.sleep(0.05)
        return process, time.monotonic() - began

    def run(self):
        """Kill the workers, let the last one finish, and return how long each waited for the job."""
        waits = []
        for _kill in range(self.given.kills):
            process, waited = self.start()
            waits.append(waited)
            time.sleep(self.chance.uniform(0.1, self.given.apart))
            process.kill()
            process.wait()
        process, waited = self.start()
        while self.job()["state"] not in ENDED:
            time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        process.wait()
        return [*waits, waited]

    def counted(self):
        """Return how many lines came in once, more than once and never, and how many changes and batches tell of it."""
        with self.app.app_context():
            times = select(func.count().label("times")).select_from(Comment).group_by(Comment.guest_name).subquery()
            found = dict(db.session.execute(select(times.c.times, func.count()).group_by(times.c.times)).all())
            told = select(func.count(), func.count(Change.batch.distinct())).filter_by(model="comment")
            changes, batches = db.session.execute(told).one()
            db.session.rollback()
            db.drop_all()
        once, many = found.get(1, 0), sum(number for times, number in found.items() if times > 1)
        return once, many, self.given.lines - once - many, changes, batches


def main():
    """Run the drill and write one line of the table of docs/drills.md."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--database", help="a PostgreSQL database that may be emptied; default: a new SQLite file")
    asked.add_argument("--redis", help="the address of a Redis; default: none, workers look into the table")
    asked.add_argument("--lines", type=int, default=100_000)
    asked.add_argument("--whole", action="store_true", help="all lines or none; default: the good lines")
    asked.add_argument("--kills", type=int, default=10)
    asked.add_argument("--apart", type=float, default=4, help="seconds at most that a worker lives with the job")
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        drill = Drill(given, folder)
        waits, ended = sorted(drill.run()[1:]), drill.job()["state"]
        once, many, never, changes, batches = drill.counted()
    kind = "PostgreSQL" if given.database else "SQLite"
    print(
        f"| {kind} | {'Redis' if given.redis else 'none'} | {'all or nothing' if given.whole else 'the good lines'} "
        f"| {given.lines} | {given.kills} | {ended} | {once} | {many} | {never} | {changes} | {batches} "
        f"| {waits[len(waits) // 2]:.1f} s | {waits[-1]:.1f} s | {max(drill.starts):.1f} s |"
    )


if __name__ == "__main__":
    main()
