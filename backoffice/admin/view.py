"""What the panel offers for one resource, and which right each of its views asks for."""

from flask import redirect, request
from flask_admin import expose

from backoffice.admin import bulk, grid, intake
from backoffice.admin.bulk import changing, results
from backoffice.admin.forms.drafting import Drafting
from backoffice.admin.grid import combining, export, inline, narrowing
from backoffice.admin.page import Page
from backoffice.admin.query import saved
from backoffice.admin.record.editing import Editing
from backoffice.admin.words import plural, singular
from backoffice.core.access import can
from backoffice.core.resource import actions, resource

NEEDS = {
    "index_view": ("read",),
    "count_view": ("read",),
    "details_view": ("read",),
    "create_view": ("create",),
    "edit_view": ("update",),
    "draft_view": ("create", "update"),
    "delete_view": ("delete",),
    "ajax_lookup": ("create", "update", "delete"),
    "pictures_view": ("create", "pick", "read"),
    "ajax_update": ("update",),
    "columns_view": ("read",),
    "views_view": ("read",),
    "where_view": ("read",),
    "only_view": ("read",),
    "action_view": ("read",),
    "result_view": ("read",),
    "result_file_view": ("read",),
    "export": ("export",),
    "import_view": ("create", "update"),
}


class ResourceView(Editing, Drafting, Page):
    """The pages of one resource; all they show follows from its model and from who asks."""

    def __init__(self, model):
        """Derive the name and the address from `model`."""
        self.model = model
        super().__init__(plural(model), category=str(resource(model).menu) or None, endpoint=model.__tablename__)

    @property
    def plural(self):
        """What the rows are called."""
        return plural(self.model)

    @property
    def singular(self):
        """What one row is called."""
        return singular(self.model)

    @property
    def empty(self):
        """What the rows are for, told where there are none."""
        return resource(self.model).empty

    def admits(self, name):
        """Tell whether the acting person holds one of the rights that the view called `name` asks for."""
        return any(can(self.user, verb, self.model) for verb in NEEDS.get(name, ()))

    def may(self, verb):
        """Tell whether the acting person may do `verb` with any row."""
        return can(self.user, verb, self.model)

    def operations(self):
        """Return the operations that the acting person may do with a selection."""
        return [action for action in actions(self.model).values() if self.may(action.name)]

    def works_in_bulk(self):
        """Tell whether there is anything the acting person may do with a selection."""
        return bool(self.operations()) or self.may("delete") or self.changes_many()

    def changes_many(self):
        """Tell whether there are columns or relations that the acting person may change on many rows."""
        return changing.offered(self)

    def links(self, row):  # noqa: ARG002 - resources with more than pages of rows look at it
        """Return where else the page of a row leads: pairs of words and address."""
        return ()

    def takes_files(self):
        """Tell whether the acting person can bring in rows from a file."""
        return intake.takes(self, self.user)

    @expose("/")
    def index_view(self):
        """Show the grid; without a word of what, the view that the person begins with."""
        begins = None if request.args else saved.opening(self)
        if begins:
            return redirect(begins)
        saved.remember(self, request.args)
        return grid.show(self, request.args)

    @expose("/count/", methods=("POST",))
    def count_view(self):
        """Have the rows of the grid counted, and show it again."""
        return grid.count(self, request.args)

    @expose("/columns/", methods=("POST",))
    def columns_view(self):
        """Keep the columns of the grid as one likes them."""
        return grid.keep_columns(self)

    @expose("/views/", methods=("POST",))
    def views_view(self):
        """Keep what the grid shows as a view, change or delete one, or begin with it."""
        return saved.answer(self)

    @expose("/where/", methods=("GET", "POST"))
    def where_view(self):
        """Combine filters, group within group."""
        return combining.answer(self)

    @expose("/only/<column>/")
    def only_view(self, column):
        """Offer the values of one column or relation to narrow the grid by."""
        return narrowing.answer(self, column, request.args)

    @expose("/action/", methods=("POST",))
    def action_view(self):
        """Ask about an operation on many rows, then do it."""
        return bulk.answer(self)

    @expose("/result/")
    def result_view(self):
        """Show what became of the rows of an operation."""
        return results.show(self)

    @expose("/result/csv/")
    def result_file_view(self):
        """Send what became of each row of an operation as a file."""
        return results.send(self)

    @expose("/ajax/update/", methods=("POST",))
    def ajax_update(self):
        """Save one cell of the grid, and show the grid again when it cannot be saved as it is."""
        answer, status = inline.save(self)
        if isinstance(answer, inline.OpenCell):
            return grid.show(self, inline.came_from(self), answer), status
        return answer if status == 302 else (answer, status)

    @expose("/export/<form>/")
    def export(self, form):
        """Send the rows that match as a file, or have a large one written."""
        return export.send(self, form)

    @expose("/import/", methods=("GET", "POST"))
    @intake.roomy
    def import_view(self):
        """Bring rows in from a file: first say how, then rehearse, then do it."""
        return intake.answer(self)
