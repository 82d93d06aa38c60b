"""How the rows of a page are written: one shape for all of them, put together once, is filled in for each."""

from functools import lru_cache
from typing import NamedTuple

from flask import render_template, request
from markupsafe import Markup

from backoffice.admin import cells, query
from backoffice.admin.grid import inline
from backoffice.admin.markup import fill, fix, harmless, joined
from backoffice.admin.parameters import address
from backoffice.core.catalogues import gettext as _
from backoffice.core.catalogues import language
from backoffice.core.resource import labels, relations, resource

# What is done with a row, and which row is meant, are told by two other elements of the page (do-… and the row's
# name); what is the same for all rows is carried by one form (to-cell). So nothing is written once for each row, and
# cells and rows end where the next begin, as HTML lets them: their end tags were a thirtieth of a page.
ROW, STAYS = '<tr id="row-%(row-key)s">', '<tr id="row-%(row-key)s" data-stays>'
TICK = '<td><input type="checkbox" form="bulk" name="rowid" value="%(row-key)s" aria-labelledby="do-tick n%(row-key)s">'
CELL = '<td data-label="{label}"{look}>'
OPENED = '<td data-label="{label}" data-cell="%(row-key)s:{name}">%(row-form)s'
NAME = '<a id="n%(row-key)s" href="{near}details/?id=%(row-key)s">%(row-words)s</a>'
CHANGE = (
    ' <button form="to-cell" name="cell" value="%(row-key)s:{name}" aria-labelledby="do-{name} n%(row-key)s">✎</button>'
)
EDIT = '<a href="{near}edit/?id=%(row-key)s" aria-labelledby="do-edit n%(row-key)s">{words}</a>'
NOTHING, NUMBER = Markup(""), Markup(' class="cell-number"')


class Look(NamedTuple):
    """What is the same for all rows of a page; the shapes of its rows are kept by it."""

    model: type
    names: tuple[str, ...]
    labels: tuple[str, ...]
    near: str
    ticks: bool
    deletes: bool
    editable: frozenset[str]
    leading: str
    language: str


class Lines:
    """The rows of one page of a grid; `back` is its own address, `opened` the cell shown as a form or None."""

    def __init__(self, view, asked, names, opened):
        """Find out what is the same for all rows."""
        self.view, self.model, self.names, self.opened = view, view.model, names, opened
        home = view.home()
        self.back = address(home, asked.pairs())
        self.ticks = view.works_in_bulk()
        self.editable = inline.editable(view.user, view.model) if view.may("update") else frozenset()
        # The column that names a row leads to it, where it is shown as text.
        called = resource(view.model).label
        leading = called if called in names and cells.kind_of(view.model, called) == "text" else ""
        # Addresses are shorter by what all of this grid begin with, where the page itself stands there.
        near = "" if request.path == home else home
        words = tuple(str(labels(view.model, name)) for name in names)
        may = (self.ticks, view.may("delete"), self.editable)
        self.look = Look(view.model, tuple(names), words, near, *may, leading, language())
        self.words_for, self.shapes = cells.namer(view.model), {}
        self.drawers = [(name, self._drawer(name)) for name in query.arranged(view.model, names)]

    def html(self, rows):
        """Return the rows (of `query`) as the body of a table."""
        return joined([self._row(row) for row in rows])

    def _row(self, row):
        shown = {name: draw(value) for (name, draw), value in zip(self.drawers, row.cells, strict=True)}
        shown["row-key"], shown["row-words"] = harmless(row.key), self.words_for(row)
        opened = self.opened.name if self.opened is not None and self.opened.key == row.key else ""
        if opened:
            shown["row-form"] = self._form(shown["row-words"])
        kind = (row.may_update, row.may_delete, opened)
        if kind not in self.shapes:
            # What all rows have alike is compared once a page, not once a row.
            self.shapes[kind] = _shape(self.look, *kind)
        return fill(self.shapes[kind], **shown)

    def _drawer(self, name):
        """Return the function that gives the content of one column's cell; the row's name stands there by itself."""
        if name == self.look.leading:
            return lambda _value: NOTHING
        return cells.related(self.model, name) if name in relations(self.model) else cells.drawer(self.model, name)

    def _form(self, words):
        """Return the form of the opened cell; where the row's name stood, `words` stay to be pointed to."""
        named = words if self.opened.name == self.look.leading else ""
        own = {"view": self.view, "opened": self.opened, "form": self.opened.form, "back": self.back}
        return Markup(render_template("admin/grid/cell.html", words=named, **own))  # noqa: S704 - a template escapes


@lru_cache(maxsize=500)
def _shape(look, may_update, may_delete, opened):
    """Return the shape of the rows with which the same may be done; `opened` is the column shown as a form."""
    # Deleting stands in the menu of each row but of those that one may not delete.
    parts = [ROW if may_delete or not look.deletes else STAYS, TICK if look.ticks else ""]
    parts += [
        fix(OPENED, label=label, name=name) if name == opened else _cell(look, name, label, may_update)
        for name, label in zip(look.names, look.labels, strict=True)
    ]
    parts.append("<td>")
    if not look.leading:
        parts.append(f"{fix(NAME, near=look.near)} ")
    if may_update:
        parts.append(fix(EDIT, near=look.near, words=_("Edit")))
    return "".join((*parts, "\n"))


def _cell(look, name, label, may_update):
    change = fix(CHANGE, name=name) if may_update and name in look.editable else ""
    if name == look.leading:
        return f"<td>{fix(NAME, near=look.near)}{change}"
    kind = NUMBER if cells.kind_of(look.model, name) == "number" else ""
    return f"{fix(CELL, label=label, look=kind)}%({name})s{change}"
