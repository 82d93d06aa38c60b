"""Comments brought in from a file: first rehearsed, then stored with their history, and taken out again."""

import csv
import os
import re
import subprocess
import time
from dataclasses import dataclass

from data import environment
from sqlalchemy import text
from tools import PLACE, ROOT

LINES = 100_000
HEAD = ("post", "guest_name", "body", "status")
SOME = text(
    "SELECT post_id, guest_name, body, status FROM comment"
    " WHERE guest_name IS NOT NULL AND id <= :to ORDER BY id LIMIT :most"
)
LAST = text("SELECT coalesce(max(id), 0) FROM comment")


@dataclass
class Loaded:
    """What came of it: how many lines, and the seconds of the rehearsal, of storing them, and of the bare INSERT."""

    lines: int
    rehearsal: float
    storing: float
    floor: float


def load(asked, connection):
    """Bring as many comments in as a twentieth of those that are there, but at most a hundred thousand."""
    last = connection.scalar(LAST)
    rows = connection.execute(SOME, {"to": last, "most": min(LINES, max(last // 20, 1))}).all()
    path = PLACE / "comments.csv"
    with path.open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(HEAD)
        lines.writerows((f"#{post}", *rest) for post, *rest in rows)
    floor = _floor(connection, rows)
    connection.rollback()
    rehearsal, storing = (_command(asked, path, len(rows), *how) for how in (("--dry-run",), ()))
    connection.execute(text("DELETE FROM comment WHERE id > :last"), {"last": last})
    connection.commit()
    return Loaded(len(rows), rehearsal, storing, floor)


def _command(asked, path, lines, *how):
    start = time.perf_counter()
    told = subprocess.run(
        [str(ROOT / ".venv/bin/python"), "manage.py", "load", "comment", str(path), *how],
        cwd=ROOT,
        env={**os.environ, **environment(asked.database)},
        capture_output=True,
        text=True,
        check=True,
    )
    took = time.perf_counter() - start
    if not re.search(rf"\b{lines} created, 0 changed, 0 unchanged, 0 refused", told.stdout):
        raise RuntimeError(f"Bringing comments in was answered: {told.stdout.strip()}")
    return took


def _floor(connection, rows):
    """Return how many seconds the same rows take by the database's own means; they are taken back by the caller."""
    start = time.perf_counter()
    if connection.dialect.name == "sqlite":
        query = "INSERT INTO comment (post_id, guest_name, body, status, kind, created_at, updated_at, version)"
        query += " VALUES (:post, :name, :body, :status, 'comment', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, 1)"
        connection.execute(
            text(query), [dict(zip(("post", "name", "body", "status"), row, strict=True)) for row in rows]
        )
        return time.perf_counter() - start
    names = "post_id, guest_name, body, status, kind, created_at, updated_at, version"
    moment = connection.scalar(text("SELECT now()"))
    cursor = connection.connection.driver_connection.cursor()
    with cursor.copy(f"COPY comment ({names}) FROM STDIN") as sent:
        for row in rows:
            sent.write_row((*row, "comment", moment, moment, 1))
    return time.perf_counter() - start
