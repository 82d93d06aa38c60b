"""What is done to whole tables: a long file out, many rows changed, a file in; each tool alone and only once."""

import os
import signal
import threading
import time
from dataclasses import dataclass
from http.client import HTTPException

from servers import available, memory
from sqlalchemy import text

# What it is called, the unit that it is told in, and how many of that are a second.
WORKS = {
    "ticked": ("approve {ticked} ticked comments", "ms", 1000),
    "matching": ("approve all {rejected:,} rejected comments", "s", 1),
    "export": ("{posts:,} posts with author, category and tags as CSV", "s", 1),
}
CANNOT = "cannot"
AT_WORK = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
    AND backend_type = 'client backend' AND pid <> pg_backend_pid()"""
LONGEST = 600  # seconds to wait for that at most
OFTEN = 0.2  # seconds between two looks at the memory
MOST = 0.5  # of the memory that is free when a work begins; who takes more is ended, so that the machine lives on


@dataclass
class Done:
    """What came of one work: its seconds, the milliseconds before its first byte, the megabytes that it took."""

    seconds: float | None = None
    first: float | None = None
    growth: float | None = None
    failed: str = ""


class Watch(threading.Thread):
    """Looks at the memory of a tool's largest process, and ends a tool that would take the whole machine's."""

    def __init__(self, group):
        super().__init__(daemon=True)
        self.group, self.ended, self.limit = group, threading.Event(), MOST * available()
        self.before = self.most = memory(group) or 0

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_error):
        self.ended.set()
        self.join()

    def run(self):
        """Look now and then until the block ends."""
        while not self.ended.wait(OFTEN):
            self.most = max(self.most, memory(self.group) or 0)
            if self.most > self.limit:
                os.killpg(self.group, signal.SIGKILL)
                return


def do(work, runner, facts, patience):
    """Let a tool do one work; one that takes longer than `patience` seconds is told so and is of no more use."""
    ask = runner.tool.works.get(work)
    if ask is None:
        return Done(failed=CANNOT)
    runner.client.patience = patience
    with Watch(runner.group) as watch:
        try:
            took, first = ask(runner.client, facts)
        except TimeoutError:
            return Done(failed=f"> {patience:g} s", growth=watch.most - watch.before)
        except (OSError, RuntimeError, HTTPException) as error:
            greedy = f"> {watch.limit / 1024:.0f} GB" if watch.most > watch.limit else ""
            return Done(failed=greedy or str(error) or type(error).__name__, growth=watch.most - watch.before)
    return Done(took / 1000, first, watch.most - watch.before)


def check(done, work, changed, facts):
    """Take a work for failed that did not change the rows which it was to change."""
    wanted = {"ticked": len(facts.ticked), "matching": facts.rejected}.get(work, 0)
    if not done.failed and changed != wanted:
        done.failed = f"changed {changed:,} rows"


def put_back(connection):
    """Make the comments that were approved what they were, and return how many these are."""
    rejected = "SELECT id FROM was_rejected"
    query = f"UPDATE comment SET status = 'rejected' WHERE status = 'approved' AND id IN ({rejected})"
    changed = connection.execute(text(query)).rowcount
    connection.commit()
    return changed


def give_up(connection):
    """Cancel the jobs of a tool that was ended: whoever works next is to have the machine for itself."""
    query = "UPDATE job SET state = 'cancelled' WHERE state IN ('waiting', 'running')"
    given_up = connection.execute(text(query)).rowcount
    connection.commit()
    until = time.monotonic() + LONGEST
    # The database goes on with the statement of a process that is gone, until it wants to answer.
    while connection.dialect.name == "postgresql" and connection.scalar(text(AT_WORK)) and time.monotonic() < until:
        connection.commit()
        time.sleep(OFTEN)
    connection.commit()
    return given_up


def remember(connection):
    """Note which comments are rejected."""
    connection.execute(text("CREATE TEMPORARY TABLE was_rejected AS SELECT id FROM comment WHERE status = 'rejected'"))
    connection.commit()
