"""Who may do what: `can` and `visible`, the only two questions about rights, asked by every door.

A right is a word: `post.update`, `post.update:own`, `post.*`, `*`. Users hold roles, roles hold rights.
A user is anything with `id`, `active` and `rights` (an iterable of words); None is a stranger with no right.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, false, select, true
from sqlalchemy.orm import Session

from backoffice.core.catalogues import lazy_gettext as _
from backoffice.core.model import Model
from backoffice.core.resource import Resource, key_of, resource, verbs
from backoffice.core.scopes import narrowed
from backoffice.core.types import LARGEST

ALL, OWN, NONE = "all", "own", "none"


class NotFound(LookupError):  # noqa: N818 - a row one may not touch is not found
    """There is no such row for this user: it does not exist, or it is none of theirs."""


class Operator:
    """Whoever has the terminal: every right, and no account."""

    id = None
    active = True
    rights = frozenset({"*"})


OPERATOR = Operator()


@dataclass(frozen=True)
class Person:
    """As much of a user as what they may do hangs on: statements that are kept are kept by it."""

    id: int | None
    rights: frozenset[str]
    active: bool = True


@dataclass(frozen=True)
class Rule:
    """The answer to "may they?": `scope` (all, own, none), the SQL `condition`, and the lazy sentence `why`."""

    scope: str
    condition: ColumnElement[bool]
    why: Any


def rights_of(user: Any) -> frozenset[str]:
    """Return the rights a user acts with; none for strangers and deactivated accounts."""
    if user is None or not getattr(user, "active", False):
        return frozenset()
    # Whoever acts by a token does no more than it allows, and no more than they may do themselves.
    scopes = getattr(user, "scopes", None)
    return frozenset(user.rights) if scopes is None else narrowed(frozenset(user.rights), scopes)


# A page asks dozens of times what its person may do; nearly all people hold one of a few sets of roles.
@lru_cache(maxsize=500)
def together(held: tuple[tuple[str, ...], ...]) -> frozenset[str]:
    """Return the rights of several roles as one set."""
    return frozenset(right for rights in held for right in rights)


def person(user: Any) -> Person:
    """Return what is to be known of `user` to say what they may do."""
    return _person(getattr(user, "id", None), rights_of(user))


# A page asks dozens of times, and what is the very same is found at once where something is kept by it.
_person = lru_cache(maxsize=1000)(Person)


def rule(user: Any, verb: str, model: type[Model]) -> Rule:
    """Return what `user` may do with rows of `model`: a condition on them, and why."""
    return _rule(person(user), verb, model, resource(model))  # type: ignore[arg-type] # a class hashes, as below


# A page asks dozens of times about the same few verbs; who asks is told apart by all that decides.
@lru_cache(maxsize=5000)
def _rule(someone: Person, verb: str, model: type[Model], said: Resource) -> Rule:
    name, held = model.__tablename__, someone.rights
    if verb not in verbs(model):
        return Rule(NONE, false(), _("There is no such operation here."))
    for right in (f"{name}.{verb}", f"{name}.*", "*"):
        if right in held:
            return Rule(ALL, true(), _("Allowed by the right “%(right)s”.", right=right))
    if said.owner and f"{name}.{verb}:own" in held:
        why = _("Allowed for one's own by the right “%(right)s”.", right=f"{name}.{verb}:own")
        owner = getattr(model, said.owner)
        # A row of nobody is not one's own, said so that the opposite of it is true.
        return Rule(OWN, owner.is_not(None) & (owner == someone.id), why)
    return Rule(NONE, false(), _("The right “%(right)s” is missing.", right=f"{name}.{verb}"))


def can(user: Any, verb: str, model: type[Model]) -> bool:
    """Tell whether `user` may do `verb` with any row of `model` at all."""
    return rule(user, verb, model).scope != NONE


def condition(user: Any, verb: str, model: type[Model]) -> ColumnElement[bool]:
    """Return the SQL condition for the rows of `model` with which `user` may do `verb`.

    Whatever one does with a row one must also be allowed to read it; naming one in a relation (`pick`) is
    less than reading it.
    """
    asked = rule(user, verb, model)
    if verb == "pick":
        return asked.condition if asked.scope == ALL else asked.condition | rule(user, "read", model).condition
    return asked.condition if verb == "read" else asked.condition & rule(user, "read", model).condition


def visible(user: Any, verb: str, model: type[Model]) -> Select[Any]:
    """Return a SELECT of the rows of `model` with which `user` may do `verb`."""
    return select(model).where(condition(user, verb, model))


def fetch(session: Session, user: Any, verb: str, model: type[Model], key: Any) -> Any:
    """Return the row with this key, through the right; raises NotFound. `key` may come from an address."""
    number = parse_key(key)
    one = _one(person(user), verb, model)  # type: ignore[arg-type] # a class hashes as any object does
    row = None if number is None else session.scalar(one, {"key": number})
    if row is None:
        raise NotFound(model.__tablename__)
    return row


@lru_cache(maxsize=500)
def _one(someone: Person, verb: str, model: type[Model]) -> Select[Any]:
    # Putting a statement together takes longer than asking the database for one row.
    return visible(someone, verb, model).where(model.id == bindparam("key"))


def parse_key(key: Any) -> int | None:
    """Return a key from an address or a form as a number, or None when it cannot be one."""
    text = str(key)
    if not (text.isascii() and text.isdigit() and len(text) <= 19):
        return None
    number = int(text)
    return number if 0 < number <= LARGEST else None


def may_see(user: Any, model: type[Model], name: str) -> bool:
    """Tell whether `user` may see, filter, sort, search or export the column or relation `name` of `model`."""
    return _field(user, model, name)


def may_write(user: Any, model: type[Model], name: str) -> bool:
    """Tell whether `user` may save the column or relation `name` of `model`, rows and verb aside."""
    said = resource(model)
    return name not in said.fixed and key_of(model, name) not in said.fixed and _field(user, model, name)


def _field(user: Any, model: type[Model], name: str) -> bool:
    fields = resource(model).fields
    needed = fields.get(name) or fields.get(key_of(model, name))
    return needed is None or rule(user, needed, model).scope == ALL
