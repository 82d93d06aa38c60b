"""The pictures that texts show: found among those that are stored, or added where one writes."""

from dataclasses import dataclass

from flask import abort, jsonify, request, url_for
from sqlalchemy import select

from backoffice.admin.forms import adding
from backoffice.admin.relations.lookup import asked, offers
from backoffice.core.access import can, may_see, visible
from backoffice.core.catalogues import gettext as _
from backoffice.core.files.renditions import picture_url
from backoffice.core.model import db
from backoffice.core.resource import columns, is_picture, resources
from backoffice.core.writing import Refusal


@dataclass(frozen=True)
class Shelf:
    """Where the pictures of texts stand, and what a person may do there."""

    url: str
    finds: bool
    adds: bool


def shelf(user):
    """Return where `user` finds or adds pictures for a text, or None."""
    model = next((one for one in resources().values() if _picture(one)), None)
    if model is None:
        return None
    finds, adds = _finds(user, model), bool(adding.picture_column(user, model))
    return Shelf(url_for(f"{model.__tablename__}.pictures_view"), finds, adds) if finds or adds else None


def answer(view):
    """Answer the pictures that match, or add the one that was sent; all as JSON."""
    column = _picture(view.model)
    if not column:
        abort(404)
    return _add(view, column) if request.method == "POST" else _found(view, column)


def _found(view, column):
    user, model = view.user, view.model
    if not _finds(user, model):
        abort(404)
    found = offers(user, model, asked())
    about = [column, adding.ALT] if adding.ALT in columns(model) and may_see(user, model, adding.ALT) else [column]
    shown = select(model.id, *(getattr(model, name) for name in about))
    shown = visible(user, "pick", model).with_only_columns(*shown.selected_columns)
    rows = db.session.execute(shown.where(model.id.in_([one.key for one in found])))
    held = {row.id: row for row in rows}
    return jsonify([_said(one.key, one.label, held[one.key], column) for one in found if one.key in held])


def _add(view, column):
    file, alt = request.files.get("file"), " ".join(request.form.get("alt", "").split())
    if not adding.picture_column(view.user, view.model):
        abort(404)
    if not file:
        return jsonify(problem=_("Choose a picture.")), 422
    try:
        row = adding.by_picture(view.user, view.model, file, alt)
        made = jsonify(_said(row.id, file.filename, row, column))
        db.session.commit()
    except Refusal as refusal:
        db.session.rollback()
        return jsonify(problem=" ".join(map(str, refusal.problems.values()))), 422
    return made, 201


def _said(key, text, row, column):
    name = getattr(row, column)
    alt = getattr(row, adding.ALT, None) or ""
    return {"id": key, "text": text, "src": picture_url(name), "small": picture_url(name, 320), "alt": alt}


def _finds(user, model):
    column = _picture(model)
    return (can(user, "pick", model) or can(user, "read", model)) and may_see(user, model, column)


def _picture(model):
    """Return the column that makes the rows of a model pictures, or ""."""
    return next((name for name, one in columns(model).items() if is_picture(model, name) and not one.nullable), "")
