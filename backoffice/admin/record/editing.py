"""The pages for one row: look at it, make one, change it, delete it, and find others for it to name."""

from flask import abort, jsonify, redirect, request, url_for
from flask_admin import expose

from backoffice.admin import partial, returning
from backoffice.admin.forms import RowForm, drafting, gone, library, nested, saving
from backoffice.admin.forms.grouping import columns_of
from backoffice.admin.messages import tell
from backoffice.admin.page import came_from, public_address, return_target
from backoffice.admin.record import deleting, details
from backoffice.admin.relations import lookup
from backoffice.admin.relations.named import option
from backoffice.core.access import ALL, OWN, NotFound, fetch, rule
from backoffice.core.catalogues import gettext as _
from backoffice.core.history import done
from backoffice.core.model import db
from backoffice.core.resource import resource
from backoffice.core.web.kept import mark
from backoffice.core.writing import Refusal, Stale, aftermath, drafts

CONTINUE, ANOTHER = "_continue_editing", "_add_another"


class Editing:
    """A part of a resource's view: the pages that show or change one row."""

    @expose("/new/", methods=("GET", "POST"))
    def create_view(self):
        """Make a row."""
        only("url", "draft")
        form = RowForm(self.user, self.model())
        return self._work(form, None) if request.method == "POST" else self._opened("admin/create.html", form)

    @expose("/edit/", methods=("GET", "POST"))
    def edit_view(self):
        """Change a row."""
        only("id", "url", "draft")
        try:
            row = fetch(db.session(), self.user, "update", self.model, gone.brought_back(self))
        except NotFound:
            return gone.answer(self)
        form = RowForm(self.user, row)
        return self._work(form, row) if request.method == "POST" else self._opened("admin/edit.html", form)

    def _opened(self, template, form):
        """Show a form that nobody has sent yet, with what lies there for it."""
        if self._inner(form):
            return self._form(template, form)
        if "draft" in request.args:
            return self._form(template, drafting.take_back(form))
        offered, others = drafting.lies(form)
        return self._form(template, form, offered=offered, others=others)

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

    @expose("/pictures/", methods=("GET", "POST"))
    def pictures_view(self):
        """Answer pictures for a text, or add one."""
        return library.answer(self)

    def row(self, verb, key):
        """Return the row with this key; answers 404 when it is none of theirs, whatever the reason."""
        try:
            return fetch(db.session(), self.user, verb, self.model, key)
        except NotFound:
            abort(404)

    def _work(self, form, row):
        """Store what was sent and go on, or show the form again with all of it."""
        key, template = (None, "admin/create.html") if row is None else (row.id, "admin/edit.html")
        if returning.KEPT in request.form:
            return self._form(template, returning.put_back(form))
        form.fill(request.form, request.files)
        other = nested.leave(self) or nested.begin(self, form) or self._found(form)
        if other:
            return other
        try:
            saved, form = saving.store(form, row)
            if not self._inner(form):
                drafts.drop(db.session(), self.user, (self.model, key or drafts.NEW))
            label, lead = option(self.user, saved).label, self._lead(saved)
            db.session.commit()
        except NotFound:
            return gone.answer(self) if key else abort(404)
        except Refusal as refusal:
            again = saving.show_again(self.user, self.model, key, refusal)
            return self._form(template, again), 409 if isinstance(refusal, Stale) else 422
        return self._go_on(form, saved, label, lead)

    def _found(self, form):
        """Return the form with the rows that a button, or words nobody looked for yet, asked for; else None."""
        if form.find(request.form):
            form.ask_nothing()
            return self.show_form(form)
        return (self.show_form(form), 422) if form.seek(request.form) else None

    def _go_on(self, form, saved, label, lead):
        """Answer what was saved: in words, on the page one goes on with."""
        besides = aftermath.told(db.session())
        if self._inner(form):
            return jsonify(id=saved.id, text=label, **({"said": " ".join(besides)} if besides else {})), 201
        said = [_("“%(label)s” was saved.", label=lookup.short(label)), *saving.told(form), *besides]
        tell(" ".join(said), lead=lead, undo=done(db.session()))
        return nested.finish(self, saved) or redirect(self._next(saved))

    @staticmethod
    def _inner(form):
        """Tell whether the form stands over that of another row, which goes on with what comes of it."""
        return form.new and partial.wanted()

    def _lead(self, row):
        """Return where one may want to look after saving: at what visitors see, else at the form once more."""
        public = public_address(row)
        if public:
            return _("Public page"), public
        return None if CONTINUE in request.form else (_("Open it again"), url_for(".edit_view", id=row.id))

    def show_form(self, form, **more):
        """Return the page on which a form is filled in."""
        return self._form("admin/create.html" if form.new else "admin/edit.html", form, **more)

    def _form(self, template, form, **more):
        label = None if form.new else option(self.user, form.row).label
        address = "" if form.new else public_address(form.row)
        back = return_target(came_from(self.home()))
        groups = columns_of(form)
        about = {"label": label, "public": address, "back": back, "whose": mark(self.user)}
        about["deletes"] = not form.new and self._deletes(form.row)
        about["outer"] = nested.under_way()
        about |= {name: value for name, value in more.items() if value is not None}
        about |= {"layout": partial.PART, "inner": True} if self._inner(form) else {}
        return self.render(template, form=form, groups=groups, **about)

    def _deletes(self, row):
        """Tell whether the acting person may delete this row, as far as that is known without asking the database."""
        scope, owner = rule(self.user, "delete", self.model).scope, resource(self.model).owner
        return scope == ALL or (scope == OWN and getattr(row, owner) == self.user.id)

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
