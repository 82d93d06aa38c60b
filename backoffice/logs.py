"""What is written down about each request, one event to a line, whatever the text in it."""

import json
import logging
import time
import uuid
from datetime import UTC, datetime
from logging.config import dictConfig

from flask import g, has_request_context, request
from sqlalchemy import inspect
from sqlalchemy.orm import InstanceState

access = logging.getLogger("backoffice.access")

# Control characters, the C1 range, and the two separators some viewers break lines at.
FORGING = {n: f"\\x{n:02x}" for n in (*range(0x20), *range(0x7F, 0xA0))} | {
    ord("\n"): "\\n",
    ord("\r"): "\\r",
    ord("\t"): "\\t",
    0x2028: "\\u2028",
    0x2029: "\\u2029",
}
# The library makes one anew for each line that is to be written otherwise than by itself.
_encoded = json.JSONEncoder(default=str).encode
EXTRA = ("method", "path", "status", "milliseconds", "address", "user")


def init_app(app):
    """Number the requests, write a line about each, and choose the form of the lines."""
    if not app.testing:
        configure(app.config["BACKOFFICE_ENV"])
    app.before_request(number)
    app.after_request(record)


def configure(environment):
    """Send everything to standard error: as JSON in production, to be read by eye elsewhere."""
    form = "json" if environment == "production" else "line"
    dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": {"()": JsonFormatter}, "line": {"()": LineFormatter}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": form}},
            "root": {"level": "INFO", "handlers": ["stderr"]},
        }
    )


def number():
    """Give the request a number of its own; a number sent by the client is not believed."""
    g.request_id = uuid.uuid4().hex
    g.started = time.perf_counter()


def record(response):
    """Write who asked for what, from where, and what came of it."""
    taken, path = time.perf_counter() - g.get("started", time.perf_counter()), place()
    access.info(
        "%s %s %s",
        request.method,
        path,
        response.status_code,
        extra={
            "method": request.method,
            "path": path,
            "status": response.status_code,
            "milliseconds": round(taken * 1000, 1),
            "address": request.remote_addr,
            "user": who(),
        },
    )
    return response


def who():
    """Return the key of the signed-in user, without asking the database for it."""
    state = inspect(g.get("_login_user"), raiseerr=False)
    return state.identity[0] if isinstance(state, InstanceState) and state.identity else None


def place():
    """Return the path without its query; where the path itself carries a token, only its pattern."""
    if request.blueprint == "security" and request.url_rule is not None:
        return request.url_rule.rule
    return request.path


def request_number():
    """Return the number of the request being answered, or a dash outside one."""
    return g.get("request_id", "-") if has_request_context() else "-"


class JsonFormatter(logging.Formatter):
    """One JSON object to a line, in UTC."""

    def format(self, record):
        """Return the record as a line; JSON itself escapes whatever could break it."""
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "request": request_number(),
        }
        told |= {name: getattr(record, name) for name in EXTRA if getattr(record, name, None) is not None}
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return _encoded(told)


class LineFormatter(logging.Formatter):
    """A line for the eye, with the traceback below it."""

    converter = time.gmtime

    def __init__(self):
        super().__init__("%(asctime)sZ %(levelname)s %(name)s %(message)s", "%Y-%m-%d %H:%M:%S")

    def formatMessage(self, record):  # noqa: N802 - the name is logging's
        """Return the line with every control character spelt out."""
        return super().formatMessage(record).translate(FORGING)
