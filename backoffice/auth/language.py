"""In which language and on which clock somebody reads: chosen by themselves, kept with their account and browser."""

from urllib.parse import urlsplit

from babel import Locale
from flask import Blueprint, abort, current_app, redirect, render_template, request

from backoffice.core import zones
from backoffice.core.catalogues import COOKIE
from backoffice.core.catalogues import gettext as _
from backoffice.core.history.actors import actor
from backoffice.core.model import db
from backoffice.core.web.redirects import safe_target

YEAR = 365 * 24 * 3600
LONGEST = 100

blueprint = Blueprint("language", __name__)


def init_app(app):
    """Serve /language, and tell templates which languages there are."""
    app.register_blueprint(blueprint)
    app.add_template_global(languages)


@blueprint.route("/language", methods=("GET", "POST"))
def choice():
    """Show the languages there are, and to whoever is signed in the time zones; keep the one that is chosen."""
    if request.method != "POST":
        return _offer()
    answer = redirect(safe_target(request.form.get("url")) or f"{request.script_root}/", 303)
    if "timezone" in request.form:
        typed = request.form["timezone"].strip()
        if not _keep_zone(typed):
            return _offer(typed[:LONGEST], _("There is no such time zone; write one as Europe/Berlin.")), 422
    else:
        _keep_language(request.form.get("language"), answer)
    return answer


def _offer(typed=None, problem=""):
    user = actor().user
    own = (user.timezone or "") if user is not None else ""
    return render_template(
        "security/language.html",
        back=safe_target(request.values.get("url") or _before()) or "",
        zones=zones.offered() if user is not None else (),
        zone=own if typed is None else typed,
        called=dict(zones.offered()).get(own, ""),
        problem=problem,
        usual=current_app.config["BABEL_DEFAULT_TIMEZONE"],
    )


def _before():
    """Return the page of this site that led here: public pages name none, so that they are the same for everyone."""
    try:
        came = urlsplit(request.referrer or "")
    except ValueError:
        return None
    return came._replace(scheme="", netloc="").geturl() if came.netloc == request.host else None


def _keep_language(wanted, answer):
    if wanted not in current_app.config["LANGUAGES"]:
        abort(400)
    _keep(actor().user, "locale", wanted)
    secure = current_app.config["SESSION_COOKIE_SECURE"]
    answer.set_cookie(COOKIE, wanted, max_age=YEAR, samesite="Lax", secure=secure, httponly=True)


def _keep_zone(typed):
    """Keep the time zone that was typed, or that of the site for none; tell whether there is such a one."""
    user = actor().user
    if user is None:
        abort(400)
    wanted = zones.meant(typed) if typed else None
    if wanted or not typed:
        _keep(user, "timezone", wanted)
    return bool(wanted or not typed)


def _keep(user, name, value):
    if user is not None and getattr(user, name) != value:
        setattr(user, name, value)
        db.session.commit()


def languages():
    """Return the languages that are offered: pairs of the tag and the language's own name."""
    tags = current_app.config["LANGUAGES"]
    named = ((tag, Locale.parse(tag.replace("-", "_")).display_name) for tag in tags)
    return [(tag, name[:1].upper() + name[1:]) for tag, name in named]
