"""Rows that are made where another row names them: by their name alone, or around a picture that is sent along."""

import re

from sqlalchemy import func

from backoffice.admin.relations.lookup import pickable
from backoffice.core import writing
from backoffice.core.access import NotFound, can, may_write
from backoffice.core.catalogues import gettext as _
from backoffice.core.files import store_picture
from backoffice.core.model import db
from backoffice.core.resource import columns, is_picture, resource
from backoffice.core.writing import Refusal

ALT = "alt"


def picture_column(user, target):
    """Return the column by which `user` can add a row of `target` around a picture, or ""."""
    names = (name for name in columns(target) if is_picture(target, name) and may_write(user, target, name))
    required = (name for name in names if not columns(target)[name].nullable)
    return next(required, "") if can(user, "create", target) else ""


def by_name(user, target, words):
    """Return the row of `target` that is called so, made if there is none; raises Refusal."""
    name = resource(target).label
    called = func.lower(getattr(target, name)) == words.lower()
    there = db.session.scalar(pickable(user, target).where(called).order_by(target.id).limit(1))
    return there or _create(user, target, {name: words})


def by_picture(user, target, file, alt):
    """Return a new row of `target` that holds the picture sent, named after its file; raises Refusal."""
    column = picture_column(user, target)
    if not column:
        raise Refusal({"": _("You may not add one here.")})
    values = {column: stored(file, column)}
    label = resource(target).label
    if may_write(user, target, label):
        values[label] = _title(file.filename)
    if alt and ALT in columns(target) and may_write(user, target, ALT):
        values[ALT] = alt
    return _create(user, target, values)


def stored(file, name):
    """Store the picture sent for the column `name` and return what it is called; raises Refusal."""
    try:
        return store_picture(file.stream)
    except ValueError as error:
        raise Refusal({name: str(error)}) from error


def _create(user, target, values):
    try:
        return writing.create(db.session(), user, target, values)
    except NotFound as error:
        raise Refusal({"": _("You may not add one here.")}) from error


def _title(filename):
    """Return words for a picture that has only a file name, which may be anything."""
    stem = re.split(r"[\\/]", filename or "")[-1].rpartition(".")[0] or filename or ""
    words = " ".join(re.sub(r"[\W_]+", " ", stem).split())
    return words[:100] or _("Picture")
