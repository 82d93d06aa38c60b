"""One function for each operation on a selection, for every door: what it would do, and doing it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, literal, true
from sqlalchemy.orm import Session

from backoffice.core.access import NotFound, can, condition
from backoffice.core.catalogues import gettext as _
from backoffice.core.history.sets import update_rows
from backoffice.core.model import Model
from backoffice.core.operation import altering, missed, removing, reports
from backoffice.core.operation.rowwise import each
from backoffice.core.operation.survey import (
    ALREADY,
    CHANGE,
    RIGHT,
    STATE,
    Group,
    Outcome,
    Plan,
    Survey,
    Written,
    corrected,
    groups,
    look,
)
from backoffice.core.resource import Action, actions
from backoffice.core.selection import Selection

DELETE, UPDATE = removing.DELETE, altering.UPDATE
TRIED = 200  # rows whose own rules are asked in a rehearsal; of more, only what SQL knows is told


@dataclass(frozen=True)
class Preview:
    """What an operation would do: in numbers, in groups with their first rows, and whether no rule may add to it."""

    outcome: Outcome
    groups: tuple[Group, ...]
    sure: bool


def rehearse(session: Session, user: Any, name: str, selection: Selection, values: Any = None) -> Outcome:
    """Return what `run` would do now; nothing is written. Raises NotFound and Refusal like `run`."""
    survey = _survey(session, user, _plan(session, user, name, selection, values), selection)
    tried = _tried(session, survey)
    return survey.with_written(tried) if tried else survey.outcome


def preview(session: Session, user: Any, name: str, selection: Selection, values: Any = None) -> Preview:
    """Return what `run` would do now, with the first rows of each kind; nothing is written."""
    survey = _survey(session, user, _plan(session, user, name, selection, values), selection)
    told, tried = groups(session, survey), _tried(session, survey)
    if tried is None:
        return Preview(survey.outcome, tuple(told), sure=not survey.plan.one_by_one)
    return Preview(survey.with_written(tried), tuple(corrected(session, survey, told, tried)), sure=True)


def run(session: Session, user: Any, name: str, selection: Selection, values: Any = None) -> Outcome:
    """Do the operation on the rows meant, recorded, flushed but not committed.

    `name` is that of an action, DELETE, or UPDATE with `values` as `altering` has them. Rows that are so already stay
    untouched; rows that may not be changed are counted with the reason. What became of each is kept with the batch
    (see `reports`). Raises NotFound when `user` may not do it with any row of the model, Refusal for values that no
    row may hold.
    """
    survey = _survey(session, user, _plan(session, user, name, selection, values), selection)
    reports.keep_spared(session, survey, name)
    keys = missed.expected(session, survey)
    written = survey.plan.write(session, survey.rows(CHANGE))
    missed.name(session, survey, name, keys, written)
    outcome = survey.with_written(written)
    reports.keep_written(session, survey, name, written)
    reports.keep(session, survey, name, outcome)
    return outcome


def one_by_one(session: Session, user: Any, name: str, model: type[Model], values: Any = None) -> bool:
    """Tell whether the operation asks each row's own rules, and so takes its time."""
    return _plan(session, user, name, Selection(model, ()), values).one_by_one


def _plan(session: Session, user: Any, name: str, selection: Selection, values: Any) -> Plan:
    model = selection.model
    if not can(user, name, model) or not can(user, "read", model):
        raise NotFound(f"{model.__tablename__}.{name}")
    if name == DELETE:
        return removing.plan(session, user, selection)
    if name == UPDATE and values is not None:
        return altering.plan(session, user, model, values)
    action = actions(model).get(name)
    if action is None:
        raise NotFound(f"{model.__tablename__}.{name}")
    return _of_action(user, action, selection)


def _of_action(user: Any, action: Action, selection: Selection) -> Plan:
    model = selection.model
    refusals = list(action.refuses(user, selection.whole().rows(user)) if action.refuses else ())
    bucket = _bucket(user, action, model, [refusal for refusal, _sentence in refusals])
    said = {str(at): str(sentence) for at, (_c, sentence) in enumerate(refusals)}
    said |= {RIGHT: _("You may not do this with it."), STATE: _("Its current state does not allow it.")}
    if action.sets is not None:
        sets: Mapping[str, Any] = action.sets

        def at_once(session: Session, rows: Select[Any]) -> Written:
            return Written(update_rows(session, model, rows, sets, action.name))

        return Plan(model, bucket, said, at_once)

    def one_by_one(session: Session, rows: Select[Any]) -> Written:
        return each(session, model, rows, action.run, action.name)  # type: ignore[arg-type] # one of the two is given

    return Plan(model, bucket, said, one_by_one, one_by_one=True)


def _survey(session: Session, user: Any, plan: Plan, selection: Selection) -> Survey:
    session.flush()
    return look(session, user, plan, selection)


def _tried(session: Session, survey: Survey) -> Written | None:
    """Return what came of trying it with rows that have rules of their own, if they are few; nothing is kept."""
    if not survey.plan.one_by_one or survey.found.get(CHANGE, 0) > TRIED:
        return None
    with session.begin_nested() as part:
        written = survey.plan.write(session, survey.rows(CHANGE))
        part.rollback()
    session.expire_all()
    return written


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
