"""In which language and on which clock somebody reads: chosen by themselves, kept with their account and browser."""

from functools import cache
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from babel import Locale
from flask import Blueprint, abort, current_app, redirect, render_template, request

from backoffice.core.acting import actor
from backoffice.core.catalogues import COOKIE
from backoffice.core.model import db
from backoffice.core.redirects import safe_target

YEAR = 365 * 24 * 3600

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
        _keep_zone(request.form["timezone"])
    else:
        _keep_language(request.form.get("language"), answer)
    return answer


def _offer():
    user = actor().user
    return render_template(
        "security/language.html",
        back=safe_target(request.args.get("url") or _before()) or "",
        zones=zones() if user is not None else (),
        zone=user.timezone if user is not None else None,
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


def _keep_zone(wanted):
    user = actor().user
    if user is None or (wanted and wanted not in zones()):
        abort(400)
    _keep(user, "timezone", wanted or None)


def _keep(user, name, value):
    if user is not None and getattr(user, name) != value:
        setattr(user, name, value)
        db.session.commit()


@cache
def zones():
    """Return the names of the time zones that are places."""
    places = (
        "Africa/",
        "America/",
        "Antarctica/",
        "Asia/",
        "Atlantic/",
        "Australia/",
        "Europe/",
        "Indian/",
        "Pacific/",
    )
    return ("UTC", *sorted(name for name in available_timezones() if name.startswith(places)))


def languages():
    """Return the languages that are offered: pairs of the tag and the language's own name."""
    tags = current_app.config["LANGUAGES"]
    named = ((tag, Locale.parse(tag.replace("-", "_")).display_name) for tag in tags)
    return [(tag, name[:1].upper() + name[1:]) for tag, name in named]
