"""Large exports: rows written to a private file by a job, to be fetched for a week by whoever asked."""

import json
import os
import shutil
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from flask import current_app
from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from backoffice.core.access import NotFound, rights_of
from backoffice.core.catalogues import gettext as _
from backoffice.core.jobs import DONE, RUNNING, WAITING, Job, Refused, Step, Task, chore, job, later
from backoffice.core.jobs.leases import clock, looking
from backoffice.core.model import now
from backoffice.core.resource import resources
from backoffice.core.selection import Selection
from backoffice.core.selection.criteria import Criteria, of
from backoffice.core.transfer import Part, Wish, parts_out

NAME = "export"
LARGE = 50_000  # rows from which an export is a job
PART = 20_000  # rows of one step, at least
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
# What a successor can go on with where it ends; all else it begins anew.
IN_PARTS = ("csv", "excel", "json", "jsonl")


def ask(session: Session, user: Any, criteria: Criteria, names: Sequence[str], form: str) -> Job:
    """Return the job that writes the rows which match to a file; asked for twice within a minute, it is one."""
    asked = {"model": criteria.model.__tablename__, "criteria": criteria.pairs(), "names": list(names), "form": form}
    word = sha256(json.dumps(asked).encode()).hexdigest()[:32]
    return later(session, NAME, user, f"{NAME} {now():%Y-%m-%dT%H:%M} {word}", **asked, at=now().isoformat())


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
    """Write the rows of one moment to a file, a step now and then; a successor goes on behind the last step.

    It says so then: what it writes is of a later moment. A workbook it can only begin anew.
    """
    form, criteria = task.arguments["form"], _criteria(task)
    # A worker that only seems dead may still write: each start has a file of its own.
    path = folder() / f"{task.id}-{task.word}.{KINDS[form][1]}"
    state = _begin(task, path)
    with looking(task.session):
        state |= {"total": _count(task, criteria), "rights": sorted({*state["rights"], *rights_of(task.user)})}
        parts = parts_out(task.session, task.user, criteria, Wish(tuple(task.arguments["names"]), form, state["after"]))
    with path.open("ab") as file, closing(parts):
        while not state["ended"]:
            _fill(file, parts, state)
            yield _step(state)
            _ask_again(task, state["rights"])
    return {name: state[name] for name in ("file", "bytes", "rows", "rights", "moments")}


def _criteria(task: Task) -> Criteria:
    model = resources().get(task.arguments["model"])
    if model is None:
        raise Refused(f"There is no {task.arguments['model']}.")
    pairs = [(name, value) for name, value in task.arguments["criteria"]]
    return of(model, task.user, pairs, task.arguments.get("at", ""))


def _begin(task: Task, path: Path) -> dict[str, Any]:
    """Return where to go on; the new file holds what the one before it held when its last step was committed."""
    nothing = {"after": 0, "rows": 0, "bytes": 0, "moments": 0, "ended": False}
    state = {**nothing, "rights": [], **task.checkpoint, "anew": bool(task.checkpoint)}
    before = folder() / state.get("file", "")
    kept = before.is_file() and before.stat().st_size >= state["bytes"]
    if not kept or not (state["ended"] or task.arguments["form"] in IN_PARTS):
        state |= nothing
    path.touch(mode=0o600)
    if state["bytes"]:
        shutil.copyfile(before, path)
        os.truncate(path, state["bytes"])
    return state | {"file": path.name, "moments": state["moments"] + (not state["ended"])}


def _count(task: Task, criteria: Criteria) -> int:
    chosen = Selection(criteria.model, criteria=criteria).rows(task.user, "export")
    return task.session.scalar(select(func.count()).select_from(chosen.subquery())) or 0


def _fill(file: BinaryIO, parts: Iterator[Part], state: dict[str, Any]) -> None:
    """Write the rows of one step through to the disk, and note how far it is and whether it is the end."""
    upto = state["rows"] + PART
    for part in parts:
        file.write(part.data)
        state |= {"rows": state["rows"] + part.rows, "after": part.last or state["after"]}
        if part.rows and state["rows"] >= upto:
            break
    else:
        state["ended"] = True
    file.flush()
    os.fsync(file.fileno())
    state["bytes"] = file.tell()


def _step(state: dict[str, Any]) -> Step:
    message = ""
    if state["moments"] > 1:
        message = _("It was interrupted and went on: its rows are of %(number)d moments.", number=state["moments"])
    elif state["anew"]:
        message = _("It was interrupted and began anew.")
    return Step(state["rows"], max(state["total"], state["rows"]), dict(state), message)


def _ask_again(task: Task, rights: list[str]) -> None:
    """Raise NotFound when the person has lost a right meanwhile: they would not get the file."""
    with looking(task.session):
        held = rights_of(task.user)
    if not ("*" in held or set(rights) <= held):
        raise NotFound(task.arguments["model"])
