"""How often something happened lately, counted together by all processes of one machine."""

import sqlite3
import threading
import time
from pathlib import Path

from limits.storage import Storage

SCHEMA = """
CREATE TABLE IF NOT EXISTS tally (name TEXT PRIMARY KEY, count INTEGER NOT NULL, ends REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tally_ends ON tally (ends);
"""
# One statement, so that two processes never count the same number twice.
COUNT = """
INSERT INTO tally (name, count, ends) VALUES (:name, :amount, :now + :seconds)
ON CONFLICT (name) DO UPDATE SET
    count = CASE WHEN ends <= :now THEN :amount ELSE count + :amount END,
    ends = CASE WHEN ends <= :now THEN :now + :seconds ELSE ends END
RETURNING count
"""


class Tally(Storage):
    """Counters in a small file of their own, for rate limits where there is no Redis: `tally:///path/to/file`.

    Losing it loses nothing but the counts of the last minutes, so it is written without waiting for the disk.
    """

    STORAGE_SCHEME = ["tally"]

    def __init__(self, uri: str, wrap_exceptions: bool = False, **_options: object) -> None:  # noqa: FBT001, FBT002
        super().__init__(uri, wrap_exceptions=wrap_exceptions)
        self.path = Path(uri.removeprefix("tally://"))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._local = threading.local()

    @property
    def base_exceptions(self) -> type[Exception]:
        """The errors that mean the file cannot be used."""
        return sqlite3.Error

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count `amount` more under `key` and return the sum; a new sum begins `expiry` seconds after the first."""
        now = time.time()
        values = {"name": key, "amount": amount, "now": now, "seconds": expiry}
        count = int(self._connection().execute(COUNT, values).fetchone()[0])
        if count == amount:
            self._connection().execute("DELETE FROM tally WHERE ends <= ?", (now,))
        return count

    def get(self, key: str) -> int:
        """Return the sum under `key`, 0 when its time is over."""
        found = self._connection().execute("SELECT count FROM tally WHERE name = ? AND ends > ?", (key, time.time()))
        return int((found.fetchone() or (0,))[0])

    def get_expiry(self, key: str) -> float:
        """Return when the sum under `key` begins anew, in seconds since 1970."""
        found = self._connection().execute("SELECT ends FROM tally WHERE name = ?", (key,)).fetchone()
        return float(found[0]) if found else time.time()

    def check(self) -> bool:
        """Tell whether the file can be used."""
        try:
            self._connection().execute("SELECT 1 FROM tally LIMIT 1")
        except sqlite3.Error:
            return False
        return True

    def reset(self) -> int:
        """Forget all sums and return how many there were."""
        return self._connection().execute("DELETE FROM tally").rowcount

    def clear(self, key: str) -> None:
        """Forget the sum under `key`."""
        self._connection().execute("DELETE FROM tally WHERE name = ?", (key,))

    def _connection(self) -> sqlite3.Connection:
        # A connection belongs to its thread; a forked process opens its own.
        made = getattr(self._local, "connection", None)
        if made is None:
            made = sqlite3.connect(self.path, timeout=5, isolation_level=None)
            made.execute("PRAGMA journal_mode=WAL")
            made.execute("PRAGMA synchronous=OFF")
            made.executescript(SCHEMA)
            self._local.connection = made
        return made
