"""The settings of each environment, read once from the variables the process was started with."""

import json
import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from fsspec import get_filesystem_class

ROOT = Path(__file__).resolve().parent
INSTANCE = ROOT / "instance"
MEGABYTE = 1024 * 1024
SHORTEST_SECRET = 32
SAMPLES = ("secret", "change", "example", "sample", "password", "your-", "default", "development", "insecure")
MAIL = ("MAIL_SERVER", "MAIL_PORT", "MAIL_USERNAME", "MAIL_PASSWORD", "MAIL_USE_TLS", "MAIL_DEFAULT_SENDER")
WEB, REDIS = re.compile("https?://"), re.compile("(?:rediss?|unix)://")
TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


class ConfigError(RuntimeError):
    """The process may not start with these settings; the message says what to set."""


class Config:
    """What holds in every environment unless a variable says otherwise."""

    DEBUG = False
    TESTING = False
    LANGUAGES = ("en", "de", "fr", "es", "pt", "zh", "ja", "ar")
    BABEL_DEFAULT_LOCALE = "en"
    BABEL_DEFAULT_TIMEZONE = "UTC"
    BABEL_TRANSLATION_DIRECTORIES = str(ROOT / "translations")
    MAX_CONTENT_LENGTH = 32 * MEGABYTE
    # What the one page takes on which tables are brought in: a file of 100 MB and the form around it.
    MAX_IMPORT_LENGTH = 101 * MEGABYTE
    # Flask's own 500 kB would refuse a long article in a form that also carries a picture.
    MAX_FORM_MEMORY_SIZE = 16 * MEGABYTE
    MAX_FORM_PARTS = 1000
    # Long enough for someone who leaves a form open over a day; the server itself ends what is older.
    SESSION_IDLE = timedelta(days=1)
    SESSION_LONGEST = timedelta(days=7)
    PERMANENT_SESSION_LIFETIME = SESSION_LONGEST
    # A cookie made at the sign-in lasts as long as the session can; what is in it is sent again when it changes.
    SESSION_REFRESH_EACH_REQUEST = False
    SESSION_COOKIE_HTTPONLY = True
    SESSION_COOKIE_SAMESITE = "Lax"
    SESSION_COOKIE_SECURE = False
    # A token lives as long as the session: someone who writes for an hour can still save.
    WTF_CSRF_TIME_LIMIT = None
    RATELIMIT_ENABLED = True
    RATELIMIT_HEADERS_ENABLED = True
    # How long signing in takes, whether or not there is such an account.
    SIGN_IN_SECONDS = 0.6


class Development(Config):
    """A developer's machine: everything works with nothing set."""

    TEMPLATES_AUTO_RELOAD = True


class Testing(Config):
    """The test suite: nothing is sent, and nothing waits."""

    TESTING = True
    SIGN_IN_SECONDS = 0
    RATELIMIT_ENABLED = False


class Production(Config):
    """A server people rely on: over TLS, with secrets of its own."""

    SESSION_COOKIE_NAME = "__Host-session"
    SESSION_COOKIE_PATH = "/"
    SESSION_COOKIE_SECURE = True
    PREFERRED_URL_SCHEME = "https"


ENVIRONMENTS = {"development": Development, "testing": Testing, "production": Production}


def load(environ: Mapping[str, str]) -> dict[str, object]:
    """Return the settings these variables ask for, or raise ConfigError saying what is missing."""
    name = environ.get("BACKOFFICE_ENV") or "development"
    if name not in ENVIRONMENTS:
        raise ConfigError(f"BACKOFFICE_ENV is {name!r}; it may be {', '.join(ENVIRONMENTS)}.")
    kind = ENVIRONMENTS[name]
    if kind is Production:
        refuse_unfit(environ)
    settings = {key: getattr(kind, key) for key in dir(kind) if key.isupper()}
    settings |= {"BACKOFFICE_ENV": name, **_addresses(environ), **_features(environ), **_mail(environ)}
    settings |= _secrets(environ, kind)
    if kind is Testing:
        settings["RATELIMIT_STORAGE_URI"] = "memory://"
    if kind is Production:
        # Loopback stays allowed so that the machine itself can ask whether it is healthy.
        settings["TRUSTED_HOSTS"] = [urlsplit(environ["SITE_URL"]).hostname, "localhost", "127.0.0.1"]
    return settings


def refuse_unfit(environ: Mapping[str, str]) -> None:
    """Raise ConfigError with one sentence for each setting that is missing or weak in production."""
    wrong = [
        *_weak(environ, "SECRET_KEY"),
        *_weak(environ, "SECURITY_PASSWORD_SALT"),
        *([] if environ.get("DATABASE_URL") else ["DATABASE_URL is not set."]),
    ]
    site = urlsplit(environ.get("SITE_URL", ""))
    if site.scheme != "https" or not site.hostname:
        wrong.append("SITE_URL must be the public address and begin with https://.")
    if wrong:
        raise ConfigError("Production refuses to start: " + " ".join(wrong))


def _weak(environ, name):
    value = environ.get(name, "")
    if not value:
        return [f"{name} is not set."]
    shortest = SHORTEST_SECRET if name == "SECRET_KEY" else SHORTEST_SECRET // 2
    if len(value) < shortest:
        return [f"{name} must have at least {shortest} characters."]
    if len(set(value)) < 8 or any(sample in value.lower() for sample in SAMPLES):
        return [f"{name} looks like a sample; make one with Python's secrets.token_hex()."]
    return []


def database_url(value: str) -> str:
    """Return the address with the driver this project uses named in it; raises ConfigError for other databases."""
    scheme, colon, rest = value.partition("://")
    if scheme in {"postgres", "postgresql", "postgresql+psycopg"}:
        return "postgresql+psycopg://" + rest
    if scheme not in {"sqlite", "sqlite+pysqlite"}:
        told = f", and it begins with {scheme}://" if colon else ""
        told += ". It may be postgresql://USER@HOST/NAME, or sqlite:////PATH/TO/FILE."
        raise ConfigError(f"DATABASE_URL is no address of a database this works on{told}")
    return value


def media_url(value: str) -> str:
    """Return the place for pictures; raises ConfigError when nothing that is installed can reach it."""
    scheme, colon, _rest = value.partition("://")
    try:
        get_filesystem_class(scheme if colon else "file")
    except (ImportError, ValueError) as error:
        told = "what that takes is not installed: run pip install --require-hashes -r requirements/s3.txt"
        told = told if scheme == "s3" else "it may be a folder, or s3://BUCKET/PREFIX"
        raise ConfigError(f"MEDIA_URL begins with {scheme}://; {told}.") from error
    return value


def _given(environ, name, fits, hint):
    """Return what a variable says, None where it says nothing; it may hold a password, so it is not repeated."""
    value = environ.get(name) or None
    with suppress(ValueError):
        if value is None or fits(value):
            return value
    raise ConfigError(f"{name} is not as it can be used; {hint}.")


def _addresses(environ):
    host, port = environ.get("HOST") or "127.0.0.1", environ.get("PORT") or "5000"
    redis = _given(environ, "REDIS_URL", REDIS.match, "it may be redis://HOST:PORT/NUMBER")
    site = _given(
        environ, "SITE_URL", lambda one: WEB.match(one) and urlsplit(one).hostname, "it is like https://a.org"
    )
    return {
        "HOST": host,
        "PORT": _whole(environ, "PORT", 5000, most=65535),
        "SITE_NAME": environ.get("SITE_NAME") or "Backoffice",
        "SITE_URL": (site or f"http://{host}:{port}").rstrip("/"),
        "SQLALCHEMY_DATABASE_URI": database_url(
            environ.get("DATABASE_URL") or f"sqlite:///{INSTANCE / 'backoffice.sqlite'}"
        ),
        "REDIS_URL": redis,
        "RATELIMIT_STORAGE_URI": redis or f"tally://{INSTANCE / 'limits.sqlite'}",
        # When the counters cannot be reached, each process counts for itself until they can.
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,
        "MEDIA_URL": media_url(environ.get("MEDIA_URL") or str(INSTANCE / "media")),
        "IMPORTS_FOLDER": environ.get("IMPORTS_FOLDER") or str(INSTANCE / "imports"),
        "EXPORTS_FOLDER": environ.get("EXPORTS_FOLDER") or str(INSTANCE / "exports"),
        "DRAFT_DAYS": _whole(environ, "DRAFT_DAYS", 30),
        "TRUSTED_PROXY": _given(
            environ, "TRUSTED_PROXY", lambda one: one == "*" or ip_address(one), "it is an address"
        ),
        "WEB_WORKERS": _whole(environ, "WEB_WORKERS", 1),
        "JOB_THREADS": _whole(environ, "JOB_THREADS", 1),
        "CONFIRM_BY_NUMBER": _whole(environ, "CONFIRM_BY_NUMBER", 1000),
    }


def _features(environ):
    comments = (
        _given(environ, "COMMENTS", {"closed", "members"}.__contains__, "it may be closed or members") or "closed"
    )
    asked = environ.get("RATELIMIT_ENABLED")
    return {"COMMENTS": comments, **({"RATELIMIT_ENABLED": _truth(environ, "RATELIMIT_ENABLED")} if asked else {})}


def _mail(environ):
    settings = {name: environ.get(name) or None for name in MAIL}
    settings |= {"MAIL_PORT": _whole(environ, "MAIL_PORT", 587), "MAIL_USE_TLS": _truth(environ, "MAIL_USE_TLS")}
    settings["MAIL_FOLDER"] = str(INSTANCE / "mail")
    return settings


def _whole(environ, name, otherwise, most=10**9):
    value = environ.get(name) or str(otherwise)
    if not (value.isascii() and value.isdigit() and len(value) <= 10 and int(value) <= most):
        raise ConfigError(f"{name} is {value[:40]!r}; it must be a whole number of at most {most}.")
    return int(value)


def _truth(environ, name):
    told = (environ.get(name) or "true").strip().lower()
    if told not in TRUE | FALSE:  # a slip of the keyboard must turn nothing off
        raise ConfigError(f"{name} is {told!r}; it may be true or false.")
    return told in TRUE


def _secrets(environ, kind):
    names = ("SECRET_KEY", "SECURITY_PASSWORD_SALT")
    given = {name: environ[name] for name in names if environ.get(name)}
    if kind is Development:
        return {**kept_secrets(INSTANCE / "secrets.json", names), **given}
    if kind is Testing:
        return {**{name: secrets.token_hex() for name in names}, **given}
    return given


def kept_secrets(path: Path, names: tuple[str, ...]) -> dict[str, str]:
    """Return the secrets kept in this file, made on the first start and readable by the owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = {name: secrets.token_hex() for name in names}
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(made))
    # Two processes may start at once: the first link wins, and both read what it holds.
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return {name: value for name, value in json.loads(path.read_text()).items() if name in names}
