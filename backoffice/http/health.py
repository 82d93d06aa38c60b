"""Whether this process is alive, and whether it is ready for people."""

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, current_app, jsonify
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from backoffice.core.model import db
from backoffice.extensions import limiter

blueprint = Blueprint("health", __name__)
GOOD = frozenset({"ok", "not used"})


def init_app(app):
    """Serve /healthz and /readyz, which no rate limit may hide from those who watch."""
    limiter.exempt(blueprint)
    app.register_blueprint(blueprint)


@blueprint.get("/healthz")
def healthz():
    """Answer as long as the process does."""
    return _said({"status": "ok"})


@blueprint.get("/readyz")
def readyz():
    """Answer 200 when every part that a page needs is there, else 503 naming the part."""
    parts = {"database": _database(), "migrations": _migrations(), "cache": _cache()}
    ready = GOOD.issuperset(parts.values())
    answer = _said({"status": "ok" if ready else "not ready", **parts})
    answer.status_code = 200 if ready else 503
    if not ready:
        answer.headers["Retry-After"] = "5"
    return answer


def _said(parts):
    answer = jsonify(parts)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _database():
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        current_app.logger.exception("The database does not answer.")
        return "no answer"
    return "ok"


def _migrations():
    settings = current_app.extensions["migrate"].migrate.get_config()
    wanted = set(ScriptDirectory.from_config(settings).get_heads())
    try:
        applied = set(MigrationContext.configure(db.session.connection()).get_current_heads())
    except SQLAlchemyError:
        return "unknown"
    return "ok" if applied == wanted else "not at head"


def _cache():
    address = current_app.config["REDIS_URL"]
    if not address:
        return "not used"
    try:
        with Redis.from_url(address, socket_timeout=2, socket_connect_timeout=2) as cache:
            cache.ping()
    except RedisError:
        current_app.logger.exception("The cache does not answer.")
        return "no answer"
    return "ok"
