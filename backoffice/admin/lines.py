"""How the rows of a page are written: one shape for all of them, put together once, is filled in for each."""

from functools import cache

from flask import render_template, request
from flask_babel import gettext as _
from markupsafe import Markup

from backoffice.admin import cells, inline
from backoffice.admin.markup import fill, fix, joined
from backoffice.admin.parameters import address
from backoffice.core.resource import labels, relations, resource

# What is done with a row, and which row is meant, are told by two other elements of the page (do-… and the row's
# name); what is the same for all rows is carried by one form (to-cell). So nothing is written once for each row.
ROW, STAYS = '<tr id="row-%(row-key)s">', '<tr id="row-%(row-key)s" data-stays>'
TICK = (
    '<td><input type="checkbox" form="bulk" name="rowid" value="%(row-key)s"'
    ' aria-labelledby="do-tick n%(row-key)s"></td>'
)
CELL = '<td data-label="{label}"{look}>'
OPENED = '<td data-label="{label}" data-cell="%(row-key)s:{name}">%(row-form)s'
NAME = '<a id="n%(row-key)s" href="{near}details/?id=%(row-key)s">%(row-words)s</a>'
CHANGE = (
    ' <button form="to-cell" name="cell" value="%(row-key)s:{name}" aria-labelledby="do-{name} n%(row-key)s">✎</button>'
)
EDIT = '<a href="{near}edit/?id=%(row-key)s" aria-labelledby="do-edit n%(row-key)s">{words}</a>'
NUMBER = Markup(' class="cell-number"')


class Lines:
    """The rows of one page of a grid; `back` is its own address, `opened` the cell shown as a form or None."""

    def __init__(self, view, asked, names, opened):
        """Find out what is the same for all rows."""
        self.view, self.model, self.names, self.opened = view, view.model, names, opened
        home = view.home()
        self.back = address(home, asked.pairs())
        # Addresses are shorter by what all of this grid begin with, where the page itself stands there.
        self.near = "" if request.path == home else home
        self.ticks = view.works_in_bulk()
        self.editable = inline.editable(view.user, view.model) if view.may("update") else frozenset()
        # The column that names a row leads to it, where it is shown as text.
        label = resource(view.model).label
        self.leading = label if label in names and cells.kind_of(view.model, label) == "text" else ""
        self.words_for, self.shape = cells.namer(view.model), cache(self._shape)
        self.drawers = {name: self._drawer(name) for name in names if name != self.leading}

    def html(self, rows):
        """Return the rows (of `query`) as the body of a table."""
        return joined([self._row(row) for row in rows])

    def _row(self, row):
        shown = {name: draw(row) for name, draw in self.drawers.items()}
        own = {"row-key": row.key, "row-words": self.words_for(row)}
        opened = self.opened is not None and self.opened.key == row.key
        if opened:
            own["row-form"] = self._form(own["row-words"])
        return fill(self.shape(row.may_update, row.may_delete, opened), **own, **shown)

    def _drawer(self, name):
        """Return the function that gives the content of one column's cell from a row."""
        if name in relations(self.model):
            related = cells.related(self.model, name)
            return lambda row: related(row.linked[name])
        draw = cells.drawer(self.model, name)
        return lambda row: draw(row.values[name])

    def _shape(self, may_update, may_delete, opened):
        """Return the shape of the rows with which the same may be done."""
        # Deleting stands in the menu of each row but of those that one may not delete.
        parts = [ROW if may_delete or not self.view.may("delete") else STAYS, TICK if self.ticks else ""]
        parts += [
            self._opened(name) if opened and name == self.opened.name else self._cell(name, may_update)
            for name in self.names
        ]
        parts.append("<td>")
        if not self.leading:
            parts.append(f"{fix(NAME, near=self.near)} ")
        if may_update:
            parts.append(fix(EDIT, near=self.near, words=_("Edit")))
        return "".join((*parts, "</td></tr>\n"))

    def _cell(self, name, may_update):
        change = fix(CHANGE, name=name) if may_update and name in self.editable else ""
        if name == self.leading:
            return f"<td>{fix(NAME, near=self.near)}{change}</td>"
        look = NUMBER if cells.kind_of(self.model, name) == "number" else ""
        return f"{fix(CELL, label=self._label(name), look=look)}%({name})s{change}</td>"

    def _opened(self, name):
        return f"{fix(OPENED, label=self._label(name), name=name)}</td>"

    def _label(self, name):
        return str(labels(self.model, name))

    def _form(self, words):
        """Return the form of the opened cell; where the row's name stood, `words` stay to be pointed to."""
        named = words if self.opened.name == self.leading else ""
        own = {"view": self.view, "opened": self.opened, "form": self.opened.form, "back": self.back}
        return Markup(render_template("admin/grid/cell.html", words=named, **own))  # noqa: S704 - a template escapes
