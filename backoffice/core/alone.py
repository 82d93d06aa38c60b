"""Requests that only look at one page of rows: each of their statements stands alone, in no transaction.

Beginning and ending one asks the database twice more. Its statements would see no less and no more of what others
write: by default each sees what was committed when it began.
"""

from collections.abc import Iterable

from flask import Flask, current_app, request
from sqlalchemy.orm import Session

from backoffice.core.model import reading

EXTENSION = "alone"


def offer(app: Flask, endpoints: Iterable[str], parameters: Iterable[str]) -> None:
    """Say which pages only look, as long as their addresses have no other parameters than these."""
    app.extensions[EXTENSION] = (frozenset(endpoints), frozenset(parameters))


def stand(session: Session) -> None:
    """Let the statements of `session` stand alone if this request only looks, and nothing was asked yet."""
    plain = looks() and _offered()[1].issuperset(request.args) and not session.in_transaction()
    # SQLite asks nobody else, and begins transactions in our own way.
    if plain and session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        session.info[EXTENSION] = True


def stands(session: Session) -> bool:
    """Tell whether the statements of `session` stand alone."""
    return bool(session.info.get(EXTENSION))


def looks() -> bool:
    """Tell whether this request asks for a page of rows, whatever narrows them, and writes nothing."""
    return reading.get() and request.endpoint in _offered()[0]


def _offered() -> tuple[frozenset[str], frozenset[str]]:
    offered: tuple[frozenset[str], frozenset[str]] = current_app.extensions.get(EXTENSION, (frozenset(), frozenset()))
    return offered
