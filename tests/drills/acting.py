"""Kills an operation on very many rows, and its undo, again and again; afterwards rows and history must agree.

Run it by hand, on a database that may be emptied; docs/drills.md holds what came of it. Three ways: `at once` is one
transaction in one process, `parts` the job that sets columns, `rows` the job that asks each row's own rules. With
`--stop` the job is cancelled where the last kill left it, and what was recorded until then is taken back.
"""

import argparse
import os
import random
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from sqlalchemy import func, insert, select  # noqa: E402 - the project is found from here on

from backoffice import create_app  # noqa: E402
from backoffice.core import operation  # noqa: E402
from backoffice.core.access import OPERATOR  # noqa: E402
from backoffice.core.grants import ADMINISTRATOR  # noqa: E402
from backoffice.core.history import Change  # noqa: E402
from backoffice.core.history.audit import audit  # noqa: E402
from backoffice.core.history.seals import seal_all  # noqa: E402
from backoffice.core.history.sets import RECORDED  # noqa: E402
from backoffice.core.jobs import FINISHED, Job, later  # noqa: E402
from backoffice.core.jobs.leases import looking  # noqa: E402
from backoffice.core.model import db  # noqa: E402
from backoffice.core.operation import chunks  # noqa: E402
from backoffice.core.operation.altering import Edit  # noqa: E402
from backoffice.core.selection import Selection  # noqa: E402
from backoffice.core.selection.criteria import of  # noqa: E402
from backoffice.models.accounts import Role, User, give_first_rights  # noqa: E402
from backoffice.models.comments import Comment  # noqa: E402
from backoffice.models.content import Post  # noqa: E402
from make import make  # noqa: E402

LONGEST = 1800
LEASE = "3"
AT_ONCE = """
import sys
from backoffice import create_app
from backoffice.core import history, operation, undo
from backoffice.core.access import OPERATOR
from backoffice.core.selection.criteria import of
from backoffice.core.model import db
from backoffice.core.selection import Selection
from backoffice.models.comments import Comment

with create_app().test_request_context(), history.acting(None, "job"):
    print("ready", flush=True)
    if len(sys.argv) > 1:
        undo.undo(db.session(), OPERATOR, sys.argv[1])
    else:
        chosen = Selection(Comment, criteria=of(Comment, OPERATOR, [("status", "pending")]))
        operation.run(db.session(), OPERATOR, "approve", chosen)
    db.session.commit()
"""


class Drill:
    """Comments that are all alike, what is done to them, and whoever does it and is killed."""

    def __init__(self, given, folder):
        """Store the comments, and ask for the work."""
        self.given, self.chance, self.key = given, random.Random(given.seed), None
        os.environ |= {
            "BACKOFFICE_ENV": "testing",
            "DATABASE_URL": given.database or f"sqlite:///{folder}/drill.sqlite",
            "SECRET_KEY": secrets.token_hex(),
            "EXPORTS_FOLDER": f"{folder}/exports",
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}",
            **({"REDIS_URL": given.redis} if given.redis else {}),
        }
        self.app = create_app()
        with self.app.test_request_context():
            db.drop_all()
            db.create_all()
            give_first_rights(db.session)
            roles = db.session.scalars(select(Role).filter_by(name=ADMINISTRATOR)).all()
            self.person = make(User, roles=roles, active=True).id
            post = make(Post).id
            row = {"post_id": post, "guest_name": "Drill", "status": "pending"}
            rows = [{**row, "body": f"<p>Remark {at}</p>"} for at in range(given.rows)]
            db.session.execute(insert(Comment.__table__), rows, execution_options=RECORDED)
            db.session.commit()

    def stand(self):
        """Return how many rows are changed, how often that is recorded, and of how many rows; the chain verifies."""
        verb, changed = ("update", "Done") if self.given.way == "rows" else ("approve", "approved")
        column = Comment.guest_name if self.given.way == "rows" else Comment.status
        with self.app.test_request_context():
            there = db.session.scalar(select(func.count()).where(column == changed))
            told = select(func.count(), func.count(Change.row_id.distinct()))
            told = db.session.execute(told.where(Change.model == "comment", Change.verb == verb)).one()
            db.session.rollback()
        return there, *told

    def verify(self):
        """Say what the chain says of the history."""
        with self.app.test_request_context():
            seal_all(db.session)
            assert audit(db.session).faults == []
            db.session.rollback()

    def batch(self):
        """Return the batch of the operation."""
        with self.app.test_request_context():
            return db.session.scalar(select(Change.batch).where(Change.verb.in_(("approve", "update"))).limit(1))

    def ask(self, batch):
        """Ask for the job that does the work, or takes it back."""
        with self.app.test_request_context():
            person = db.session.get(User, self.person)
            if batch:
                self.key = later(db.session(), "undo", person, batch=batch).id
            else:
                chosen = Selection(Comment, criteria=of(Comment, person, [("status", "pending")]))
                asked = (db.session(), person)
                if self.given.way == "rows":
                    edits = {"guest_name": Edit("Done")}
                    self.key = chunks.ask_to_change(*asked, edits, chosen, "a word").id
                else:
                    self.key = chunks.ask(*asked, "approve", chosen, "a word").id
            db.session.commit()

    def start(self, batch):
        """Start whoever does the work."""
        if self.given.way != "at once":
            command = [sys.executable, "tests/working.py", LEASE, "1"]
            return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        more = [batch] if batch else []
        process = subprocess.Popen([sys.executable, "-c", AT_ONCE, *more], cwd=ROOT, stdout=subprocess.PIPE)
        process.stdout.readline()
        return process

    def ended(self, process):
        """Tell whether the work is done."""
        if self.given.way == "at once":
            return process.poll() is not None
        with self.app.app_context(), looking(db.session()):
            return db.session.scalar(select(Job.state).filter_by(id=self.key)) in FINISHED

    def done(self):
        """Return how far the job is, as its row says."""
        with self.app.app_context(), looking(db.session()):
            return db.session.scalar(select(Job.done).filter_by(id=self.key)) if self.key else 0

    def cancel(self):
        """Cancel the job, as the one who asked for it can; tell whether there was anything left to cancel."""
        with self.app.test_request_context():
            came = operation.run(db.session(), OPERATOR, "cancel", Selection(Job, (self.key,)))
            db.session.commit()
        return came.changed == 1

    def told(self):
        """Return what the job itself says of how many rows it changed, or took back."""
        with self.app.app_context(), looking(db.session()):
            row = db.session.get(Job, self.key)
            told = row.result or row.checkpoint
            return told.get("changed", told.get("done"))

    def work(self, batch=None):
        """Kill the work as often as asked for, let the last one finish; return where it stood after each kill."""
        if self.given.way != "at once":
            self.ask(batch)
        stood = []
        for _kill in range(self.given.kills):
            process, before, began = self.start(batch), self.done(), time.monotonic()
            while self.given.way != "at once" and self.done() == before and not self.ended(process):
                assert time.monotonic() - began < LONGEST, "It took too long."
                time.sleep(0.02)
            time.sleep(self.chance.uniform(0, self.given.apart))
            process.kill()
            process.wait()
            stood.append(self.stand())
        if self.given.stop and not batch:
            assert self.cancel(), "It was done before it was stopped: give it more rows."
            return stood
        process = self.start(batch)
        while not self.ended(process):
            time.sleep(0.1)
        process.kill()
        process.wait()
        return stood

    def run(self):
        """Do it all, and return where it stood after each kill, of the work and of its undo."""
        there = self.work()
        for changed, recorded, rows in there:
            assert changed == recorded == rows, (changed, recorded, rows)
            assert self.given.way != "at once" or changed in (0, self.given.rows)
        whole = there[-1][0] if self.given.stop else self.given.rows
        assert self.stand() == (whole,) * 3, self.stand()
        assert self.given.way == "at once" or self.told() == whole, self.told()
        self.verify()
        back = self.work(self.batch())
        for changed, recorded, rows in back:
            assert recorded == rows == whole
            assert self.given.way != "at once" or changed in (0, whole)
        assert self.stand()[0] == 0, self.stand()
        assert self.given.way == "at once" or self.told() == whole, self.told()
        with self.app.test_request_context():
            told = select(func.count(), func.count(Change.row_id.distinct()))
            told = told.where(Change.model == "comment", Change.verb == "undo")
            assert tuple(db.session.execute(told).one()) == (whole, whole)
        self.verify()
        return [one[0] for one in there], [one[0] for one in back]


def main():
    """Run the drill and write one line of the table of docs/drills.md."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--database", help="a PostgreSQL database that may be emptied; default: a new SQLite file")
    asked.add_argument("--redis", help="the address of a Redis; default: none, workers look into the table")
    asked.add_argument("--stop", action="store_true", help="cancel the job after the last kill, and undo what is done")
    asked.add_argument("--way", choices=("at once", "parts", "rows"), default="at once")
    asked.add_argument("--rows", type=int, default=50_000)
    asked.add_argument("--kills", type=int, default=10)
    asked.add_argument("--apart", type=float, default=4, help="seconds at most that a process lives")
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        there, back = Drill(given, folder).run()
    kind = "PostgreSQL" if given.database else "SQLite"
    stood = (", ".join(f"{one:,}" for one in each) for each in (there, back))
    way = f"{given.way}, then cancelled" if given.stop else given.way
    carried = "Redis" if given.redis else "none"
    print(f"| {kind} | {carried} | {way} | {given.rows:,} | {given.kills} | {' | '.join(stood)} |")


if __name__ == "__main__":
    main()
