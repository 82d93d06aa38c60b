"""What the rows of a resource look like as JSON Schema: what one may be told of them, and what one may send."""

from sqlalchemy import Date, DateTime, Enum, Time

from backoffice.api.subjects import fields, is_many
from backoffice.api.values import accepted, plain
from backoffice.core.model import largest, required
from backoffice.core.resource import columns, is_picture, key_of, labels, relations
from backoffice.core.types import Choice, Html, Picture
from backoffice.core.writing import writable

KEY = {"type": "integer", "minimum": 1}
REFERENCE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["id", "label"],
    "properties": {"id": KEY, "label": {"type": "string"}},
}
FORMATS = ((DateTime, "date-time"), (Date, "date"), (Time, "time"))


def told(user, model):
    """Return the schema of a row as `user` is told it."""
    properties = {"id": KEY, "version": KEY}
    properties |= {name: _told(model, name) for name in fields(user, model) if name not in properties}
    return _object(properties, ["id", "version"])


def sent(user, model, *, new):
    """Return the schema of what `user` may send to make a row, or to change one."""
    properties = {name: _sent(model, name) for name in writable(user, model)}
    if new:
        return _object(properties, [name for name in properties if _must(model, name)])
    return _object({"version": KEY, **properties}, [])


def _object(properties, needed):
    return {"type": "object", "additionalProperties": False, "required": needed, "properties": properties}


def _must(model, name):
    column = columns(model).get(name)
    # An address that follows from another column is made where none is sent.
    return column is not None and required(column) and name not in dict(model.addresses())


def _told(model, name):
    reference = {"$ref": "#/components/schemas/Reference"}
    if is_many(model, name):
        return {"type": "array", "items": reference, "title": _title(model, name)}
    if name in relations(model):
        return {"anyOf": [reference, {"type": "null"}], "title": _title(model, name)}
    return _column(model, name)


def _sent(model, name):
    if is_many(model, name):
        return {"type": "array", "items": KEY, "title": _title(model, name)}
    if name in relations(model):
        nullable = columns(model)[key_of(model, name)].nullable
        return {**KEY, "type": ["integer", "null"] if nullable else "integer", "title": _title(model, name)}
    made = _column(model, name)
    if is_picture(model, name):
        made.pop("maxLength", None)
        made["contentEncoding"] = "base64"
    return made


def _column(model, name):
    column = columns(model)[name]
    kind, word = plain(column), accepted(column)[1]
    made = {"type": [word, "null"] if column.nullable else word, "title": _title(model, name)}
    if word == "object":
        made.pop("type")
    elif word == "array":
        made["items"] = {"type": "string"}
    elif word == "integer":
        made |= {"minimum": -largest(kind), "maximum": largest(kind)}
    elif word == "string":
        made |= _text(column, kind)
    return made


def _text(column, kind):
    values = column.type.values if isinstance(column.type, Choice) else getattr(kind, "enums", None)
    if isinstance(kind, Enum) or values:
        return {"enum": [*values, *([None] if column.nullable else [])]}
    form = next((word for known, word in FORMATS if isinstance(kind, known)), None)
    if form:
        return {"format": form}
    if isinstance(column.type, Html):
        return {"contentMediaType": "text/html"}
    length = getattr(kind, "length", None)
    return {"maxLength": length} if length and not isinstance(column.type, Picture) else {}


def _title(model, name):
    return str(labels(model, name))
