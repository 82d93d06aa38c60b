"""How what is stored becomes text, markup and addresses on a page."""

import re
from html import unescape
from itertools import accumulate
from urllib.parse import urlsplit

from flask import current_app, render_template
from flask_babel import get_locale
from markupsafe import Markup, escape

from backoffice.core.files.renditions import picture_set, picture_url
from backoffice.core.sanitizer import clean_html
from backoffice.core.types import Picture
from backoffice.site import paging
from backoffice.site.frame import frame

TEASER = 220  # characters
IN_HEADER = 5  # pages at most, and
HEADER_ROOM = 64  # characters of their titles; the rest stand at the foot of every page
# How a text fits into a page: its main heading is the title, pictures load late, and what is wider than the page
# scrolls, by keyboard too. No quotation mark is put in: inside an attribute one would end it.
FITTED = (
    ("<h1", "<h2"),
    ("</h1>", "</h2>"),
    ("<img ", "<img loading=lazy "),
    ("<pre", "<pre tabindex=0"),
    ("<table", "<div class=scroll role=group tabindex=0><table"),
    ("</table>", "</table></div>"),
)
# A picture of this site comes as wide as a text can be.
_OWN_PICTURE = re.compile(rf"""(<img [^>]*?src=(["']?)/media/(?:{Picture.PATTERN.pattern}))(?=\2[ >])""")
IN_TEXT = 1280
_TAG = re.compile(r"<[^>]*(?:>|$)")
_BLOCK = re.compile(r"<(?:p|br|div|ul|ol|pre|table|blockquote|h[1-6])\b", re.IGNORECASE)


def render(template, **values):
    """Return the page that `template` makes, in the language of this answer, with the pages of the site in its menu."""
    locale, pages = get_locale(), frame().pages
    fitting = _fitting(pages)
    return render_template(
        template,
        language=str(locale).replace("_", "-"),
        direction=locale.text_direction,
        header_pages=pages[:fitting],
        footer_pages=pages[fitting:],
        address=paging.address,
        numbered=paging.numbered,
        **SHOWN,
        **values,
    )


def body(text):
    """Return stored rich text as markup for a page: clean again, and fitted to it."""
    try:
        cleaned = clean_html(text or "")
    except ValueError:
        return escape(text)
    for found, put in FITTED:
        cleaned = cleaned.replace(found, put)
    cleaned = _OWN_PICTURE.sub(rf"\1?width={IN_TEXT}", cleaned)
    # The one place where text is declared safe: it has just been through the sanitiser.
    return Markup(cleaned)  # noqa: S704


def remark(text):
    """Return a comment as markup; one that was written as plain lines keeps them."""
    text = text or ""
    return body(text if _BLOCK.search(text) else text.strip().replace("\n", "<br>"))


def teaser(excerpt, opening=""):
    """Return the excerpt, or the first words of a body that may be cut off in the middle of a tag, as plain text."""
    text = excerpt or unescape(_TAG.sub(" ", opening or ""))
    words = " ".join(text.split())
    if len(words) <= TEASER:
        return words
    return words[:TEASER].rsplit(" ", 1)[0].rstrip(" ,.;:-") + "…"


def absolute(path):
    """Return the full address of a path of this site, built from its setting and never from the request."""
    return current_app.config["SITE_URL"] + path


def web_address(value):
    """Return an address that a stranger left if it is one of the web, else None."""
    try:
        parts = urlsplit((value or "").strip())
    except ValueError:
        return None
    return parts.geturl() if parts.scheme in {"http", "https"} and parts.hostname else None


def host(value):
    """Return the name of the machine that a stranger's address leads to, or None."""
    found = web_address(value)
    return urlsplit(found).hostname.removeprefix("www.") if found else None


def _fitting(pages):
    lengths = accumulate(len(page.title) for page in pages[:IN_HEADER])
    return sum(length <= HEADER_ROOM for length in lengths)


# What the templates call.
SHOWN = {one.__name__: one for one in (absolute, body, host, picture_set, picture_url, remark, teaser, web_address)}
