"""Where the paragraphs are in a text that an author wrote with blank lines instead of tags."""

import re

BLOCKS = (
    "address|article|aside|audio|blockquote|canvas|caption|center|colgroup|col|dd|details|div|dl|dt|fieldset|"
    "figcaption|figure|footer|form|h[1-6]|header|hr|iframe|legend|li|main|map|math|menu|nav|noscript|object|ol|option|"
    "p|section|select|summary|table|tbody|td|tfoot|thead|th|tr|ul|video"
)
# In these, text is a paragraph even when it stands alone.
PAGES = frozenset({"", "blockquote", "center", "form", "section", "article", "main", "aside"})
# In these, a blank line makes paragraphs, but a text without one stays as it is.
CELLS = frozenset(
    {"address", "dd", "details", "div", "fieldset", "figure", "footer", "header", "li", "nav", "td", "th"}
)
# In these, a text is one piece, whatever its lines.
PIECES = frozenset({"caption", "dt", "figcaption", "h1", "h2", "h3", "h4", "h5", "h6", "legend", "summary"})
# Between these and their end, every character stands for itself.
VERBATIM = ("pre", "textarea")
EMPTY = frozenset({"hr", "col"})
# Authors leave these open: a paragraph ends where a block begins, the others where the next of them does.
UNCLOSED = frozenset({"p", "li", "dt", "dd", "td", "th", "tr", "option"})

_VERBATIM = re.compile(rf"<({'|'.join(VERBATIM)})\b", re.IGNORECASE)
_BLOCK = re.compile(rf"<(/?)({BLOCKS})\b[^<>]*>", re.IGNORECASE)
_BLANK = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_TAG_OR_LINE = re.compile(r"<[^<>]*>|[ \t]*\n[ \t]*")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


def paragraphed(text: str) -> str:
    """Return `text` with its paragraphs and line breaks as tags; what is tagged already stays."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    whole = [""]
    for part in _Writer(text).parts():
        # Where one part ends its line, the next does not begin another.
        whole.append(part[1:] if part.startswith("\n") and whole[-1].endswith("\n") else part)
        if not whole[-1]:
            whole.pop()
    return "".join(whole).strip("\n")


class _Writer:
    """A text on its way into paragraphs: the blocks that are open where one stands."""

    def __init__(self, text):
        self.text, self.open = text, []

    def parts(self):
        """Yield the blocks' tags and the paragraphs between them, in order."""
        for verbatim, piece in _pieces(self.text):
            if verbatim:
                yield piece
                continue
            at = 0
            for tag in _BLOCK.finditer(piece):
                yield self._between(piece[at : tag.start()])
                yield f"{tag[0]}\n" if tag[1] else f"\n{tag[0]}"
                self._step(tag)
                at = tag.end()
            yield self._between(piece[at:])

    def _step(self, tag):
        name = tag[2].lower()
        if not tag[1]:
            if self.open and self.open[-1] in (UNCLOSED & {"p", name}):
                self.open.pop()
            if name not in EMPTY and not tag[0].endswith("/>"):
                self.open.append(name)
        elif name in self.open:
            while self.open.pop() != name:
                pass

    def _between(self, text):
        text = text.strip()
        if not text:
            return ""
        place = self.open[-1] if self.open else ""
        if place in PIECES:
            return _lines(text)
        paragraphs = [one for one in _BLANK.split(text) if one.strip()]
        if place == "p":
            return "</p>\n<p>".join(_lines(one.strip()) for one in paragraphs)
        if place in PAGES or (place in CELLS and len(paragraphs) > 1):
            return "".join(f"\n<p>{_lines(one.strip())}</p>" for one in paragraphs) + "\n"
        return _lines(text) if place in CELLS else text


def _pieces(text):
    """Yield (verbatim, piece) for the text in order."""
    at, low = 0, text.lower()
    while found := _VERBATIM.search(text, at):
        end = low.find(f"</{found[1].lower()}", found.end())
        close = text.find(">", end) if end >= 0 else -1
        if close < 0:
            break
        yield False, text[at : found.start()]
        yield True, text[found.start() : close + 1]
        at = close + 1
    yield False, text[at:]


def _lines(text):
    """Return `text` with its line breaks as tags, but for those inside of tags and after a break that is there."""
    parts, at, broken = [], 0, False
    for found in _TAG_OR_LINE.finditer(text):
        words, mark = text[at : found.start()], found[0]
        if mark.startswith("<"):
            broken = _BREAK.fullmatch(mark) is not None
        else:
            broken = broken and not words.strip()
            mark = "\n" if broken else "<br>\n"
        parts += [words, mark]
        at = found.end()
    return "".join(parts) + text[at:]
