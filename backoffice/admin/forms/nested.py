"""A row that is made while another is being written: that one's form is set aside, sealed, and comes back with it."""

from flask import abort, redirect, request
from werkzeug.datastructures import MultiDict

from backoffice.admin.forms import RowForm
from backoffice.admin.forms.pickers import Picker
from backoffice.admin.messages import tell
from backoffice.core.access import can
from backoffice.core.catalogues import gettext as _
from backoffice.core.resource import resources
from backoffice.core.web import kept
from backoffice.core.web.redirects import safe_target

MAKE, OUTER, LEAVE = "make:", "outer", "_leave_inner"
# What belongs to the page that was sent, not to what was typed in it.
BESIDE = {"csrf_token", "whose", "kept"}


def begin(view, form):
    """Return the form of the row to be made first, when a button of a picker asked for one; else None."""
    name = next((one.removeprefix(MAKE) for one in request.form if one.startswith(MAKE)), None)
    if name is None:
        return None
    field = next((one for one in form if one.name == name), None)
    if not (isinstance(field, Picker) and field.source.creates):
        abort(404)
    outer = _set_aside(form, name)
    if not outer:
        tell(_("What you typed is too long to be set aside: save it first."), "error")
        form.ask_nothing()
        return view.show_form(form)
    target = field.source.target
    return _view_of(view, target).show_form(RowForm(view.user, target()), outer=outer)


def under_way():
    """Return what is set aside while this form is filled in, as it is to be sent again, or ""."""
    text = request.form.get(OUTER, "")
    return text if kept.unseal(text) else ""


def leave(view):
    """Return the form that was set aside, as it was, when a button asked for it; else None."""
    return _back(view, None) if LEAVE in request.form and OUTER in request.form else None


def finish(view, row):
    """Return the form that was set aside, with `row` chosen in it; None when there is none."""
    return _back(view, row.id) if OUTER in request.form else None


def _set_aside(form, name):
    fields = [
        (one, value)
        for one, value in request.form.items(multi=True)
        if one not in BESIDE and not one.startswith(MAKE) and "password" not in one
    ]
    place = f"{form.model.__tablename__}/{form.row.id or ''}/{name}"
    return kept.seal(kept.Parcel(form.user.id, place, fields, any(request.files.values())))


def _back(view, key):
    parcel = kept.unseal(request.form.get(OUTER))
    if parcel is None or parcel.key != view.user.id or parcel.path.count("/") != 2:
        tell(_("The form that you came from is not kept any more."), "error")
        return redirect(view.home())
    model, outer_key, name = parcel.path.split("/")
    outer = _view_of(view, resources()[model])
    form = RowForm(view.user, _row(outer, outer_key))
    fields = MultiDict(parcel.fields)
    if key is not None and name in form:
        fields.setlist(name, [*fields.getlist(name), str(key)] if form[name].many else [str(key)])
    form.fill(fields, MultiDict())
    form.ask_nothing()
    form.files_lost = parcel.files
    return outer.show_form(form, outer=fields.get(OUTER, ""), back=safe_target(parcel.value("url")))


def _row(view, key):
    if key:
        return view.row("update", key)
    return view.model() if can(view.user, "create", view.model) else abort(404)


def _view_of(view, model):
    """Return the part of the panel that shows rows of `model`."""
    return next(one for one in view.admin._views if one.endpoint == model.__tablename__)  # noqa: SLF001
