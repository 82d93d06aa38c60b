"""The pages for one row: look at it, make one, change it, delete it, and find others for it to name."""

from flask import abort, redirect, request, url_for
from flask_admin import expose
from flask_babel import gettext as _

from backoffice.admin import deleting, details, lookup, saving
from backoffice.admin.forms import RowForm
from backoffice.admin.messages import tell
from backoffice.admin.named import option
from backoffice.admin.page import came_from, public_address, return_target
from backoffice.core.access import NotFound, fetch
from backoffice.core.history import done
from backoffice.core.model import db
from backoffice.core.writing import Refusal, Stale

CONTINUE, ANOTHER = "_continue_editing", "_add_another"


class Editing:
    """A part of a resource's view: the pages that show or change one row."""

    @expose("/new/", methods=("GET", "POST"))
    def create_view(self):
        """Make a row."""
        only("url")
        form = RowForm(self.user, self.model())
        return self._work(form, None) if request.method == "POST" else self._form("admin/create.html", form)

    @expose("/edit/", methods=("GET", "POST"))
    def edit_view(self):
        """Change a row."""
        only("id", "url")
        row = self.row("update", request.args.get("id"))
        form = RowForm(self.user, row)
        return self._work(form, row) if request.method == "POST" else self._form("admin/edit.html", form)

    @expose("/details/")
    def details_view(self):
        """Show a row."""
        only("id", "url")
        return details.show(self, self.row("read", request.args.get("id")))

    @expose("/delete/", methods=("GET", "POST"))
    def delete_view(self):
        """Ask what becomes of what hangs on a row, then delete it."""
        only("id", "url")
        return deleting.answer(self, self.row("delete", request.values.get("id")))

    @expose("/ajax/lookup/")
    def ajax_lookup(self):
        """Answer rows that a relation may name."""
        return lookup.answer(self)

    def row(self, verb, key):
        """Return the row with this key; answers 404 when it is none of theirs, whatever the reason."""
        try:
            return fetch(db.session(), self.user, verb, self.model, key)
        except NotFound:
            abort(404)

    def _work(self, form, row):
        """Store what was sent and go on, or show the form again with all of it."""
        key, template = (None, "admin/create.html") if row is None else (row.id, "admin/edit.html")
        form.fill(request.form, request.files)
        if form.find(request.form):
            form.ask_nothing()
            return self._form(template, form)
        try:
            saved = saving.save(form, row)
            label = option(self.user, saved).label
            db.session.commit()
        except NotFound:
            abort(404)
        except Refusal as refusal:
            again = saving.show_again(self.user, self.model, key, refusal)
            return self._form(template, again), 409 if isinstance(refusal, Stale) else 422
        tell(_("“%(label)s” was saved.", label=lookup.short(label)), undo=done(db.session()))
        return redirect(self._next(saved))

    def _form(self, template, form):
        label = None if form.new else option(self.user, form.row).label
        address = "" if form.new else public_address(form.row)
        back = return_target(came_from(self.home()))
        return self.render(template, form=form, label=label, public=address, back=back)

    def _next(self, row):
        """Return where to go after saving: as the button said, else to where one came from."""
        url = return_target(None)
        if CONTINUE in request.form:
            return url_for(".edit_view", id=row.id, **({"url": url} if url else {}))
        if ANOTHER in request.form:
            return url_for(".create_view", **({"url": url} if url else {}))
        return url or self.home()


def only(*names):
    """Answer 400 to an address with parameters that mean nothing here, or that stand in it twice."""
    for name in request.args:
        if name not in names or len(request.args.getlist(name)) > 1:
            abort(400, _("“%(name)s” means nothing in this address.", name=name[:40]))
