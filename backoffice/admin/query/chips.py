"""What is in force in a grid, in words: one chip for each filter and each group, and the way to take it off."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Boolean

from backoffice.admin.parameters import address
from backoffice.core.catalogues import gettext, joined, ngettext
from backoffice.core.catalogues import lazy_gettext as _
from backoffice.core.resource import columns, labels, relations
from backoffice.core.selection import groups, spans
from backoffice.core.selection.comparing import ME, people
from backoffice.core.selection.groups import ANY, Group
from backoffice.core.types import UtcDateTime

YES_OR_NO = (("yes", _("Yes")), ("no", _("No")))
OPERATORS = {
    "is": _("is"),
    "not": _("is not"),
    "in": _("is one of"),
    "contains": _("contains"),
    "lacks": _("does not contain"),
    "from": _("from"),
    "to": _("up to"),
    "older": _("is older than"),
    "empty": _("is empty"),
}
SPANS = {
    "today": _("today"),
    "yesterday": _("yesterday"),
    "this-week": _("this week"),
    "this-month": _("this month"),
    "this-year": _("this year"),
}


@dataclass(frozen=True)
class Chip:
    """A search, a filter or a group that is in force; `url` shows the rows without it, `members` are a group's."""

    label: Any
    url: str
    value: str = ""
    members: tuple["Chip", ...] = ()
    joint: Any = ""


def of(view, asked, known):
    """Return the chips of what is asked; `known` holds the words of the rows that filters name."""
    found = []
    if asked.criteria.search:
        url = address(view.home(), asked.pairs(without={"search"}, page=""))
        found.append(Chip(gettext("Search"), url, asked.criteria.search))
    whole = asked.criteria.combined()
    return (*found, *(_chip((view, asked, known), one, (at,)) for at, one in enumerate(whole.members)))


def _chip(page, one, path):
    view, asked, known = page
    left = asked.criteria.narrowed(groups.without(asked.criteria.combined(), path))
    url = address(view.home(), replace(asked, criteria=left).pairs(page=""))
    if not isinstance(one, Group):
        return Chip(_compares(view.model, one), url, said(view.model, one, known))
    members = tuple(_chip(page, member, (*path, at)) for at, member in enumerate(one.members))
    if one.word == ANY:
        return Chip(gettext("Any of these"), url, members=members, joint=gettext("or"))
    return Chip(gettext("All of these"), url, members=members, joint=gettext("and"))


def _compares(model, one):
    """Return what a filter says before its value: what is asked for may be days that no verb goes with."""
    field = labels(model, one.name)
    if one.operator == "is" and span(one.value):
        return gettext("%(field)s:", field=field)
    return f"{field} {OPERATORS[one.operator]}"


def said(model, one, known):
    """Return the value of a filter in words: labels of choices and of rows, not what the address holds."""
    if one.operator == "older":
        return ngettext("%(num)d day", "%(num)d days", int(one.value))
    words = dict(YES_OR_NO) if one.operator == "empty" else _meanings(model, one.name, known)
    parts = one.value.split(",") if one.operator == "in" else [one.value]
    return joined(str(words.get(part) or _unknown(model, one, part)) for part in parts)


def span(word):
    """Return in words the days that a relative value means, or None when it is none."""
    days = spans.LAST.fullmatch(word)
    return ngettext("the last day", "the last %(num)d days", int(days[1])) if days else SPANS.get(word)


def _unknown(model, one, part):
    column = columns(model).get(one.name)
    if column is not None and isinstance(column.type, UtcDateTime):
        return span(part) or part
    if column is not None and "words" in column.info and one.operator in ("is", "not", "in"):
        return column.info["words"](part)
    return f"#{part}" if one.name in relations(model) and one.operator != "empty" else part


def _meanings(model, name, known):
    if name in relations(model):
        mine = {ME: gettext("me")} if people(model, name) else {}
        return mine | known.get(name, {})
    column = columns(model)[name]
    if isinstance(column.type, Boolean):
        return dict(YES_OR_NO)
    return dict(column.info.get("labels", {}))
