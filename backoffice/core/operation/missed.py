"""Rows that were free to go and were not done, for others were faster: which ones, and what is said of them."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backoffice.core.access import condition
from backoffice.core.history import Change
from backoffice.core.history.actors import actor
from backoffice.core.history.batches import looked_up, same_row
from backoffice.core.model import Model
from backoffice.core.operation.reports import told_of
from backoffice.core.operation.survey import CHANGE, Survey, Written, gone, overtaken

MOST = 5_000  # rows that are kept in mind, or told by name; of more, only how many they are


def expected(session: Session, survey: Survey) -> tuple[int, ...]:
    """Return the keys of the rows that are about to be written, or of those among which they are; () for too many."""
    if survey.selection.keys is not None:
        return survey.selection.keys
    # Where writers wait for one another from the first statement on, nobody comes in between.
    if session.get_bind().dialect.name == "sqlite" or not 0 < survey.found.get(CHANGE, 0) <= MOST:
        return ()
    return tuple(session.scalars(survey.rows(CHANGE)))


def name(session: Session, survey: Survey, verb: str, keys: Iterable[int], written: Written) -> None:
    """Add to `written` which of these rows others changed, deleted or hid before they could be written."""
    if written.total >= survey.found.get(CHANGE, 0):
        return
    model, change = survey.plan.model, Change.__table__.c
    named = change.batch == actor().batch, change.model == model.__tablename__, change.verb == verb
    done = session.scalars(select(change.row_id).where(*named, change.row_id.in_(keys)))
    left = set(keys).difference(done, session.scalars(told_of(model)), written.already, written.refused)
    seen = select(model.id).where(model.id.in_(left), condition(survey.user, "read", model))
    there = set(session.scalars(seen)) if left else set()
    written.refused |= {key: overtaken() if key in there else gone() for key in sorted(left)}


def since(session: Session, model: type[Model], mark: int, last: int, number: int) -> list[int]:
    """Return the rows up to the key `last` that were meant when the history ended at `mark`, and were changed first.

    Of this batch they are the rows that others changed since and of which it has nothing to tell. Where they are not
    as many as are missing, `number`, nobody can tell which of them were meant: then none is named.
    """
    if not 0 < number <= MOST:
        return []
    change = Change.__table__.alias("c")
    others = change.c.id > mark, change.c.model == model.__tablename__, change.c.batch != actor().batch
    own = Change.__table__.alias("own")
    done = looked_up(same_row(own, change), func.coalesce(own.c.batch, "") == actor().batch)
    found = select(change.c.row_id).where(*others, change.c.row_id <= last, ~done).distinct()
    keys: Any = session.scalars(found.where(change.c.row_id.not_in(told_of(model))).limit(number + 1)).all()
    return sorted(keys) if len(keys) == number else []
