"""What the demonstration's authors wrote: articles, people and remarks, read from `content/`."""

import json
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "content"
BETWEEN = "\n%%\n"


class Article(NamedTuple):
    """One article as it was written: its headings by name, the readers' remarks about it, and its body."""

    headings: dict
    remarks: list
    body: str


def articles():
    """Return every article, in the order of the files."""
    files = sorted((FOLDER / "posts").glob("*.txt"))
    return [_article(text) for path in files for text in path.read_text(encoding="utf-8").split(BETWEEN)]


def people():
    """Return the accounts, writers, readers and categories."""
    return json.loads((FOLDER / "people.json").read_text(encoding="utf-8"))


def phrases():
    """Return the readers' phrases, as lists by the name of their kind."""
    kinds = {}
    for line in (FOLDER / "remarks.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            current = kinds.setdefault(line[2:], [])
        elif line:
            current.append(line)
    return kinds


def _article(text):
    head, _, body = text.strip().partition("\n\n")
    headings, remarks = {}, []
    for line in head.splitlines():
        name, _, value = line.partition(":")
        if name == "remark":
            remarks.append(value.strip())
        else:
            headings[name] = value.strip()
    return Article(headings, remarks, _html(body))


def _html(body):
    # A block that is not yet HTML is a paragraph, which keeps the source readable.
    blocks = (block.strip() for block in _blocks(body))
    return "\n".join(block if block.startswith(BLOCK_TAGS) else f"<p>{block}</p>" for block in blocks if block)


BLOCK_TAGS = ("<h", "<ul", "<ol", "<dl", "<p>", "<pre", "<table", "<blockquote")


def _blocks(body):
    # Blank lines part the blocks, except inside code.
    whole, inside = [], False
    for block in body.split("\n\n"):
        if inside:
            whole[-1] += f"\n\n{block}"
        else:
            whole.append(block)
        inside = whole[-1].count("<pre") > whole[-1].count("</pre>")
    return whole
