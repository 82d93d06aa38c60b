"""The words of the large sets: pieces of the articles, as a temporary table that SQL can draw from."""

import re
from html import escape, unescape

from sqlalchemy import Column, Integer, MetaData, String, Table, Text

from backoffice.core.types import slugify
from backoffice.demo import written

PIECE = 61  # characters; eight pieces and the marks around them make some 500 bytes

# NULL-free and keyed by kind and number, so that a row is found by arithmetic on the number of the row it serves.
table = Table(
    "demo_vocabulary",
    MetaData(),
    Column("kind", String(10), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("text", Text, nullable=False),
    Column("slug", Text, nullable=False),
    prefixes=["TEMPORARY"],
)


def fill(connection):
    """Create the table and return how many words there are of each kind."""
    table.create(connection)
    names = written.phrases()
    kinds = {"piece": _pieces(), "title": _titles(), "first": names["first"], "last": names["last"]}
    rows = [
        {"kind": kind, "number": number, "text": text, "slug": slugify(text)}
        for kind, texts in kinds.items()
        for number, text in enumerate(texts)
    ]
    connection.execute(table.insert(), rows)
    return {kind: len(texts) for kind, texts in kinds.items()}


def drop(connection):
    """Drop the table."""
    table.drop(connection)


def _sentences():
    for article in written.articles():
        plain = unescape(re.sub(r"<pre>.*?</pre>|<[^>]+>", " ", article.body, flags=re.DOTALL))
        yield from (" ".join(sentence.split()) for sentence in re.split(r"(?<=[.!?])\s", plain))


def _pieces():
    # Cut between words: what is searched for must be whole.
    pieces, current = [], ""
    for word in " ".join(_sentences()).split():
        if len(current) + len(word) >= PIECE:
            pieces.append(escape(current, quote=False))
            current = ""
        current = f"{current} {word}".strip()
    return pieces


def _titles():
    words = [sentence.split() for sentence in _sentences()]
    starts = (" ".join(some[: 3 + len(some) % 4]) for some in words if len(some) > 7)
    trimmed = {re.sub(r"^\W+|\W+$", "", start) for start in starts}
    return sorted(title for title in trimmed if title[:1].isalpha())
