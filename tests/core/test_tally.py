"""All processes of a machine count together, and what is over is forgotten."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from limits import RateLimitItemPerMinute
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter

from backoffice.core.web import tally

ROOT = Path(__file__).resolve().parents[2]
ONE_MORE = "import sys; from backoffice.core.web.tally import Tally; print(Tally(sys.argv[1]).incr('a', 60))"


@pytest.fixture
def address(tmp_path):
    """Return the address of counters of one's own."""
    return f"tally://{tmp_path}/deep/limits.sqlite"


@pytest.fixture
def counter(address):
    """Return the counters."""
    made = storage_from_string(address)
    assert isinstance(made, tally.Tally)
    yield made
    made._connection().close()


@pytest.fixture
def clock(monkeypatch):
    """Return the time as the counters see it; set .now to change it."""

    class Clock:
        now = 1_000_000.0

        def time(self):
            return self.now

    made = Clock()
    monkeypatch.setattr(tally, "time", made)
    return made


def test_every_event_counts_until_its_time_is_over(counter, clock):
    assert [counter.incr("a", 60) for _ in range(3)] == [1, 2, 3]
    assert counter.get("a") == 3
    assert counter.get_expiry("a") == clock.now + 60
    clock.now += 61
    assert counter.get("a") == 0
    assert counter.incr("a", 60) == 1


def test_names_are_counted_apart_and_forgotten_apart(counter):
    counter.incr("a", 60)
    counter.incr("b", 60, amount=5)
    counter.clear("a")
    assert (counter.get("a"), counter.get("b")) == (0, 5)
    assert counter.reset() == 1
    assert counter.get("b") == 0


def test_what_is_over_takes_no_room(counter, clock):
    for number in range(50):
        counter.incr(f"visitor {number}", 60)
    clock.now += 61
    counter.incr("the next", 60)
    assert counter.reset() == 1


def test_no_event_is_lost_among_threads(counter):
    def work(_):
        for _ in range(100):
            counter.incr("a", 60)
        counter._connection().close()
        del counter._local.connection

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert counter.get("a") == 400


def test_processes_count_together(counter, address):
    counter.incr("a", 60)
    told = subprocess.run(
        [sys.executable, "-c", ONE_MORE, address], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "2"
    assert counter.get("a") == 2


def test_a_limit_holds_by_it(counter):
    limiter, limit = FixedWindowRateLimiter(counter), RateLimitItemPerMinute(3)
    assert [limiter.hit(limit, "somebody") for _ in range(4)] == [True, True, True, False]


def test_a_file_that_cannot_be_used_is_said_so(tmp_path):
    (tmp_path / "folder").mkdir()
    assert tally.Tally(f"tally://{tmp_path}/folder").check() is False
