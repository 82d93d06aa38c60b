"""Rows as programs get them: the fields asked for, and the rows they name by key and label, a statement for each."""

from enum import Enum
from functools import lru_cache
from math import isfinite

from sqlalchemy import null, select

from backoffice.api.subjects import is_many
from backoffice.core.access import NotFound, condition, may_see, parse_key, person
from backoffice.core.history.encoding import encode
from backoffice.core.history.links import sides
from backoffice.core.resource import columns, key_of, label_words, relations, resource

ID, VERSION = "id", "version"


@lru_cache(maxsize=500)
def shown(someone, model, names):
    """Return the SELECT of what is told of rows of `model`: `id`, `version`, and each of `names` but those to many."""
    own = [name for name in names if not is_many(model, name)]
    told = [getattr(model, key_of(model, name)).label(f"value_{name}") for name in own]
    found = select(model.id.label(ID), model.version.label(VERSION), *told)
    return found.where(condition(someone, "read", model))


def one(session, user, model, key, names):
    """Return the row with this key as a program gets it; raises NotFound."""
    number = parse_key(key)
    query = shown(person(user), model, names)
    found = None if number is None else session.execute(query.where(model.id == number)).mappings().first()
    if found is None:
        raise NotFound(model.__tablename__)
    return told(session, user, model, [found], names)[0]


def told(session, user, model, found, names):
    """Return the rows that a SELECT by `shown` found, as programs get them, in their order."""
    keys = [row[ID] for row in found]
    named = {name: _named(session, user, model, name, found) for name in names if name in relations(model)}
    many = {name: _links(session, model, name, keys) for name in names if is_many(model, name)}
    return [_row(row, names, named, many) for row in found]


def plain(value):
    """Return a value as JSON can hold it, whatever the column."""
    value = encode(value)
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, float) and not isfinite(value):
        return None
    return value if isinstance(value, str | int | float | list | dict | None) else str(value)


def _row(row, names, named, many):
    made = {ID: row[ID], VERSION: row[VERSION]}
    for name in names:
        if name in many:
            made[name] = [named[name][key] for key in many[name].get(row[ID], ()) if key in named[name]]
        elif name in named:
            made[name] = named[name].get(row[f"value_{name}"])
        else:
            made[name] = plain(row[f"value_{name}"])
    return made


def _named(session, user, model, name, found):
    """Return by key the rows that a relation names and of which the user may be told."""
    target = relations(model)[name].mapper.class_
    if is_many(model, name):
        left, right = sides(relations(model)[name])
        among = target.id.in_(select(right).where(left.in_([row[ID] for row in found])))
    else:
        among = target.id.in_({key for row in found if (key := row[f"value_{name}"]) is not None})
    return _labelled(session, user, target, among) if found else {}


def keyed(session, user, target, keys):
    """Return by key those of the rows of `target` with these keys that the user may be told of."""
    return _labelled(session, user, target, target.id.in_(keys)) if keys else {}


def _labelled(session, user, target, among):
    found = session.execute(labels(person(user), target).where(among))
    return {key: {"id": key, "label": label_words(target, key, label)} for key, label in found}


def _links(session, model, name, keys):
    left, right = sides(relations(model)[name])
    found = {}
    linked = select(left, right).where(left.in_(keys)).order_by(left, right)
    for row, key in session.execute(linked) if keys else ():
        found.setdefault(row, []).append(key)
    return found


@lru_cache(maxsize=200)
def labels(someone, target):
    """Return the SELECT of the keys of those rows that may be named, and the words for them."""
    name = resource(target).label
    known = name in columns(target) and may_see(someone, target, name)
    label = getattr(target, name) if known else null()
    return select(target.id, label).where(condition(someone, "pick", target))
