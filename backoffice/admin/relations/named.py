"""Which rows a row names by its relations, and what of them a person may be told: one statement for all of them."""

from dataclasses import dataclass, replace
from functools import cache, lru_cache

from sqlalchemy import String, Text, bindparam, case, cast, func, literal, null, select, union_all

from backoffice.admin.cells import plain
from backoffice.core.access import condition, may_see, person
from backoffice.core.model import db
from backoffice.core.resource import columns, key_of, relations, resource, resources
from backoffice.core.types import Html

# Enough of a long text for the words of a label, once its tags are gone.
BEGINNING = 1200


@dataclass(frozen=True)
class Option:
    """A row that can be named: its key, its label as plain text, and whether its own page may be opened."""

    key: int
    label: str
    readable: bool = False


@dataclass(frozen=True)
class Present:
    """What a relation names now: rows that the user may name, and the keys of those `kept` that they may not."""

    shown: tuple[Option, ...] = ()
    kept: tuple[int, ...] = ()

    @property
    def keys(self):
        """The keys of the rows that may be named."""
        return {one.key for one in self.shown}


@cache
def target_of(model, name):
    """Return the model whose rows the relation or the foreign key `name` of `model` holds, or None."""
    if name in relations(model):
        return relations(model)[name].mapper.class_
    column = columns(model).get(name)
    tables = {key.column.table for key in column.foreign_keys} if column is not None else ()
    return next((other for other in resources().values() if other.__table__ in tables), None)


def present(user, row, names):
    """Return, by name, what the relations and foreign keys `names` of a stored row name now."""
    model = type(row)
    found = {name: Present() for name in names}
    keys = {f"key_{name}": getattr(row, key_of(model, name)) for name in names if not _is_many(model, name)}
    if len(keys) == len(names) and set(keys.values()) <= {None}:
        return found
    asked = _asked(model, tuple(names), person(user))
    for name, key, label, pickable, readable in db.session.execute(asked, {"row": row.id, **keys}):
        one = found[name]
        if pickable:
            words = _words(target_of(model, name), key, label)
            found[name] = replace(one, shown=(*one.shown, Option(key, words, bool(readable))))
        else:
            found[name] = replace(one, kept=(*one.kept, key))
    return found


def _is_many(model, name):
    relation = relations(model).get(name)
    return relation is not None and relation.secondary is not None


@lru_cache(maxsize=500)
def _asked(model, names, someone):
    """Return the statement for all rows that `names` name; putting it together takes longer than sending it."""
    every = union_all(*(_one(model, name, someone) for name in names)).subquery()
    # As in a list of its rows: by their words, and those that are called the same by their keys.
    return select(every).order_by(every.c.label, every.c.key)


def _one(model, name, someone):
    """Return a SELECT of the rows that `name` names."""
    target = target_of(model, name)
    named = _nameable(someone, target, name)
    if not _is_many(model, name):
        return named.where(target.id == bindparam(f"key_{name}"))
    relation = relations(model)[name]
    left, right = (pair[1] for pair in relation.local_remote_pairs)
    return named.join(relation.secondary, right == target.id).where(left == bindparam("row"))


def _nameable(user, target, name):
    pickable = condition(user, "pick", target)
    return select(
        literal(name).label("name"),
        target.id.label("key"),
        # What may not be named is not even read.
        case((pickable, _label(user, target)), else_=null()).label("label"),
        pickable.label("pickable"),
        condition(user, "read", target).label("readable"),
    )


def _label(user, target):
    name = resource(target).label
    if not may_see(user, target, name):
        return null()
    column = getattr(target, name)
    long = isinstance(columns(target)[name].type, Html | Text)
    return func.substr(column, 1, BEGINNING, type_=String) if long else cast(column, String)


def _words(target, key, label):
    markup = isinstance(columns(target)[resource(target).label].type, Html)
    return plain(label or "", markup=markup) or f"#{key}"


def option(user, row):
    """Return the option for a row, named as far as `user` may see its name."""
    model = type(row)
    name = resource(model).label
    label = getattr(row, name) if may_see(user, model, name) else ""
    return Option(row.id, _words(model, row.id, label))
