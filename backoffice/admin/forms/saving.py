"""What becomes of a filled-in form: stored as one whole, or shown again with all that was typed."""

from flask import request
from sqlalchemy import select

from backoffice.admin.forms import RowForm, adding
from backoffice.admin.forms.fields import Upload
from backoffice.admin.forms.pickers import Picker
from backoffice.admin.relations.lookup import short
from backoffice.core import writing
from backoffice.core.access import fetch
from backoffice.core.catalogues import gettext as _
from backoffice.core.model import db
from backoffice.core.writing import Refusal, Stale, objections


def store(form, row):
    """Return the stored row (`row` is None for a new one), flushed, and the form that it was stored from.

    Where another was quicker by a moment, what was sent is compared with what they wrote, and nobody else writes
    meanwhile. Raises Refusal with what is wrong, Stale where there is something to choose, NotFound where the row is
    gone.
    """
    key = row.id if row is not None else None
    try:
        return save(form, row), form
    except Stale:
        if form.blind:
            raise
        form = _again(form.user, form.model, key)
        return save(form, form.row), form


def save(form, row):
    """Return the stored row (`row` is None for a new one), flushed; raises Refusal with what is wrong."""
    session, user = db.session(), form.user
    if form.problems:
        raise Refusal(_besides(form, row))
    values = form.values() | _added(form)
    if row is None:
        return writing.create(session, user, form.model, values)
    if form.blind:
        # What was sent may be older than what is stored: a program, or a page that lost a field, is asked as well.
        said = _("It is not known which version you changed: compare it with what is stored, then save again.")
        raise Stale({"": said})
    if form.conflicts:
        raise Stale({"": _("Someone else changed the same meanwhile.")})
    return writing.update(session, user, row, values, form.version)


def _besides(form, row):
    """Return what the model has against the rest of a form in which some fields are wrong: all is told at once."""
    # What would be added on the spot is not there, and nothing is added for a row that is not stored.
    unread = {one.name for one in form if one.errors or isinstance(one, Upload) or getattr(one, "adds", False)}
    values = {name: value for name, value in form.values().items() if name not in unread}
    return objections.against(db.session(), form.user, form.model if row is None else row, values, unread)


def _added(form):
    """Store what is to be added on the spot, files and rows, and return what the row is to hold for it."""
    found = {}
    for field in form:
        if isinstance(field, Upload) and field.present:
            found[field.name] = adding.stored(field.file, field.name) if field.file else None
        elif isinstance(field, Picker) and field.file:
            given = form.user, field.source.target, field.file, field.alt
            found[field.name] = _told(field.name, adding.by_picture, *given)
        elif isinstance(field, Picker) and field.new:
            given = form.user, field.source.target
            made = [_told(field.name, adding.by_name, *given, words) for words in field.new]
            found[field.name] = list(dict.fromkeys([*field.data, *made])) if field.many else made[-1]
    return found


def _told(name, work, *given):
    """Return what `work` makes; what it refuses is told beside the field called `name`."""
    try:
        return work(*given)
    except Refusal as refusal:
        raise Refusal({name: " ".join(map(str, refusal.problems.values()))}) from refusal


def show_again(user, model, key, refusal):
    """Return the form with everything that was typed, and what stands against storing it.

    The transaction is over: what is shown beside it is read anew. `key` is None for a new row.
    """
    form = _again(user, model, key)
    form.tell(refusal.problems)
    return form


def _again(user, model, key):
    """Return the form as it was sent, beside what is stored by now; raises NotFound."""
    db.session.rollback()
    # What the row holds and what the history says of it must be of one moment.
    db.session.execute(select(model.id).where(model.id == key).with_for_update())
    form = RowForm(user, model() if key is None else fetch(db.session(), user, "update", model, key))
    for file in request.files.values():
        file.stream.seek(0)
    form.fill(request.form, request.files)
    return form


def told(form):
    """Return sentences about what others changed meanwhile and what was not touched by it."""
    return [
        _(
            "%(who)s changed %(fields)s meanwhile; both changes are kept.",
            who=short(who),
            fields=short(", ".join(words)),
        )
        for who, words in form.merged[:3]
    ]
