"""Which column of a file fills which field of a model, and how existing rows are recognised."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from backoffice.core.access import OPERATOR, can, may_see
from backoffice.core.catalogues import gettext as _
from backoffice.core.model import Model
from backoffice.core.resource import columns, key_of, labels, relation_of, relations, resource
from backoffice.core.transfer.values import readable
from backoffice.core.types import Picture, Slug
from backoffice.core.writing import writable

# What everybody's rows get by themselves, and only a terminal restores.
RESTORED = ("created_at", "updated_at")
# Rows get keys of their own; those in a file only tell which of its lines other lines mean.
KEY = "id"


class BadPlan(ValueError):  # noqa: N818 - it is said to people
    """What was chosen for an import contradicts itself; the message says what."""


@dataclass(frozen=True)
class Plan:
    """How a table is taken: for each of its columns the field it fills ("" leaves it out).

    `key`: the unique column that recognises existing rows; "" always creates. `whole`: all lines or none.
    `announced`: whoever waits for new rows (`writing.created`) hears of each, as of those made one by one.
    `media`: a folder of pictures, which only a terminal names.
    """

    model: type[Model]
    fields: tuple[str, ...]
    key: str = ""
    whole: bool = True
    announced: bool = True
    media: str = ""


def fields(user: Any, model: type[Model]) -> dict[str, Any]:
    """Return the columns and relations that `user` may fill from a file, with their labels.

    Stored pictures cannot be named by anyone but a terminal, which also restores what nobody types.
    """
    names = list(writable(user, model))
    if user is OPERATOR:
        fixed = [relation_of(model, name) or name for name in resource(model).fixed]
        names += [*fixed, *(name for name in columns(model) if name in RESTORED)]
    found = {name: labels(model, name) for name in dict.fromkeys(names) if _fills(user, model, name)}
    return found | {KEY: _("Key within this file")} if _names_its_own(model, found) else found


def _names_its_own(model: type[Model], names: Iterable[str]) -> bool:
    held = relations(model)
    return any(name in held and held[name].mapper.class_ is model for name in names)


def _fills(user: Any, model: type[Model], name: str) -> bool:
    if name in relations(model):
        return True
    column = columns(model)[name]
    return readable(column) and (user is OPERATOR or not isinstance(column.type, Picture))


def keys(user: Any, model: type[Model]) -> dict[str, Any]:
    """Return the unique columns by which `user` may have rows recognised, with their labels."""
    if not can(user, "update", model):
        return {}
    known = fields(user, model)
    table = columns(model)
    unique = [name for name, column in table.items() if name in known and column.unique]
    # What stands in addresses changes least.
    unique.sort(key=lambda name: not isinstance(table[name].type, Slug))
    return {name: known[name] for name in unique if may_see(user, model, name)}


def guess(user: Any, model: type[Model], headers: Sequence[str]) -> tuple[str, ...]:
    """Return for each header the field whose name or label it is, as far as people write it so; each field once."""
    known: dict[str, str] = {}
    for name, label in fields(user, model).items():
        for word in (str(label), key_of(model, name), name):
            known.setdefault(_bare(word), name)
    taken: set[str] = set()
    found = []
    for header in headers:
        name = header if header in known.values() else known.get(_bare(header), "")
        found.append("" if name in taken else name)
        taken.add(name)
    return tuple(found)


def _bare(word: str) -> str:
    return "".join(character for character in word.casefold() if character.isalnum())


def check(user: Any, plan: Plan, headers: Sequence[str]) -> None:
    """Raise BadPlan unless the plan can be followed by `user` with a table of these headers."""
    known = fields(user, plan.model)
    if len(plan.fields) != len(headers):
        raise BadPlan(_("The file has other columns than those that were chosen for."))
    filled = [name for name in plan.fields if name]
    if not filled:
        raise BadPlan(_("Choose a field for at least one column."))
    for name in filled:
        if name not in known:
            raise BadPlan(_("There is no field called “%(name)s”.", name=name[:40]))
        if filled.count(name) > 1:
            raise BadPlan(_("Two columns would fill “%(name)s”.", name=known[name]))
    if filled == [KEY]:
        raise BadPlan(_("Choose a field for at least one more column: keys of the file are not stored."))
    _check_key(user, plan, filled)


def _check_key(user: Any, plan: Plan, filled: list[str]) -> None:
    model, known = plan.model, fields(user, plan.model)
    if plan.key and plan.key not in keys(user, model):
        raise BadPlan(_("Rows cannot be recognised by “%(name)s”.", name=plan.key[:40]))
    if plan.key and plan.key not in filled:
        raise BadPlan(_("No column fills “%(name)s”, by which rows are to be recognised.", name=known[plan.key]))
    if not plan.key and not can(user, "create", model):
        raise BadPlan(_("You may only change rows: choose the column that recognises them."))
