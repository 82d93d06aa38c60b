"""How the machine stands, for those who look after it: its worker, its database, its release."""

import platform
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, text

from backoffice.core.access import ALL, rule
from backoffice.core.catalogues import gettext as _
from backoffice.core.catalogues import ngettext
from backoffice.core.jobs import WAITING, Job
from backoffice.core.model import db, now
from backoffice.core.types import UtcDateTime

KILO = 1024


@dataclass(frozen=True)
class Fact:
    """One line of how things stand; `wrong` when somebody should look."""

    label: Any
    said: str
    wrong: bool = False


def standing(user):
    """Return how things stand, to those who may see everybody's jobs; to others nothing."""
    return [_worker(), _database(), _release()] if rule(user, "read", Job).scope == ALL else []


def _worker():
    """Tell whether somebody does the jobs: one that has been due for long says that nobody does."""
    moment, due = now(), func.coalesce(Job.due_at, Job.created_at, type_=UtcDateTime)
    since = db.session.scalar(select(func.min(due)).where(Job.state == WAITING, due <= moment))
    minutes = int((moment - since).total_seconds() // 60) if since else 0
    if minutes < 1:
        return Fact(_("Worker"), _("Nothing has been waiting for long."))
    said = ngettext(
        "A job has been waiting for %(num)d minute: start a worker.",
        "A job has been waiting for %(num)d minutes: start a worker.",
        minutes,
    )
    return Fact(_("Worker"), said, wrong=True)


def _database():
    name = db.engine.dialect.name
    asked = {
        "postgresql": "SELECT current_setting('server_version'), pg_database_size(current_database())",
        "sqlite": "SELECT sqlite_version(), page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    }[name]
    version, size = db.session.execute(text(asked)).one()
    words = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}[name]
    return Fact(_("Database"), f"{words} {version.split()[0]}, {_size(int(size))}")


def _size(number):
    for unit in ("B", "KB", "MB", "GB"):
        if number < KILO or unit == "GB":
            return f"{number:.0f} {unit}" if number >= 10 or unit == "B" else f"{number:.1f} {unit}"
        number /= KILO
    return ""


def _release():
    return Fact(_("Python"), platform.python_version())
