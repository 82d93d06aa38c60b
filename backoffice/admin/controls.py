"""What narrows a grid: its tabs, its search, one control for each filter, and what is in force now."""

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy import Boolean, DateTime, Integer

from backoffice.admin import finding
from backoffice.admin.parameters import FIND, address
from backoffice.admin.words import named_views
from backoffice.core.access import may_see
from backoffice.core.resource import columns, filterable, labels, relations, searchable
from backoffice.core.types import Choice, UtcDateTime

YES_OR_NO = (("yes", _("Yes")), ("no", _("No")))
OPERATORS = {
    "is": _("is"),
    "not": _("is not"),
    "in": _("is one of"),
    "contains": _("contains"),
    "lacks": _("does not contain"),
    "from": _("from"),
    "to": _("up to"),
    "empty": _("is empty"),
}


@dataclass(frozen=True)
class Link:
    """A tab, or the way to take a filter off."""

    label: Any
    url: str
    current: bool = False
    value: str = ""


@dataclass(frozen=True)
class Input:
    """One input of a filter; `options` are those of a menu, without the empty one."""

    name: str
    label: Any
    kind: str
    value: str
    options: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Filter:
    """The inputs for one column or relation."""

    name: str
    label: Any
    inputs: tuple[Input, ...]


@dataclass(frozen=True)
class Controls:
    """Everything that narrows the grid; `kept` are the parameters that a form of controls carries along."""

    tabs: tuple[Link, ...]
    filters: tuple[Filter, ...]
    chips: tuple[Link, ...]
    searches: bool
    kept_by_search: tuple[tuple[str, str], ...]
    kept_by_filters: tuple[tuple[str, str], ...]
    clear: str
    open: bool


def of(view, asked):
    """Return the controls of the grid of `view`, as they stand for what is asked."""
    user, model = view.user, view.model
    given = dict(one.pair() for one in asked.criteria.filters)
    known = finding.known(user, model, asked)
    filters = tuple(
        Filter(name, str(labels(model, name)), tuple(_inputs(model, name, given, asked, known)))
        for name in filterable(model)
        if may_see(user, model, name) and (name not in relations(model) or finding.offered(user, model, name))
    )
    own = {one.name for single in filters for one in single.inputs}
    return Controls(
        tabs=tuple(_tabs(view, asked)),
        filters=filters,
        chips=tuple(_chips(view, asked, known)),
        searches=any(may_see(user, model, name) for name in searchable(model)),
        kept_by_search=tuple(asked.pairs(without={"search"}, page="")),
        kept_by_filters=tuple(asked.pairs(without=own, page="")),
        clear=address(view.home(), [("view", asked.criteria.view)] if asked.criteria.view else []),
        open=bool(asked.find),
    )


def _tabs(view, asked):
    size = [pair for pair in asked.pairs() if pair[0] == "page_size"]
    offered = dict(named_views(view.user, view.model))
    if offered:
        yield Link(gettext("All"), address(view.home(), size), not asked.criteria.view)
    for word, label in offered.items():
        yield Link(label, address(view.home(), [("view", word), *size]), asked.criteria.view == word)


def _chips(view, asked, known):
    said = asked.criteria
    if said.search:
        yield Link(gettext("Search"), address(view.home(), asked.pairs(without={"search"}, page="")), value=said.search)
    for one in said.filters:
        url = address(view.home(), asked.pairs(without={one.pair()[0]}, page=""))
        label = f"{labels(view.model, one.name)} {OPERATORS[one.operator]}"
        yield Link(label, url, value=_words(view.model, one, known))


def _words(model, one, known):
    """Return the value of a filter in words: labels of choices and of rows, not what the address holds."""
    words = dict(YES_OR_NO) if one.operator == "empty" else _meanings(model, one.name, known)
    parts = one.value.split(",") if one.operator == "in" else [one.value]
    return ", ".join(str(words.get(part, _unknown(model, one, part))) for part in parts)


def _unknown(model, one, part):
    return f"#{part}" if one.name in relations(model) and one.operator != "empty" else part


def _meanings(model, name, known):
    if name in relations(model):
        return known.get(name, {})
    column = columns(model)[name]
    if isinstance(column.type, Boolean):
        return dict(YES_OR_NO)
    return dict(column.info.get("labels", {}))


def _inputs(model, name, given, asked, known):
    is_ = str(OPERATORS["is"])
    if name in relations(model):
        yield Input(name, is_, "menu", given.get(name, ""), tuple(known.get(name, {}).items()))
        yield Input(f"{name}{FIND}", gettext("Find"), "search", asked.find.get(name, ""))
        return
    column = columns(model)[name]
    if isinstance(column.type, Choice):
        words = column.info.get("labels", {})
        options = tuple((value, str(words.get(value, value))) for value in column.type.values)
        yield Input(name, is_, "menu", given.get(name, ""), options)
    elif isinstance(column.type, Boolean):
        options = tuple((value, str(words)) for value, words in YES_OR_NO)
        yield Input(name, is_, "menu", given.get(name, ""), options)
    elif isinstance(column.type, UtcDateTime | DateTime):
        for operator in ("from", "to"):
            yield Input(f"{name}__{operator}", str(OPERATORS[operator]), "date", given.get(f"{name}__{operator}", ""))
    elif isinstance(column.type, Integer):
        yield Input(name, is_, "number", given.get(name, ""))
    else:
        yield Input(f"{name}__contains", str(OPERATORS["contains"]), "text", given.get(f"{name}__contains", ""))
