"""Views that people keep, as tabs over a list: naming what it shows now, changing that, and beginning with it."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import abort, redirect, request, session
from werkzeug.datastructures import MultiDict

from backoffice.admin import parameters
from backoffice.admin.messages import tell
from backoffice.admin.parameters import columns
from backoffice.admin.words import named_views
from backoffice.core import preferences
from backoffice.core.access import NotFound, parse_key
from backoffice.core.catalogues import gettext as _
from backoffice.core.catalogues import lazy_gettext
from backoffice.core.model import db
from backoffice.core.resource import grid_columns
from backoffice.core.selection import saved_views
from backoffice.core.selection.criteria import EVERY, BadCriteria
from backoffice.core.selection.saved_views import Kept
from backoffice.core.types import Invalid

PREFERENCE = "view"
# What was typed into the form under the tabs, when it was refused: it is shown there once more.
TYPED = "view_typed"
# A word that no view can have.
LAST = ":last"
BEGINS = {
    "": lazy_gettext("The list begins with all rows again."),
    LAST: lazy_gettext("The list begins with the view that you used last."),
}
# Which page of a list one looks at is not part of what it shows.
HERE = dict.fromkeys(("page", "saved"), "")


@dataclass(frozen=True)
class Keeping:
    """What can be done with the present state of a list.

    `state` is how it is kept, `current` the kept view that is open, `changed` tells whether it shows something else
    by now. `roles` are those it may be shared with. `word` names the open view, `begins` tells whether the list
    begins with it, and `begun` what it begins with. `typed` is what was refused, and why. `ask` leads to all this,
    `leave` away from it, and `here` is this page.
    """

    state: str
    current: Kept | None
    changed: bool
    roles: tuple[Any, ...]
    word: str
    begins: bool
    begun: str
    ask: str
    leave: str
    here: str
    typed: dict[str, str]


def offered(view):
    """Return the kept views of the list of `view` that the acting person may open."""
    return saved_views.offered(db.session(), view.user, view.model)


def place(view, kept):
    """Return the address of a kept view: without the columns that the acting person may not see."""
    shown = columns.available(view.user, view.model)
    pairs = []
    for name, value in parse_qsl(kept.state):
        own = name == columns.PARAMETER
        left = ",".join(one for one in value.split(",") if one in shown) if own else value
        pairs += [(name, left)] if left else []
    return parameters.address(view.home(), [*pairs, ("saved", kept.id)])


def keeping(view, asked, kept):
    """Return what can be done with what is asked, where `kept` are the views there are."""
    current = next((one for one in kept if one.id == asked.saved), None)
    state, word = _state(view, asked), f"{asked.saved}" if current else asked.criteria.view
    begun = preferences.kept(view.user, _key(view.model)) or ""
    changed = current is not None and place(view, current) != place(view, replace(current, state=state))
    roles = saved_views.roles_to_share_with(db.session(), view.user) if asked.saving else ()
    here = asked.pairs(saving="")
    return Keeping(
        state,
        current,
        changed,
        tuple(roles),
        word,
        begins=bool(word) and word == begun,
        begun=begun,
        ask=parameters.address(view.home(), [*here, ("saving", 1)]),
        leave=parameters.address(view.home(), here),
        here=urlencode(here),
        typed=session.pop(TYPED, {}) if asked.saving else {},
    )


def opening(view):
    """Return the address of the view that the acting person begins this list with, or None."""
    word = preferences.kept(view.user, _key(view.model)) or ""
    word = session.get(_key(view.model), "") if word == LAST else word
    if word in dict(named_views(view.user, view.model)):
        return parameters.address(view.home(), [("view", word)])
    key = parse_key(word)
    found = next((one for one in offered(view) if one.id == key), None) if key else None
    return place(view, found) if found else None


def remember(view, args):
    """Note which view is open, for whoever begins with the one used last; it is forgotten when they sign out."""
    if preferences.kept(view.user, _key(view.model)) == LAST:
        session[_key(view.model)] = (args.get("saved") or args.get("view") or "")[: saved_views.LONGEST_NAME]


def everything(view):
    """Return the address of all rows of a list: a longer one, where the short one leads to a view."""
    begins = preferences.kept(view.user, _key(view.model))
    return parameters.address(view.home(), [("view", EVERY)] if begins else [])


def answer(view):
    """Do what the form under the tabs asks for, and show the list again."""
    work = {"keep": _keep, "change": _change, "delete": _delete, "begin": _begin}.get(request.form.get("do", ""))
    if work is None:
        abort(400, _("There is no such thing to do with a view."))
    back = parameters.address(view.home(), parse_qsl(_asked_state(view)))
    database = db.session()
    try:
        address = work(view, database) or back
        database.commit()
    except Invalid as refused:
        database.rollback()
        return redirect(parameters.address(view.home(), [*parse_qsl(_asked_state(view)), *_typed(refused)]))
    except ValueError:
        database.rollback()
        abort(400, _("There is no room to keep more."))
    return redirect(address)


def _typed(refused):
    """Keep what was typed for the form that is shown once more, and return what its address says besides."""
    typed = {one: request.form.get(one, "")[: saved_views.LONGEST_NAME] for one in ("name", "role")}
    session[TYPED] = {**typed, "problem": str(refused.message)}
    open_one = parse_key(request.form.get("saved", ""))
    return [("saving", 1), *([("saved", open_one)] if open_one else [])]


def _keep(view, database):
    values = {"name": request.form.get("name", ""), "role_id": _role(), "state": _asked_state(view)}
    row = saved_views.keep(database, view.user, view.model, values)
    tell(_("The view “%(name)s” is saved.", name=row.name))
    return place(view, row)


def _change(view, database):
    values = {"name": request.form.get("name", ""), "role_id": _role(), "state": _asked_state(view)}
    row = saved_views.change(database, view.user, view.model, _meant(), values)
    tell(_("The view “%(name)s” is changed.", name=row.name))
    return place(view, row)


def _delete(view, database):
    name = saved_views.remove(database, view.user, view.model, _meant())
    tell(_("The view “%(name)s” is deleted.", name=name))


def _begin(view, database):
    word = request.form.get("begin", "")
    known = {LAST, *dict(named_views(view.user, view.model)), *(str(one.id) for one in offered(view))}
    if word and word not in known:
        raise NotFound(PREFERENCE)
    preferences.keep(database, view.user, _key(view.model), word or None)
    tell(BEGINS.get(word, _("The list begins with this view for you.")))
    return request.form.get("back") and parameters.address(view.home(), parse_qsl(_asked_state(view, "back")))


def _meant():
    key = parse_key(request.form.get("saved", ""))
    return key if key is not None else abort(404)


def _role():
    given = request.form.get("role", "")
    return parse_key(given) or (abort(400, _("There is no such role.")) if given else None)


def _asked_state(view, name="state"):
    """Return the state that was sent, put as an address of this list would have it."""
    given = request.form.get(name, "")
    if len(given) > saved_views.LONGEST_STATE:
        abort(400, _("The list shows too much to be saved as a view."))
    try:
        asked = parameters.read(view.model, view.user, MultiDict(parse_qsl(given)))
    except BadCriteria as error:
        abort(400, str(error))
    return _state(view, asked) if name == "state" else urlencode(asked.pairs())


def _state(view, asked):
    bare = replace(asked, place=type(asked.place)(), exact=False, saved=None)
    names = asked.columns or columns.usual(view.user, view.model)
    offered = columns.available(view.user, view.model)
    usual = tuple(name for name in grid_columns(view.model) if name in offered)
    shown = {"columns": ",".join(names) if names != usual else "", "page_size": asked.page_size}
    return urlencode(bare.pairs(page="", **shown))


def _key(model):
    return f"{PREFERENCE}:{model.__tablename__}"
