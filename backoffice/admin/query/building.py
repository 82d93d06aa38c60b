"""Filters being put together: a draft of groups and conditions as a form holds it, changed one step at a time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from backoffice.core.catalogues import gettext as _
from backoffice.core.selection import comparing, groups
from backoffice.core.selection.comparing import MOST, BadCriteria, Filter, operators
from backoffice.core.selection.groups import ALL, DEEPEST, WORDS, Group

PLACE = re.compile(r"(word|name)\.((?:[0-9]{1,2}(?:-[0-9]{1,2}){0,9})?)")
AGAIN = "again"
# Of a form that a person filled in there are never as many.
MOST_PARTS = 80


@dataclass
class Draft:
    """A group (it has a `word` and members) or a condition (it has a name), at its place in the whole.

    What was typed need not mean anything yet; `error` is what is wrong with it.
    """

    word: str = ""
    members: list["Draft"] = field(default_factory=list)
    name: str = ""
    operator: str = ""
    value: str = ""
    find: str = ""
    error: str = ""
    path: str = ""

    def conditions(self) -> Iterator["Draft"]:
        """Yield the conditions in it, however deep."""
        if self.name:
            yield self
        for one in self.members:
            yield from one.conditions()

    def depth(self) -> int:
        """Return how many groups stand in one another from here on."""
        return (1 if self.word else 0) + max((one.depth() for one in self.members), default=0)


def of(member: Any) -> Draft:
    """Return the draft of a group or a filter."""
    if isinstance(member, Filter):
        return Draft(name=member.name, operator=member.operator, value=member.value)
    return _placed(Draft(member.word, [of(one) for one in member.members]))


def sent(form: Any) -> Draft:
    """Return the draft that a form holds; raises BadCriteria for what no form of ours can have held."""
    found = sorted((_place(place[2]), place[1], place[2]) for key in form if (place := PLACE.fullmatch(key)))
    if len(found) > MOST_PARTS:
        raise BadCriteria(_("At most %(most)d filters at once.", most=MOST))
    whole, at = Draft(ALL), {}
    for path, kind, text in found:
        one = _group(form, text) if kind == "word" else _condition(form, text)
        parent = at.get(path[:-1])
        if path and (parent is None or not parent.word):
            raise BadCriteria(_("These filters cannot be read."))
        if path:
            parent.members.append(one)
        else:
            whole = one
        at[path] = one
    if not whole.word or whole.depth() > DEEPEST:
        raise BadCriteria(_("These filters cannot be read."))
    return _placed(whole)


def step(draft: Draft, what: str, model: Any, name: str) -> str:
    """Do one step on the draft (add, group or off, a dot and a path; or again); return what prevents it, or ""."""
    verb, _dot, text = what.partition(".")
    path = _place(text) if PLACE.fullmatch(f"word.{text}") else None
    parent, one = _found(draft, path)
    if verb == AGAIN:
        return ""
    if one is None or verb not in {"add", "group", "off"} or not (one.word or verb == "off"):
        return _("There is no such step.")
    if verb == "off":
        if parent:
            parent.members.remove(one)
        else:
            draft.members.clear()
    elif verb == "add" and len(list(draft.conditions())) >= MOST:
        return _("At most %(most)d filters at once.", most=MOST)
    elif verb == "add":
        one.members.append(Draft(name=name, operator=operators(model, name)[0]))
    elif len(path or ()) + 1 >= DEEPEST:
        return _("At most %(most)d groups may stand in one another.", most=DEEPEST)
    else:
        one.members.append(Draft(next(word for word in WORDS if word != one.word)))
    _placed(draft)
    return ""


def finished(draft: Draft, model: Any, user: Any) -> Group | None:
    """Return what the draft says, or None where some of it means nothing yet: the draft then says what."""
    members = _members(draft, model, user)
    return None if any(one.error for one in draft.conditions()) else Group(draft.word, members)


def _members(draft: Draft, model: Any, user: Any) -> tuple[groups.Member, ...]:
    found: list[groups.Member] = []
    for one in draft.members:
        if one.word:
            inner = _members(one, model, user)
            found += [Group(one.word, inner)] if inner else []
        elif filled := _filter(one, model, user):
            found.append(filled)
    return tuple(found)


def _filter(one: Draft, model: Any, user: Any) -> Filter | None:
    if not one.value:
        one.error = _("A value is missing.")
        return None
    try:
        return comparing.read(model, user, Filter(one.name, one.operator, one.value).key, one.value)
    except BadCriteria as error:
        one.error = str(error)
        return None


def _group(form: Any, text: str) -> Draft:
    word = form.get(f"word.{text}")
    if word not in WORDS:
        raise BadCriteria(_("These filters cannot be read."))
    return Draft(word)


def _condition(form: Any, text: str) -> Draft:
    given = [one for one in form.getlist(f"value.{text}") if one] or [form.get(f"day.{text}", "")]
    return Draft(
        name=form.get(f"name.{text}", ""),
        operator=form.get(f"op.{text}", ""),
        value=",".join(given).strip(),
        find=form.get(f"find.{text}", "")[: comparing.LONGEST // 2].strip(),
    )


def _place(text: str) -> tuple[int, ...]:
    return tuple(int(one) for one in text.split("-")) if text else ()


def _found(draft: Draft, path: tuple[int, ...] | None) -> tuple[Draft | None, Draft | None]:
    if path is None:
        return None, None
    parent, one = None, draft
    for at in path:
        if at >= len(one.members):
            return None, None
        parent, one = one, one.members[at]
    return parent, one


def _placed(draft: Draft) -> Draft:
    for at, one in enumerate(draft.members):
        one.path = f"{draft.path}-{at}" if draft.path else str(at)
        _placed(one)
    return draft
