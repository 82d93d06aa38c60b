"""The rows meant: the ticked ones, or all that match, always within what the user may see."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from backoffice.core.access import condition
from backoffice.core.catalogues import gettext as _
from backoffice.core.database.conditions import among
from backoffice.core.model import Model, now
from backoffice.core.selection.criteria import BadCriteria, Criteria, of

LIFETIME = 24 * 60 * 60  # seconds that a sealed selection can be used


@dataclass(frozen=True)
class Selection:
    """Rows of `model`: those with these `keys`, or all that meet `criteria`; exactly one of the two is given.

    `until`: only those that nobody has changed since that moment.
    """

    model: type[Model]
    keys: tuple[int, ...] | None = None
    criteria: Criteria | None = None
    until: datetime | None = None

    def rows(self, user: Any, verb: str = "read") -> Select[Any]:
        """Return a SELECT of the ids meant, within `visible(user, verb)`."""
        chosen = select(self.model.id).where(condition(user, verb, self.model))
        if self.until is not None:
            chosen = chosen.where(self.model.updated_at <= self.until)
        if self.criteria is not None:
            return chosen.where(self.criteria.condition(user))
        return chosen.where(among(self.model.id, self.keys or ()))

    def whole(self) -> "Selection":
        """Return all the rows that were meant, where these are a part of them."""
        return self

    def count(self, session: Session, user: Any) -> int:
        """Return how many rows are meant that the user may see."""
        return session.scalar(select(func.count()).select_from(self.rows(user).subquery())) or 0


def _serializer() -> URLSafeTimedSerializer:
    return _signing(current_app.secret_key or "")


# Every page of a list signs, and making what signs takes longer than that.
@lru_cache(maxsize=4)
def _signing(secret: str | bytes) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret, salt="selection")


@dataclass(frozen=True)
class Sealed:
    """A selection as somebody saw it: `count` rows (None: not counted), read at `moment`."""

    selection: Selection
    count: int | None
    moment: datetime

    def agrees(self, meant: int, unchanged: int) -> bool:
        """Tell whether these are the rows that were seen: so many match now, and so many of them are as they were.

        Every door asks this before it does anything with "all that match", and says both numbers if not.
        """
        if self.selection.keys is not None:
            return True
        if self.selection.until is not None:
            # Those that somebody changed have left the set, which is what was chosen; none can have come.
            return self.count is not None and meant <= self.count
        return self.count == meant == unchanged

    def as_seen(self) -> Selection:
        """Return those of the rows that match now which nobody has changed or added since they were seen."""
        return replace(self.selection, until=min(self.selection.until or self.moment, self.moment))


def seal(selection: Selection, count: int | None, user: Any) -> str:
    """Return "all that match", with how many the user knows of (None: not exactly), as a signed word for a form."""
    pairs = selection.criteria.pairs() if selection.criteria else []
    until = selection.until.isoformat() if selection.until else None
    held = [selection.model.__tablename__, getattr(user, "id", None), count, pairs, now().isoformat(), until]
    return str(_serializer().dumps(held))


def unseal(model: type[Model], token: str, user: Any) -> Sealed:
    """Return what `seal` was given, and when; raises BadCriteria for anything else."""
    try:
        name, owner, count, pairs, moment, until = _serializer().loads(token, max_age=LIFETIME)
    except (BadData, ValueError, TypeError) as error:
        raise BadCriteria(_("This selection is no longer valid; go back to the list and choose again.")) from error
    if name != model.__tablename__ or owner != getattr(user, "id", None):
        raise BadCriteria(_("This selection is no longer valid; go back to the list and choose again."))
    # Words such as “today” mean what they meant when the rows were seen.
    criteria = of(model, user, [(key, value) for key, value in pairs], moment)
    selection = Selection(model, criteria=criteria, until=datetime.fromisoformat(until) if until else None)
    return Sealed(selection, None if count is None else int(count), datetime.fromisoformat(moment))
