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
    endpoints, parameters = current_app.extensions.get(EXTENSION, (frozenset(), frozenset()))
    looks = reading.get() and request.endpoint in endpoints and parameters.issuperset(request.args)
    # SQLite asks nobody else, and begins transactions in our own way.
    if looks and not session.in_transaction() and session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
