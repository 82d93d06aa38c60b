"""What narrows a grid: its tabs, its search, one control for each filter, and what is in force now."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Boolean, DateTime, Integer

from backoffice.admin.grid import narrowing
from backoffice.admin.parameters import FIND, address
from backoffice.admin.query import chips, finding, saved
from backoffice.admin.query.chips import OPERATORS, YES_OR_NO
from backoffice.admin.words import named_views
from backoffice.core.access import may_see, person
from backoffice.core.catalogues import gettext, language
from backoffice.core.resource import columns, filterable, labels, relations, resource, searchable
from backoffice.core.selection.comparing import ME, people
from backoffice.core.types import Choice, UtcDateTime

# Those that fit into every page; all others are found where filters are combined.
USUAL_SPANS = ("today", "last-7-days", "last-30-days", "this-month")


class Link(NamedTuple):
    """A tab."""

    label: Any
    url: str
    current: bool = False


class Input(NamedTuple):
    """One input of a filter; `options` are those of a menu, without the empty one."""

    name: str
    label: Any
    kind: str
    value: str
    options: tuple[tuple[str, Any], ...] = ()


class Filter(NamedTuple):
    """The inputs for one column or relation."""

    name: str
    label: Any
    inputs: tuple[Input, ...]


@dataclass(frozen=True)
class Controls:
    """Everything that narrows the grid; `kept` are the parameters that a form of controls carries along."""

    tabs: tuple[Link, ...]
    keeping: saved.Keeping
    filters: tuple[Filter, ...]
    chips: tuple[chips.Chip, ...]
    searches: bool
    kept_by_search: tuple[tuple[str, str], ...]
    kept_by_filters: tuple[tuple[str, str], ...]
    clear: str
    every: str
    combine: str
    quick: tuple[tuple[str, str, str], ...]
    open: bool


def of(view, asked, names):
    """Return the controls of the grid of `view`, which shows the columns `names`, as they stand for what is asked."""
    user, model = view.user, view.model
    known = finding.known(user, model, asked)
    tongue = language()
    filters = tuple(
        _filter(model, name, _stands(model, name, asked, known), tongue)
        for name in _filterable(person(user), model, resource(model))
    )
    kept = saved.offered(view)
    own = {one.name for single in filters for one in single.inputs}
    return Controls(
        tabs=tuple(_tabs(view, asked, kept)),
        keeping=saved.keeping(view, asked, kept),
        filters=filters,
        chips=chips.of(view, asked, known),
        searches=any(may_see(user, model, name) for name in searchable(model)),
        kept_by_search=tuple(asked.pairs(without={"search"}, page="")),
        kept_by_filters=tuple(asked.pairs(without=own, page="")),
        clear=address(view.home(), [("view", asked.criteria.view)]) if asked.criteria.view else saved.everything(view),
        every=saved.everything(view),
        combine=address(f"{view.home()}where/", asked.pairs(page="")),
        quick=narrowing.quick(view, asked, names),
        open=bool(asked.find),
    )


def _tabs(view, asked, kept):
    size = [pair for pair in asked.pairs() if pair[0] == "page_size"]
    offered = dict(named_views(view.user, view.model))
    every, open_ = saved.everything(view), asked.saved in {one.id for one in kept}
    everything = every if "?" in every else address(view.home(), size)
    if offered or kept:
        yield Link(gettext("All"), everything, not (open_ or asked.criteria.view))
    for word, words in offered.items():
        yield Link(str(words), address(view.home(), [("view", word), *size]), not open_ and asked.criteria.view == word)
    for one in kept:
        yield Link(one.name, saved.place(view, one), asked.saved == one.id)


class Stands(NamedTuple):
    """How a filter stands: the parameters of the address that are its own, the text that a row is looked for by.

    `rows` are the keys and words of the rows that were named or found, `values` those that its column may hold now.
    """

    given: tuple[tuple[str, str], ...]
    find: str
    rows: tuple[tuple[str, Any], ...]
    values: tuple[str, ...]


@lru_cache(maxsize=500)
def _filterable(someone, model, _said):
    return tuple(
        name
        for name in filterable(model)
        if may_see(someone, model, name) and (name not in relations(model) or finding.offered(someone, model, name))
    )


def _stands(model, name, asked, known):
    given = tuple(one.pair() for one in asked.criteria.filters if one.name == name)
    column = columns(model).get(name)
    offered = column.info.get("offered") if column is not None else None
    values = tuple(offered()) if offered else ()
    return Stands(given, asked.find.get(name, ""), tuple(known.get(name, {}).items()), values)


# Most filters of most pages stand as they stood on the page before.
@lru_cache(maxsize=2000)
def _filter(model, name, stands, _language):
    return Filter(name, str(labels(model, name)), tuple(_inputs(model, name, stands)))


def _inputs(model, name, stands):
    given = dict(stands.given)
    is_ = str(OPERATORS["is"])
    if name in relations(model):
        mine = ((ME, gettext("me")),) if people(model, name) else ()
        yield Input(name, is_, "menu", given.get(name, ""), (*mine, *stands.rows))
        yield Input(f"{name}{FIND}", gettext("Find"), "search", stands.find)
        return
    column = columns(model)[name]
    if isinstance(column.type, Choice) or "offered" in column.info:
        yield Input(name, is_, "menu", given.get(name, ""), _offered(column, stands, given.get(name)))
    elif isinstance(column.type, Boolean):
        options = tuple((value, str(words)) for value, words in YES_OR_NO)
        yield Input(name, is_, "menu", given.get(name, ""), options)
    elif isinstance(column.type, UtcDateTime | DateTime):
        if isinstance(column.type, UtcDateTime):
            # A value that is not among those offered is kept as it is.
            words = dict.fromkeys((*USUAL_SPANS, *filter(None, [given.get(name)])))
            options = tuple((word, str(chips.span(word) or word)) for word in words)
            yield Input(name, is_, "menu", given.get(name, ""), options)
        for operator in ("from", "to"):
            yield Input(f"{name}__{operator}", str(OPERATORS[operator]), "date", given.get(f"{name}__{operator}", ""))
    elif isinstance(column.type, Integer):
        yield Input(name, is_, "number", given.get(name, ""))
    else:
        yield Input(f"{name}__contains", str(OPERATORS["contains"]), "text", given.get(f"{name}__contains", ""))


def _offered(column, stands, given):
    """Return the values that a column may hold, in words; one that is asked for and not among them is kept."""
    if isinstance(column.type, Choice):
        words = column.info.get("labels", {})
        return tuple((value, str(words.get(value, value))) for value in column.type.values)
    values = dict.fromkeys((*stands.values, *filter(None, [given])))
    return tuple((value, str(column.info["words"](value))) for value in values)
