"""The Flask extensions, made before there is an application and attached to it by init_app."""

from functools import lru_cache
from pathlib import Path

from babel.dates import get_timezone
from flask import current_app, g, has_request_context, request, session
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_migrate import Migrate
from flask_wtf import CSRFProtect
from flask_wtf.csrf import generate_csrf
from itsdangerous import URLSafeTimedSerializer
from jinja2 import pass_eval_context
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError

from backoffice.core.catalogues import COOKIE, Languages, inside, isolated, joined, listed, spoken
from backoffice.core.model import db
from backoffice.core.web import tally

babel = Languages()
csrf = CSRFProtect()
limiter = Limiter(key_func=get_remote_address)
migrate = Migrate()

# The name under which Flask-WTF keeps its token in the session and for the length of an answer.
FIELD = "csrf_token"
# Loading the module is what makes its addresses known to the limiter.
COUNTERS = tally.Tally.STORAGE_SCHEME
MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def init_app(app):
    """Attach every extension that belongs to no single door."""
    babel.init_app(app, locale_selector=locale, timezone_selector=time_zone)
    app.add_template_global(said, "_")
    for words in (inside, joined, listed):
        app.add_template_filter(words)
    csrf.init_app(app)
    app.add_template_global(token, "csrf_token")
    # Flask-WTF gives its own to each page, which goes before what all pages have.
    app.context_processor(lambda: {"csrf_token": token})
    limiter.init_app(app)
    migrate.init_app(app, db, directory=str(MIGRATIONS), compare_type=True, render_as_batch=True)


def token():
    """Return what Flask-WTF calls csrf_token, which its forms then use too; it makes its signer anew each time."""
    if FIELD not in g and FIELD in session:
        setattr(g, FIELD, _signing(current_app.secret_key).dumps(session[FIELD]))
    return g.get(FIELD) or generate_csrf()


@lru_cache(maxsize=4)
def _signing(secret):
    return URLSafeTimedSerializer(secret, salt="wtf-csrf-token")


@pass_eval_context
def said(context, text, **values):
    """Return a text of a template in the language of this answer, with `values` put in, each made harmless."""
    told = spoken().gettext(text)
    told = Markup(told) if context.autoescape else told  # noqa: S704 - the text is a template's own
    return told % isolated(values) if values or "%" in told else told


def locale():
    """Return the language of this answer: the person's own, else chosen in this browser, else the best it takes."""
    if not has_request_context():
        return None
    languages = current_app.config["LANGUAGES"]
    chosen = (_own("locale"), request.cookies.get(COOKIE))
    own = next((one for one in chosen if one in languages), None)
    return own or request.accept_languages.best_match(languages)


def time_zone():
    """Return the signed-in person's time zone, else none, which means the default of the settings."""
    try:
        return get_timezone(_own("timezone") or current_app.config["BABEL_DEFAULT_TIMEZONE"])
    except LookupError:
        # The world renames its zones; nobody is to be locked out by that.
        return None


def _own(name):
    # Whoever is not known by now is not asked for: the page may be the one that says the database does not answer.
    user = g.get("_login_user") if has_request_context() else None
    try:
        return getattr(user, name, None) or None
    except SQLAlchemyError:
        # The page that says so must still be made, in the language of the browser.
        return None
