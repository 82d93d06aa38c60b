"""What is typed in a form is kept before it is saved, and offered again; and who else has the row open is said."""

from datetime import datetime
from typing import Any, NamedTuple

from flask import abort, jsonify, redirect, request, url_for
from flask_admin import expose
from flask_babel import format_datetime, format_time
from werkzeug.datastructures import MultiDict

from backoffice.admin.forms import RowForm, conflicts
from backoffice.admin.forms.sides import both_sides
from backoffice.admin.page import return_target, wants_json
from backoffice.core.catalogues import gettext as _
from backoffice.core.model import db, now
from backoffice.core.writing import drafts, writable

# What a picker sends beside the rows that are chosen: names of new ones, words for a picture.
BESIDE = ("", "-new", "-made", "-alt", "-remove")
KEEP, STAY, LEAVE, DROP = "keep", "stay", "leave", "drop"
MOST_NAMED = 5


class Offer(NamedTuple):
    """A draft that can be taken back: when it was kept, and each value that differs: (label, stored, typed)."""

    when: str
    differences: tuple[tuple[Any, Any, Any], ...]


class Drafting:
    """A part of a resource's view: it keeps what is typed, for whoever types it alone."""

    @expose("/draft/", methods=("POST",))
    def draft_view(self):
        """Keep what is typed, or forget it; tell who else has the row open."""
        act = ACTS.get(request.form.get("_do", ""))
        if act is None:
            abort(400, _("Say what is to be done with the draft."))
        place = self._place(request.form.get("_row", ""))
        told = act(self, place)
        db.session.commit()
        if not wants_json():
            return redirect(return_target(self._form_at(place)))
        return jsonify(**(told or {}), present=present(self.user, drafts.look(db.session(), self.user, place)))

    def _place(self, key):
        """Return which row is meant; one that the acting person may not change, or not make, is not found."""
        if key:
            return self.model, self.row("update", key).id
        return (self.model, drafts.NEW) if self.may("create") else abort(404)

    def _form_at(self, place):
        return url_for(".edit_view", id=place[1]) if place[1] else url_for(".create_view")


def _keep(view, place):
    names = {name + end for name in writable(view.user, view.model) for end in BESIDE}
    content = {name: request.form.getlist(name) for name in request.form if name in names}
    try:
        when = drafts.keep(db.session(), view.user, place, content, conflicts.version(request.form.get("version")))
    except ValueError:
        abort(413, _("This is too long to be kept before it is saved."))
    return {"kept": _("Kept at %(time)s, not saved yet.", time=format_time(when, "short"))}


def _doing(act):
    return lambda view, place: act(db.session(), view.user, place)


ACTS = {KEEP: _keep, STAY: _doing(drafts.stay), LEAVE: _doing(drafts.leave), DROP: _doing(drafts.drop)}


def place_of(form):
    """Return where the draft of a form is kept."""
    return form.model, drafts.NEW if form.new else form.row.id


def lies(form):
    """Return what lies at the row of a form: the draft that can be taken back, or None, and who else has it open."""
    desk = drafts.look(db.session(), form.user, place_of(form))
    return offer(form, desk.own) if desk.own else None, present(form.user, desk)


def offer(form, draft):
    """Return what a draft says otherwise than what is stored, or None where that is nothing."""
    typed = taken_back(form.user, form.row, draft)
    differing = tuple((field.label.text, *both_sides(field)) for field in typed if field.present and field.changed)
    return Offer(moment(draft.saved_at), differing) if differing else None


def taken_back(user, row, draft):
    """Return the form of a row with what a draft holds, compared with what others changed since it was begun."""
    sent = MultiDict((name, value) for name, values in draft.content.items() for value in values)
    if draft.version is not None:
        sent["version"] = str(draft.version)
    form = RowForm(user, row)
    form.fill(sent, MultiDict())
    form.ask_nothing()
    return form


def take_back(form):
    """Return the form with the draft that is kept for it; answers 404 where there is none."""
    own = drafts.look(db.session(), form.user, place_of(form)).own
    return taken_back(form.user, form.row, own) if own else abort(404)


def present(user, desk):
    """Return sentences about who else has the row open, by the names that `user` may know."""
    return [
        _("%(who)s has had this open since %(time)s.", who=conflicts.called(user, key), time=moment(since))
        for key, since in desk.others[:MOST_NAMED]
    ]


def moment(when: datetime) -> str:
    """Return a moment on the user's own clock, with its day only where that is not today."""
    close = (now() - when).total_seconds() < 12 * 3600
    return str(format_time(when, "short") if close else format_datetime(when, "short"))
