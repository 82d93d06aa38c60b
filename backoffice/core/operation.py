"""One function for each operation on a selection, for every door: what it would do, and doing it."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, case, func, literal, select, true
from sqlalchemy.orm import Session

from backoffice.core.access import NotFound, can, condition
from backoffice.core.model import Model
from backoffice.core.resource import Action, actions
from backoffice.core.selection import Selection
from backoffice.core.sets import update_rows
from backoffice.core.types import Invalid

CHUNK = 200  # rows in memory at a time, where an operation runs on rows
CHANGE, ALREADY, RIGHT, STATE = "change", "already", "right", "state"


@dataclass(frozen=True)
class Outcome:
    """What an operation did or would do, in rows; `reasons` are the sentences for refusals, with their counts."""

    changed: int = 0
    already: int = 0
    refused: int = 0
    reasons: tuple[tuple[str, int], ...] = ()


def rehearse(session: Session, user: Any, name: str, selection: Selection) -> Outcome:
    """Return what `run` would do now; nothing is written. Raises NotFound like `run`."""
    return _survey(session, user, _action(user, name, selection.model), selection).outcome


def run(session: Session, user: Any, name: str, selection: Selection) -> Outcome:
    """Do the operation on the rows meant, recorded, flushed but not committed.

    Rows that are so already stay untouched; rows that may not be changed are counted with the reason. Raises
    NotFound when `user` may not do it with any row of the model.
    """
    action = _action(user, name, selection.model)
    survey = _survey(session, user, action, selection)
    if action.sets is not None:
        changed = update_rows(session, selection.model, survey.rows(CHANGE), action.sets, name)
        return Outcome(changed, survey.outcome.already, survey.outcome.refused, survey.outcome.reasons)
    return _run_each(session, action, survey)


def _action(user: Any, name: str, model: type[Model]) -> Action:
    action = actions(model).get(name)
    if action is None or not can(user, name, model):
        raise NotFound(f"{model.__tablename__}.{name}")
    return action


@dataclass(frozen=True)
class _Survey:
    """The rows meant, each with what would become of it."""

    selection: Selection
    user: Any
    bucket: ColumnElement[str]
    outcome: Outcome

    def rows(self, bucket: str) -> Select[Any]:
        return self.selection.rows(self.user).where(self.bucket == bucket)


def _survey(session: Session, user: Any, action: Action, selection: Selection) -> _Survey:
    model = selection.model
    refusals = list(action.refuses(user, selection.whole().rows(user)) if action.refuses else ())
    bucket = _bucket(user, action, model, [refusal for refusal, _sentence in refusals])
    counted = select(bucket.label("bucket"), func.count()).where(model.id.in_(selection.rows(user))).group_by("bucket")
    found = {str(name): int(number) for name, number in session.execute(counted)}
    reasons = Counter({sentence: found.get(str(at), 0) for at, (_c, sentence) in enumerate(refusals)})
    reasons[_("You may not do this with it.")] += found.get(RIGHT, 0)
    reasons[_("Its present state does not allow it.")] += found.get(STATE, 0)
    if selection.keys is not None:
        reasons[_("It does not exist any more, or is not yours to see.")] += len(selection.keys) - sum(found.values())
    told = tuple((sentence, number) for sentence, number in reasons.items() if number)
    refused = sum(number for _sentence, number in told)
    return _Survey(selection, user, bucket, Outcome(found.get(CHANGE, 0), found.get(ALREADY, 0), refused, told))


def _bucket(user: Any, action: Action, model: type[Model], refusals: list[ColumnElement[bool]]) -> ColumnElement[str]:
    """Return the SQL expression that says of each row what becomes of it."""
    fixed = {name: value for name, value in (action.sets or {}).items() if not callable(value)}
    done = and_(true(), *(getattr(model, name).is_not_distinct_from(value) for name, value in fixed.items()))
    ready = and_(true(), *(getattr(model, name).in_(states) for name, states in action.when.items()))
    steps: list[Any] = [(done, literal(ALREADY))] if fixed else []
    steps += [(refusal, literal(str(at))) for at, refusal in enumerate(refusals)]
    steps.append((ready, literal(CHANGE)))
    inner = case(*steps, else_=literal(STATE))
    return case((condition(user, action.name, model), inner), else_=literal(RIGHT))


def _run_each(session: Session, action: Action, survey: _Survey) -> Outcome:
    done: Counter[str] = Counter()
    reasons = Counter(dict(survey.outcome.reasons))
    keys = list(session.scalars(survey.rows(CHANGE)))
    model = survey.selection.model
    for at in range(0, len(keys), CHUNK):
        for row in session.scalars(select(model).where(model.id.in_(keys[at : at + CHUNK]))).all():
            try:
                done[CHANGE if action.run and action.run(row) else ALREADY] += 1
                session.flush()
            except Invalid as invalid:
                session.expire(row)
                reasons[str(invalid.message)] += 1
        session.expunge_all()
    already = survey.outcome.already + done[ALREADY]
    return Outcome(done[CHANGE], already, sum(reasons.values()), tuple(reasons.items()))
