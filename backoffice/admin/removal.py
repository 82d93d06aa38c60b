"""Which rows of a selection can be deleted, and deleting them: only those that nothing hangs on."""

from collections import Counter

from flask_babel import gettext as _
from sqlalchemy import case, exists, func, literal, select

from backoffice.admin.words import plural
from backoffice.core import writing
from backoffice.core.access import NotFound, can, condition
from backoffice.core.links import sides
from backoffice.core.model import Model
from backoffice.core.operation import Outcome
from backoffice.core.references import holds
from backoffice.core.resource import relations
from backoffice.core.sets import delete_rows
from backoffice.core.writing import Refusal

CHUNK = 200
FREE, RIGHT = "free", "right"


def rehearse(session, user, selection):
    """Return what deleting the selection would do now; nothing is written."""
    outcome, free = _survey(session, user, selection)
    reasons = Counter(dict(outcome.reasons))
    for row in _each(session, selection.model, free) if _has_farewells(selection.model) else ():
        if invalid := next(iter(row.farewells()), None):
            reasons[str(invalid.message)] += 1
    return _outcome(outcome.changed - (reasons.total() - outcome.refused), reasons)


def run(session, user, selection):
    """Delete the rows of the selection that nothing hangs on, recorded, flushed but not committed."""
    outcome, free = _survey(session, user, selection)
    if not _has_farewells(selection.model):
        return _outcome(delete_rows(session, selection.model, free), Counter(dict(outcome.reasons)))
    gone, reasons = 0, Counter(dict(outcome.reasons))
    for row in _each(session, selection.model, free):
        try:
            with session.begin_nested():
                writing.delete(session, user, row)
            gone += 1
        except Refusal as refusal:
            reasons[next(iter(refusal.problems.values()))] += 1
    return _outcome(gone, reasons)


def _outcome(gone, reasons):
    return Outcome(gone, 0, reasons.total(), tuple(reasons.items()))


def _survey(session, user, selection):
    """Return what can be said without looking at single rows, and a SELECT of the ids that are free to go."""
    model = selection.model
    if not can(user, "delete", model):
        raise NotFound(f"{model.__tablename__}.delete")
    bucket = _bucket(user, model)
    counted = select(bucket.label("bucket"), func.count()).where(model.id.in_(selection.rows(user)))
    found = {str(name): int(number) for name, number in session.execute(counted.group_by("bucket"))}
    reasons = Counter({_("You may not do this with it."): found.get(RIGHT, 0)})
    for way in holds(model):
        reasons[_("%(kind)s refer to it.", kind=plural(way.model))] += found.get(way.key, 0)
    if selection.keys is not None:
        reasons[_("It does not exist any more, or is not yours to see.")] += len(selection.keys) - sum(found.values())
    return _outcome(found.get(FREE, 0), +reasons), selection.rows(user).where(bucket == FREE)


def _bucket(user, model):
    """Return the SQL expression that says of each row whether it is free to go, or what stands against it."""
    steps = [(~condition(user, "delete", model), literal(RIGHT))]
    steps += [(_referred(model, way), literal(way.key)) for way in holds(model)]
    return case(*steps, else_=literal(FREE))


def _referred(model, way):
    column = way.column if way.column is not None else sides(relations(way.model)[way.name])[1]
    # Of its own, so that a tree's rows are not taken for the very row that is asked about.
    others = column.table.alias()
    return exists().where(others.c[column.name] == model.id)


def _each(session, model, chosen):
    keys = list(session.scalars(chosen))
    for at in range(0, len(keys), CHUNK):
        yield from session.scalars(select(model).where(model.id.in_(keys[at : at + CHUNK]))).all()


def _has_farewells(model):
    return model.farewells is not Model.farewells
