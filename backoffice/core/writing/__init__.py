"""One row created, changed or deleted on somebody's behalf: the rights, the rules, the record, for every door."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

from blinker import Signal
from sqlalchemy import Boolean, select
from sqlalchemy.orm import Session

from backoffice.core.access import NONE, OWN, NotFound, can, condition, may_write, rule
from backoffice.core.catalogues import gettext as _
from backoffice.core.model import Model
from backoffice.core.resource import Action, actions, columns, form_columns, key_of, relations, resource
from backoffice.core.types import Choice, Invalid
from backoffice.core.writing.refusals import Refusal, Stale, flush, thorough

created = Signal("A row was created: sent with its class, and row=. The transaction is not yet committed.")


@dataclass(frozen=True)
class Known:
    """What a caller with many rows has found out beforehand, once for all of them.

    `may`: the fields its user may set, as `writable` says; `creates`: whether they make rows at all, `bound`: only
    their own ones; `picked`: rows found among those its user may name.
    """

    may: frozenset[str]
    governed: dict[str, dict[Any, Action]]
    creates: bool
    bound: bool
    picked: Container[Any] = ()


def create(session: Session, user: Any, model: type[Model], values: Mapping[str, Any]) -> Any:
    """Return a new row with `values` (by column or relation name), flushed but not committed.

    Raises NotFound when `user` may not create rows of `model`, Refusal when values are wrong.
    """
    with thorough(session, model, values):
        row = draft(session, user, model, values)
    session.add(row)
    flush(session, type(row))
    created.send(model, row=row)
    return row


def knowledge(user: Any, model: type[Model], picked: Container[Any] = ()) -> Known:
    """Return what a caller with many rows of `model` finds out beforehand."""
    scope = rule(user, "create", model).scope
    return Known(frozenset(writable(user, model)), governed(model), scope != NONE, scope == OWN, picked)


def draft(
    session: Session, user: Any, model: type[Model], values: Mapping[str, Any], known: Known | None = None
) -> Any:
    """Return a new row with `values` that is in no session yet: for many rows, written together.

    Who writes it sends `created`. Raises as `create` does, but for what only the database knows.
    """
    known = known or knowledge(user, model)
    if not known.creates:
        raise NotFound(model.__tablename__)
    row = model()
    _give_owner(user, row, values, known)
    _put(session, user, row, values, known)
    return row


def update(session: Session, user: Any, row: Any, values: Mapping[str, Any], version: int | None = None) -> Any:
    """Set `values` on `row`, flushed but not committed; `version` is the one the user saw.

    Raises NotFound when `user` may not change this row, Stale when it is another version, Refusal otherwise.
    """
    if version is not None and version != row.version and allowed(session, user, "update", row):
        raise Stale({"": _("Someone changed this meanwhile.")})
    with thorough(session, type(row), values, row.id):
        alter(session, user, row, values)
    flush(session, type(row))
    return row


def alter(session: Session, user: Any, row: Any, values: Mapping[str, Any], known: Known | None = None) -> None:
    """Set `values` on `row` without flushing it: for many rows, flushed together.

    Raises as `update` does, but for what only the database knows.
    """
    if not allowed(session, user, "update", row):
        raise NotFound(type(row).__tablename__)
    _put(session, user, row, values, known or knowledge(user, type(row)))


def delete(session: Session, user: Any, row: Any) -> None:
    """Delete `row`, flushed but not committed; raises NotFound, and Refusal when others still refer to it."""
    if not allowed(session, user, "delete", row):
        raise NotFound(type(row).__tablename__)
    session.delete(row)
    flush(session, type(row))


def allowed(session: Session, user: Any, verb: str, row: Any) -> bool:
    """Tell whether `user` may do `verb` with this very row, as it stands in the database."""
    model = type(row)
    if not (can(user, verb, model) and can(user, "read", model)):
        return False
    if rule(user, verb, model).scope != OWN and rule(user, "read", model).scope != OWN:
        return True
    with session.no_autoflush:
        found = session.scalar(select(model.id).where(model.id == row.id, condition(user, verb, model)))
    return found is not None


def writable(user: Any, model: type[Model], row: Any = None) -> tuple[str, ...]:
    """Return the columns and relations of the form that `user` may set, in order."""
    del row  # which fields one may set depends on the model alone; which rows, on `allowed`
    return tuple(name for name in form_columns(model) if may_write(user, model, name) and _may_name(user, model, name))


def _may_name(user: Any, model: type[Model], name: str) -> bool:
    """A relation can be set only by someone who may name rows of the other model."""
    relation = relations(model).get(name)
    if relation is None:
        return True
    target = relation.mapper.class_
    return can(user, "pick", target) or can(user, "read", target)


def governed(model: type[Model]) -> dict[str, dict[Any, Action]]:
    """Return the columns that only operations move: column → {value: the operation that leads there}."""
    found: dict[str, dict[Any, Action]] = {}
    for action in actions(model).values():
        for name, value in (action.sets or {}).items():
            if isinstance(columns(model)[name].type, Choice | Boolean) and not callable(value):
                found.setdefault(name, {})[value] = action
    return found


def choices(session: Session, user: Any, row: Any, name: str) -> list[tuple[Any, Any]]:
    """Return the values and labels that `user` may choose for the column `name` of `row` (new or stored).

    A governed column offers what it holds now and where the user's own operations lead from there.
    """
    column = columns(type(row))[name]
    words = column.info.get("labels", {})
    values = column.type.values if isinstance(column.type, Choice) else (True, False)
    return [(value, words.get(value, str(value))) for value in values if may_become(session, user, row, name, value)]


def may_become(session: Session, user: Any, row: Any, name: str, value: Any) -> bool:
    """Tell whether `user` may let the column `name` of `row` hold `value`, by right and by present state."""
    moves = governed(type(row)).get(name)
    return moves is None or _leads(session, user, row, (name, value, moves))


def _leads(session: Session, user: Any, row: Any, what: tuple[str, Any, Mapping[Any, Action]]) -> bool:
    name, value, moves = what
    if value == _present(row, name):
        return True
    action = moves.get(value)
    if action is None or any(_present(row, column) not in states for column, states in action.when.items()):
        return False
    if row.id is None:
        return can(user, action.name, type(row))
    return allowed(session, user, action.name, row)


def _present(row: Any, name: str) -> Any:
    value = getattr(row, name)
    default: Any = columns(type(row))[name].default
    return default.arg if value is None and row.id is None and default is not None else value


def _give_owner(user: Any, row: Any, values: Mapping[str, Any], known: Known) -> None:
    """A new row belongs to whoever makes it, unless they may name another owner and do."""
    model = type(row)
    owner = resource(model).owner
    if not owner or owner == "id" or getattr(user, "id", None) is None:
        return
    relation = next((name for name in relations(model) if key_of(model, name) == owner), owner)
    given = values.get(relation, values.get(owner))
    mentioned = relation in values or owner in values
    if known.bound or not mentioned or (given is None and not columns(model)[owner].nullable):
        setattr(row, owner, user.id)


def _put(session: Session, user: Any, row: Any, values: Mapping[str, Any], known: Known) -> None:
    problems: dict[str, Any] = {}
    with session.no_autoflush:
        # Where a status leads is judged by the row as it stands, before anything is set.
        for name, value in values.items():
            if name not in known.may:
                problems[name] = _("You may not change this.")
            elif name in relations(type(row)):
                _put_relation(session, user, row, (name, value, known), problems)
            elif name in known.governed and not _leads(session, user, row, (name, value, known.governed[name])):
                problems[name] = _("You may not set this to “%(value)s”.", value=value)
            else:
                _put_column(row, name, value, problems)
        for invalid in row.problems():
            problems.setdefault(invalid.field, invalid.message)
    if problems:
        raise Refusal(problems)


def _put_column(row: Any, name: str, value: Any, problems: dict[str, Any]) -> None:
    column = columns(type(row))[name]
    if value is None and not column.nullable and column.default is not None:
        return  # left empty: the default fills it
    try:
        if row.id is None or getattr(row, name) != value:
            setattr(row, name, value)
    except Invalid as invalid:
        problems[name] = invalid.message


def _put_relation(
    session: Session, user: Any, row: Any, what: tuple[str, Any, Known], problems: dict[str, Any]
) -> None:
    name, value, known = what
    relation = relations(type(row))[name]
    present = getattr(row, name)
    many = relation.secondary is not None
    old = set(present or ()) if many else {present}
    added = [one for one in (value if many else [value]) if one is not None and one not in old]
    if not _pickable(session, user, relation.mapper.class_, [one for one in added if one not in known.picked]):
        problems[name] = _("Choose from the list.")
    elif (value is None or present is None) if not many else False:
        setattr(row, name, value)
        _clear_key(row, name, value)
    elif value != present:
        setattr(row, name, value)


def _clear_key(row: Any, name: str, value: Any) -> None:
    """A new row's owner may stand in the key already: the relation that is named now wins."""
    if value is not None or row.id is not None:
        return
    key = key_of(type(row), name)
    if resource(type(row)).owner != key:
        setattr(row, key, None)


def _pickable(session: Session, user: Any, target: type[Model], rows: list[Any]) -> bool:
    keys = {one.id for one in rows}
    if not keys:
        return True
    found = session.scalars(select(target.id).where(target.id.in_(keys), condition(user, "pick", target)))
    return set(found) == keys
