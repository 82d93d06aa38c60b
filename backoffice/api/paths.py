"""The addresses of a resource as OpenAPI describes them: what may be asked for and sent there, and what comes back."""

from backoffice.api import asking
from backoffice.api.shapes import KEY
from backoffice.api.subjects import address
from backoffice.core import undo
from backoffice.core.access import can, may_see
from backoffice.core.catalogues import gettext as _
from backoffice.core.history import Change
from backoffice.core.operation.holds import holds
from backoffice.core.resource import actions, filterable, labels, sortable
from backoffice.core.selection import criteria
from backoffice.core.selection.comparing import operators
from backoffice.core.writing import writable

JSON, FAILED = "application/json", "application/problem+json"
TEXT, NUMBER, FLAG = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}
ROW_KEY = {"name": "key", "in": "path", "required": True, "schema": KEY}
IF_MATCH = {"name": "If-Match", "in": "header", "schema": TEXT}
ONCE = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 200}}


def of_auth():
    """Return the addresses at which programs sign in, which are there for everybody."""
    asked = {"email": TEXT, "password": TEXT, "name": TEXT, "scopes": _list(TEXT), "days": NUMBER}
    token = {"id": KEY, "name": TEXT, "prefix": TEXT, "scopes": _list(TEXT), "expires_at": TEXT}
    me = {"id": KEY, "name": TEXT, "username": TEXT, "rights": _list(TEXT), "token": _object(token)}
    issue = _does(
        "auth", "issue", _("Get a token for a name and a password"), {"201": _object({**token, "token": TEXT})}
    )
    revoke = _does("auth", "revoke", _("End the token that is used"), {"204": None})
    return {
        "/api/v1/auth/me": {"get": _does("auth", "me", _("Say for whom the token stands"), {"200": _object(me)})},
        "/api/v1/auth/token": {"post": {**issue, "security": [], **_body(_object(asked))}, "delete": revoke},
    }


def of(user, model):
    """Return the addresses of `model` with what `user` may do there."""
    name, tag = model.__tablename__, address(model).rpartition("/")[2]
    row, words = _ref(name), {"200": _ref(name)}
    several = {"get": {**_does(tag, "list", _("List"), {"200": _page(row)}), "parameters": _parameters(user, model)}}
    single = {"get": {**_does(tag, "show", _("Show"), words), "parameters": [_plain("fields")]}}
    if can(user, "create", model):
        does = _does(tag, "create", _("Make one"), {"201": row})
        several["post"] = {**does, "parameters": [ONCE], **_body(_ref(f"{name}.new"))}
    if can(user, "update", model) and writable(user, model):
        does = _does(tag, "update", _("Change"), words)
        single["patch"] = {**does, "parameters": [IF_MATCH], **_body(_ref(f"{name}.change"))}
    if can(user, "delete", model):
        said = [_plain(way.key) for way in holds(model) if may_see(user, way.model, way.name) and _reads(user, way)]
        single["delete"] = {**_does(tag, "delete", _("Delete"), {"204": None}), "parameters": [IF_MATCH, *said]}
    found = {address(model): several, f"{address(model)}/{{key}}": {"parameters": [ROW_KEY], **single}}
    return found | {f"{address(model)}/actions/{one}": {"post": does} for one, does in _acts(user, model, tag)}


def _reads(user, way):
    return can(user, "read", way.model)


def _acts(user, model, tag):
    """Yield the operations on many rows."""
    known = {one: action.label for one, action in actions(model).items()}
    for name, label in {"update": _("Change many"), "delete": _("Delete many"), **known}.items():
        if can(user, name, model):
            yield name, {**_does(tag, name + "_rows", str(label), {"200": OUTCOME}), **_body(_meant(name))}
    if model is Change:
        does = _does(tag, "undo", _("Take a batch back"), {"200": {"type": "object"}})
        yield undo.UNDO, {**does, **_body(_object({"batch": TEXT, "dry_run": FLAG}, ["batch"]))}


def _meant(name):
    said = {"ids": _list({"anyOf": [KEY, _object({"id": KEY, "version": KEY}, ["id"])]}), "filter": _map(TEXT)}
    said |= {"expected": NUMBER, "dry_run": FLAG}
    edits = {"set": {"type": "object"}, "add": _map(_list(KEY)), "remove": _map(_list(KEY))}
    return _object({**said, **(edits if name == "update" else {})})


def _parameters(user, model):
    sorts = [name for name in sortable(model) if may_see(user, model, name)]
    made = [_plain("sort", {"enum": [one for name in sorts for one in (name, f"-{name}")]}) if sorts else None]
    made += [_plain("fields"), _plain("page_size", {"type": "integer", "minimum": 1, "maximum": asking.MOST})]
    made += [
        _plain("count", {"enum": list(asking.COUNTS)}),
        _plain("after"),
        _plain("before"),
        _plain("last", FLAG_WORD),
    ]
    made += [_plain(name) for name in sorted(criteria.OWN)]
    for name in filterable(model):
        if may_see(user, model, name):
            for operator in operators(model, name):
                key = name if operator == "is" else f"{name}__{operator}"
                made.append({**_plain(key), "description": str(labels(model, name))})
    return [one for one in made if one]


FLAG_WORD = {"enum": ["0", "1"]}


def _plain(name, schema=TEXT):
    return {"name": name, "in": "query", "schema": schema}


def _does(tag, verb, summary, answers):
    """Return an operation: what it is called, and what comes back when it is done and when it is not."""
    made = {}
    for status, schema in answers.items():
        made[status] = {"description": summary, **({"content": {JSON: {"schema": schema}}} if schema else {})}
    failed = {"description": _("Refused"), "content": {FAILED: {"schema": _ref("Problem")}}}
    return {"operationId": f"{tag}_{verb}", "tags": [tag], "summary": summary, "responses": {**made, "default": failed}}


def _body(schema):
    return {"requestBody": {"required": True, "content": {JSON: {"schema": schema}}}}


def _page(row):
    count = {"anyOf": [_object({"value": NUMBER, "exact": FLAG}), {"type": "null"}]}
    place = {"type": ["string", "null"]}
    return _object({"data": _list(row), "count": count, "next": place, "previous": place})


def _object(properties, needed=()):
    made = {"type": "object", "additionalProperties": False, "properties": properties}
    return {**made, "required": list(needed)} if needed else made


def _list(items):
    return {"type": "array", "items": items}


def _map(values):
    return {"type": "object", "additionalProperties": values}


def _ref(name):
    return {"$ref": f"#/components/schemas/{name}"}


OUTCOME = _object(
    {
        **dict.fromkeys(("changed", "already", "refused"), NUMBER),
        "reasons": _list(_object({"why": TEXT, "count": NUMBER})),
        "rows": _list(_object({"id": KEY, "label": TEXT, "became": TEXT, "why": TEXT})),
        "batch": TEXT,
        "groups": _list({"type": "object"}),
        "sure": FLAG,
        "dry_run": FLAG,
    }
)
