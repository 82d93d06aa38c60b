"""Stored text for those who read it away from its page: harmless HTML in which every address is a whole one."""

import re
from html import unescape
from urllib.parse import urljoin

from markupsafe import escape

from backoffice.core.sanitizer import clean_html

# The sanitiser writes every value between quotation marks, double or single, and every other "<" as "&lt;".
_TAG = re.compile(r"""<[a-z][a-z0-9]*(?: [a-z-]+(?:="[^"]*"|='[^']*')?)*>""")
_ATTRIBUTE = re.compile(r""" ([a-z-]+)(?:="([^"]*)"|='([^']*)')?""")
ADDRESSES = frozenset({"cite", "href", "src"})
# A browser reads an address as if these were not in it.
_IGNORED = dict.fromkeys(map(ord, "\t\n\r"))
# XML knows no other characters, not even written as references.
_UNKNOWN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def body(text, base):
    """Return stored rich text, clean again, with its addresses as they are meant on the page at `base`."""
    try:
        cleaned = clean_html(text or "")
    except ValueError:
        return str(escape(text))
    return _TAG.sub(lambda tag: _ATTRIBUTE.sub(lambda found: _whole(found, base), tag[0]), cleaned)


def xml(text):
    """Return `text` without the characters that no XML document may hold."""
    return _UNKNOWN.sub("", text)


def _whole(found, base):
    name, *values = found.groups()
    if name not in ADDRESSES:
        return found[0]
    address = unescape(values[0] or values[1] or "").translate(_IGNORED).strip()
    try:
        return f' {name}="{escape(urljoin(base, address))}"'
    except ValueError:
        # What cannot be read as an address leads nowhere.
        return ""
