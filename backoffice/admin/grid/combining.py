"""The page on which filters are combined: what rows must meet, all of it or any, group within group."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import abort, redirect, request
from sqlalchemy import Boolean, Integer
from werkzeug.datastructures import MultiDict

from backoffice.admin import parameters, partial
from backoffice.admin.query import building, chips, finding
from backoffice.admin.query.chips import OPERATORS, YES_OR_NO
from backoffice.core.access import may_see
from backoffice.core.catalogues import gettext as _
from backoffice.core.resource import columns, filterable, labels, relations
from backoffice.core.selection import groups, spans
from backoffice.core.selection.comparing import LONGEST, ME, BadCriteria, Filter, operators, people
from backoffice.core.types import Choice, UtcDateTime

SHOW = "show"


@dataclass(frozen=True)
class Asking:
    """How the value of one condition is asked for: `kind` of input, what can be chosen, what is chosen, a day apart."""

    label: str
    operators: tuple[tuple[str, Any], ...]
    kind: str
    options: tuple[tuple[str, Any], ...] = ()
    chosen: tuple[str, ...] = ()
    several: bool = False
    day: str | None = None
    finds: bool = False


def answer(view):
    """Show what the list is filtered by as a draft, do what its form asks for, and lead back once it is whole."""
    if request.method == "GET":
        asked = _asked(view, request.args)
        return _page(view, asked, building.of(asked.criteria.combined()))
    asked = _asked(view, MultiDict(parse_qsl(request.form.get("state", ""))))
    try:
        draft = building.sent(request.form)
        _known(view, draft)
    except BadCriteria as error:
        abort(400, str(error))
    do = request.form.get("do", building.AGAIN)
    if do == SHOW:
        return _show(view, asked, draft)
    name = request.form.get(f"new.{do.partition('.')[2]}", "")
    if do.startswith("add.") and name not in _offered(view):
        abort(400, _("There is no filter called “%(name)s”.", name=name[:40]))
    return _page(view, asked, draft, building.step(draft, do, view.model, name))


def _asked(view, args):
    try:
        return parameters.read(view.model, view.user, args)
    except BadCriteria as error:
        return abort(400, str(error))


def _offered(view):
    user, model = view.user, view.model
    seen = [name for name in filterable(model) if may_see(user, model, name)]
    return [name for name in seen if name not in relations(model) or finding.offered(user, model, name)]


def _known(view, draft):
    """Refuse names that nobody was offered; a question that the column cannot be asked gives way to its first."""
    for one in draft.conditions():
        if one.name not in filterable(view.model) or not may_see(view.user, view.model, one.name):
            raise BadCriteria(_("There is no filter called “%(name)s”.", name=one.name[:40]))
        if one.operator not in operators(view.model, one.name):
            one.operator = operators(view.model, one.name)[0]


def _show(view, asked, draft):
    combined = building.finished(draft, view.model, view.user)
    if combined is None:
        return _page(view, asked, draft)
    found = replace(asked, criteria=asked.criteria.narrowed(combined))
    if len(groups.written(combined)) > groups.LONGEST:
        return _page(view, asked, draft, _("Combined filters have at most %(most)d characters.", most=groups.LONGEST))
    address = parameters.address(view.home(), found.pairs(page=""))
    return partial.give_way(address) if partial.wanted() else redirect(address)


def _page(view, asked, draft, problem=""):
    known = _words(view, asked, draft)
    bare = replace(asked, criteria=asked.criteria.narrowed(None))
    return partial.render(
        view,
        "admin/where.html",
        title=_("Combine filters: %(kind)s", kind=view.plural),
        draft=draft,
        asking={one.path: _asking(view.model, one, known) for one in draft.conditions()},
        offered=[(name, str(labels(view.model, name))) for name in _offered(view)],
        problem=problem,
        wrong=bool(problem) or any(one.error for one in draft.conditions()),
        state=urlencode(bare.pairs(page="")),
        leave=parameters.address(view.home(), asked.pairs(page="")),
        words={groups.ALL: _("all of these"), groups.ANY: _("any of these")},
    )


def _words(view, asked, draft):
    """Return, by relation, the rows that the draft names or looks for."""
    named, find = [], {}
    for one in draft.conditions():
        if one.name in relations(view.model) and finding.offered(view.user, view.model, one.name):
            if one.operator in {"is", "in"} and len(one.value) <= LONGEST and one.value:
                named.append(Filter(one.name, one.operator, one.value))
            if one.find:
                find[one.name] = one.find
    sought = replace(asked, criteria=replace(asked.criteria, filters=tuple(named), groups=()), find=find)
    return finding.known(view.user, view.model, sought)


def _asking(model, one, known):
    chosen = tuple(one.value.split(",")) if one.operator == "in" else (one.value,)
    about = {
        "label": str(labels(model, one.name)),
        "operators": tuple((word, OPERATORS[word]) for word in operators(model, one.name)),
        "chosen": chosen,
        "several": one.operator == "in",
    }
    if one.operator == "empty":
        return Asking(kind="menu", options=YES_OR_NO, **about)
    if one.name in relations(model):
        mine = ((ME, _("me")),) if people(model, one.name) else ()
        return Asking(kind="menu", options=(*mine, *known.get(one.name, {}).items()), finds=True, **about)
    column = columns(model)[one.name]
    if isinstance(column.type, Choice):
        words = column.info.get("labels", {})
        options = tuple((value, words.get(value, value)) for value in column.type.values)
        return Asking(kind="menu", options=options, **about)
    if isinstance(column.type, Boolean):
        return Asking(kind="menu", options=YES_OR_NO, **about)
    if isinstance(column.type, UtcDateTime) and one.operator != "older":
        # Words that were typed into an address are offered beside the usual ones.
        own = (one.value,) if chips.span(one.value) else ()
        options = tuple((word, chips.span(word)) for word in dict.fromkeys((*spans.WORDS, *own)))
        return Asking(kind="menu", options=options, day="" if own else one.value, **about)
    return Asking(kind="number" if isinstance(column.type, Integer | UtcDateTime) else "text", **about)
