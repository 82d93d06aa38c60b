"""What becomes of a filled-in form: stored as one whole, or shown again with all that was typed."""

import re

from flask import request
from flask_babel import gettext as _
from sqlalchemy import func

from backoffice.admin.fields import Select, Upload
from backoffice.admin.forms import RowForm
from backoffice.admin.lookup import pickable
from backoffice.admin.pickers import Picker
from backoffice.core import writing
from backoffice.core.access import NotFound, fetch, may_write
from backoffice.core.files import store_picture
from backoffice.core.model import db
from backoffice.core.resource import columns, resource
from backoffice.core.writing import Refusal, Stale

ALT = "alt"


def save(form, row):
    """Return the stored row (`row` is None for a new one), flushed; raises Refusal with what is wrong."""
    session, user = db.session(), form.user
    if form.problems:
        raise Refusal({})
    values = form.values() | _added(form)
    if row is None:
        return writing.create(session, user, form.model, values)
    if form.version is None:
        # What was sent may be older than what is stored: a program, or a page that lost a field, is asked as well.
        said = _("It is not known which version you changed: compare it with what is stored, then save again.")
        raise Stale({"": said})
    return writing.update(session, user, row, values, form.version)


def _added(form):
    """Store what is to be added on the spot, files and rows, and return what the row is to hold for it."""
    found = {}
    for field in form:
        if field.name in form.taken:
            continue
        if isinstance(field, Upload) and field.present:
            found[field.name] = _store(field.name, field.file) if field.file else None
        elif isinstance(field, Picker) and field.file:
            found[field.name] = _add(form.user, field)
        elif isinstance(field, Picker) and field.new:
            made = [_made(form.user, field, words) for words in field.new]
            found[field.name] = list(dict.fromkeys([*field.data, *made])) if field.many else made[-1]
    return found


def _made(user, field, words):
    """Return the row of the other model that is called so, made if there is none."""
    target = field.source.target
    name = resource(target).label
    called = func.lower(getattr(target, name)) == words.lower()
    there = db.session.scalar(pickable(user, target).where(called).order_by(target.id).limit(1))
    return there or _create(user, field, {name: words})


def _store(name, file):
    try:
        return store_picture(file.stream)
    except ValueError as error:
        raise Refusal({name: str(error)}) from error


def _add(user, field):
    """Return a new row of the other model that holds the picture sent with this field."""
    target, file = field.source.target, field.file
    values = {field.source.upload: _store(field.name, file)}
    label = resource(target).label
    if may_write(user, target, label):
        values[label] = _title(file.filename)
    if field.alt and ALT in columns(target) and may_write(user, target, ALT):
        values[ALT] = field.alt
    return _create(user, field, values)


def _create(user, field, values):
    try:
        return writing.create(db.session(), user, field.source.target, values)
    except NotFound as error:
        raise Refusal({field.name: _("You may not add one here.")}) from error
    except Refusal as refusal:
        raise Refusal({field.name: " ".join(refusal.problems.values())}) from refusal


def _title(filename):
    """Return words for a picture that has only a file name, which may be anything."""
    stem = re.split(r"[\\/]", filename or "")[-1].rpartition(".")[0] or filename or ""
    words = " ".join(re.sub(r"[\W_]+", " ", stem).split())
    return words[:100] or _("Picture")


def show_again(user, model, key, refusal):
    """Return the form with everything that was typed, and what stands against storing it.

    The transaction is over: what is shown beside it is read anew. `key` is None for a new row.
    """
    db.session.rollback()
    row = model() if key is None else fetch(db.session(), user, "update", model, key)
    form = RowForm(user, row)
    form.fill(request.form, request.files)
    form.tell(refusal.problems)
    if isinstance(refusal, Stale):
        form.version = row.version
        form.conflicts = differences(form)
    return form


def differences(form):
    """Return what is stored now, in words, for each field that was typed otherwise."""
    return {field.name: _words(field) for field in form if field.present and field.changed}


def _words(field):
    if isinstance(field, Select):
        return str(dict(field.options).get(field.stored, field.stored))
    return field.stored
