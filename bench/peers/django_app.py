"""Django's admin on the application's tables; its own accounts and sessions stand in the same database."""

import os
import sys
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connection
from serving import serve, told

PASSWORD = os.environ["BENCH_PASSWORD"]


class Tally:
    """How many statements this process has sent since the request began."""

    statements = 0


def database(address):
    """Return Django's words for the database at this address."""
    parts = urlsplit(address)
    if parts.scheme.startswith("sqlite"):
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": parts.path.removeprefix("/")}
    own = {"HOST": parts.hostname, "PORT": parts.port, "USER": parts.username, "PASSWORD": parts.password}
    named = {name: str(value) for name, value in own.items() if value}
    # Connections that live on spare each request a new one, as in all the others here.
    return {"ENGINE": "django.db.backends.postgresql", "NAME": parts.path[1:], "CONN_MAX_AGE": None, **named}


def counting(_handler):
    """Return a middleware (the outermost) that counts each statement."""

    def count(execute, sql, parameters, many, context):
        Tally.statements += 1
        return execute(sql, parameters, many, context)

    def middleware(request):
        with connection.execute_wrapper(count):
            return _handler(request)

    return middleware


settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={"default": database(os.environ["DATABASE_URL"])},
    DEBUG=False,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.messages",
        "django.contrib.sessions",
        "django.contrib.staticfiles",
        "import_export",
        "magazine",
    ],
    MIDDLEWARE=[
        "django_app.counting",
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    ROOT_URLCONF="django_urls",
    SECRET_KEY=PASSWORD,
    STATIC_URL="/static/",
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    USE_TZ=True,
)

if __name__ == "__main__":
    # The middleware is named by its module, which must be this one and not a second copy.
    sys.modules["django_app"] = sys.modules["__main__"]
    django.setup()
    call_command("migrate", verbosity=0)
    os.environ["DJANGO_SUPERUSER_PASSWORD"] = PASSWORD
    name = os.environ["BENCH_USER"]
    call_command("createsuperuser", interactive=False, username=name, email=f"{name}@example.org", verbosity=0)
    connection.close()
    application = get_wsgi_application()
    # Where people are watched, not answers measured, the pages need their scripts.
    application = StaticFilesHandler(application) if os.environ.get("BENCH_STATIC") else application
    serve(told(application, Tally), int(sys.argv[1]))
