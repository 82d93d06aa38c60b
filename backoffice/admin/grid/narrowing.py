"""The values that narrow a list to one column's: those that most of its rows hold, or those found by words."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from flask import abort
from flask_babel import format_decimal
from sqlalchemy import Boolean, func, select

from backoffice.admin import parameters, partial
from backoffice.admin.cells import words
from backoffice.admin.query import finding, label_of
from backoffice.admin.query.chips import YES_OR_NO
from backoffice.admin.relations import lookup
from backoffice.core.access import condition, may_see, person
from backoffice.core.catalogues import gettext as _
from backoffice.core.database import patience
from backoffice.core.history.links import sides
from backoffice.core.model import db
from backoffice.core.resource import columns, filterable, key_of, labels, relations, resource
from backoffice.core.selection.comparing import ME, BadCriteria, Filter, people
from backoffice.core.selection.criteria import views
from backoffice.core.types import Choice

MOST = 20
# The latest rows of the list say what is frequent, however many rows it has.
LOOKED_AT = 5000
SECONDS = 1.0
QUICK = 6


@dataclass(frozen=True)
class Option:
    """A value in words, the address of the list with only such rows, and how many there are, as far as is known."""

    words: Any
    url: str
    count: str = ""
    current: bool = False


@dataclass(frozen=True)
class Seen:
    """What the latest rows of a list hold: how many of them hold each value, and whether they are all its rows."""

    counts: dict[Any, int]
    named: dict[Any, Any]
    whole: bool


def quick(view, asked, names):
    """Return, of the columns and relations `names` that a list shows, those that it is often narrowed by.

    Each comes with its label and with the address of its values.
    """
    known = offered(view)
    shown = [name for name in names if name in known][:QUICK]
    state = asked.pairs(page="")
    return tuple((name, str(labels(view.model, name)), parameters.address(_place(view, name), state)) for name in shown)


def offered(view):
    """Return the columns and relations that the acting person can narrow the list to one value of."""
    return _offered(person(view.user), view.model, resource(view.model))


def answer(view, name, args):
    """Show the values of the column or relation `name`, each as a link to the list with only such rows."""
    if name not in offered(view):
        abort(404)
    asked = _asked(view, args)
    find = asked.find.get(name, "").strip() if name in relations(view.model) else ""
    options, more = _found(view, asked, name, find) if find else _frequent(view, asked, name)
    return partial.render(
        view,
        "admin/only.html",
        title=_("%(kind)s: only by “%(column)s”", kind=view.plural, column=str(labels(view.model, name))),
        name=name,
        label=str(labels(view.model, name)),
        options=options,
        every=_address(view, asked, name, None) if _given(asked, name) else "",
        more=more,
        finds=name in relations(view.model),
        find=find,
        here=_place(view, name),
        kept_state=asked.pairs(page=""),
        leave=parameters.address(view.home(), asked.pairs(page="")),
    )


# What may be narrowed by follows from the model and from rights, which many requests share.
@lru_cache(maxsize=500)
def _offered(someone, model, _said):
    return frozenset(
        name for name in filterable(model) if may_see(someone, model, name) and _fits(someone, model, name)
    )


def _fits(someone, model, name):
    if name in relations(model):
        return finding.offered(someone, model, name)
    column = columns(model)[name]
    return isinstance(column.type, Choice | Boolean) or "offered" in column.info


def _place(view, name):
    return f"{view.home()}only/{name}/"


def _asked(view, args):
    try:
        return parameters.read(view.model, view.user, args)
    except BadCriteria as error:
        return abort(400, str(error))


def _given(asked, name):
    """Return the values of `name` that the list is narrowed to now."""
    return {one.value for one in asked.criteria.filters if one.name == name}


def _address(view, asked, name, value, operator="is"):
    """Return the address of the list with only those rows, or with all of them; what else narrows it stays."""
    found = _besides(asked.criteria, name)
    if value is not None:
        found = replace(found, filters=(*found.filters, Filter(name, operator, value)))
    return parameters.address(view.home(), replace(asked, criteria=found).pairs(page=""))


def _besides(criteria, name):
    """Return the criteria without what they say of `name`; a view that is about it gives way to all rows."""
    filters = tuple(one for one in criteria.filters if one.name != name)
    about = criteria.view and name in views(criteria.model)[criteria.view][1]
    return replace(criteria, filters=filters, view="" if about else criteria.view)


def _frequent(view, asked, name):
    """Return the options, those that most rows hold first, and whether there may be more."""
    seen, model = _seen(view, asked, name), view.model
    if name not in relations(model):
        values = [(stored, word, said) for stored, word, said in _values(model, name)][:MOST]
        return [_option(view, asked, name, (word, said, seen, stored)) for stored, word, said in values], False
    named = seen.named or {one.key: one.label for one in lookup.offers(view.user, _target(model, name), "")}
    mine = [(ME, _("me"))] if people(model, name) else []
    none = [] if _needed(model, name) else [("yes", _("None"))]
    room = MOST - len(mine) - len(none)
    known = [(str(key), said, seen, key) for key, said in list(named.items())[:room]]
    options = [_option(view, asked, name, (word, said, seen, None)) for word, said in mine]
    options += [_option(view, asked, name, one) for one in known]
    options += [_option(view, asked, name, (word, said, seen, None), "empty") for word, said in none]
    return options, len(named) > room or not seen.whole


def _found(view, asked, name, find):
    """Return the options whose words hold those looked for, and whether there may be more."""
    bare = replace(asked, criteria=replace(asked.criteria, filters=(), groups=()), find={name: find})
    named = finding.known(view.user, view.model, bare).get(name, {})
    nothing = Seen({}, {}, whole=False)
    return [_option(view, asked, name, (key, said, nothing, None)) for key, said in named.items()], len(named) == MOST


def _option(view, asked, name, about, operator="is"):
    value, said, seen, stored = about
    # Of those that were not looked at nobody knows how many there are.
    count = format_decimal(seen.counts.get(stored, 0)) if seen.whole and stored is not None else ""
    current = Filter(name, operator, value) in asked.criteria.filters
    return Option(said, _address(view, asked, name, value, operator), count, current)


def _values(model, name):
    """Return all that a column may hold: as it is stored, as an address says it, and in words."""
    column = columns(model)[name]
    if isinstance(column.type, Boolean):
        return [(word == "yes", word, str(said)) for word, said in YES_OR_NO]
    if isinstance(column.type, Choice):
        return [(value, value, str(column.info.get("labels", {}).get(value, value))) for value in column.type.values]
    return [(value, value, str(column.info["words"](value))) for value in column.info["offered"]()]


def _seen(view, asked, name):
    """Look at what the latest rows hold; where that takes long, nobody waits for it."""
    session = db.session()
    try:
        with patience.reading(session, SECONDS):
            return _counted(session, view, asked, name)
    except patience.TooLong:
        return Seen({}, {}, whole=False)


def _counted(session, view, asked, name):
    user, model = view.user, view.model
    rows = select(model.id.label("id"), *_own(model, name)).where(condition(user, "read", model))
    rest = _besides(asked.criteria, name)
    if rest.pairs():
        rows = rows.where(rest.condition(user))
    latest = rows.order_by(model.id.desc()).limit(LOOKED_AT).subquery()
    whole = session.scalar(select(func.count()).select_from(latest)) < LOOKED_AT
    counted = _tally(model, name, latest)
    if name not in relations(model):
        return Seen({one.value: one.number for one in session.execute(select(counted))}, {}, whole)
    target = _target(model, name)
    shown = select(target.id.label("key"), label_of(user, target).label("label"), counted.c.number)
    shown = shown.join(counted, counted.c.value == target.id).where(condition(user, "pick", target))
    found = session.execute(shown.order_by(counted.c.number.desc(), target.id).limit(MOST + 1)).all()
    return Seen({one.key: one.number for one in found}, {one.key: words(target, one) for one in found}, whole)


def _own(model, name):
    """Return the column of the list's own rows that says which value they hold, if it is one of theirs."""
    if name in relations(model) and relations(model)[name].secondary is not None:
        return ()
    return (getattr(model, key_of(model, name) if name in relations(model) else name).label("value"),)


def _tally(model, name, latest):
    if "value" in latest.c:
        return select(latest.c.value, func.count().label("number")).group_by(latest.c.value).subquery()
    left, right = sides(relations(model)[name])
    held = select(right.label("value"), func.count().label("number")).join(latest, latest.c.id == left)
    return held.group_by(right).subquery()


def _target(model, name):
    return relations(model)[name].mapper.class_


def _needed(model, name):
    """Tell whether every row names one."""
    relation = relations(model)[name]
    return relation.secondary is None and not columns(model)[key_of(model, name)].nullable
