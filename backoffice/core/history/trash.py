"""What was deleted: a view of the history, from which rows come back or are removed for good."""

from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, null, select, update
from sqlalchemy.orm import Session

from backoffice.core.access import ALL, NotFound, can, rule
from backoffice.core.history import Change, note_many
from backoffice.core.history.batches import CHANGE
from backoffice.core.history.decoding import is_object
from backoffice.core.history.digests import REDACTED, content, is_redacted
from backoffice.core.history.encoding import sql_object
from backoffice.core.history.guards import REDACT, door
from backoffice.core.history.sets import RECORDED
from backoffice.core.model import Model
from backoffice.core.resource import resource, resources

VERB = "redact"


def kinds(user: Any) -> list[type[Model]]:
    """Return the models whose deleted rows `user` may see and bring back."""
    return [model for model in resources().values() if model is not Change and _may(user, model)]


def _may(user: Any, model: type[Model]) -> bool:
    asked = (rule(user, verb, model).scope == ALL for verb in ("read", "delete"))
    return "create" in resource(model).verbs and all(asked)


def deleted(session: Session, model: type[Model]) -> Select[Any]:
    """Return a SELECT of the changes by which rows of `model` were deleted that are still gone, the latest first."""
    dialect = session.get_bind().dialect.name
    later = CHANGE.alias("later")
    again = exists().where(later.c.model == Change.model, later.c.row_id == Change.row_id, later.c.id > Change.id)
    gone = select(Change).where(Change.model == model.__tablename__, ~again, _is_deletion(dialect))
    return gone.order_by(Change.created_at.desc(), Change.id.desc())


def deletion(session: Session, model: type[Model], key: int) -> Select[Any]:
    """Return a SELECT of the change by which the row of `model` with this key was deleted, if it is still gone."""
    return deleted(session, model).where(Change.row_id == key).limit(1)


def _is_deletion(dialect: str) -> ColumnElement[bool]:
    return is_object(dialect, CHANGE.c.before) & ~is_object(dialect, CHANGE.c.after)


def find(session: Session, user: Any, key: int | None) -> Change:
    """Return the change by which a row was deleted that is still gone; raises NotFound."""
    change = session.get(Change, key) if key else None
    model = resources().get(change.model) if change else None
    if change is None or model is None or model not in kinds(user):
        raise NotFound("change")
    if session.scalar(deleted(session, model).where(Change.id == change.id)) is None:
        raise NotFound("change")
    return change


def may_remove(user: Any) -> bool:
    """Tell whether `user` may take what was deleted out of the history for good."""
    return can(user, VERB, Change)


def remove(session: Session, user: Any, change: Change) -> int:
    """Take every value of a deleted row out of the history, for good; returns of how many changes.

    What remains is that there was such a row, who did what with it and when; the chain still verifies. Recorded,
    flushed, not committed. Raises NotFound for those who may not.
    """
    if not may_remove(user):
        raise NotFound("change")
    dialect, held = session.get_bind().dialect.name, dict(CHANGE.c)
    own = (CHANGE.c.model == change.model) & (CHANGE.c.row_id == change.row_id) & ~is_redacted(dialect, held)
    kept = sql_object(dialect, {REDACTED: (CHANGE.c.label, content(dialect, held))})
    blank = update(CHANGE).where(own).values(before=null(), after=kept, label="")
    entry = {"model": change.model, "row_id": change.row_id, "label": f"#{change.row_id}", "verb": VERB}
    with door(session, REDACT):
        count = int(session.execute(blank, execution_options=RECORDED).rowcount)  # type: ignore[attr-defined]
    note_many(session, [{**entry, "before": None, "after": {"count": count}}])
    session.expire_all()
    return count


def count(session: Session, model: type[Model]) -> int:
    """Return how many rows of `model` can be brought back."""
    found = deleted(session, model).order_by(None).with_only_columns(Change.id).limit(1000).subquery()
    return session.scalar(select(func.count()).select_from(found)) or 0
