"""Changes taken back many at once: the history by INSERT … SELECT, then one statement that follows it."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    insert,
    literal,
    select,
    true,
    update,
)
from sqlalchemy.orm import RelationshipProperty

from backoffice.core.history import SILENT
from backoffice.core.history.batches import CHANGE, RESTORE, UPDATE, Group, Work, alike, alone, looked_up, members
from backoffice.core.history.decoding import chosen, same, sql_value
from backoffice.core.history.entries import written
from backoffice.core.history.links import many, named_in, present, sides
from backoffice.core.history.sets import RECORDED, Step, begin, delete_rows, typed, wrote
from backoffice.core.model import Model, now
from backoffice.core.operation.holds import holds
from backoffice.core.resource import actions, columns, is_picture, relations
from backoffice.core.types import Secret
from backoffice.core.undo.taking import (
    UNDO,
    Kept,
    Result,
    held,
    lasting,
    led,
    may,
    moves,
    names_of,
    needed,
    refusals,
    sentence,
)

SHOWN = 20


def suits(group: Group) -> bool:
    """Tell whether changes of this group can be taken back by statements: no rule of their model has a say in it.

    An operation that sets columns asks no rules when it is done, so neither when it is taken back. Models that
    may refuse a deletion are those on which the rights themselves depend: their rows go one by one.
    """
    model = group.model
    if group.kind != UPDATE:
        secret = any(isinstance(one.type, Secret) and not one.nullable for one in model.__table__.columns)
        shows = group.kind == RESTORE and any(is_picture(model, name) for name in columns(model))
        return model.farewells is Model.farewells and not secret and not shows
    plain, linked = names_of(model, group.names)
    if linked or len(plain) != len(group.names):
        return False
    sets = {name for action in actions(model).values() for name in action.sets or ()}
    return model.rules is Model.rules or (set(plain) <= sets and group.verb in {*actions(model), UNDO})


def take_back(work: Work, group: Group, result: Result, expected: int) -> None:
    """Take back those changes of the group that are the only and the last ones of their rows; at most `expected`."""
    done = {UPDATE: _update, RESTORE: _restore}.get(group.kind, _remove)(work, group)
    result.done += done
    if done < expected:
        survey(work, group, result)


def survey(work: Work, group: Group, result: Result) -> int:
    """Take note of what stands in the way of this group's changes, and return how many nothing does."""
    change = CHANGE.alias("c")
    why = case(*((there, literal(reason)) for there, reason in _obstacles(work, group, change)), else_=literal(""))
    query = select(why.label("why"), func.count(), func.min(change.c.id)).select_from(_beside(group, change))
    query = query.where(members(work, group, change), alone(work, change)).group_by("why")
    free = 0
    for reason, count, _first in work.session.execute(query).all():
        if not reason:
            free = count
            continue
        said = sentence(reason) if reason.isalpha() else reason
        result.keep(Kept(group.model.__tablename__, 0, "", said), count)
        named = select(change.c.row_id, change.c.label).select_from(_beside(group, change)).limit(SHOWN)
        named = named.where(members(work, group, change), alone(work, change), why == reason)
        for key, label in work.session.execute(named.order_by(change.c.id)).all():
            result.keep(Kept(group.model.__tablename__, key, label, said), 0)
    return free


def _beside(group: Group, change: Any) -> Any:
    return change.outerjoin(group.model.__table__, group.model.id == change.c.row_id)


def _obstacles(work: Work, group: Group, change: Any) -> list[tuple[ColumnElement[bool], str]]:
    """Return what can stand in the way of taking a change back: (condition, reason), the first that is true counts."""
    model = group.model
    there = held(work, group)
    verbs = needed(group, moves(group, there[led(group)]))
    if group.kind == RESTORE:
        return [(~may(work, group, verbs, change.c.before), "right"), (model.id.is_not(None), "taken")]
    found: list[tuple[ColumnElement[bool], str]] = [(model.id.is_(None), "gone"), (~may(work, group, verbs), "right")]
    if group.kind == UPDATE:
        back = [action.name for action in moves(group, there["before"])]
        meant = select(change.c.row_id).where(members(work, group, change), alone(work, change))
        found += [(true_of, str(said)) for true_of, said in refusals(work.user, group, {*verbs, *back}, meant)]
        kept = and_(true(), *(same(work.dialect, columns(model)[name], change.c.after, name) for name in _back(group)))
        return [*found, (~kept, "other")]
    return found + [(_held(work, group, way), "held") for way in holds(model)]


def _back(group: Group) -> list[str]:
    return [name for name in group.names if name in columns(group.model) and name not in lasting(group)]


def _held(work: Work, group: Group, way: Any) -> ColumnElement[bool]:
    """Return the condition for a row to be named, by this way, by one that is not taken back with it."""
    column = way.column if way.column is not None else sides(relations(way.model)[way.name])[1]
    others = column.table.alias()
    named = others.c[column.name] == group.model.id
    if way.model is group.model and way.column is not None:
        change = CHANGE.alias("with")
        key = func.coalesce(change.c.id, 0)
        mine = and_(func.coalesce(change.c.batch, "") == work.batch, key > work.low, key <= work.high)
        named = and_(named, ~looked_up(change.c.row_id == others.c.id, mine, alike(work, group, change)))
    return exists().where(named)


def _free(work: Work, group: Group, change: Any) -> ColumnElement[bool]:
    obstacles = (func.coalesce(~there, True) for there, _reason in _obstacles(work, group, change))
    return and_(members(work, group, change), alone(work, change), *obstacles)


def _update(work: Work, group: Group) -> int:
    model, names = group.model, _back(group)
    change = CHANGE.alias("c")
    step = begin(work.session, model, UNDO)
    left = [_without(work, side, lasting(group)) for side in (change.c.after, change.c.before)]
    found = _entries(step, change, left).join_from(change, model, model.id == change.c.row_id)
    _write(work, found.where(_free(work, group, change)).with_for_update(of=model))
    told = CHANGE.alias("told")
    values = {name: chosen(work.dialect, columns(model)[name], told.c.after, name) for name in names}
    stamp = {"version": model.version + 1, "updated_at": now()}
    return wrote(work.session, model, update(model).values(**values, **stamp).where(_follows(step, model, told)))


def _restore(work: Work, group: Group) -> int:
    model = group.model
    change = CHANGE.alias("c")
    step = begin(work.session, model, UNDO)
    found = _entries(step, change, [None, present(work.dialect, model, change.c.before, change)])
    _write(work, found.select_from(_beside(group, change)).where(_free(work, group, change)))
    told, each = CHANGE.alias("told"), CHANGE.alias("each")
    row = and_(each.c.model == told.c.model, each.c.row_id == told.c.row_id)
    # Whoever still has a form of the row from before must not take it for the same version.
    values: dict[str, Any] = {"version": select(func.count()).where(row).scalar_subquery(), "updated_at": _moment()}
    for name, column in columns(model).items():
        if name not in SILENT:
            values[column.key] = _or_default(column, sql_value(work.dialect, column, told.c.after, name))
    rows = select(*values.values()).where(_named(step, told)).order_by(told.c.id)
    put = insert(model.__table__).from_select(list(values), rows)
    count = work.session.execute(put, execution_options={**RECORDED, "preserve_rowcount": True}).rowcount  # type: ignore[attr-defined]
    for name, relation in many(model).items():
        _relink(work, (step, told), name, relation)
    return int(count)


def _remove(work: Work, group: Group) -> int:
    change = CHANGE.alias("c")
    rows = select(group.model.id).join_from(change, group.model, group.model.id == change.c.row_id)
    return delete_rows(work.session, group.model, rows.where(_free(work, group, change)), UNDO)


def _entries(step: Step, change: Any, sides: list[Any]) -> Select[Any]:
    shown: dict[str, Any] = {name: typed(name, value) for name, value in step.entry.items()}
    nothing = typed("before", None)
    before, after = (nothing if side is None else side for side in sides)
    shown |= {"row_id": change.c.row_id, "label": change.c.label, "before": before, "after": after}
    return select(*(value.label(name) for name, value in shown.items())).order_by(change.c.id)


def _write(work: Work, entries: Select[Any]) -> None:
    work.session.execute(written(CHANGE, work.dialect, entries), execution_options=RECORDED)


def _named(step: Step, told: Any) -> ColumnElement[bool]:
    return and_(told.c.id > step.mark, *(told.c[name] == step.entry[name] for name in ("batch", "model", "verb")))


def _follows(step: Step, model: type[Model], told: Any) -> ColumnElement[bool]:
    return and_(model.id == told.c.row_id, _named(step, told))


def _without(work: Work, values: Any, names: tuple[str, ...]) -> Any:
    for name in names:
        if work.dialect == "sqlite":
            values = func.json_remove(values, f'$."{name}"')
        else:
            values = values.op("-")(cast(literal(name, String), String))
    return values


def _moment() -> ColumnElement[Any]:
    return typed("updated_at", now())


def _or_default(column: Any, value: Any) -> Any:
    """Return the value, or, for a column that is younger than the change, what new rows get."""
    default = column.default
    if column.nullable or default is None or not default.is_scalar:
        return value
    return func.coalesce(value, literal(default.arg, column.type))


def _relink(work: Work, what: tuple[Step, Any], name: str, relation: RelationshipProperty[Any]) -> None:
    step, told = what
    left, right = sides(relation)
    rows = select(told.c.row_id, named_in(work.dialect, told.c.after, name)).select_from(told).where(_named(step, told))
    table: Any = relation.secondary
    work.session.execute(insert(table).from_select([left.key, right.key], rows), execution_options=RECORDED)
