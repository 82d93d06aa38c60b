"""What people read when something is refused or fails."""

import errno

from flask import current_app, g, jsonify, make_response, request
from sqlalchemy import exc
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from backoffice.core.model import db
from backoffice.core.types import Invalid
from backoffice.http.words import CHANGED_MEANWHILE, words

RETRY_AFTER = "5"
# These may be over in a moment: the same form, sent once more, may then go through.
ONCE_MORE = {409, 429, 500, 503, 507}
# SQLite's own words for a question that is longer than it can work through.
TOO_COMPLEX = ("too large", "too complex", "stack overflow", "too many")
FULL = ("disk is full", "no space left", "disk full")


def init_app(app):
    """Answer every failure with a page, or with JSON where a program asks."""
    app.register_error_handler(HTTPException, answer)
    app.register_error_handler(Invalid, invalid)
    app.register_error_handler(RecursionError, too_much)
    app.register_error_handler(OverflowError, too_much)
    app.register_error_handler(exc.StatementError, database_failed)
    app.register_error_handler(exc.TimeoutError, database_failed)
    app.register_error_handler(StaleDataError, stale)
    app.register_error_handler(OSError, storage_failed)


def invalid(error):
    """Answer 400 in the model's own words when a value was refused and no form was there to show it."""
    return _answer(400, str(error.message))


def too_much(error):
    """Answer 400 to content nested deeper, or numbers larger, than can be worked with."""
    current_app.logger.warning("The request asked for more than can be worked with.", exc_info=error)
    return _answer(400)


def stale(error):
    """Answer 409 when the row was changed by another between reading and writing."""
    current_app.logger.warning("A row had changed meanwhile.", exc_info=error)
    return _answer(409, CHANGED_MEANWHILE)


def database_failed(error):
    """Answer in a sentence what the database refused; its own words stay in the log."""
    status = _status(error)
    if status == 500:
        return current_app.handle_exception(error)
    current_app.logger.error("The database refused.", exc_info=error)
    return _answer(status)


def storage_failed(error):
    """Answer 507 when the disk is full; any other failure of the system is a mistake of ours."""
    if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
        return current_app.handle_exception(error)
    current_app.logger.error("The disk is full.", exc_info=error)
    return _answer(507)


def answer(error):
    """Answer an HTTP error in this site's words, keeping what the protocol asks for."""
    if error.response is not None:
        return error.response
    own = error.description if error.description != type(error).description else None
    detail = own if isinstance(own, str) and error.code not in {405, 413, 429, 500} else None
    kept = {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After", "WWW-Authenticate"}}
    return _answer(error.code, detail, kept, getattr(error, "told", None))


def _status(error):
    cause = getattr(error, "orig", None)
    said = str(cause or "").lower()
    if any(word in said for word in FULL):
        return 507
    if isinstance(error, exc.IntegrityError):
        return 409
    # A value that its column refused while the statement was made is a ValueError inside.
    unfit = isinstance(error, exc.DataError) or isinstance(cause, ValueError | OverflowError)
    if unfit or any(word in said for word in TOO_COMPLEX):
        return 400
    gone = isinstance(error, exc.OperationalError | exc.InterfaceError | exc.TimeoutError)
    return 503 if gone or getattr(error, "connection_invalidated", False) else 500


def _answer(status, detail=None, headers=None, more=None):
    _forget_unsaved()
    title, advice = words(status)
    told = {
        "status": status,
        "title": title,
        "detail": detail or advice,
        "request_id": g.get("request_id", "-"),
    }
    made = _json(told, more or {}) if _wants_json() else _page(told)
    made.status_code = status
    made.headers.update(headers or {})
    if status == 503:
        made.headers.setdefault("Retry-After", RETRY_AFTER)
    return made


def _json(told, more):
    """Return the answer as RFC 9457 has it; `more` is what this kind of problem tells besides."""
    words = {name: value if name == "status" else str(value) for name, value in told.items()}
    made = jsonify({"type": "about:blank", **words, **more})
    made.mimetype = "application/problem+json"
    return made


def _page(told):
    # Straight from the environment: what Flask adds to a template asks the database who is signed in, and
    # the database may be what failed.
    page = current_app.jinja_env.get_template("errors/error.html")
    # Who works in the panel goes on there.
    panel = request.path.startswith("/admin/")
    home = f"{request.script_root}/{'admin/' if panel else ''}"
    typed = typed_again() if told["status"] in ONCE_MORE else ()
    return make_response(page.render(home=home, panel=panel, typed=typed, **told))


def typed_again():
    """Return the fields of the form that could not be worked with, so that nobody has to type them again.

    A password is never given back; the form that asks for one is short.
    """
    if request.method != "POST":
        return ()
    fields = list(request.form.items(multi=True))
    return () if any("password" in name for name, _value in fields) else fields


def _wants_json():
    if request.path.startswith("/api/") or request.mimetype == "application/json":
        return True
    accepted = request.accept_mimetypes
    return accepted["application/json"] > accepted["text/html"]


def _forget_unsaved():
    # Whatever a later hook commits must not carry along half of what failed here.
    try:
        db.session.rollback()
    except exc.SQLAlchemyError:
        current_app.logger.exception("The session could not be rolled back.")
        db.session.remove()
