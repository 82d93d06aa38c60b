"""A Ghost export in: its posts and pages, their authors and tags, all of it or nothing."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from backoffice.core.model import db
from backoffice.core.types import slugify
from backoffice.importers import plainly, taking
from backoffice.importers.job import Job
from backoffice.importers.paragraphs import paragraphed
from backoffice.importers.plainly import ALT, COVER, text
from backoffice.importers.records import TAG, Author, Item, Term, plain
from backoffice.importers.report import Report
from backoffice.importers.survey import Survey
from backoffice.importers.unreadable import Unreadable

# What stands in an export for the address of its site.
OWN = "__GHOST_URL__"
STATES = {"published": "publish", "scheduled": "future", "draft": "draft", "sent": "private"}
LARGEST = 512 * 1024 * 1024  # bytes


def take(path: Path, media: Path | None = None) -> Report:
    """Write all that the export at `path` holds and return what became of it; the caller commits.

    `media` is the folder with its pictures, `content` beside the export. Raises Unreadable, and then nothing may be
    committed.
    """
    report, told = Report(), _read(path)
    found = Survey(title=_setting(told, "title"))
    report.source = f"Ghost export {path}: {found.title or 'without a title'}"
    items = list(_items(told, report))
    found.authors = list(_authors(told))
    plainly.note(found, items)
    _describe(told, found)
    job = Job(path, db.session(), report, media, _setting(told, "url") or slugify(found.title))
    taking.write(job, found, lambda: [*plainly.attachments(items), *items])
    return report


def _read(path):
    """Return the tables of the export by name; older ones and single pages of its API are dressed otherwise."""
    try:
        if path.stat().st_size > LARGEST:
            raise Unreadable(path, None, "this is larger than any Ghost export")
        told = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise Unreadable(path, None, "there is no such file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(path, None, "this file cannot be read as text") from error
    except ValueError as error:
        raise Unreadable(path, getattr(error, "lineno", None), "this is not JSON") from error
    except RecursionError as error:
        raise Unreadable(path, None, "this is nested deeper than any export") from error
    if isinstance(told, dict) and isinstance(told.get("db"), list) and told["db"]:
        told = told["db"][0]
    told = told.get("data", told) if isinstance(told, dict) else None
    if not isinstance(told, dict) or not isinstance(told.get("posts"), list):
        raise Unreadable(path, None, "this is no export of Ghost: it holds no posts")
    return told


def _rows(told, name):
    """Return the rows of a table, whatever else stands in its place."""
    rows = told.get(name)
    rows = rows if isinstance(rows, list) else [rows]
    # What writes such files for other systems puts each row into one more cover.
    return [row["data"] if isinstance(row.get("data"), dict) else row for row in rows if isinstance(row, dict)]


def _setting(told, name):
    return next((text(row.get("value")) for row in _rows(told, "settings") if row.get("key") == name), "")


def _ordered(told, table, one, other):
    """Return the keys that a table of links gives each post, in their order."""
    found: dict[str, list[str]] = {}
    for row in sorted(_rows(told, table), key=lambda row: _place(row.get("sort_order"))):
        found.setdefault(text(row.get(one)), []).append(text(row.get(other)))
    return found


def _place(value):
    return value if type(value) in {int, float} else 0


def _items(told, report) -> Iterator[Item]:
    writers = _ordered(told, "posts_authors", "post_id", "author_id")
    words = _ordered(told, "posts_tags", "post_id", "tag_id")
    tags = {text(row.get("id")): row for row in _rows(told, "tags")}
    logins = {text(row.get("id")): _login(row) for row in _rows(told, "users")}
    for number, row in enumerate(_rows(told, "posts"), 1):
        key = text(row.get("id"))
        named = [logins.get(one, "") for one in writers.get(key, [text(row.get("author_id"))])]
        named += [_login(one) for one in _inline(row)]
        under = [tags[one] for one in words.get(key, ()) if one in tags] or _rows(row, "tags")
        item = _item(f"post {number}", key, row)
        item.creator = next(filter(None, named), "")
        item.terms = _terms(item, under, report)
        _tell(item, row, len(dict.fromkeys(filter(None, named))), report)
        yield item


def _item(line: str, key: str, row: dict[str, Any]) -> Item:
    moment, guessed = plainly.moment(row.get("published_at") or row.get("created_at"))
    slug, is_page = text(row.get("slug")), row.get("type") == "page" or row.get("page") == 1
    status = STATES.get(text(row.get("status")), text(row.get("status")))
    hidden = text(row.get("visibility")) not in {"", "public"} and status == "publish"
    cover = _relative(row.get("feature_image") or row.get("image"))
    return plainly.entry(
        line,
        key or slug or line,
        kind="page" if is_page else "post",
        title=plain(text(row.get("title"))),
        link=f"/{slug}/" if slug else "",
        status="private" if hidden else status,
        sticky=row.get("featured") == 1,
        moment=moment,
        guessed=guessed,
        slug=slug,
        excerpt=plain(text(row.get("custom_excerpt"))),
        body=_relative(row.get("html")) or paragraphed(text(row.get("plaintext"))),
        meta={COVER: cover, ALT: text(row.get("feature_image_alt"))} if cover else {},
    )


def _terms(item, rows, report):
    """Return the tags of a post; those that begin with a "#" are for its theme, not for readers."""
    found = {}
    for row in rows:
        name = plain(text(row.get("name")))
        if name.startswith("#") or row.get("visibility") == "internal":
            report.leave("tags that only the theme sees", item)
        elif name:
            slug = text(row.get("slug")) or name
            found.setdefault(slug, Term(item.line, TAG, slug, name))
    return list(found.values())


def _tell(item, row, writers, report):
    if writers > 1:
        report.change("written by several: the first is its author", item)
    if not item.body and (row.get("lexical") or row.get("mobiledoc")):
        report.change("its text stands only in the editor's own form: without a text", item)
    if text(row.get("codeinjection_head")) or text(row.get("codeinjection_foot")):
        report.change("with code of its own for head or foot: it is not kept", item)


def _relative(value):
    return text(value).replace(OWN, "")


def _inline(post):
    """Return the authors that a post itself tells of."""
    return [one for name in ("primary_author", "author", "authors") for one in _rows(post, name)]


def _login(row):
    return text(row.get("slug")) or text(row.get("email")) or text(row.get("name"))


def _authors(told):
    inline = [one for post in _rows(told, "posts") for one in _inline(post)]
    for number, row in enumerate([*_rows(told, "users"), *inline], 1):
        name = plain(text(row.get("name")))
        yield Author(f"author {number}", _login(row), "", text(row.get("email")), name)


def _describe(told, found):
    """Keep the tags that no post stands under, too."""
    for number, row in enumerate(_rows(told, "tags"), 1):
        name, slug = plain(text(row.get("name"))), text(row.get("slug"))
        if name and not name.startswith("#") and row.get("visibility") != "internal":
            found.terms.setdefault((TAG, slug or name), Term(f"tag {number}", TAG, slug or name, name))
