"""Parts of a page that depend on nothing but what they are given: written once for equal values, and kept."""

import re
from functools import lru_cache

from flask import current_app, request
from markupsafe import Markup, escape

from backoffice.admin.markup import harmless
from backoffice.core.catalogues import language

MOST = 500
INDENTED = re.compile(r"\s*\n\s*")
# What stands around the name of a hole while a part is kept: no text that comes in from outside holds this character.
EDGE = "\0"


def part(name, holes=(), **given):
    """Return what the template `name` makes of values that can be compared; it may look at nothing else.

    The language and where the application is mounted are part of what it is kept by. `holes` are values by name that
    no other page shares, such as the token of a form: the template writes them down, and looks no closer at them.
    """
    template = current_app.jinja_env.get_template(name)
    pieces = _written(template, language(), request.script_root, tuple(holes), tuple(given.items()))
    if not holes:
        # A template escapes what it is given, and what is put into its holes is escaped.
        return harmless(pieces[0])
    filled = list(pieces)
    filled[1::2] = [escape(holes[one]) for one in pieces[1::2]]
    return harmless("".join(filled))


@lru_cache(maxsize=MOST)
def _written(template, _language, _root, holes, given):
    """Return the part in pieces, between which stand the names of the holes."""
    left = {name: Markup(f"{EDGE}{name}{EDGE}") for name in holes}  # noqa: S704 - the name stands in a template
    # How a template is indented says nothing to a browser.
    return tuple(INDENTED.sub("\n", template.render(dict(given) | left)).split(EDGE))
