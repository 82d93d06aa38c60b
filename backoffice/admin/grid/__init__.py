"""The grid of a resource: its headings and rows, and whether the address that asks for them can be meant."""

from contextlib import nullcontext
from functools import lru_cache
from typing import NamedTuple

from flask import abort, current_app, redirect, request

from backoffice.admin import cells, parameters, partial, query
from backoffice.admin.grid import controls, inline, narrowing
from backoffice.admin.grid.lines import Lines
from backoffice.admin.messages import tell
from backoffice.admin.page import return_target
from backoffice.admin.parameters import columns, sizes
from backoffice.admin.parameters.columns import UP
from backoffice.admin.query import neighbours as paging
from backoffice.core.catalogues import gettext as _
from backoffice.core.catalogues import language, lazy_gettext
from backoffice.core.database import patience
from backoffice.core.model import db
from backoffice.core.paging import census
from backoffice.core.resource import sortable
from backoffice.core.selection import Selection, glances, seal
from backoffice.core.selection.criteria import BadCriteria

SHORTCUTS = (
    ("j", lazy_gettext("Next row")),
    ("k", lazy_gettext("Previous row")),
    (lazy_gettext("Enter"), lazy_gettext("Open the row")),
    (lazy_gettext("Space"), lazy_gettext("Preview the row")),
    ("x", lazy_gettext("Tick the row")),
    (lazy_gettext("Shift X"), lazy_gettext("Tick all rows from the last ticked one")),
    ("e", lazy_gettext("Edit the row")),
    ("m", lazy_gettext("Everything that can be done with the row")),
    ("a", lazy_gettext("Actions for the ticked rows")),
)


class Heading(NamedTuple):
    """The head of a column: `url` leads to the rows sorted by it, `order` is what aria-sort says.

    `kind` is that of its cells; `editable` tells whether some of them may be changed where they stand, `only` whether
    the rows can be narrowed to those that hold the value of one.
    """

    name: str
    label: str
    kind: str
    editable: bool
    url: str = ""
    order: str = ""
    only: bool = False


def show(view, args, opened=None):
    """Return the page of a grid as the parameters `args` ask; `opened` is a cell to show as a form once more."""
    asked = ask(view, args)
    names = names_of(view.user, view.model, asked)
    seen = glances.word()
    found = _found(view, asked, names)
    opened = opened or inline.opened(view, asked)
    draw = Lines(view, asked, names, opened)
    return partial.render(
        view,
        template(view.model),
        title=view.plural,
        asked=asked,
        pairs=tuple(asked.pairs()),
        beside=tuple(asked.pairs(columns="")),
        headings=headings(view, asked, found.order, draw),
        rows=draw.html(found.rows),
        choice=columns.choice(view.user, view.model, names, other=asked.page_size != asked.usual_size),
        choosing=UP in args,
        pager=paging.of(view.home(), asked, found),
        controls=controls.of(view, asked, names),
        operations=tuple((one.name, str(one.label), one.danger) for one in view.operations()),
        ticks=draw.ticks,
        shortcuts=_shortcuts(language()),
        seen=seen,
        seal=seal(Selection(view.model, criteria=asked.criteria), _seen(found.total), view.user),
        back=draw.back,
        export=parameters.address(f"{view.home()}export/csv/", asked.pairs(page="", page_size="")),
    )


@lru_cache(maxsize=50)
def _shortcuts(_language):
    return tuple((str(key), str(words)) for key, words in SHORTCUTS)


def count(view, args):
    """Have all rows counted that the parameters `args` ask for, and lead back to the page that shows how many."""
    asked = ask(view, args)
    session = db.session()
    census.ask(session, view.user, asked.criteria)
    session.commit()
    return redirect(parameters.address(view.home(), asked.pairs(count="exact")))


def keep_columns(view):
    """Keep the columns and the size of pages that were sent for whoever sent them, or forget those that were kept."""
    try:
        names = columns.read(view.model, view.user, request.form)
        size = sizes.read(request.form[sizes.PARAMETER]) if sizes.PARAMETER in request.form else sizes.USUAL
        columns.keep(db.session(), view.user, view.model, names, sizes.wish(view.model, size))
    except BadCriteria as error:
        abort(400, str(error))
    except ValueError:
        abort(400, _("There is no room to keep more."))
    db.session.commit()
    tell(_("Your columns of this list are kept.") if names else _("The list has its usual columns again."))
    return redirect(return_target(view.home()))


def ask(view, args):
    """Return what the parameters `args` ask for; such as cannot be meant are answered 400 with the reason."""
    try:
        return parameters.read(view.model, view.user, args)
    except BadCriteria as error:
        return abort(400, str(error))


def names_of(user, model, asked):
    """Return the columns and relations of the grid that is asked for, in order."""
    return asked.columns or columns.usual(user, model)


def template(model):
    """Return the name of the grid's template: the resource's own where there is one, else that of all."""
    environment = current_app.jinja_env
    names = (f"admin/{model.__tablename__}/list.html", "admin/list.html")
    # What there is not is looked for in every folder; while a page is being built, it may be there by the next time.
    return list(names) if environment.auto_reload else _template(environment, environment.loader, names)


@lru_cache(maxsize=200)
def _template(environment, _loader, names):
    return environment.select_template(names).name


def headings(view, asked, order, draw):
    """Return the heads of the columns that `draw` (Lines) shows; the rows stand in `order`."""
    sorts, narrows = sortable(view.model), narrowing.offered(view)
    return tuple(
        Heading(
            name,
            label,
            cells.kind_of(view.model, name),
            editable=name in draw.editable,
            only=name in narrows,
            **(_sorts(view, asked, order, name) if name in sorts else {}),
        )
        for name, label in zip(draw.names, draw.look.labels, strict=True)
    )


def _found(view, asked, names):
    session = db.session()
    try:
        # A whole list is read in the order of an index, whatever its length.
        with patience.reading(session, patience.SECONDS) if asked.criteria.pairs() else nullcontext():
            found = query.find(session, view.user, view.model, asked, names)
    except BadCriteria as error:
        return abort(400, str(error))
    except patience.TooLong:
        return abort(503, _too_long())
    return found if found.rows else _nothing(view, asked, found)


def _too_long():
    return _(
        "Finding these rows takes longer than %(seconds)d seconds, so it was given up. Go back and ask for fewer: "
        "add a filter that few rows pass, such as a date, or look for a rarer word.",
        seconds=round(patience.SECONDS),
    )


def _nothing(view, asked, found):
    """Answer a page without rows: where rows have gone since its address was made, by the nearest that has some."""
    place = asked.place
    if place.skip:
        abort(404, _("There are not that many pages; the list may have become shorter."))
    if place.after or place.at:
        abort(redirect(parameters.address(view.home(), asked.pairs(page="", last=1))))
    if place.before:
        abort(redirect(parameters.address(view.home(), asked.pairs(page=""))))
    return found


def _seen(total):
    """Return how many rows the person knows there are: an estimate is not knowing."""
    return total.value if total.exact else None


def _sorts(view, asked, order, name):
    stands = "" if name != order.name else "descending" if order.desc else "ascending"
    turned = "1" if stands == "ascending" else ""
    url = parameters.address(view.home(), asked.pairs(sort=name, desc=turned, page=""))
    return {"url": url, "order": stands}
