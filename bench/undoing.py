"""Operations on many comments and their undo, beside the bare statements, in a database that may be written to.

Run it as `BENCH_DATABASE_URL=… python bench/undoing.py 100000`, on a copy of a large set: it changes what it finds.
"""

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import event, select, text

from backoffice import create_app
from backoffice.core import history, operation, undo
from backoffice.core.access import OPERATOR
from backoffice.core.history import sets
from backoffice.core.model import db
from backoffice.core.operation.altering import Edit
from backoffice.core.selection import Selection
from backoffice.core.selection.criteria import of
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post

RECORDED = {"recorded": True}
STAMP = "version = version + 1, updated_at = '2026-01-01 00:00:00'"
TURNS, FEW_TURNS = 3, 25
sent = [0]
server = [None]  # the process on the other side of our session


def memory():
    """Return how many megabytes this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20


def spent():
    """Return the CPU seconds of this process and, where it runs on this machine, of the one that serves it."""
    if server[0] is None:
        return time.process_time()
    told = Path(f"/proc/{server[0]}/stat").read_text().rpartition(")")[2].split()
    return time.process_time() + (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def timed(words, work):
    """Do some work, say how long it took, and return that: by the clock, and in CPU."""
    sent[0], began, before = 0, time.perf_counter(), spent()
    came_of_it = work()
    took, used = time.perf_counter() - began, spent() - before
    print(f"| {words} | {took:.3f} s | {used:.3f} s | {sent[0]} | {memory()} MB | {came_of_it} |", flush=True)
    return took, used


def beside(ones, others):
    """Return in words how many times as long as another something took, in the middle of several turns."""
    by_clock, in_cpu = (
        sorted(one[at] / other[at] for one, other in zip(ones, others, strict=True))[len(ones) // 2] for at in (0, 1)
    )
    # What others do on the machine is in the one, and not in the other.
    return f"{by_clock:.2f} times ({in_cpu:.2f} in CPU)"


def backend():
    """Return the key of the process that works for our session, if it is one on this machine."""
    if db.engine.dialect.name == "sqlite":
        return None
    found = db.session.scalar(text("SELECT pg_backend_pid()"))
    return found if Path(f"/proc/{found}/stat").exists() else None


def bare(status, where):
    """Set the status of comments and nothing else, then take that back."""

    def work():
        statement = text(f"UPDATE comment SET status = '{status}', {STAMP} WHERE id IN ({where})")
        return db.session.execute(statement, execution_options=RECORDED).rowcount

    return work


def approve(rows):
    """Approve the comments that are `rows`, recorded; return how many."""
    return sets.update_rows(db.session, Comment, rows, {"status": "approved"}, "approve")


def ticked(keys):
    """Approve these comments as the panel does; return how many."""
    return operation.run(db.session, OPERATOR, "approve", Selection(Comment, keys)).changed


def taken_back(batch):
    """Take a batch back; return how many rows went back, and how many stayed."""
    with history.acting(None, "panel"):
        result = undo.undo(db.session(), OPERATOR, batch)
    return result.done, result.stayed


def many(number):
    """Compare an operation on this many rows, and its undo, with the bare statements, turn by turn."""
    rows = select(Comment.id).where(Comment.status == "pending").order_by(Comment.id).limit(number)
    ids = f"SELECT id FROM comment WHERE status = 'pending' ORDER BY id LIMIT {number}"
    turns = [_turn(number, rows, ids) for _ in range(TURNS)]
    there, told, back, undone = zip(*turns, strict=True)
    print(
        f"\nApproving takes {beside(told, there)} as long as the bare UPDATE, undoing {beside(undone, back)}.\n",
        flush=True,
    )


def _turn(number, rows, ids):
    there = timed(f"bare UPDATE of {number}", bare("approved", ids))
    db.session.rollback()
    with history.acting(None, "panel") as one:
        told = timed("approve, recorded", lambda: approve(rows))
        timed("committing it", db.session.commit)
    # Three rows are changed by hand, and must stay.
    with history.acting(None, "panel"):
        first = select(history.Change.row_id).where(history.Change.batch == one.batch).limit(3)
        for row in db.session.scalars(select(Comment).where(Comment.id.in_(first))):
            row.guest_name = "By hand"
        db.session.commit()
    timed("rehearse the undo", lambda: undo.rehearse(db.session(), OPERATOR, one.batch).done)
    db.session.rollback()
    back = timed("bare UPDATE back", bare("pending", f"SELECT row_id FROM change WHERE batch = '{one.batch}'"))
    db.session.rollback()
    undone = timed("undo", lambda: taken_back(one.batch))
    timed("committing it", db.session.commit)
    return there, told, back, undone


def few():
    """Compare an operation on a hundred ticked rows with the bare statement."""
    first = select(Comment.id).where(Comment.status == "pending").order_by(Comment.id).limit(100)
    keys = tuple(db.session.scalars(first))
    ids = ", ".join(map(str, keys))
    turns = []
    for _ in range(FEW_TURNS):
        there = timed("bare UPDATE of 100", bare("approved", ids))
        db.session.rollback()
        with history.acting(None, "panel"):
            told = timed("approve 100 ticked", lambda: ticked(keys))
        db.session.rollback()
        turns.append((told, there))
    by_clock = sorted(told[0] / there[0] for told, there in turns)[len(turns) // 2]
    # So little work is less than the tick in which the CPU of the server is counted: only its sum says something.
    in_cpu = sum(told[1] for told, _there in turns) / sum(there[1] for _told, there in turns)
    print(f"\nA hundred ticked rows take {by_clock:.2f} times the bare UPDATE ({in_cpu:.2f} in CPU).\n", flush=True)


def foretold():
    """Say how long it takes to rehearse work on all pending comments and on as many posts, beside counting them."""
    waiting = Selection(Comment, criteria=of(Comment, OPERATOR, [("status", "pending")]))
    drafts = Selection(Post, criteria=of(Post, OPERATOR, [("status", "draft")]))
    aired = {"category": Edit(db.session.scalar(select(Category.id).limit(1)))}
    for words, meant, name, edits in (
        ("approving them", waiting, "approve", None),
        ("deleting them", waiting, operation.DELETE, None),
        ("publishing drafts", drafts, "publish", None),
        ("their category", drafts, operation.UPDATE, aired),
    ):
        count = timed("count them", lambda meant=meant: meant.count(db.session, OPERATOR))
        told = timed(
            f"rehearse {words}",
            lambda meant=meant, name=name, edits=edits: (
                operation.preview(db.session, OPERATOR, name, meant, edits).outcome.changed
            ),
        )
        print(f"\nRehearsing {words} takes {told[0] / count[0]:.1f} times as long as counting them.\n", flush=True)


def main(number):
    """Measure both."""
    app = create_app(SQLALCHEMY_DATABASE_URI=os.environ["BENCH_DATABASE_URL"])
    with app.test_request_context():
        event.listen(db.engine, "before_cursor_execute", lambda *_all: sent.__setitem__(0, sent[0] + 1))
        server[0] = backend()
        print("| what | took | CPU | statements | memory | rows |\n|---|---|---|---|---|---|")
        if db.session.scalar(select(Category.id).limit(1)):
            foretold()
        many(number)
        few()


if __name__ == "__main__":
    os.environ.setdefault("BACKOFFICE_ENV", "testing")
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
