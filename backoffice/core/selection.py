"""The rows meant: the ticked ones, or all that match, always within what the user may see."""

from dataclasses import dataclass
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from backoffice.core.access import condition
from backoffice.core.criteria import BadCriteria, Criteria, of
from backoffice.core.model import Model

LIFETIME = 24 * 60 * 60  # seconds that a sealed selection can be used


@dataclass(frozen=True)
class Selection:
    """Rows of `model`: those with these `keys`, or all that meet `criteria`; exactly one of the two is given."""

    model: type[Model]
    keys: tuple[int, ...] | None = None
    criteria: Criteria | None = None

    def rows(self, user: Any, verb: str = "read") -> Select[Any]:
        """Return a SELECT of the ids meant, within `visible(user, verb)`."""
        chosen = select(self.model.id).where(condition(user, verb, self.model))
        if self.criteria is not None:
            return chosen.where(self.criteria.condition(user))
        return chosen.where(self.model.id.in_(self.keys or ()))

    def whole(self) -> "Selection":
        """Return all the rows that were meant, where these are a part of them."""
        return self

    def count(self, session: Session, user: Any) -> int:
        """Return how many rows are meant that the user may see."""
        return session.scalar(select(func.count()).select_from(self.rows(user).subquery())) or 0


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="selection")


def seal(selection: Selection, count: int | None, user: Any) -> str:
    """Return "all that match", with how many the user knows of (None: not exactly), as a signed word for a form."""
    pairs = selection.criteria.pairs() if selection.criteria else []
    return str(_serializer().dumps([selection.model.__tablename__, getattr(user, "id", None), count, pairs]))


def unseal(model: type[Model], token: str, user: Any) -> tuple[Selection, int | None]:
    """Return the selection and the count that `seal` was given; raises BadCriteria for anything else."""
    try:
        name, owner, count, pairs = _serializer().loads(token, max_age=LIFETIME)
    except (BadData, ValueError, TypeError) as error:
        raise BadCriteria(_("This selection is no longer valid; go back to the list and choose again.")) from error
    if name != model.__tablename__ or owner != getattr(user, "id", None):
        raise BadCriteria(_("This selection is no longer valid; go back to the list and choose again."))
    return Selection(
        model, criteria=of(model, user, [(key, value) for key, value in pairs])
    ), None if count is None else int(count)
