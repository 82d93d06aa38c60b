"""Large imports: rehearsed and done by jobs, which go on behind what was committed and do no line twice."""

import os
import shutil
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backoffice.core.catalogues import gettext as _
from backoffice.core.history.actors import actor, begin_acting, end_acting
from backoffice.core.imports import mapping, uploads
from backoffice.core.imports.intake import Difference, Intake, Place, Report
from backoffice.core.imports.intake import Refused as RefusedLine
from backoffice.core.imports.ledger import Ledger
from backoffice.core.imports.mapping import BadPlan, Plan
from backoffice.core.imports.refused import RefusedLines
from backoffice.core.imports.sheets import XLSX, Table, open_table
from backoffice.core.imports.uploads import Upload
from backoffice.core.jobs import RUNNING, WAITING, Job, Refused, Step, Task, chore, job, later
from backoffice.core.jobs.leases import looking
from backoffice.core.model import now
from backoffice.core.resource import resources
from backoffice.core.transfer.workbooks import MEGABYTE, Unreadable

NAME = "import"
LARGE, LARGE_BOOK = MEGABYTE, MEGABYTE // 5  # bytes of a table, and of one in a packed spreadsheet
# Whoever is killed soon after it began has done something, and its successor goes on behind that.
FIRST_CHUNK = 100


@dataclass(frozen=True)
class Order:
    """What is to be brought in: the file, its encoding, the plan, and whether it is rehearsed only."""

    upload: Upload
    encoding: str
    plan: Plan
    rehearse: bool

    def words(self) -> dict[str, Any]:
        """Return the order as the arguments of a job."""
        plan = {**asdict(replace(self.plan, model=None)), "model": self.plan.model.__tablename__}  # type: ignore[arg-type]
        return {"upload": asdict(self.upload), "encoding": self.encoding, "plan": plan, "rehearse": self.rehearse}


def order_of(row: Job) -> Order:
    """Return what a job is to bring in; raises Refused where there is no such kind any more."""
    return _order(row.arguments)


def _order(words: dict[str, Any]) -> Order:
    said = words["plan"]
    model = resources().get(said["model"])
    if model is None:
        raise Refused(f"There is no {said['model']}.")
    plan = Plan(model, tuple(said["fields"]), said["key"], said["whole"], said.get("announced", True))
    return Order(Upload(**words["upload"]), words["encoding"], plan, words["rehearse"])


def is_large(table: Table) -> bool:
    """Tell whether a table is too large to be taken while somebody waits for the answer."""
    return table.path.stat().st_size > (LARGE_BOOK if table.kind == XLSX else LARGE)


def ask(session: Session, user: Any, order: Order) -> Job:
    """Return the job for an order. One file is brought in once, however often it is asked for."""
    word = sha256(repr(order.words()).encode()).hexdigest()[:32]
    key = f"{NAME} {now():%Y-%m-%dT%H:%M} {word}" if order.rehearse else f"{NAME} {order.upload.name}"
    return later(session, NAME, user, key, address=actor().address, **order.words())


def report_of(row: Job) -> Report | None:
    """Return what has become of the lines, as far as the job has written it down."""
    found = row.result or row.checkpoint
    return _report(found["report"]) if found and "report" in found else None


def _report(words: dict[str, Any]) -> Report:
    differences = [
        Difference(**{**one, "fields": {k: tuple(v) for k, v in one["fields"].items()}}) for one in words["differences"]
    ]
    return Report(
        **{**words, "differences": differences, "refusals": [RefusedLine(**one) for one in words["refusals"]]}
    )


def refused_of(row: Job) -> Path | None:
    """Return the file of the lines that a job refused, while it is kept."""
    told = row.result or row.checkpoint or {}
    path = uploads.folder() / told.get("refused", final(order_of(row).upload, row.id))
    return path if path.is_file() else None


@job(NAME)
def bring_in(task: Task) -> Generator[Step, None, dict[str, Any]]:
    """Rehearse an import or do it: the good lines are committed part by part, all or nothing at the end."""
    order = _order(task.arguments)
    try:
        with looking(task.session):
            table = _table(order)
            mapping.check(task.user, order.plan, table.headers)
        with _importing(task):
            run = Run(task, order, table)
            with closing(run.work.ledger):
                yield from run.in_parts() if run.parted else run.at_once()
            return run.result()
    except (Unreadable, BadPlan) as error:
        raise Refused(str(error)) from error


def _table(order: Order) -> Table:
    if not order.upload.unchanged():
        raise Unreadable(_("This file is no longer kept; send it again."))
    order.upload.path.touch()
    return open_table(order.upload.path, order.encoding, inspected=True)


@contextmanager
def _importing(task: Task) -> Iterator[None]:
    """Let what is written be recorded as brought in by a file, in the one batch of the job."""
    token = begin_acting(replace(actor(), door="import", address=task.arguments.get("address")))
    try:
        yield
    finally:
        end_acting(token)


@chore
def hold(session: Session) -> int:
    """Keep the files of imports that are still to be done; returns how many."""
    with looking(session):
        wanted = select(Job.arguments).where(Job.name == NAME, Job.state.in_((WAITING, RUNNING)))
        paths = [Upload(**words["upload"]).path for words in session.scalars(wanted)]
    there = [path for path in paths if path.is_file()]
    for path in there:
        path.touch()
    return len(there)


class Run:
    """One start of an import, which begins anew or goes on from the checkpoint of another."""

    def __init__(self, task: Task, order: Order, table: Table) -> None:
        self.task, self.order, self.table = task, order, table
        self.parted = not (order.rehearse or order.plan.whole)
        self.total = table.height()
        stem = f"{order.upload.name}-{task.id}-{task.word}"
        # A worker that only seems dead may still write: each start has files of its own.
        self.refused = uploads.folder() / f"{stem}{uploads.REFUSED}"
        self.ledger = uploads.folder() / f"{stem}.ledger"
        self.state = dict(task.checkpoint) if self.parted else {}
        self._take_over()
        ledger = Ledger(self.ledger, self.state.get("step", 0)) if self.parted else Ledger()
        self.work = Intake(task.session, task.user, order.plan, table, ledger)
        if self.parted:
            self.work.first = FIRST_CHUNK
        if self.state:
            self.work.report, self.work.place = _report(self.state["report"]), Place(**self.state["place"])

    def _take_over(self) -> None:
        """Go on with the files that the start before had when its last part was committed."""
        if not self.state:
            return
        for name, path in (("ledger", self.ledger), ("refused", self.refused)):
            before = uploads.folder() / self.state[name]
            if not before.is_file():
                raise Refused(_("How far this import was is no longer known; the history says what it brought in."))
            shutil.copyfile(before, path)
        os.truncate(self.refused, self.state["bytes"])

    def at_once(self) -> Iterator[Step]:
        """Do all of it in one transaction, which is kept at the end or not at all."""
        session, quiet = self.task.session, self.order.rehearse and not self.work.store.writes_to_look
        with looking(session) if quiet else nullcontext(), RefusedLines(self.refused, self.table) as sink:
            self.work.sink = sink.add
            for _report in self.work.steps(rehearse=self.order.rehearse):
                self.task.tell(self._step())
        report = self.work.report
        self.refused = self.refused.replace(uploads.folder() / final(self.order.upload, self.task.id))
        if not report.kept:
            session.rollback()
        if not (report.kept or self.order.rehearse):
            first = report.refusals[0]
            said = _(
                "Nothing was brought in: line %(number)d was refused. %(reason)s",
                number=first.number,
                reason=first.reason,
            )
            raise Refused(said)
        yield from ()

    def in_parts(self) -> Iterator[Step]:
        """Do it part by part, each committed with how far that is."""
        with RefusedLines(self.refused, self.table, at=self.state.get("bytes", 0)) as sink:
            self.work.sink = sink.add
            for _report in self.work.steps(rehearse=False):
                size, step = sink.save(), self.work.ledger.save()
                yield self._step({"step": step, "bytes": size, "ledger": self.ledger.name})
                # What was lost meanwhile counts for the next part.
                mapping.check(self.task.user, self.order.plan, self.table.headers)
                self.work.workshop.renew()

    def _step(self, more: Mapping[str, Any] | None = None) -> Step:
        report, place = self.work.report, self.work.place
        done = self.total if place.round else place.line
        kept = {**self.result(), "place": asdict(place), **more} if more else {}
        message = _("%(lines)d lines, %(refused)d of them refused", lines=report.lines, refused=report.refused)
        return Step(done, max(self.total, done), kept, message)

    def result(self) -> dict[str, Any]:
        """Return what has become of the lines, and where those that were refused lie."""
        stayed = 0 if self.order.rehearse else self.work.report.refused
        return {"report": asdict(self.work.report), "refused": self.refused.name, "stayed": stayed}


def final(upload: Upload, key: int) -> str:
    """Return the name under which the refused lines of a job lie at its end."""
    return f"{upload.name}-{key}{uploads.REFUSED}"
