"""Changing columns and relations of many rows at once: which ones, to what, and with which rows that can be done."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Select,
    UniqueConstraint,
    and_,
    case,
    exists,
    false,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy import true as always
from sqlalchemy.orm import Session

from backoffice.core import writing
from backoffice.core.access import Person, condition, person
from backoffice.core.catalogues import gettext as _
from backoffice.core.history.decoding import decode
from backoffice.core.history.encoding import encode
from backoffice.core.history.links import sides
from backoffice.core.history.sets import update_rows
from backoffice.core.model import Model, arrive, required
from backoffice.core.operation.rowwise import each
from backoffice.core.operation.survey import ALREADY, CHANGE, RIGHT, Plan, Written
from backoffice.core.resource import Resource, columns, key_of, labels, relations, resource
from backoffice.core.transfer.values import readable
from backoffice.core.types import Choice, Picture, Strings
from backoffice.core.writing.refusals import Refusal

UPDATE = "update"
MOST = 100  # rows that one relation is to name, or to name no more


@dataclass(frozen=True)
class Edit:
    """What becomes of one column or relation.

    `value`: what a column holds from now on, or the key of the one row that a relation names; None clears it.
    `add`, `remove`: the keys that a relation to many names from now on, and no more.
    """

    value: Any = None
    add: tuple[int, ...] = ()
    remove: tuple[int, ...] = ()


Edits = Mapping[str, Edit]


def fields(user: Any, model: type[Model]) -> tuple[str, ...]:
    """Return the columns and relations that `user` may set on many rows at once: none that is to differ in each."""
    return _fields(person(user), model, resource(model))  # type: ignore[arg-type] # a class hashes as any object does


@lru_cache(maxsize=500)
def _fields(someone: Person, model: type[Model], _said: Resource) -> tuple[str, ...]:
    return tuple(name for name in writing.writable(someone, model) if _for_many(model, name))


def clearable(model: type[Model], name: str) -> bool:
    """Tell whether a column, or a relation to one, may hold nothing."""
    return not is_many(model, name) and bool(columns(model)[key_of(model, name)].nullable)


def is_many(model: type[Model], name: str) -> bool:
    """Tell whether this is a relation to many."""
    relation = relations(model).get(name)
    return relation is not None and relation.secondary is not None


def plan(session: Session, user: Any, model: type[Model], edits: Edits) -> Plan:
    """Return what these edits mean for `user`; raises Refusal for what no row may be set to."""
    edits = checked(session, user, model, edits)
    leads = {f"to:{name}": _leads(user, model, name, edit.value) for name, edit in edits.items()}
    said = {word: _may_not(model, word.removeprefix("to:"), edits) for word in leads}
    steps: list[Any] = [(_so_already(model, edits), literal(ALREADY))]
    steps += [(~func.coalesce(possible, false()), literal(word)) for word, possible in leads.items()]
    inner = case(*steps, else_=literal(CHANGE))
    bucket: ColumnElement[str] = case((condition(user, UPDATE, model), inner), else_=literal(RIGHT))
    said[RIGHT] = _("You may not do this with it.")
    if not _asks_rules(model, edits):
        values = {key_of(model, name): edit.value for name, edit in edits.items()}

        def at_once(session: Session, rows: Select[Any]) -> Written:
            return Written(update_rows(session, model, rows, values, UPDATE))

        return Plan(model, bucket, said, at_once)

    def one_by_one(session: Session, rows: Select[Any]) -> Written:
        return each(session, model, rows, _Alteration(session, user, model, edits), UPDATE)

    return Plan(model, bucket, said, one_by_one, one_by_one=True)


def checked(session: Session, user: Any, model: type[Model], edits: Edits) -> dict[str, Edit]:
    """Return the edits with their values as they are stored; raises Refusal: field → sentence."""
    problems: dict[str, str] = {}
    found: dict[str, Edit] = {}
    for name, edit in edits.items():
        try:
            found[name] = _checked(session, user, (model, name), edit)
        except ValueError as error:
            problems[name] = str(getattr(error, "message", error))
    if not edits:
        problems[""] = _("Choose at least one field that is to change.")
    if problems:
        raise Refusal(problems)
    return found


def to_json(edits: Edits) -> dict[str, Any]:
    """Return the edits as JSON, for a job to make them."""
    return {name: [encode(edit.value), list(edit.add), list(edit.remove)] for name, edit in edits.items()}


def from_json(model: type[Model], told: Mapping[str, Any]) -> dict[str, Edit]:
    """Return the edits that `to_json` gave out."""
    table = columns(model)
    return {
        name: Edit(decode(table[name], value) if name in table else value, tuple(add), tuple(remove))
        for name, (value, add, remove) in told.items()
    }


def _checked(session: Session, user: Any, what: tuple[type[Model], str], edit: Edit) -> Edit:
    model, name = what
    if name not in fields(user, model):
        raise ValueError(_("You may not change this."))
    relation = relations(model).get(name)
    if relation is not None:
        keys = {*edit.add, *edit.remove} if relation.secondary is not None else {edit.value} - {None}
        if set(edit.add) & set(edit.remove):
            raise ValueError(_("The same cannot be added and removed at once."))
        if not _pickable(session, user, relation.mapper.class_, keys):
            raise ValueError(_("Choose from the list."))
        if not keys and not clearable(model, name):
            raise ValueError(_("This field is required."))
        return edit
    column = columns(model)[name]
    value = arrive(column, edit.value)
    if (value is None and not column.nullable) or (required(column) and value == ""):
        raise ValueError(_("This field is required."))
    moves = writing.governed(model).get(name)
    if moves is not None and value not in moves:
        raise ValueError(_("You may not set this to “%(value)s”.", value=value))
    return Edit(value)


def _pickable(session: Session, user: Any, target: type[Model], keys: set[Any]) -> bool:
    if len(keys) > MOST:
        raise ValueError(_("At most %(most)d can be chosen at once.", most=MOST))
    found = session.scalars(select(target.id).where(target.id.in_(keys), condition(user, "pick", target)))
    return not keys or set(found) == keys


def _for_many(model: type[Model], name: str) -> bool:
    if is_many(model, name):
        return True
    table, column = model.__table__, columns(model)[key_of(model, name)]
    unique = [one.columns for one in table.constraints if isinstance(one, UniqueConstraint)]
    unique += [index.columns for index in table.indexes if index.unique]
    if column.unique or any(column.name in held for held in unique):
        return False
    if name in relations(model):
        return True
    return readable(column) and not column.foreign_keys and not isinstance(column.type, Picture)


def _asks_rules(model: type[Model], edits: Edits) -> bool:
    """Tell whether the rows go one by one: their rules have a say, or it is more than plain columns."""
    plain = all(not is_many(model, name) and _comparable(model, name) for name in edits)
    return model.rules is not Model.rules or not plain


def _comparable(model: type[Model], name: str) -> bool:
    return not isinstance(columns(model)[key_of(model, name)].type, JSON | Strings)


def _so_already(model: type[Model], edits: Edits) -> ColumnElement[bool]:
    return and_(always(), *(_holds(model, name, edit) for name, edit in edits.items()))


def _holds(model: type[Model], name: str, edit: Edit) -> ColumnElement[bool]:
    if is_many(model, name):
        left, right = sides(relations(model)[name])
        there = [exists().where(left == model.id, right == key) for key in edit.add]
        return and_(always(), *there, *(~exists().where(left == model.id, right == key) for key in edit.remove))
    if not _comparable(model, name):
        return false()
    held: ColumnElement[bool] = getattr(model, key_of(model, name)).is_not_distinct_from(edit.value)
    return held


def _leads(user: Any, model: type[Model], name: str, value: Any) -> ColumnElement[bool]:
    """Return the condition for a row to be moved there by an operation that `user` may do with it."""
    action = writing.governed(model).get(name, {}).get(value)
    if action is None:
        return always()
    ready = and_(always(), *(getattr(model, column).in_(states) for column, states in action.when.items()))
    return or_(getattr(model, name) == value, and_(ready, condition(user, action.name, model)))


def _may_not(model: type[Model], name: str, edits: Edits) -> str:
    value = edits[name].value
    column = columns(model).get(name)
    words = column.info.get("labels", {}) if column is not None and isinstance(column.type, Choice) else {}
    said = {"field": labels(model, name), "value": words.get(value, value)}
    return str(_("You may not set “%(field)s” to “%(value)s” here, or its current state does not allow it.", **said))


class _Alteration:
    """The edits as they are made on one row after another, under the rules that hold for a form."""

    def __init__(self, session: Session, user: Any, model: type[Model], edits: Edits) -> None:
        self.session, self.user, self.model, self.edits = session, user, model, edits
        self.targets = {name: self._named(name, edit) for name, edit in edits.items() if name in relations(model)}
        picked = {one for found in self.targets.values() for one in found.values()}
        self.known = writing.knowledge(user, model, picked)

    def __call__(self, row: Any) -> bool:
        """Change one row; tell whether there was anything to change."""
        values = {name: self._value(row, name, edit) for name, edit in self.edits.items()}
        writing.alter(self.session, self.user, row, values, self.known)
        return self.session.is_modified(row)

    def _named(self, name: str, edit: Edit) -> dict[int, Any]:
        target = relations(self.model)[name].mapper.class_
        keys = {*edit.add, *edit.remove, *([edit.value] if edit.value is not None else [])}
        return {row.id: row for row in self.session.scalars(select(target).where(target.id.in_(keys)))}

    def _value(self, row: Any, name: str, edit: Edit) -> Any:
        if name not in self.targets:
            return edit.value
        found = self.targets[name]
        if not is_many(self.model, name):
            return found.get(edit.value)
        kept = [one for one in getattr(row, name) if one.id not in edit.remove]
        there = {one.id for one in kept}
        return kept + [found[key] for key in edit.add if key not in there]
