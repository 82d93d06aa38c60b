"""What becomes of a form that is sent after its session ended: nothing is done, and what was typed is kept."""

from urllib.parse import quote

from flask import current_app, flash, make_response, render_template, request
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import BadRequest

from backoffice.auth.targets import PATH
from backoffice.core.catalogues import gettext as _
from backoffice.core.history.actors import actor
from backoffice.core.web import kept
from backoffice.core.web.redirects import safe_target

WHOSE, KEPT = "whose", "kept"
# What belongs to the page that was sent, not to what was typed in it.
BESIDE = {"csrf_token", WHOSE, KEPT}


def init_app(app):
    """Keep what is sent without a session, or with the token of another one."""
    app.before_request(hold)
    app.after_request(bring_back)
    app.register_error_handler(CSRFError, refuse)


def hold():
    """Answer a form of somebody who is signed out: sign in, and it comes back as it was."""
    if actor().door == "api" or request.method != "POST" or WHOSE not in request.form or actor().user is not None:
        return None
    parcel = _parcel()
    return None if parcel is None else (_page("lost.html", parcel), 401)


def refuse(error):
    """Answer a form whose token is none of this session's; what somebody typed in a form made for them is kept."""
    parcel = _parcel()
    if parcel is None:
        said = _("The session of that page is over, so nothing was done. Load the page again, then repeat it.")
        return current_app.handle_http_exception(BadRequest(said if request.form else error.description))
    if not current_user.is_authenticated:
        return _page("lost.html", parcel), 400
    if current_user.id != parcel.key:
        said = _("That form was opened by another account, so nothing was saved.")
        return current_app.handle_http_exception(BadRequest(said))
    return _page("back.html", parcel), 400


def bring_back(response):
    """After signing in lead whoever typed it back to their form, with all they typed; others go where all go."""
    if request.endpoint != "security.login" or request.method != "POST" or response.status_code != 302:
        return response
    parcel = kept.unseal(request.form.get(KEPT))
    if parcel is None:
        return response
    if current_user.id != parcel.key:
        flash(_("What was typed before was typed by another account: it is not shown here."), "error")
        return response
    return make_response(_page("back.html", parcel))


def _parcel():
    """Return what was typed, if the form was made for somebody and says for whom."""
    key = kept.marked(request.form.get(WHOSE))
    if key is None:
        return None
    path = quote(request.script_root + request.path, safe=PATH)
    query = request.query_string.decode("ascii", "ignore")
    address = safe_target(f"{path}?{query}" if query else path)
    pairs = request.form.items(multi=True)
    typed = [(name, value) for name, value in pairs if name not in BESIDE and "password" not in name]
    return kept.Parcel(key, address, typed, any(request.files.values())) if address else None


def _page(template, parcel):
    return render_template(f"security/{template}", parcel=parcel, sealed=kept.seal(parcel))
