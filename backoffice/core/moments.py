"""Answers that were given a moment ago, and that are still right because nothing has been written since, anywhere.

PostgreSQL names what a statement sees: which transactions had ended by then. As long as the name is the same, so is
the answer to any question. SQLite has no such name; there everything is asked anew.
"""

from collections.abc import Callable
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


def _key(session: Session, question: Select[Any]) -> tuple[Engine, Any] | None:
    """Return what tells this question from all others: its shape and its values; None where it cannot be told."""
    # What the library keeps compiled statements by; nothing public names a statement with its values.
    found = question._generate_cache_key()  # noqa: SLF001
    engine = session.get_bind()
    if found is None or not isinstance(engine, Engine):
        return None
    try:
        values = tuple(_hashable(one.effective_value) for one in found.bindparams)
        hash((found.key, values))
    except TypeError:
        return None
    return engine, (found.key, values)


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
