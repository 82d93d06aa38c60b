"""How the rows of a page are shown: what is the same for all of them is found out once."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from backoffice.admin import cells, inline
from backoffice.admin.parameters import address
from backoffice.core.resource import relations, resource


@dataclass(frozen=True)
class Line:
    """One row as it is shown; an empty address means that one may not go there."""

    key: int
    label: str
    cells: tuple[cells.Cell, ...]
    details: str
    edit: str
    delete: str


class Lines:
    """The rows of one page of a grid, on their way to being shown; `back` is the page's own address."""

    def __init__(self, view, asked, names):
        """Find out what the columns need, and where the links of the rows begin."""
        self.model, self.names = view.model, names
        self.back = address(view.home(), asked.pairs())
        self.kept = urlencode({"url": self.back})
        self.places = {place: f"{view.home()}{place}/?id=" for place in ("details", "edit", "delete")}
        self.opens = f"{view.home()}?{urlencode([*asked.pairs(), ('cell', '')])}"
        self.editable = inline.editable(view.user, view.model) if view.may("update") else frozenset()
        self.words_for = cells.namer(view.model)
        self.drawers = [self._drawer(name) for name in names]

    def line(self, row):
        """Return one row (of `query`) as it is shown."""
        links = {"details": f"{self.places['details']}{row.key}"}
        for place, may in (("edit", row.may_update), ("delete", row.may_delete)):
            links[place] = f"{self.places[place]}{row.key}&{self.kept}" if may else ""
        shown = tuple(draw(row) for draw in self.drawers)
        return Line(row.key, self.words_for(row), shown, **links)

    def _drawer(self, name):
        """Return the function that makes the cell of one column from a row."""
        linked = name in relations(self.model)
        draw = cells.related(self.model, name) if linked else cells.drawer(self.model, name)
        leads, editable = name == resource(self.model).label, name in self.editable

        def shown(row):
            one = draw(row.linked[name] if linked else row.values[name])
            if leads:
                one = cells.leading(one, f"{self.places['details']}{row.key}")
            return replace(one, open=f"{self.opens}{row.key}%3A{name}") if editable and row.may_update else one

        return shown
