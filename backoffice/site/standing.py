"""Pages that were made before, given out as long as nothing has been written since, and no post has come due."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

from flask import Response, current_app, g, request, session, url_for
from flask_babel import get_locale

from backoffice.core.model import now
from backoffice.site.frame import look
from backoffice.site.paging import PLACES

LARGEST = 2 * 1024 * 1024  # bytes of a page
MOST = 32 * 1024 * 1024  # bytes of all of them, in each process
NAME = "site_pages"
# The others ask the database nothing, or something else each time.
NOT_KEPT = {"site.media", "site.robots", "site.home_map", "site.search", "site.say"}


@dataclass(frozen=True)
class Page:
    """One answer, by what the database showed when it was asked for; it holds until `due` at the longest."""

    moment: str
    due: datetime | None
    body: bytes
    headers: tuple[tuple[str, str], ...]


class Pages:
    """The pages of one process, by all that they follow from besides the database; those asked for last stay."""

    def __init__(self):
        self.kept, self.size, self.lock = OrderedDict(), 0, Lock()

    def find(self, key, seen):
        """Return the page, if it holds for what is `seen` now."""
        with self.lock:
            page = self.kept.get(key)
            if page is None or page.moment != seen.moment or (page.due is not None and page.due <= now()):
                return None
            self.kept.move_to_end(key)
            return page

    def keep(self, key, page):
        """Keep a page, and let go of those that nobody asked for longest."""
        with self.lock:
            former = self.kept.pop(key, None)
            self.size -= len(former.body) if former else 0
            self.kept[key] = page
            self.size += len(page.body)
            while self.size > MOST:
                _key, gone = self.kept.popitem(last=False)
                self.size -= len(gone.body)


def init_app(app):
    """Give the application a place for its pages."""
    app.extensions[NAME] = Pages()


def give():
    """Answer with the page that stands, if there is one."""
    seen = look() if _may_stand() else None
    if seen is None:
        return None
    # Whatever is read now is at least as new as what was seen, so it may stand under this name.
    g.frame = seen
    page = _pages().find(_key(), seen)
    if page is None:
        return None
    answer = Response(page.body)
    answer.headers.update(page.headers)
    return answer.make_conditional(request)


def keep(response):
    """Keep a page that was just made, whole and without a word of whoever asked for it."""
    body, seen = response.get_data(), g.get("frame")
    if seen is not None and seen.moment and request.method == "GET" and _may_stand() and len(body) <= LARGEST:
        _pages().keep(_key(), Page(seen.moment, seen.due, body, tuple(response.headers.items())))


def _may_stand():
    """Tell whether this is a page for everybody; where templates are worked on, it follows from them as well."""
    asked = request.method in {"GET", "HEAD"} and request.endpoint not in NOT_KEPT
    alike = "_user_id" not in session and set(request.args) <= set(PLACES)
    return asked and alike and not current_app.jinja_env.auto_reload


def _key() -> tuple[Any, ...]:
    files = (url_for("static", filename=f"site/{name}") for name in ("site.css", "icon.svg"))
    settings = (current_app.config[name] for name in ("SITE_NAME", "SITE_URL", "COMMENTS"))
    return request.script_root, request.path, request.query_string, str(get_locale()), *files, *settings


def _pages():
    return current_app.extensions[NAME]
