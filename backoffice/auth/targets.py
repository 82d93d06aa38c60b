"""Where people are sent to sign in, and where they land afterwards."""

from urllib.parse import quote

from flask import abort, redirect, request, url_for
from flask_security.utils import do_flash, get_message

from backoffice.core.catalogues import gettext as _
from backoffice.core.web.redirects import safe_target

# What may stand in a path besides letters and digits.
PATH = "/:@!$&'()*+,;=~-._"


def init_app(app, security):
    """Send strangers to sign in, and everybody only to places on this site."""
    security.want_json(lambda _request: False)
    security.unauthn_handler(send_to_sign_in)
    app.before_request(refuse_json)
    app.after_request(land)


def refuse_json():
    """These pages take forms; whatever else is sent is not even read."""
    if request.blueprint == "security" and request.is_json:
        abort(400, _("This page takes a form, not JSON."))


def send_to_sign_in(*_mechanisms, **_rest):
    """Answer a stranger on a private page: sign in, then come back here."""
    if request.is_json or request.accept_mimetypes.best == "application/json":
        abort(401)
    do_flash(*get_message("UNAUTHENTICATED"))
    return redirect(url_for("security.login", next=here()))


def here():
    """Return the address of this page if one can come back to it, else None."""
    if request.method not in {"GET", "HEAD"}:
        return None
    query = request.query_string.decode("ascii", "ignore")
    path = quote(request.script_root + request.path, safe=PATH)
    return safe_target(f"{path}?{query}" if query else path)


def land(response):
    """Let every redirect of these pages lead where it was asked to, or to the panel, but never off this site."""
    if request.endpoint == "security.login" and request.method == "POST" and response.status_code == 302:
        asked = request.form.get("next") or request.args.get("next")
        response.location = safe_target(asked) or f"{request.script_root}/admin/"
    elif request.endpoint == "security.logout" and response.status_code == 302:
        response.location = f"{request.script_root}/"
    return response
