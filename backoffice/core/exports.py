"""Large exports: rows written to a private file by a job, to be fetched for a week by whoever asked."""

import json
import os
import shutil
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from flask import current_app
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from backoffice.core.access import condition, rights_of
from backoffice.core.criteria import Criteria, of
from backoffice.core.jobs import DONE, RUNNING, WAITING, Job, Refused, Step, Task, chore, job, later
from backoffice.core.leases import clock, looking
from backoffice.core.model import now
from backoffice.core.resource import resources
from backoffice.core.selection import Selection
from backoffice.core.transfer import rows_out

NAME = "export"
LARGE = 50_000  # rows from which an export is a job
PART = 5_000  # rows of one step
KEPT = timedelta(days=7)
# A file whose job has yet to commit the step that names it is not taken for a stray one.
GRACE = timedelta(hours=1)
# What each format is called in the headers of an answer and at the end of a file's name.
KINDS = {
    "csv": ("text/csv", "csv"),
    "excel": ("text/csv", "csv"),
    "json": ("application/json", "json"),
    "jsonl": ("application/x-ndjson", "jsonl"),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
}
# What can be written in parts: the end of one and the beginning of the next need nothing between them. All others
# are written in one step, and anew by a successor.
IN_PARTS = ("csv", "excel", "jsonl")


@dataclass(frozen=True)
class Part(Criteria):
    """The rows that match and have keys after `after` up to `to`."""

    after: int = 0
    to: int = 0

    def condition(self, user: Any) -> ColumnElement[bool]:
        """Return the SQL condition."""
        return and_(super().condition(user), self.model.id > self.after, self.model.id <= self.to)


def ask(session: Session, user: Any, criteria: Criteria, names: Sequence[str], form: str) -> Job:
    """Return the job that writes the rows which match to a file; asked for twice within a minute, it is one."""
    asked = {"model": criteria.model.__tablename__, "criteria": criteria.pairs(), "names": list(names), "form": form}
    word = sha256(json.dumps(asked).encode()).hexdigest()[:32]
    return later(session, NAME, user, f"{NAME} {now():%Y-%m-%dT%H:%M} {word}", **asked)


def folder() -> Path:
    """Return where the files lie: for the owner of the process alone."""
    place = Path(current_app.config["EXPORTS_FOLDER"])
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def file_of(session: Session, user: Any, row: Job) -> Path | None:
    """Return the finished file of a job for whoever asked for it, while it is kept and they hold those rights.

    Everybody else, and whoever has lost a right since, gets None.
    """
    result = row.result or {}
    own = row.user_id is not None and row.user_id == getattr(user, "id", None)
    written = row.name == NAME and row.state == DONE and result
    held = rights_of(user)
    if not (written and own and ("*" in held or set(result["rights"]) <= held)):
        return None
    path = folder() / result["file"]
    old = row.finished_at is None or row.finished_at < clock(session) - KEPT
    return None if old or not path.is_file() else path


@chore
def sweep(session: Session) -> int:
    """Remove the files that nobody may fetch any more; returns how many."""
    with looking(session):
        moment = clock(session)
        wanted = or_(Job.state.in_((WAITING, RUNNING)), and_(Job.state == DONE, Job.finished_at > moment - KEPT))
        held = session.execute(select(Job.checkpoint, Job.result).where(Job.name == NAME, wanted)).all()
    names = {part["file"] for row in held for part in row if part and "file" in part}
    strays = [path for path in folder().iterdir() if path.name not in names and _age(path) > GRACE.total_seconds()]
    for path in strays:
        path.unlink(missing_ok=True)
    return len(strays)


def _age(path: Path) -> float:
    return now().timestamp() - path.stat().st_mtime


@job(NAME)
def write(task: Task) -> Generator[Step, None, dict[str, Any]]:
    """Write the rows to a file, a part for each step; a successor goes on behind the last part that is whole."""
    form = task.arguments["form"]
    criteria = _criteria(task)
    # A worker that only seems dead may still write: each start has a file of its own.
    path = folder() / f"{task.id}-{task.word}.{KINDS[form][1]}"
    state = _begin(task, path)
    with path.open("ab") as file:
        while True:
            with looking(task.session):
                state["total"] = state["total"] or _count(task, criteria)
                part, rows = _next(task, criteria, state["after"])
                size = _append(task, file, part)
                rights = sorted({*state["rights"], *rights_of(task.user)})
            state |= {"after": part.to, "rows": state["rows"] + rows, "bytes": size, "rights": rights}
            if part.after == part.to or form not in IN_PARTS:
                return {name: state[name] for name in ("file", "bytes", "rows", "rights")}
            yield Step(state["rows"], max(state["total"], state["rows"]), dict(state))


def _criteria(task: Task) -> Criteria:
    model = resources().get(task.arguments["model"])
    if model is None:
        raise Refused(f"There is no {task.arguments['model']}.")
    return of(model, task.user, [(name, value) for name, value in task.arguments["criteria"]])


def _begin(task: Task, path: Path) -> dict[str, Any]:
    """Return where to go on; the new file holds what the one before it held when its last step was committed."""
    state = {"after": 0, "rows": 0, "bytes": 0, "total": 0, "rights": [], **task.checkpoint}
    before = folder() / task.checkpoint.get("file", "")
    if not (before.is_file() and before.stat().st_size >= state["bytes"]):
        state |= {"after": 0, "rows": 0, "bytes": 0}
    path.touch(mode=0o600)
    if state["bytes"]:
        shutil.copyfile(before, path)
        os.truncate(path, state["bytes"])
    return state | {"file": path.name}


def _count(task: Task, criteria: Criteria) -> int:
    chosen = Selection(criteria.model, criteria=criteria).rows(task.user, "export")
    return task.session.scalar(select(func.count()).select_from(chosen.subquery())) or 0


def _next(task: Task, criteria: Criteria, after: int) -> tuple[Part, int]:
    """Return the next part, and how many rows it has."""
    model = criteria.model
    chosen = select(model.id).where(condition(task.user, "export", model), criteria.condition(task.user))
    most = PART if task.arguments["form"] in IN_PARTS else None
    keys = chosen.where(model.id > after).order_by(model.id).limit(most).subquery()
    to, rows = task.session.execute(select(func.max(keys.c.id), func.count())).one()
    return Part(model, criteria.search, criteria.view, criteria.filters, after, to or after), rows


def _append(task: Task, file: BinaryIO, part: Part) -> int:
    """Write the rows of a part through to the disk; returns how long the file is then."""
    form = task.arguments["form"]
    # The first part brings the header along, even where there are no rows.
    if part.after < part.to or not file.tell():
        text = rows_out(task.session, task.user, part, task.arguments["names"], form)
        file.writelines(_without_header(text) if file.tell() and form != "jsonl" else text)
    file.flush()
    os.fsync(file.fileno())
    return file.tell()


def _without_header(text: Iterator[bytes]) -> Iterator[bytes]:
    first = next(text, b"")
    yield first.partition(b"\r\n")[2]
    yield from text
