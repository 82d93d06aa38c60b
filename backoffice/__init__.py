"""Backoffice: a model says what it is; the grid, the form, the rights, the history and the tests follow."""

import os
from pathlib import Path

from flask import Flask
from werkzeug.utils import import_string

import config
from backoffice import admin, api, auth, cli, http, models, site
from backoffice.core import declarations, model

ROOT = Path(__file__).resolve().parent.parent


def create_app(**settings):
    """Return the application, with `settings` over those of the environment."""
    app = Flask(
        __name__,
        root_path=str(ROOT),
        instance_path=str(ROOT / "instance"),
        static_folder="static",
        template_folder="templates",
    )
    app.config.from_mapping(config.load(os.environ))
    app.config.from_mapping(settings)
    models.know()
    declarations.check()
    model.init_app(app)
    if app.config["REDIS_URL"]:
        # By its name: who has no use for Celery does not wait until it is loaded.
        import_string("backoffice.carrier").init_app(app)
    http.init_app(app)
    auth.init_app(app)
    admin.init_app(app)
    api.init_app(app)
    site.init_app(app)
    cli.init_app(app)
    return app
