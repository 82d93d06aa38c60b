"""Which rows a grid can be filtered by: those its address names, and those found by words."""

from functools import lru_cache

from sqlalchemy import bindparam, literal, select, union_all

from backoffice.admin.cells import words
from backoffice.admin.query import label_of
from backoffice.core import search
from backoffice.core.access import can, condition, may_see, parse_key, person
from backoffice.core.model import db
from backoffice.core.resource import relations, resource

MOST = 20


def known(user, model, asked):
    """Return, by relation, the keys and words of the rows that `asked` names or looks for; one statement for each."""
    found = {}
    for one in (*_named(user, model, _keys(model, asked)), *_found(user, model, asked.find)):
        target = relations(model)[one.name].mapper.class_
        found.setdefault(one.name, {})[str(one.key)] = words(target, one)
    return found


def offered(user, model, name):
    """Tell whether rows that the relation `name` leads to may be named to `user` at all."""
    target = relations(model)[name].mapper.class_
    return can(user, "pick", target) or can(user, "read", target)


def _keys(model, asked):
    found = {}
    for one in asked.criteria.every():
        if one.name in relations(model) and one.operator in {"is", "in"}:
            # "me" is no key; whoever reads it knows who that is.
            keys = [key for part in one.value.split(",") if (key := parse_key(part)) is not None]
            found.setdefault(one.name, []).extend(keys)
    return found


def _named(user, model, keys):
    if not any(keys.values()):
        return ()
    bound = {f"keys_{name}": some for name, some in keys.items()}
    return db.session.connection().execute(_asked(person(user), model, tuple(keys)), bound)


# Putting a statement together takes longer than having it answered.
@lru_cache(maxsize=200)
def _asked(someone, model, names):
    return _together(_one(someone, model, name) for name in names)


def _one(someone, model, name):
    target, shown = _rows(someone, model, name)
    return shown.where(target.id.in_(bindparam(f"keys_{name}", expanding=True))).limit(MOST)


def _together(parts):
    return union_all(*(select(part.subquery()) for part in parts))


def _found(user, model, sought):
    if not sought:
        return ()
    parts = (_matching(user, model, name, text) for name, text in sought.items())
    return db.session.connection().execute(_together(parts))


def _rows(user, model, name):
    target = relations(model)[name].mapper.class_
    shown = select(literal(name).label("name"), target.id.label("key"), label_of(user, target).label("label"))
    return target, shown.where(condition(user, "pick", target))


def _matching(user, model, name, text):
    target, shown = _rows(user, model, name)
    # A row without a name of its own is found by its number.
    seen = may_see(user, target, resource(target).label)
    matches = search.named(target, text) if seen else target.id == parse_key(text)
    return shown.where(matches).order_by(target.id.desc()).limit(MOST)
