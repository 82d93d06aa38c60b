"""Which values a column holds that has only few of them: an index is read from value to value, not row by row."""

from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from backoffice.core import moments

MOST = 100  # values that are told one by one


def holding(session: Session, side: InstrumentedAttribute[Any], text: str, *, lacks: bool) -> ColumnElement[bool]:
    """Return the condition that a column holds `text`, or `lacks` it: among its values where these are few.

    No index leads to a text inside of others; one leads to each value.
    """
    found = _told(session, side, text)
    if found is None:
        inside = side.icontains(text, autoescape=True)
        return or_(~inside, side.is_(None)) if lacks else inside
    return side.in_([value for value, holds in found if bool(holds) != lacks])


def _told(session: Session, side: InstrumentedAttribute[Any], text: str) -> list[Any] | None:
    """Return each value of a column that is never empty, and whether it holds `text`; None where they are many."""
    known = select(func.min(side).label("value")).cte("known", recursive=True)
    following = select(func.min(side)).where(side > known.c.value).correlate(known).scalar_subquery()
    known = known.union_all(select(following).select_from(known).where(known.c.value.is_not(None)))
    value = known.c.value
    rows = select(value, value.icontains(text, autoescape=True)).where(value.is_not(None)).limit(MOST + 1)
    found = moments.kept(session, rows, lambda: list(session.execute(rows)))
    return found if len(found) <= MOST else None
