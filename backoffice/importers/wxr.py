"""How a WordPress export is read: entry by entry, in little memory, refusing what is none."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from xml.parsers import expat

from backoffice.importers.unreadable import Unreadable

VERSIONS = ("1.0", "1.1", "1.2")
BLOCK = 64 * 1024
# Characters that one entry may hold; a body of 5 MB and its comments have room.
LARGEST_ENTRY = 32_000_000
COST = 100  # characters that an element without text counts as, so that many empty ones are no way around
DEEPEST = 30
ENTRY = 3  # rss, channel, entry
ENTRIES = frozenset({"item", "wp:author", "wp:category", "wp:tag", "wp:term"})
# What plugins keep beside posts can be most of a file; of it, only this is read.
META = frozenset({"_thumbnail_id", "_wp_attachment_image_alt", "_wp_attached_file"})
UNREAD = frozenset({"wp:commentmeta", "wp:termmeta"})
SPACES = (
    (re.compile(r"https?://wordpress\.org/export/[\d.]+/?"), "wp:"),
    (re.compile(r"https?://wordpress\.org/export/[\d.]+/excerpt/?"), "excerpt:"),
    (re.compile(r"https?://purl\.org/rss/1\.0/modules/content/?"), "content:"),
    (re.compile(r"https?://purl\.org/dc/elements/1\.1/?"), "dc:"),
)
SAID = {
    expat.errors.XML_ERROR_NO_ELEMENTS: "the file ends before the export does",
    expat.errors.XML_ERROR_UNCLOSED_TOKEN: "the file ends before the export does",
    expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION: "the file ends before the export does",
    expat.errors.XML_ERROR_INVALID_TOKEN: (
        "this is not well-formed XML: a bare & or <, a control character, or another encoding than the file declares"
    ),
    expat.errors.XML_ERROR_UNKNOWN_ENCODING: "the file is in an encoding that is not known",
}


@dataclass(slots=True)
class Node:
    """One element of an entry, with its text and what stands in it."""

    name: str
    line: int
    attributes: dict[str, str]
    began: int = 0
    children: list["Node"] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text that stands directly in the element."""
        return "".join(self.pieces)

    def said(self, name: str) -> str:
        """Return the text of the first child of this name, or an empty string."""
        return next((child.text for child in self.children if child.name == name), "")

    def all(self, name: str) -> Iterator["Node"]:
        """Yield the children of this name."""
        return (child for child in self.children if child.name == name)


def read(path: Path) -> Iterator[Node]:
    """Yield what stands in the export's channel, in order; raises Unreadable when it is no export, or not whole."""
    reader = _Reader(path)
    try:
        if not path.is_file():
            raise Unreadable(path, None, "this is a folder" if path.is_dir() else "there is no such file")
        if not path.stat().st_size:
            raise Unreadable(path, 1, "the file is empty")
        with path.open("rb") as stream:
            while block := stream.read(BLOCK):
                reader.parser.Parse(block, False)
                yield from reader.taken()
            reader.parser.Parse(b"", True)
            yield from reader.taken()
    except OSError as error:
        raise Unreadable(path, None, f"the file cannot be read ({error.strerror})") from error
    except expat.ExpatError as error:
        words = expat.ErrorString(error.code)
        reason = SAID.get(words, f"this is not well-formed XML ({words})")
        raise Unreadable(path, error.lineno, reason) from error
    except (LookupError, ValueError) as error:
        line = reader.parser.CurrentLineNumber
        raise Unreadable(path, line, SAID[expat.errors.XML_ERROR_UNKNOWN_ENCODING]) from error
    reader.want_version(reader.parser.CurrentLineNumber)


class _Reader:
    """What is known so far of the file being read, and the entries that are complete."""

    def __init__(self, path):
        self.path, self.depth, self.size, self.version = path, 0, 0, None
        self.open, self.ready = [], []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.buffer_size = BLOCK
        # An export has no document type; only a trap does: entities that grow, or that fetch.
        self.parser.StartDoctypeDeclHandler = self._refuse_document_type
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def taken(self):
        """Return the entries that have become complete, once."""
        ready, self.ready = self.ready, []
        return ready

    def want_version(self, line):
        """Refuse the file unless it has said that it is an export of a version that is known."""
        if self.version is None:
            raise Unreadable(
                self.path, line, "this is no WordPress export: it does not say its version, wp:wxr_version"
            )
        if self.version not in VERSIONS:
            known = ", ".join(VERSIONS)
            raise Unreadable(self.path, line, f"the export has version {self.version[:20]!r}; known are {known}")

    def _refuse(self, reason):
        raise Unreadable(self.path, self.parser.CurrentLineNumber, reason)

    def _refuse_document_type(self, *_declared):
        self._refuse("the file declares a document type, which no export does and which can hide a trap")

    def _start(self, raw, attributes):
        name, line = _named(raw), self.parser.CurrentLineNumber
        self.depth += 1
        self._grow(COST)
        if self.depth == 1 and name != "rss":
            self._refuse(f"this is no WordPress export: it begins with <{name[:40]}>, not with <rss>")
        if self.depth > DEEPEST:
            self._refuse("elements stand too deeply in one another")
        if self.depth == ENTRY:
            self.size = 0
            if name in ENTRIES:
                self.want_version(line)
        if self.depth >= ENTRY:
            self.open.append(Node(name, line, attributes, self.size))

    def _end(self, _raw):
        self.depth -= 1
        if not self.open:
            return
        node = self.open.pop()
        if not self.open:
            if node.name == "wp:wxr_version":
                self.version = node.text.strip()
            self.ready.append(node)
        elif _unread(node):
            self.size = node.began
        else:
            self.open[-1].children.append(node)

    def _text(self, text):
        if self.open:
            self._grow(len(text))
            self.open[-1].pieces.append(text)

    def _grow(self, by):
        self.size += by
        if self.size > LARGEST_ENTRY and self.open:
            self._refuse(
                f"the entry that begins in line {self.open[0].line} is longer than {LARGEST_ENTRY:,} characters"
            )


def _unread(node):
    return node.name in UNREAD or (node.name == "wp:postmeta" and node.said("wp:meta_key").strip() not in META)


@lru_cache(maxsize=512)
def _named(raw):
    space, _, name = raw.rpartition(" ")
    return next((prefix + name for pattern, prefix in SPACES if pattern.fullmatch(space)), name if not space else raw)
