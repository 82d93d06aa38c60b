"""Work for later: a job is a row, written in the same transaction as the change that asks for it."""

import json
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, event, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column, object_session, relationship

from backoffice.core.catalogues import lazy_gettext as _
from backoffice.core.history import Json
from backoffice.core.jobs.announcing import announce
from backoffice.core.model import Model, now
from backoffice.core.resource import Action, Resource
from backoffice.core.types import Choice, Key, Percent, UtcDateTime

STATES = ("waiting", "running", "done", "partly", "failed", "cancelled")
WAITING, RUNNING, DONE, PARTLY, FAILED, CANCELLED = STATES
# It came to its end by itself; PARTLY is not done with all that was meant, and never shown as if it were.
FINISHED = (DONE, PARTLY)
ENDED = (*FINISHED, FAILED, CANCELLED)
WORDS = {
    WAITING: _("Waiting"),
    RUNNING: _("Running"),
    DONE: _("Done"),
    PARTLY: _("Done in part"),
    FAILED: _("Failed"),
    CANCELLED: _("Cancelled"),
}
LONGEST_KEY = 200
# What workers tell each other; a file's name and the words of a request are not for every reader.
TRACED = ("failures", "cause", "key", "batch", "arguments", "checkpoint", "result", "due_at", "lease_until", "worker")
CLEARED = ("error", "cause", "due_at", "finished_at")  # by trying again


class Job(Model):
    """One piece of work that somebody asked for: how far it is, who does it now, and what came of it.

    `attempts` counts the starts since the last step that was completed, `failures` how often something was raised
    since; `error` says so to whoever asked, `cause` to administrators. `lease_until` is the moment from which another
    worker may take a running job; `worker` is a word that changes with each start.
    """

    name: Mapped[str] = mapped_column(String(60), info={"label": _("What")})
    state: Mapped[str] = mapped_column(Choice(STATES), default=WAITING, info={"label": _("State"), "labels": WORDS})
    progress: Mapped[int | None] = mapped_column(Percent, info={"label": _("Progress")})
    done: Mapped[int] = mapped_column(BigInteger, default=0, info={"label": _("Parts done")})
    total: Mapped[int | None] = mapped_column(BigInteger, info={"label": _("Parts in all")})
    message: Mapped[str | None] = mapped_column(String(200), info={"label": _("Message")})
    error: Mapped[str | None] = mapped_column(Text, info={"label": _("Error")})
    attempts: Mapped[int] = mapped_column(Integer, default=0, info={"label": _("Attempts")})
    failures: Mapped[int] = mapped_column(Integer, default=0, info={"label": _("Failures")})
    cause: Mapped[str | None] = mapped_column(String(300), info={"label": _("Technical cause")})
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info={"label": _("Started")})
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True, info={"label": _("Finished")})
    # With the account go its jobs: one that nobody asked for would be the operator's, who may do everything.
    user_id: Mapped[int | None] = mapped_column(Key, ForeignKey("user.id", ondelete="CASCADE"))
    key: Mapped[str | None] = mapped_column(String(LONGEST_KEY), unique=True, info={"label": _("Key")})
    batch: Mapped[str] = mapped_column(String(36), default=lambda: str(uuid4()), info={"label": _("Batch")})
    arguments: Mapped[dict[str, Any]] = mapped_column(Json, default=dict, info={"label": _("Arguments")})
    checkpoint: Mapped[dict[str, Any] | None] = mapped_column(Json, info={"label": _("Checkpoint")})
    result: Mapped[dict[str, Any] | None] = mapped_column(Json, info={"label": _("Result")})
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info={"label": _("Not before")})
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime, info={"label": _("Leased until")})
    worker: Mapped[str | None] = mapped_column(String(36), info={"label": _("Worker")})

    user = relationship("User", info={"label": _("User")})

    __table_args__ = (
        Index("ix_job_state_id", "state", "id"),
        Index("ix_job_user_id_id", "user_id", "id"),
        Index("ix_job_name_id", "name", "id"),
    )

    resource = Resource(
        menu=_("System"),
        place=250,
        icon="loader",
        name=_("Job"),
        plural=_("Jobs"),
        empty=_("Work that takes longer, such as a large export, is done in the background and reported here."),
        columns=("name", "state", "progress", "user", "created_at", "finished_at", "error"),
        filters=("state", "name", "user", "created_at", "finished_at"),
        views={
            _("Running"): {"state": RUNNING},
            _("Waiting"): {"state": WAITING},
            _("Done in part"): {"state": PARTLY},
            _("Failed"): {"state": FAILED},
        },
        waits="failed",
        actions=(
            Action(
                "cancel",
                _("Cancel"),
                sets={"state": CANCELLED, "finished_at": now},
                when={"state": (WAITING, RUNNING)},
                danger=True,
            ),
            Action(
                "retry",
                _("Try again"),
                sets={"state": WAITING, "attempts": 0, "failures": 0, **dict.fromkeys(CLEARED)},
                when={"state": (FAILED, CANCELLED)},
            ),
        ),
        verbs=("read",),
        owner="user_id",
        grants=dict.fromkeys(("editor", "moderator", "author"), "read:own cancel:own retry:own"),
        fields=dict.fromkeys(TRACED, "trace"),
        moving={"state": (WAITING, RUNNING)},
    )


class Refused(Exception):  # noqa: N818 - it is said to people
    """The job cannot be done, however often it is tried; the message is a sentence for whoever asked for it."""


@dataclass(frozen=True)
class Step:
    """One piece of work that was just done: `done` of `total` parts, and from where a successor goes on."""

    done: int = 0
    total: int | None = None
    checkpoint: dict[str, Any] = field(default_factory=dict)
    message: str = ""


@dataclass(frozen=True)
class Task:
    """What the function of a job is given.

    `user` is who asked for it, or `access.OPERATOR`; `checkpoint` what the last completed step left, or empty;
    `word` is one that no other start of any job has. A step that takes its time calls `tell` now and then with how
    far it is; that may raise, where the job is no more this worker's, and must be let through.
    """

    id: int
    session: Session
    user: Any
    arguments: dict[str, Any]
    checkpoint: dict[str, Any]
    word: str
    tell: Callable[[Step], None] = lambda _step: None


Chore = Callable[[Session], object]
Work = Callable[[Task], Generator[Step, None, dict[str, Any] | None]]
_works: dict[str, Work] = {}
_chores: list[Chore] = []


def job(name: str) -> Callable[[Work], Work]:
    """Register a function as what a job of this name does; it yields a Step after each piece of work.

    What a step wrote in the session is committed together with its checkpoint, or not at all. It may have been
    begun before by a worker that was killed, so what it does outside the database must be safe to do twice. The
    function returns the job's result (JSON) or None; `left` of it were refused.
    """

    def register(work: Work) -> Work:
        if _works.setdefault(name, work) is not work:
            raise ValueError(f"There are two jobs called {name}.")
        return work

    return register


def left(result: dict[str, Any] | None) -> int:
    """Return how many rows a job that came to its end was refused, by its result."""
    told = result or {}
    found = told.get("stayed", told.get("refused"))
    return found if isinstance(found, int) else 0


def work_of(name: str) -> Work:
    """Return what a job of this name does; raises Refused when no work is called so."""
    if name not in _works:
        raise Refused(f"There is no work called {name}.")
    return _works[name]


def chore(work: Chore) -> Chore:
    """Register what every worker does when it starts and once an hour, beside the jobs; safe to do at any time."""
    _chores.append(work)
    return work


def chores() -> tuple[Chore, ...]:
    """Return what is to be done once an hour."""
    return tuple(_chores)


def later(session: Session, name: str, user: Any, key: str | None = None, **arguments: Any) -> Job:
    """Write down that `name` is to be done for `user` with these `arguments` (JSON), and return the job, flushed.

    It is there when the transaction of the caller is committed, and only then. Asking twice with one `key` gives
    the job that is there already. Raises Refused for an unknown name, TypeError for what is no JSON.
    """
    work_of(name)
    json.dumps(arguments)
    owner = getattr(user, "id", None)
    own = None if key is None else f"{owner or ''}:{key}"[:LONGEST_KEY]
    asked = Job(name=name, user_id=owner, key=own, arguments=arguments)
    if own is None:
        session.add(asked)
        session.flush()
        return asked
    there = select(Job).where(Job.key == own)
    return session.scalar(there) or _first(session, asked) or session.scalars(there).one()


def _first(session: Session, asked: Job) -> Job | None:
    """Store the job, unless another transaction was faster with the same key."""
    try:
        with session.begin_nested():
            session.add(asked)
            session.flush()
    except IntegrityError:
        return None
    return asked


@event.listens_for(Job, "after_insert")
def _asked_for(_mapper: object, _connection: object, row: Job) -> None:
    session = object_session(row)
    if session is not None:
        announce(session, row.id)
