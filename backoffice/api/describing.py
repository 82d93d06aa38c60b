"""What programs can do here, as an OpenAPI document and as a page: for whoever reads it, what they may do."""

from flask import Blueprint, current_app, jsonify, render_template, request

from backoffice.api import paths, shapes
from backoffice.api.subjects import plural
from backoffice.core.access import can
from backoffice.core.history.actors import actor
from backoffice.core.resource import resources
from backoffice.core.writing import writable

blueprint = Blueprint("describing", __name__, url_prefix="/api")
PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
        "version": {"type": "integer"},
        "conflicts": {"type": "object"},
        "references": {"type": "array", "items": {"type": "object"}},
    },
}


def init_app(app):
    """Serve the document and the page."""
    app.register_blueprint(blueprint)


@blueprint.get("/openapi.json")
def document():
    """Send the document for the acting person; a stranger learns how to sign in, and nothing of what there is."""
    return jsonify(described(actor().user))


@blueprint.get("/docs")
def page():
    """Show the same to people."""
    return render_template("admin/api/docs.html", document=described(actor().user), user=actor().user)


# They only tell, and what they tell is nobody else's: a browser's cookie may say who reads them.
document.for_people = page.for_people = True


def described(user):
    """Return the OpenAPI document of what `user` may do."""
    models = [model for model in resources().values() if user is not None and can(user, "read", model)]
    schemas = {"Problem": PROBLEM, "Reference": shapes.REFERENCE}
    found = paths.of_auth()
    for model in models:
        schemas |= _schemas(user, model)
        found |= paths.of(user, model)
    return {
        "openapi": "3.1.0",
        "info": {"title": current_app.config["SITE_NAME"], "version": "1"},
        "servers": [{"url": request.script_root or "/"}],
        "security": [{"token": []}],
        "tags": [{"name": plural(model), "description": _called(model)} for model in models],
        "paths": found,
        "components": {"schemas": schemas, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }


def _called(model):
    return str(model.resource.plural if model.resource else plural(model))


def _schemas(user, model):
    name = model.__tablename__
    made = {name: shapes.told(user, model)}
    if can(user, "create", model):
        made[f"{name}.new"] = shapes.sent(user, model, new=True)
    if can(user, "update", model) and writable(user, model):
        made[f"{name}.change"] = shapes.sent(user, model, new=False)
    return made
