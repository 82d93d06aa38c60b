"""How pages look to whoever opens them: light, dark or as the system, roomy or dense; kept in the browser."""

from flask import Blueprint, abort, current_app, redirect, request
from flask_babel import get_locale

from backoffice.core.web.redirects import safe_target

YEAR = 365 * 24 * 3600
# What may be chosen, under the name of its cookie; the first of each is what holds when nothing was chosen.
CHOICES = {"theme": ("system", "light", "dark"), "rows": ("comfortable", "compact")}

blueprint = Blueprint("appearance", __name__)


def init_app(app):
    """Serve /appearance, and tell templates what was chosen."""
    app.register_blueprint(blueprint)
    app.add_template_global(chosen)
    app.add_template_global(language_tag)
    app.add_template_global(reading_direction)


@blueprint.post("/appearance")
def choose():
    """Keep what was chosen and go back to the page it was chosen on."""
    answer = redirect(safe_target(request.form.get("url")) or f"{request.script_root}/", 303)
    for name, offered in CHOICES.items():
        wanted = request.form.get(name)
        if wanted is not None and wanted not in offered:
            abort(400)
        if wanted == offered[0]:
            answer.delete_cookie(name, path="/", samesite="Lax", secure=_secure(), httponly=True)
        elif wanted is not None:
            answer.set_cookie(name, wanted, max_age=YEAR, samesite="Lax", secure=_secure(), httponly=True)
    return answer


def chosen(name):
    """Return what this browser has chosen for `name`."""
    wanted = request.cookies.get(name)
    return wanted if wanted in CHOICES[name] else CHOICES[name][0]


def language_tag():
    """Return the language of this page, as the attribute `lang` names it."""
    return str(get_locale() or "en").replace("_", "-")


def reading_direction():
    """Return the direction in which this page is read: ltr or rtl."""
    return getattr(get_locale(), "text_direction", "ltr")


def _secure():
    return current_app.config["SESSION_COOKIE_SECURE"]
