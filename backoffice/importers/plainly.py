"""Entries of systems that write less down than WordPress does, put into the records that all imports share."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import urljoin, urlsplit

from backoffice.importers.records import TAG, Item, Term
from backoffice.importers.survey import ATTACHMENT, Survey

_PICTURE = re.compile(r"""<img\b[^<>]*?\ssrc\s*=\s*(["'])([^"'<>]*)\1""", re.IGNORECASE)
# As WordPress calls the key of a post's cover, and what is told of a picture to those who cannot see it.
COVER, ALT = "_thumbnail_id", "_wp_attachment_image_alt"
LARGEST = 10**14  # of a number that counts the milliseconds since 1970


def text(value: Any) -> str:
    """Return what stands for a value in words: nothing for what is no text, and nothing that no database holds."""
    said = value if isinstance(value, str) else str(value) if type(value) in {int, float} else ""
    return said.replace("\0", "").encode("utf-8", "replace").decode().strip()


def moment(value: Any) -> tuple[datetime | None, bool]:
    """Return the moment that a value tells, and whether it names no time zone; None when it is none."""
    try:
        if type(value) is int and 0 < value < LARGEST:
            return datetime.fromtimestamp(value / 1000, UTC), False
        found = datetime.fromisoformat(value.strip()) if isinstance(value, str) else value
        if type(found) is date:
            found = datetime.combine(found, time())
        if not isinstance(found, datetime):
            return None, False
        return (found.replace(tzinfo=UTC), True) if found.tzinfo is None else (found.astimezone(UTC), False)
    except (ValueError, OverflowError):
        return None, False


def entry(line: str, key: str, **said: Any) -> Item:
    """Return a post or page, with nothing where nothing is `said`."""
    bare = dict.fromkeys(("link", "guid", "creator", "parent", "slug", "excerpt", "body", "upload", "title"), "")
    known = {"kind": "post", "status": "publish", "locked": False, "sticky": False, "moment": None, "guessed": False}
    return Item(line=line, key=key, **{**bare, **known, "meta": {}, "formatted": True, **said})


def tags(line: str, names: Iterable[str], kind: str = TAG) -> list[Term]:
    """Return the terms of these names, each once."""
    return [Term(line, kind, name, name) for name in dict.fromkeys(filter(None, names))]


def shown(body: str) -> list[str]:
    """Return the addresses of the pictures that a body shows."""
    return [found[2].strip() for found in _PICTURE.finditer(body)]


def rooted(body: str, folder: str) -> str:
    """Return a body in which the addresses of its own pictures begin at the top of its site, not in its `folder`."""

    def rooted_one(found: re.Match[str]) -> str:
        address = found[2].strip()
        whole = urljoin(f"/{folder}", address) if is_own(address) else address
        return found[0].replace(found[2], whole) if address else found[0]

    return _PICTURE.sub(rooted_one, body)


def note(found: Survey, items: Iterable[Item]) -> None:
    """Let the survey know all that these entries name."""
    for item in items:
        found.creators.setdefault(item.creator, item.line)
        for term in item.terms:
            found.terms.setdefault((term.kind, term.slug), term)


def attachments(items: Iterable[Item]) -> Iterator[Item]:
    """Yield an entry for each picture of the site itself that these entries show or stand under, each once."""
    seen = set()
    for item in items:
        cover, told = item.meta.get(COVER, ""), {ALT: item.meta.get(ALT, "")}
        for address in (cover, *shown(item.body)):
            if address and address not in seen and is_own(address):
                seen.add(address)
                about = {"upload": address, "creator": item.creator, "meta": told if address == cover else {}}
                yield entry(item.line, address, kind=ATTACHMENT, **about)


def is_own(address: str) -> bool:
    """Tell whether an address leads to the site that was exported: it names no other."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return not parts.scheme and not parts.netloc and bool(parts.path)
