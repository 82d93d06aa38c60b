"""What a program sends for the fields of a row, as the row holds it: types first, then keys of rows, then pictures."""

import base64
import binascii
import re
from io import BytesIO

from sqlalchemy import JSON, Boolean, Float, Integer, Numeric, select
from sqlalchemy.types import TypeDecorator

from backoffice.api.subjects import is_many
from backoffice.core.access import condition
from backoffice.core.catalogues import gettext as _
from backoffice.core.files import store_picture
from backoffice.core.model import db
from backoffice.core.resource import columns, is_picture, relations
from backoffice.core.transfer import values
from backoffice.core.types import LARGEST, Strings
from backoffice.core.writing import objections, writable
from backoffice.core.writing.refusals import Refusal

MOST_NAMED = 1000  # rows that one relation is to name
DATA = re.compile(r"data:image/[a-z+.-]{1,20};base64,")


def read(user, model, told):
    """Return the values for `told` (field → JSON) by column and relation; raises Refusal for what cannot be meant."""
    found, problems = _sorted(user, model, told)
    if problems:
        raise Refusal(problems)
    return found


def of_row(user, what, told):
    """Return the values for `told` as `read` does, for `what`: a row, or the model of a new one.

    What the model has against the rest is told together with what cannot be meant.
    """
    model = what if isinstance(what, type) else type(what)
    found, problems = _sorted(user, model, told)
    if problems:
        raise Refusal(problems | objections.against(db.session(), user, what, found, told.keys() - found.keys()))
    return found


def _sorted(user, model, told):
    """Return the values that can be meant, and sentences about the others, by field."""
    may, found, problems = writable(user, model), {}, {}
    for name, sent in told.items():
        try:
            found[name] = _value(user, model, name, sent) if name in may else _none()
        except ValueError as error:
            problems[name[:80]] = str(getattr(error, "message", error))
    return found, problems


def _none():
    raise ValueError(_("There is no field called so that you may set."))


def _value(user, model, name, sent):
    return _related(user, model, name, sent) if name in relations(model) else _own(model, name, sent)


def _own(model, name, sent):
    column = columns(model)[name]
    types, word = accepted(column)
    # A boolean is a whole number to Python, and nowhere else.
    odd = isinstance(sent, bool) and not isinstance(plain(column), Boolean | JSON)
    if odd or (sent is not None and not isinstance(sent, types)):
        problem = _("This must be: %(kind)s.", kind=word)
        raise ValueError(problem)
    if is_picture(model, name):
        return None if not sent else _picture(sent)
    if isinstance(plain(column), JSON) and not isinstance(column.type, Strings):
        return sent
    return values.value(column, sent, exact=True)


def plain(column):
    """Return the type of a column as SQLAlchemy knows it, whatever is wrapped around it."""
    return column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type


def accepted(column):
    """Return which Python types the JSON for a column may arrive as, and what JSON Schema calls them."""
    kind = plain(column)
    if isinstance(column.type, Strings):
        return (list,), "array"
    for known, types, word in (
        (Boolean, (bool,), "boolean"),
        (Integer, (int,), "integer"),
        (Float, (int, float), "number"),
        (Numeric, (int, float, str), "number"),
        (JSON, (object,), "object"),
    ):
        if isinstance(kind, known):
            return types, word
    return (str,), "string"


def _picture(sent):
    """Return the name under which a picture is kept that was sent as a data URL: it is recognised and drawn anew."""
    start = DATA.match(sent)
    if start is None:
        raise ValueError(_("Send a picture as data:image/png;base64, and its bytes."))
    try:
        given = base64.b64decode(sent[start.end() :], validate=True)
    except binascii.Error as error:
        raise ValueError(_("Send a picture as data:image/png;base64, and its bytes.")) from error
    return store_picture(BytesIO(given))


def _related(user, model, name, sent):
    target, many = relations(model)[name].mapper.class_, is_many(model, name)
    if sent is None and not many:
        return None
    if many and (not isinstance(sent, list) or len(sent) > MOST_NAMED):
        raise ValueError(_("Send a list of keys."))
    keys = [_key(one) for one in (sent if many else [sent])]
    query = select(target).where(target.id.in_(keys), condition(user, "pick", target))
    rows = {row.id: row for row in db.session.scalars(query)}
    if set(keys) - set(rows):
        raise ValueError(_("There is none called “%(word)s” that you may name.", word=min(set(keys) - set(rows))))
    return [rows[key] for key in dict.fromkeys(keys)] if many else rows[keys[0]]


def _key(sent):
    """Return the key by which a row is named: a number, or an object as answers hold it."""
    key = sent.get("id") if isinstance(sent, dict) else sent
    if type(key) is not int or not 0 < key <= LARGEST:
        raise ValueError(_("Name a row by its key, a whole number."))
    return key
