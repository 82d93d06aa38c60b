"""What a body from WordPress becomes: paragraphs, figures, and pictures at their new addresses."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote, urljoin, urlsplit

from backoffice.core.files.renditions import picture_url
from backoffice.importers.paragraphs import paragraphed

# Their text is not for readers; the tags alone would not survive being stored either.
PROGRAMS = ("script", "style")
_BLOCKS = "<!-- wp:"
_ADDRESS = re.compile(r"""(\s(?:src|href)\s*=\s*)(["'])([^"'<>]*)\2""", re.IGNORECASE)
# WordPress names its smaller copies after the picture: boat-300x200.jpg.
_SMALLER = re.compile(r"-\d{1,5}x\d{1,5}(?=\.[A-Za-z]{3,4}\Z)")
_PROGRAM = re.compile(r"<(?:script|style|iframe|object|embed|video|audio|form)\b", re.IGNORECASE)
_CAPTION = re.compile(r"\[(?:wp_)?caption\b")
_CAPTION_END = re.compile(r"\[/(?:wp_)?caption\]")
_CAPTION_WORDS = re.compile(r"""\bcaption\s*=\s*(["'])(.*?)\1""", re.DOTALL)
_PICTURE = re.compile(r"\s*((?:<a\b[^<>]*>\s*)?<img\b[^<>]*>(?:\s*</a>)?)", re.IGNORECASE)


def written(text: str, *, formatted: bool = False) -> str:
    """Return a body as HTML: with its paragraphs, its captions as figures, and neither comments nor programs.

    One that is `formatted` has its paragraphs and figures already.
    """
    marked = _BLOCKS in text
    text = _without(text, "<!--", "-->")
    for name in PROGRAMS:
        text = _without(text, f"<{name}", f"</{name}>")
    if formatted:
        return text.strip()
    text = _figures(text)
    # An editor of blocks has put all tags already; blank lines between them say nothing.
    return text.strip() if marked else paragraphed(text)


def programmed(text: str) -> bool:
    """Tell whether a body holds what runs, embeds or dresses the page, which is not kept."""
    return _PROGRAM.search(text) is not None


def uploads(text: str, site: str) -> Iterator[str]:
    """Yield the names of the files of `site` that a body shows or links to, as `upload_name` gives them."""
    for found in _ADDRESS.finditer(text):
        yield from upload_names(found[3], site)


def upload_names(address: str, site: str) -> tuple[str, ...]:
    """Return the names under which the file at `address` may be known: as it is, and without the size of a copy."""
    try:
        parts = urlsplit(urljoin(f"{site.rstrip('/')}/", address.strip()))
    except ValueError:
        return ()
    # With or without TLS, and whatever stands after "?", it is the same file.
    name = f"{(parts.hostname or '').lower()}{unquote(parts.path)}"
    return tuple(dict.fromkeys((name, _SMALLER.sub("", name))))


def resettled(text: str, site: str, stored: Mapping[str, str]) -> str:
    """Return a body whose addresses of stored pictures lead to where they are now; `stored`: upload name → file."""

    def settle(found):
        file = next((stored[name] for name in upload_names(found[3], site) if name in stored), None)
        return found[0] if file is None else f"{found[1]}{found[2]}{picture_url(file)}{found[2]}"

    return _ADDRESS.sub(settle, text)


def _without(text, opening, closing):
    """Return `text` without what stands between these marks, whatever their case; a mark that is not closed stays."""
    low = text.lower() if len(text.lower()) == len(text) else text
    parts, at = [], 0
    while (start := low.find(opening, at)) >= 0 and (end := low.find(closing, start + len(opening))) >= 0:
        parts.append(text[at:start])
        at = end + len(closing)
    return "".join(parts) + text[at:]


def _figures(text):
    """Put each `[caption …]picture words[/caption]` into a figure; what is no such thing stays as it is."""
    parts, at = [], 0
    for end in _CAPTION_END.finditer(text):
        piece = text[at : end.start()]
        openings = list(_CAPTION.finditer(piece))
        figure = _figure(piece[openings[-1].end() :]) if openings else None
        parts.append(piece[: openings[-1].start()] + figure if figure else text[at : end.end()])
        at = end.end()
    return "".join(parts) + text[at:]


def _figure(inside):
    attributes, bracket, content = inside.partition("]")
    picture = _PICTURE.match(content)
    if not bracket or picture is None:
        return None
    told = _CAPTION_WORDS.search(attributes)
    words = content[picture.end() :].strip() or (told[2].strip() if told else "")
    words = f"<figcaption>{words}</figcaption>" if words else ""
    return f"\n\n<figure>{picture[1]}{words}</figure>\n\n"
