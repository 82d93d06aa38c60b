"""What one import remembers of its lines, however many: keys it has met, rows its own keys name, lines put off."""

import json
import sqlite3
from array import array
from collections.abc import Iterable, Mapping
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS met (key TEXT PRIMARY KEY, step INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS named (word TEXT PRIMARY KEY, row INTEGER NOT NULL, step INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS waiting (line INTEGER PRIMARY KEY, step INTEGER NOT NULL, gone INTEGER);
"""


class Ledger:
    """A small file of its own, at `path` or without a name; what a step did is kept by `save`.

    Opened again with the number of the last step that counts, it forgets what later ones did.
    """

    def __init__(self, path: Path | None = None, step: int = 0) -> None:
        self.step = step
        self._base = sqlite3.connect(path or "")
        # Losing it is losing an import that goes on from where it was: it is begun anew then.
        self._base.execute("PRAGMA synchronous=OFF")
        self._base.executescript(SCHEMA)
        for table in ("met", "named", "waiting"):
            self._base.execute(f"DELETE FROM {table} WHERE step > ?", (step,))  # noqa: S608 - three names from above
        self._base.execute("UPDATE waiting SET gone = NULL WHERE gone > ?", (step,))
        self._base.commit()

    def save(self) -> int:
        """Keep what was done since the last time; returns the number of this step."""
        self._base.commit()
        self.step += 1
        return self.step

    def close(self) -> None:
        """Let go of the file."""
        self._base.close()

    def met(self, keys: Iterable[str]) -> set[str]:
        """Return which of these keys lines had before."""
        return {
            key for (key,) in self._among("SELECT key FROM met WHERE key IN (SELECT value FROM json_each(?))", keys)
        }

    def meet(self, keys: Iterable[str]) -> None:
        """Remember that lines had these keys."""
        self._base.executemany("INSERT OR IGNORE INTO met VALUES (?, ?)", [(key, self.step + 1) for key in keys])

    def rows(self, words: Iterable[str]) -> dict[str, int]:
        """Return the keys of the rows that lines with these keys of the file were written to."""
        query = "SELECT word, row FROM named WHERE word IN (SELECT value FROM json_each(?))"
        return dict(self._among(query, words))

    def name(self, rows: Mapping[str, int]) -> None:
        """Remember which rows lines with these keys of the file were written to."""
        found = [(word, row, self.step + 1) for word, row in rows.items()]
        self._base.executemany("INSERT OR IGNORE INTO named VALUES (?, ?, ?)", found)

    def put_off(self, lines: Iterable[int]) -> None:
        """Remember these lines for later."""
        found = [(line, self.step + 1) for line in lines]
        self._base.executemany("INSERT OR IGNORE INTO waiting VALUES (?, ?, NULL)", found)

    def take_up(self, lines: Iterable[int]) -> None:
        """These lines wait no more."""
        found = [(self.step + 1, line) for line in lines]
        self._base.executemany("UPDATE waiting SET gone = ? WHERE line = ? AND gone IS NULL", found)

    def waiting(self) -> "array[int]":
        """Return the numbers of the lines that wait, in order."""
        return array("q", (line for (line,) in self._base.execute("SELECT line FROM waiting WHERE gone IS NULL")))

    def _among(self, query: str, words: Iterable[str]) -> sqlite3.Cursor:
        return self._base.execute(query, (json.dumps(list(words)),))
