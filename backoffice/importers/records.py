"""What stands in an entry of an export: authors, terms, items and remarks, put into plain values."""

import hashlib
import html
import re
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import unquote

from backoffice.importers import moments

CATEGORY, TAG = "category", "tag"
# WordPress 2 called the tags of items "tag"; all others call them "post_tag".
KINDS = {"category": CATEGORY, "post_tag": TAG, "tag": TAG}
_MARKUP = re.compile(r"</?[A-Za-z][^<>]*>")


@dataclass(slots=True)
class Author:
    """Someone whom the export lists as an author."""

    line: int | str
    login: str
    key: str = ""
    email: str = ""
    name: str = ""


@dataclass(slots=True)
class Term:
    """A category or tag, as the export lists it or as an item names it."""

    line: int | str
    kind: str
    slug: str
    name: str
    description: str = ""
    parent: str = ""


@dataclass(slots=True)
class Remark:
    """A comment, pingback or trackback under an item."""

    line: int
    key: str
    parent: str
    name: str
    email: str
    url: str
    address: str
    agent: str
    body: str
    status: str
    kind: str
    moment: datetime | None
    member: str


@dataclass(slots=True)
class Item:
    """A post, page, attachment or anything else that WordPress keeps among its posts."""

    line: int | str
    key: str
    kind: str
    title: str
    link: str
    guid: str
    creator: str
    status: str
    locked: bool
    sticky: bool
    parent: str
    moment: datetime | None
    guessed: bool
    slug: str
    excerpt: str
    body: str
    upload: str
    meta: dict[str, str]
    terms: list[Term] = field(default_factory=list)
    strangers: set[str] = field(default_factory=set)
    remarks: list[Remark] = field(default_factory=list)
    # Whether the body is HTML to the last paragraph, as other systems than WordPress write it.
    formatted: bool = False

    def __str__(self):
        return f"{where(self.line)}: “{self.title or self.slug}” ({self.kind} {self.key})"


def where(line: int | str) -> str:
    """Return where something stands in an export: its line, or what its system calls the place."""
    return line if isinstance(line, str) else f"line {line}"


def plain(text: str) -> str:
    """Return `text` as one line of words, without markup and entities."""
    return " ".join(html.unescape(_MARKUP.sub("", text)).split())


def author(node) -> Author:
    """Return the author that a `wp:author` tells of."""
    names = [plain(node.said(f"wp:author_{part}_name")) for part in ("display", "first", "last")]
    return Author(
        line=node.line,
        login=node.said("wp:author_login").strip(),
        key=node.said("wp:author_id").strip(),
        email=node.said("wp:author_email").strip(),
        name=names[0] or " ".join(names[1:]).strip(),
    )


def term(node) -> Term | None:
    """Return the category or tag that an entry tells of; None for terms of other kinds."""
    if node.name == "wp:category":
        return _term(node, CATEGORY, ("category_nicename", "cat_name", "category_description", "category_parent"))
    if node.name == "wp:tag":
        return _term(node, TAG, ("tag_slug", "tag_name", "tag_description", ""))
    kind = KINDS.get(node.said("wp:term_taxonomy").strip())
    return _term(node, kind, ("term_slug", "term_name", "term_description", "term_parent")) if kind else None


def _term(node, kind, names):
    slug, name, description, parent = (node.said(f"wp:{name}").strip() if name else "" for name in names)
    return Term(node.line, kind, slug or name, plain(name) or unquote(slug), description, parent)


def item(node) -> Item:
    """Return the item that an `item` tells of, with its remarks."""
    said = node.said
    moment, guessed = moments.first(said("wp:post_date_gmt"), said("pubDate"), said("wp:post_date"))
    found = Item(
        line=node.line,
        key=said("wp:post_id").strip() or said("guid").strip() or said("link").strip() or _print(said("title")),
        kind=said("wp:post_type").strip() or "post",
        title=plain(said("title")),
        link=said("link").strip(),
        guid=said("guid").strip(),
        creator=said("dc:creator").strip(),
        status=said("wp:status").strip(),
        locked=bool(said("wp:post_password")),
        sticky=said("wp:is_sticky").strip() == "1",
        parent=said("wp:post_parent").strip().lstrip("0"),
        moment=moment,
        guessed=guessed,
        slug=unquote(said("wp:post_name").strip()),
        excerpt=plain(said("excerpt:encoded")),
        body=said("content:encoded"),
        upload=said("wp:attachment_url").strip(),
        meta={one.said("wp:meta_key").strip(): one.said("wp:meta_value").strip() for one in node.all("wp:postmeta")},
    )
    _place(found, list(node.all("category")))
    found.remarks = [_remark(one, found) for one in node.all("wp:comment")]
    return found


def _place(found, nodes):
    """Put the terms of an item where they belong."""
    bare = set()
    for node in nodes:
        domain, slug, name = node.attributes.get("domain", ""), node.attributes.get("nicename", ""), node.text.strip()
        if domain in KINDS and (slug or name):
            found.terms.append(Term(node.line, KINDS[domain], slug or name, plain(name) or unquote(slug)))
        elif domain not in KINDS:
            (found.strangers if domain else bare).add(domain or plain(name))
    # WXR 1.0 repeats each term by its name alone; only a name that nothing else tells of is news.
    if bare - {term.name for term in found.terms}:
        found.strangers.add("")


def _remark(node, found):
    said = node.said
    moment = moments.written(said("wp:comment_date_gmt")) or moments.written(said("wp:comment_date")) or found.moment
    name, body = plain(said("wp:comment_author")), said("wp:comment_content")
    return Remark(
        line=node.line,
        key=said("wp:comment_id").strip() or _print(found.key, name, said("wp:comment_date"), body),
        parent=said("wp:comment_parent").strip().lstrip("0"),
        name=name,
        email=said("wp:comment_author_email").strip(),
        url=said("wp:comment_author_url").strip(),
        address=said("wp:comment_author_IP").strip(),
        agent=said("wp:comment_agent").strip(),
        body=body,
        status=said("wp:comment_approved").strip(),
        kind=said("wp:comment_type").strip() or "comment",
        moment=moment,
        member=said("wp:comment_user_id").strip().lstrip("0"),
    )


def _print(*parts):
    """Return what tells an entry without a number from others."""
    return f"print:{hashlib.sha256('|'.join(parts).encode()).hexdigest()[:32]}"
