"""Which resources there are for programs, and what each and its parts are called in addresses and answers."""

from functools import lru_cache

from backoffice.core.access import may_see, person
from backoffice.core.resource import columns, relation_of, relations, resource, resources

ADDRESS = "/api/v1"


def plural(model):
    """Return what the rows of `model` are called in addresses: the English plural of its name."""
    name = model.__tablename__
    if name.endswith("y") and name[-2:-1] not in set("aeiou"):
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith(("s", "x", "ch", "sh")) else f"{name}s"


def subject(word):
    """Return the model whose rows are called so in an address, or None."""
    return {plural(model): model for model in resources().values()}.get(word)


def address(model, key=None):
    """Return the address of all rows of `model`, or of the one with this key."""
    return f"{ADDRESS}/{plural(model)}" + ("" if key is None else f"/{key}")


def fields(user, model):
    """Return the columns and relations of `model` that `user` may be told: relations in the place of their keys."""
    return _fields(person(user), model, resource(model))


@lru_cache(maxsize=500)
def _fields(someone, model, _said):
    named = [relation_of(model, name) or name for name in columns(model)]
    return tuple(name for name in dict.fromkeys((*named, *relations(model))) if may_see(someone, model, name))


def is_many(model, name):
    """Tell whether this is a relation to many."""
    relation = relations(model).get(name)
    return relation is not None and relation.secondary is not None
