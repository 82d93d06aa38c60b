"""Parts of a page that depend on nothing but what they are given: written once for equal values, and kept."""

import re
from functools import lru_cache

from flask import current_app, request
from flask_babel import get_locale
from markupsafe import Markup

MOST = 500
INDENTED = re.compile(r"\s*\n\s*")


def part(name, **given):
    """Return what the template `name` makes of values that can be compared; it may look at nothing else.

    The language and where the application is mounted are part of what it is kept by.
    """
    template = current_app.jinja_env.get_template(name)
    return _written(template, str(get_locale()), request.script_root, tuple(given.items()))


@lru_cache(maxsize=MOST)
def _written(template, _language, _root, given):
    # How a template is indented says nothing to a browser.
    return Markup(INDENTED.sub("\n", template.render(dict(given))))  # noqa: S704 - a template escapes what it is given
