"""Which HTML may be stored and shown: the one place that knows the sanitiser."""

import re
from functools import lru_cache
from html import unescape
from itertools import accumulate
from typing import Any

from bleach.html5lib_shim import getTreeWalker  # type: ignore[attr-defined]
from bleach.sanitizer import Cleaner

from backoffice.core.catalogues import gettext as _

TAGS = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "address",
        "article",
        "aside",
        "b",
        "bdi",
        "bdo",
        "big",
        "blockquote",
        "br",
        "caption",
        "center",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "details",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "mark",
        "ol",
        "p",
        "pre",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "section",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "time",
        "tr",
        "tt",
        "u",
        "ul",
        "var",
        "wbr",
    ]
)
ATTRIBUTES = {
    "*": ["title", "lang", "dir"],
    "a": ["href", "hreflang", "rel"],
    "blockquote": ["cite"],
    "q": ["cite"],
    "del": ["cite", "datetime"],
    "ins": ["cite", "datetime"],
    "time": ["datetime"],
    "img": ["src", "alt", "width", "height", "loading"],
    "col": ["span"],
    "colgroup": ["span"],
    "td": ["colspan", "rowspan", "headers"],
    "th": ["colspan", "rowspan", "headers", "scope", "abbr"],
    "ol": ["start", "reversed", "type"],
    "li": ["value"],
    "details": ["open"],
}
SCHEMES = frozenset({"http", "https", "mailto"})
ROUNDS = 4
DEEPEST = 500  # tags open at once
CLOSING = {"p", "li", "dd", "dt", "td", "th", "tr", "tbody", "thead", "tfoot", "colgroup", "caption", "rp", "rt"}
NESTING = TAGS - CLOSING - {"col", "br", "hr", "img", "wbr"}
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)")
COPYING = 20_000_000_000  # characters moved by the parser, about two seconds
# Paragraphs of words, a few of them set off: what the parser would give back as it came, which is most comments.
_WORDS = r"[^<>&\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
_PARAGRAPHS = re.compile(rf"(?:<p>(?:{_WORDS}++|<br>|<(b|code|em|i|strong)>{_WORDS}++</\1>)*+</p>\n*+)++")
_BARE_AMPERSAND = re.compile(r"&(?!(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)")


def clean_html(text: str) -> str:
    """Return `text` (any length) with only harmless HTML in it; cleaning twice changes nothing more.

    Raises ValueError for a text that would take the parser minutes. Source of the lists: the HTML standard's
    elements, less all that a browser runs, fetches as code, or lets a page be dressed as something else.
    """
    if "<" not in text:
        return _plain(text)
    if _PARAGRAPHS.fullmatch(text):
        return text
    # The parser copies a whole run of text for each "&" in it, which a hostile text can make quadratic.
    if sum(run.count("&") * len(run) for run in text.split("<")) > COPYING:
        raise ValueError(_("This text has too many & signs in one paragraph; split it into paragraphs."))
    # For each tag it also walks up through all that are open.
    if _depth(text) > DEEPEST:
        raise ValueError(_("The tags in this text are nested too deeply; close the ones that are done."))
    return _clean(text)


def _depth(text: str) -> int:
    """Return how many tags are open at once at the deepest place, without those that close by themselves."""
    steps = (-1 if closing else 1 for closing, name in _TAG.findall(text) if name.lower() in NESTING)
    return max(accumulate(steps, initial=0))


def _plain(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _BARE_AMPERSAND.sub("&amp;", lines).replace(">", "&gt;")


@lru_cache(maxsize=64)
def _clean(text: str) -> str:
    # A body is cleaned when it is set and again when it is bound, hence the small cache.
    for _round in range(ROUNDS):
        cleaned = _once(text)
        if cleaned == text:
            return cleaned
        text = cleaned
    # A text that never comes to rest was made to confuse the parser: show it as text.
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def allowed(tag: str, name: str, value: str) -> bool:
    """Tell whether an attribute may stay: its name stands on the list, and an address leads nowhere odd."""
    if name not in ATTRIBUTES.get(tag, ()) and name not in ATTRIBUTES["*"]:
        return False
    return name not in {"href", "src", "cite"} or fit(value)


def fit(address: str) -> bool:
    """Tell whether a browser takes `address` for a page, a picture or a letter, as WHATWG's URL standard reads it.

    The library takes "javascript:123" for a host and its port; a browser runs it.
    """
    plain = "".join(character for character in unescape(address) if character > " ")
    scheme = _SCHEME.match(plain)
    return scheme is None or scheme[1].lower() in SCHEMES


class _Walker(getTreeWalker("etree")):  # type: ignore[misc]
    """The library's walk through the parsed text, but for the place of an element among its siblings.

    The library looks for it anew at the end of each element, which takes minutes for a long article.
    """

    def __init__(self, tree: Any) -> None:
        super().__init__(tree)
        self.places = {child: at for parent in tree.iter() for at, child in enumerate(parent)}

    def getParentNode(self, node: Any) -> Any:  # noqa: N802 - the library's name
        if not isinstance(node, tuple) or node[3] == "text":
            return super().getParentNode(node)
        above = node[2]
        parent = above.pop()
        return (parent, self.places[parent], above, None) if above else parent


def _once(text: str) -> str:
    # A Cleaner keeps state while it parses and is not for two threads, so each call gets its own.
    cleaner = Cleaner(tags=TAGS, attributes=allowed, protocols=SCHEMES, strip=True, strip_comments=True)
    cleaner.walker = _Walker  # type: ignore[assignment]
    try:
        return cleaner.clean(text)
    except RecursionError:
        return ""
