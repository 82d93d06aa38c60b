"""Answers that were given a moment ago, and that are still right because nothing has been written since, anywhere.

PostgreSQL names what a statement sees: which transactions had ended by then. As long as the name is the same, so is
the answer to any question. SQLite has no such name; there everything is asked anew.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import Engine, Select, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

from backoffice.core.model import reading

Answer = TypeVar("Answer")
MOST = 500
NAME = "moment"
_answers: dict[tuple[Engine, Any], tuple[str, Any]] = {}


class Moment(FunctionElement[str]):
    """The name of what the statement that asks for it sees, NULL where there is none."""

    inherit_cache = True
    type = String()


@compiles(Moment)
def _nameless(_element: Moment, _compiler: Any, **_options: Any) -> str:
    return "NULL"


@compiles(Moment, "postgresql")
def _snapshot(_element: Moment, _compiler: Any, **_options: Any) -> str:
    return "CAST(pg_current_snapshot() AS TEXT)"


def begin(session: Session, moment: str | None) -> None:
    """Note what `moment` it is for `session`, as its first statement has told."""
    session.info[NAME] = moment


def kept(session: Session, question: Select[Any], ask: Callable[[], Answer]) -> Answer:
    """Return what `ask` returns, which nothing but the answer to `question` decides; asked once a moment.

    Whoever may write sees what others do not, so they always ask.
    """
    moment, key = session.info.get(NAME), _key(session, question)
    if moment is None or key is None or not reading.get():
        return ask()
    known = _answers.get(key)
    if known is not None and known[0] == moment:
        answer: Answer = known[1]
        return answer
    answer = ask()
    while len(_answers) >= MOST:
        _answers.pop(next(iter(_answers)), None)
    _answers[key] = (moment, answer)
    return answer


class Told:
    """What tells a question from all others: its shape and its values. They are many, so they are hashed once."""

    __slots__ = ("hashed", "parts")

    def __init__(self, parts: tuple[Any, ...]) -> None:
        self.parts, self.hashed = parts, hash(parts)

    def __hash__(self) -> int:
        return self.hashed

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Told) and self.parts == other.parts


def _key(session: Session, question: Select[Any]) -> tuple[Engine, Told] | None:
    """Return what an answer is kept by; None where the question cannot be told from others."""
    engine, told = session.get_bind(), _told(question)
    return None if told is None or not isinstance(engine, Engine) else (engine, told)


# Most pages ask the very statements that the page before has asked.
@lru_cache(maxsize=MOST)
def _told(question: Select[Any]) -> Told | None:
    # What the library keeps compiled statements by; nothing public names a statement with its values.
    found = question._generate_cache_key()  # noqa: SLF001
    if found is None or any(one.callable is not None for one in found.bindparams):
        return None
    try:
        return Told((found.key, tuple(_hashable(one.value) for one in found.bindparams)))
    except TypeError:
        return None


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
