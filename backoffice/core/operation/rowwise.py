"""Rows worked on one by one, few in memory at a time: what their own rules refuse is told, and the others are done."""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, selectinload

from backoffice.core.access import NotFound
from backoffice.core.history.actors import under
from backoffice.core.model import Model
from backoffice.core.operation.survey import Written, gone
from backoffice.core.resource import relations
from backoffice.core.types import Invalid
from backoffice.core.writing.refusals import Refusal, flush

CHUNK = 200  # rows in memory at a time


def each(session: Session, model: type[Model], rows: Select[Any], act: Callable[[Any], Any], verb: str) -> Written:
    """Do `act` with every row of `rows` (a SELECT of ids), recorded under `verb`, and return what came of it.

    `act` returns False for a row that is so already, and raises Invalid, Refusal or NotFound for one that is to
    stay as it is. Each row is written before the next is looked at, so that rules see all that was done.
    """
    written = Written()
    with under(verb):
        for key, row in _in_chunks(session, model, rows):
            if row is None:
                written.refused[key] = gone()
                continue
            try:
                with session.begin_nested():
                    done = act(row) is not False
                    flush(session, model)
                if done:
                    written.changed += 1
                else:
                    written.already.append(key)
            except (Invalid, Refusal, NotFound) as refused:
                session.expire(row)
                written.refused[key] = _sentence(refused)
    return written


def _sentence(refused: Exception) -> str:
    if isinstance(refused, Refusal):
        return next(iter(refused.problems.values()))
    return str(refused.message) if isinstance(refused, Invalid) else gone()


def _in_chunks(session: Session, model: type[Model], rows: Select[Any]) -> Iterator[tuple[int, Any]]:
    keys = list(session.scalars(rows.order_by(model.id)))
    beside = [selectinload(getattr(model, name)) for name in relations(model)]
    for at in range(0, len(keys), CHUNK):
        chosen = select(model).where(model.id.in_(keys[at : at + CHUNK])).order_by(model.id)
        found = {row.id: row for row in session.scalars(chosen.options(*beside))}
        yield from ((key, found.get(key)) for key in keys[at : at + CHUNK])
