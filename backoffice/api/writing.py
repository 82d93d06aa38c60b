"""One row made or changed by a program: the same rights, rules and record as by any other door."""

from flask import jsonify, request
from sqlalchemy import select

from backoffice.api import once, rows, values, versions
from backoffice.api.subjects import address, fields
from backoffice.core import writing
from backoffice.core.access import NotFound, fetch
from backoffice.core.history.actors import actor
from backoffice.core.model import db
from backoffice.core.web import bodies


def create(user, model):
    """Make a row of what was sent; sent again with the same key, it is the same row."""
    told = bodies.read(request)

    def work():
        row = writing.create(db.session(), user, model, values.of_row(user, model, told))
        return {"id": row.id}, 201

    found, status, again = once.do(user, work)
    made = _told(user, model, found["id"])
    made.status_code = status
    made.headers["Location"] = address(model, found["id"])
    if again:
        made.headers[once.REPLAYED] = "true"
    return made


def update(user, model, key):
    """Change the fields that were sent, whatever others changed besides; what both changed is refused."""
    told = bodies.read(request)
    version = versions.read(told)
    session = db.session()
    row = held(user, model, "update", key)
    settled = versions.settle(user, row, version, values.of_row(user, row, told))
    if settled.conflicts:
        raise versions.conflict(row, settled)
    writing.update(session, user, row, settled.values, row.version)
    key = row.id
    session.commit()
    made = _told(user, model, key)
    if settled.merged:
        made.headers["X-Merged"] = ", ".join(settled.merged)
    return made


def held(user, model, verb, key):
    """Return the row with this key, which nobody else writes before this is done."""
    session = db.session()
    row = fetch(session, user, verb, model, key)
    session.execute(select(model.id).where(model.id == row.id).with_for_update())
    session.refresh(row)
    return row


def _told(user, model, key):
    try:
        told = rows.one(db.session(), user, model, key, fields(user, model))
    except NotFound:
        # One may make what one may not look at afterwards.
        return recorded(jsonify(id=key), 200)
    made = recorded(jsonify(told), 200)
    made.set_etag(str(told["version"]))
    return made


def recorded(made, status):
    """Return an answer that names what was written in the history."""
    made.status_code = status
    made.headers["X-Batch"] = actor().batch
    return made
