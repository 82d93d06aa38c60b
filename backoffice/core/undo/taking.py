"""What there is to take back of a batch, what one must be allowed for that, and why a row stays as it is."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, select, true

from backoffice.core.access import NONE, OWN, condition, may_see, rule
from backoffice.core.catalogues import gettext as _
from backoffice.core.history import Change
from backoffice.core.history.batches import CHANGE, UPDATE, Group, Work, kind_of, members, within
from backoffice.core.history.decoding import decode, sql_value
from backoffice.core.model import Model
from backoffice.core.resource import Action, actions, columns, relations, resource, resources
from backoffice.core.writing import governed

UNDO = "undo"
MOST = 100  # rows that stay as they are, of which one is told by name


@dataclass(frozen=True)
class Kept:
    """A row that stays as it is: why, and who changed it since, if that is why."""

    model: str
    row_id: int
    label: str
    why: str
    who: str = ""
    when: datetime | None = None


@dataclass
class Result:
    """What was taken back, or would be, in rows; `kept` names the first of those that stay, `reasons` counts them."""

    done: int = 0
    kept: list[Kept] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)

    def keep(self, row: Kept, count: int = 1) -> None:
        """Take note of a row that stays, or of so many for the same reason."""
        self.reasons[row.why] = self.reasons.get(row.why, 0) + count
        if row.row_id and len(self.kept) < MOST:
            self.kept.append(row)

    @property
    def stayed(self) -> int:
        """How many rows stay as they are."""
        return sum(self.reasons.values())


def groups(work: Work) -> list[Group]:
    """Return what the batch holds that can be taken back, as far as it lies in this part of it."""
    change = CHANGE.alias("c")
    kind = kind_of(work.dialect, change).label("kind")
    query = select(change.c.model, change.c.verb, kind, func.count()).where(within(work, change))
    found = work.session.execute(query.group_by(change.c.model, change.c.verb, kind)).all()
    known, ways = resources(), Counter((name, verb) for name, verb, _way, _count in found)
    return [
        Group(known[name], verb, way, count, _names(work, (name, verb)) if way == UPDATE else (), ways[name, verb] == 1)
        for name, verb, way, count in found
        if way and name in known and known[name] is not Change
    ]


def _names(work: Work, which: tuple[str, str]) -> tuple[str, ...]:
    """Return the columns and relations that the updates of one model under one verb touched."""
    model, verb = which
    action = actions(resources()[model]).get(verb)
    if action is not None and action.sets is not None:
        return tuple(action.sets)
    change = CHANGE.alias("c")
    each = func.json_each if work.dialect == "sqlite" else func.jsonb_each
    key = each(change.c.before).table_valued("key", name="e", joins_implicitly=True).c.key
    there = and_(within(work, change), change.c.model == model, change.c.verb == verb)
    there = and_(there, kind_of(work.dialect, change) == UPDATE)
    return tuple(sorted(work.session.scalars(select(key).distinct().select_from(change).where(there))))


def lasting(group: Group) -> tuple[str, ...]:
    """Return the columns that are not taken back: what they once ended is not to begin again."""
    return tuple(name for name in group.names if name in columns(group.model) and _lasts(group.model, name))


def _lasts(model: type[Model], name: str) -> bool:
    return bool(columns(model)[name].info.get("lasting"))


def moves(group: Group, values: Mapping[str, Iterable[Any]]) -> list[Action]:
    """Return the operations that lead to one of these values of the columns that only operations move."""
    found = []
    for name, ways in governed(group.model).items():
        if name in group.names:
            found += [ways[value] for value in values.get(name, ()) if value in ways]
    return found


def held(work: Work, group: Group) -> dict[str, dict[str, list[Any]]]:
    """Return which values of the columns that only operations move these changes hold, before and after."""
    ways = governed(group.model)
    names = [name for name in ways if name in group.names and group.kind == UPDATE]
    # Under the verb of an operation its own right is asked for, and its values matter to those alone that may refuse.
    known = group.verb in actions(group.model) and not any(one.refuses for name in names for one in ways[name].values())
    if not names or known:
        return {"before": {}, "after": {}}
    change, table = CHANGE.alias("c"), columns(group.model)
    asked = [(side, name) for side in ("before", "after") for name in names]
    stored = [sql_value(work.dialect, table[name], change.c[side], name) for side, name in asked]
    rows = work.session.execute(select(*stored).distinct().where(members(work, group, change))).all()
    found: dict[str, dict[str, list[Any]]] = {"before": {}, "after": {}}
    for at, (side, name) in enumerate(asked):
        found[side][name] = [decode(table[name], one) for one in dict.fromkeys(row[at] for row in rows)]
    return found


def needed(group: Group, moved: Iterable[Action]) -> tuple[str, ...]:
    """Return the verbs that one must be allowed to take changes of this group back: one can undo what one could do.

    `moved` are the operations that lead where the changes led or, where they are an undo themselves, came from.
    """
    if group.kind != UPDATE:
        return ("delete",)
    if group.verb in actions(group.model):
        return (group.verb,)
    names = sorted({action.name for action in moved})
    plain = [name for name in group.names if name not in governed(group.model)]
    return (*names, *(("update",) if not names or (group.verb != UNDO and plain) else ()))


def led(group: Group) -> str:
    """Return the side of a change that says what one did: where it led or, for an undo, what it took back."""
    return "before" if group.verb == UNDO else "after"


def refusals(user: Any, group: Group, names: Iterable[str], rows: Any) -> list[tuple[ColumnElement[bool], str]]:
    """Return what operations of these names have against single rows: (condition, sentence); `rows` are ids."""
    found: list[tuple[ColumnElement[bool], str]] = []
    for name in sorted(set(names) & set(actions(group.model))):
        action = actions(group.model)[name]
        found += list(action.refuses(user, rows)) if action.refuses else []
    return found


def may(work: Work, group: Group, verbs: Iterable[str], values: Any = None) -> ColumnElement[bool]:
    """Return the condition for the rows with which the user may do it; for rows that are gone, on their `values`."""
    if not all(may_see(work.user, group.model, name) for name in group.names):
        return false()
    found: ColumnElement[bool] = true()
    for verb in verbs:
        if values is None:
            found = and_(found, condition(work.user, verb, group.model))
            continue
        scope, owner = rule(work.user, verb, group.model).scope, resource(group.model).owner
        if scope == NONE or rule(work.user, "read", group.model).scope == NONE:
            return false()
        if OWN in (scope, rule(work.user, "read", group.model).scope):
            mine = sql_value(work.dialect, columns(group.model)[owner], values, owner) == work.user.id
            found = and_(found, func.coalesce(mine, false()))
    return found


def names_of(model: type[Model], names: Any) -> tuple[list[str], list[str]]:
    """Return which of `names` are columns of `model` today, and which are many-to-many relations."""
    links = {name for name, relation in relations(model).items() if relation.secondary is not None}
    return [name for name in names if name in columns(model)], [name for name in names if name in links]


def sentence(reason: str) -> str:
    """Return why a row stays as it is."""
    words: dict[str, str] = {
        "since": _("It was changed since."),
        "gone": _("It does not exist any more."),
        "right": _("You may not do this with it."),
        "other": _("It is not as the history knows it."),
        "held": _("Other rows refer to it."),
        "taken": _("There is a row in its place."),
    }
    return words[reason]
