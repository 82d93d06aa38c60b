"""All that stands against a row at once: what could not be read is told together with what its model has against it."""

from collections.abc import Container, Mapping
from typing import Any

from sqlalchemy.orm import Session

from backoffice.core.writing import alter, draft
from backoffice.core.writing.refusals import Refusal, taken


def against(
    session: Session, user: Any, what: Any, values: Mapping[str, Any], unread: Container[str]
) -> dict[str, str]:
    """Return what stands against `values` besides the fields `unread`, which held nothing that could be stored.

    `what` is a row, or the model of a new one. Nothing is written, but a row is left half set: roll back.
    """
    new = isinstance(what, type)
    model: Any = what if new else type(what)
    problems: Mapping[str, str] = {}
    try:
        draft(session, user, model, values) if new else alter(session, user, what, values)
    except Refusal as refusal:
        problems = refusal.problems
    problems = taken(session, model, values, None if new else what.id, problems)
    # What a rule says of a field that nobody could read would be said of nothing.
    return {name: said for name, said in problems.items() if name not in unread}
