"""Who acts, through which door, and which changes belong together."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4


@dataclass(frozen=True)
class Actor:
    """Who acts, through which door, and the batch that all their changes of this moment belong to."""

    user: Any = None
    door: str = "code"
    address: str | None = None
    batch: str = field(default_factory=lambda: str(uuid4()))
    verb: str = ""

    @property
    def user_id(self) -> int | None:
        """The acting user's key; None for commands and strangers."""
        return getattr(self.user, "id", None)


_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)


def actor() -> Actor:
    """Return who acts now; code that nobody stands behind acts as an Actor without a user."""
    return _actor.get() or Actor()


@contextmanager
def acting(user: Any, door: str, address: str | None = None, verb: str = "") -> Iterator[Actor]:
    """Let all that is written inside be recorded as one batch of `user` through `door`.

    `verb` names the operation when it is more than create, update or delete.
    """
    one = Actor(user, door, address, verb=verb)
    token = _actor.set(one)
    try:
        yield one
    finally:
        _actor.reset(token)


@contextmanager
def under(verb: str) -> Iterator[None]:
    """Let all that is written inside be recorded under `verb`, in the batch of whoever acts."""
    token = _actor.set(replace(actor(), verb=verb))
    try:
        yield
    finally:
        _actor.reset(token)


def begin_acting(one: Actor) -> Any:
    """Start to act without a `with`, for doors whose request begins and ends in different functions."""
    return _actor.set(one)


def end_acting(token: Any) -> None:
    """End what `begin_acting` started."""
    _actor.reset(token)


def mark(session: Any) -> None:
    """Take note that this batch has changes of its own, which can be taken back."""
    session.info["batch"] = actor().batch


def done(session: Any) -> str | None:
    """Return the batch of whoever acts now, if anything was recorded in it by this session."""
    return actor().batch if session.info.get("batch") == actor().batch else None
