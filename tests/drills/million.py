"""Marks a million comments as spam, changes three by hand, and takes the batch back: all but three, in little memory.

Run it by hand, on a database that may be emptied; docs/drills.md holds what came of it. Two ways: `at once` is one
transaction each, as an operator's own code would do it; `parts` are the jobs that the panel asks for.
"""

import argparse
import os
import secrets
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from sqlalchemy import func, insert, select, text  # noqa: E402 - the project is found from here on

from backoffice import create_app  # noqa: E402
from backoffice.core import history, operation, undo  # noqa: E402
from backoffice.core.access import OPERATOR  # noqa: E402
from backoffice.core.grants import ADMINISTRATOR  # noqa: E402
from backoffice.core.history import Change  # noqa: E402
from backoffice.core.history.audit import audit  # noqa: E402
from backoffice.core.history.seals import seal_all  # noqa: E402
from backoffice.core.history.sets import RECORDED  # noqa: E402
from backoffice.core.jobs import (  # noqa: E402
    DONE,
    PARTLY,
    Job,
    later,
    worker,
)
from backoffice.core.model import db  # noqa: E402
from backoffice.core.operation import chunks  # noqa: E402
from backoffice.core.selection import Selection  # noqa: E402
from backoffice.core.selection.criteria import of  # noqa: E402
from backoffice.models.accounts import Role, User, give_first_rights  # noqa: E402
from backoffice.models.comments import Comment  # noqa: E402
from backoffice.models.content import Post  # noqa: E402
from make import make  # noqa: E402

CHOSEN = 3  # comments that are changed by hand
DOUBLED = "INSERT INTO comment ({names}) SELECT {names} FROM comment LIMIT :more"


def megabytes(word):
    """Return what this process holds (VmRSS), or held at most (VmHWM)."""
    told = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(word))
    return int(told.split()[1]) / 1024


def timed(words, work):
    """Do some work, and say how long it took, in CPU of this process too, and by how much the process grew."""
    Path("/proc/self/clear_refs").write_text("5")  # the highest mark begins anew
    before, began, spent = megabytes("VmRSS"), time.perf_counter(), time.process_time()
    came = work()
    took, used = time.perf_counter() - began, time.process_time() - spent
    print(f"| {words} | {took:.0f} s | {used:.1f} s | {megabytes('VmHWM') - before:.0f} MB | {came} |", flush=True)


def fill(rows):
    """Store so many comments that wait, and return an administrator's key."""
    db.drop_all()
    db.create_all()
    give_first_rights(db.session)
    person = make(User, roles=db.session.scalars(select(Role).filter_by(name=ADMINISTRATOR)).all(), active=True)
    one = {
        "post_id": make(Post).id,
        "guest_name": "Drill",
        "status": "pending",
        "body": "<p>A remark of some words.</p>",
    }
    db.session.execute(insert(Comment.__table__), [one] * min(rows, 1000), execution_options=RECORDED)
    names = ", ".join(column.name for column in Comment.__table__.columns if column.name != "id")
    there = min(rows, 1000)
    while there < rows:
        more = min(there, rows - there)
        db.session.execute(text(DOUBLED.format(names=names)), {"more": more}, execution_options=RECORDED)
        there += more
    db.session.commit()
    with db.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
    return person.id


def count(status):
    """Return how many comments are so."""
    return db.session.scalar(select(func.count()).where(Comment.status == status))


class AtOnce:
    """The work and its undo, each in one transaction."""

    def mark(self):
        """Mark all comments as spam; return the batch."""
        with history.acting(None, "job") as one:
            rows = Selection(Comment, criteria=of(Comment, OPERATOR, [("status", "pending")]))
            operation.run(db.session(), OPERATOR, "spam", rows)
            db.session.commit()
        return one.batch

    def back(self, batch):
        """Take the batch back; return how many rows went back, and which are named as staying."""
        with history.acting(None, "job"):
            result = undo.undo(db.session(), OPERATOR, batch)
            db.session.commit()
        return result.done, [one.row_id for one in result.kept]


class InParts:
    """The work and its undo as jobs, as the panel asks for them."""

    def __init__(self, app, person):
        self.app, self.person = app, person

    def _carried(self, asked):
        key = asked.id
        db.session.commit()
        while worker.turn(self.app):
            db.session.rollback()
        row = db.session.get(Job, key, populate_existing=True)
        assert row.state in (DONE, PARTLY), row.cause
        return row

    def mark(self):
        """Mark all comments as spam; return the batch."""
        person = db.session.get(User, self.person)
        rows = Selection(Comment, criteria=of(Comment, person, [("status", "pending")]))
        return self._carried(chunks.ask(db.session(), person, "spam", rows, "a word")).batch

    def back(self, batch):
        """Take the batch back; return how many rows went back, and which are named as staying."""
        row = self._carried(later(db.session(), "undo", db.session.get(User, self.person), batch=batch))
        return row.result["done"], [key for _model, key, *_rest in row.result["kept"]]


def practise(app, given):
    """Do it all, and see that nothing is lost and nothing is half."""
    person = fill(given.rows)
    way = InParts(app, person) if given.way == "parts" else AtOnce()
    batches, came = [], []
    timed("marking them as spam", lambda: batches.append(way.mark()))
    assert count("spam") == given.rows
    with history.acting(None, "panel"):
        chosen = db.session.scalars(select(Comment).order_by(Comment.id).offset(given.rows // 2).limit(CHOSEN)).all()
        by_hand = [row.id for row in chosen]
        for row in chosen:
            row.guest_name = "By hand"
        db.session.commit()
    rehearsed = []
    timed("rehearsing the undo", lambda: rehearsed.append(undo.rehearse(db.session(), OPERATOR, batches[0])))
    db.session.rollback()
    assert (rehearsed[0].done, rehearsed[0].stayed) == (given.rows - CHOSEN, CHOSEN)
    timed("taking it back", lambda: came.append(way.back(batches[0])))
    done, kept = came[0]
    assert (done, sorted(kept)) == (given.rows - CHOSEN, sorted(by_hand)), (done, kept)
    assert (count("pending"), count("spam")) == (given.rows - CHOSEN, CHOSEN)
    told = select(func.count(), func.count(Change.row_id.distinct())).where(Change.model == "comment")
    assert tuple(db.session.execute(told.where(Change.verb == "undo")).one()) == (given.rows - CHOSEN,) * 2
    db.session.rollback()
    seal_all(db.session)
    timed("verifying the history", lambda: len(audit(db.session).faults))
    assert audit(db.session).faults == []
    print(f"{done:,} went back, {len(kept)} were named.")


def main():
    """Run the drill and write the lines of the table of docs/drills.md."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--database", help="a PostgreSQL database that may be emptied; default: a new SQLite file")
    asked.add_argument("--way", choices=("at once", "parts"), default="parts")
    asked.add_argument("--rows", type=int, default=1_000_000)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "BACKOFFICE_ENV": "testing",
            "DATABASE_URL": given.database or f"sqlite:///{folder}/drill.sqlite",
            "SECRET_KEY": secrets.token_hex(),
        }
        app = create_app()
        with app.test_request_context():
            practise(app, given)


if __name__ == "__main__":
    main()
