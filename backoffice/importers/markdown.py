"""A folder of Markdown files in, as Jekyll, Hugo and others keep a site: all of it or nothing."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import yaml
from markdown_it import MarkdownIt

from backoffice.core.model import db
from backoffice.core.types import slugify
from backoffice.importers import plainly, taking
from backoffice.importers.job import Job
from backoffice.importers.plainly import COVER, text
from backoffice.importers.records import CATEGORY, Item, plain
from backoffice.importers.report import Report
from backoffice.importers.survey import Survey
from backoffice.importers.unreadable import Unreadable

ENDINGS = {".md", ".markdown", ".mdown", ".html"}
LARGEST = 5 * 1024 * 1024  # bytes of one file
LONGEST_HEAD = 64 * 1024  # characters of what stands before its text
MOST = 100_000  # files
# The head of a file: YAML between lines of three hyphens, or TOML between three plus signs.
_HEAD = re.compile(r"\s*(---|\+\+\+)[ \t]*\n(.*?)^\1[ \t]*$\n?(.*)", re.DOTALL | re.MULTILINE)
_DATED = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})-(.+)")
_TEMPLATE = re.compile(r"\{%|\{\{")
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def take(path: Path, media: Path | None = None) -> Report:
    """Write what the files in the folder `path` hold and return what became of it; the caller commits.

    `media` is the folder with their pictures, else the same one. Raises Unreadable, and then nothing may be committed.
    """
    report = Report()
    items = list(_items(path, report))
    if not items:
        raise Unreadable(path, None, "this folder holds no Markdown file that begins with its title and the like")
    report.source = f"Markdown files in {path}"
    found = Survey(title=path.resolve().name)
    plainly.note(found, items)
    job = Job(path, db.session(), report, media or path, slugify(found.title))
    taking.write(job, found, lambda: [*plainly.attachments(items), *items])
    return report


def _items(path, report) -> Iterator[Item]:
    if not path.is_dir():
        raise Unreadable(path, None, "there is no such folder")
    top = path.resolve()
    for number, file in enumerate(sorted(path.rglob("*"))):
        if number > MOST:
            raise Unreadable(path, None, f"this folder holds more than {MOST} files")
        name = file.relative_to(path).as_posix()
        if file.suffix.lower() not in ENDINGS or name.startswith(".") or "/." in name:
            continue
        try:
            item = _item(top, file, name, report)
        except (OSError, UnicodeDecodeError):
            report.leave("files that cannot be read as text", name)
            continue
        if item is not None:
            yield item


def _item(top, file, name, report):
    if not file.resolve().is_relative_to(top) or not file.is_file():
        report.leave("files that stand outside the folder", name)
        return None
    if file.stat().st_size > LARGEST:
        report.leave("files that are too large", name)
        return None
    head, body = _parted(file.read_text(encoding="utf-8-sig"))
    if head is None:
        report.leave("files without a head that can be read", name)
        return None
    return _entry(name, head, body, report)


def _parted(written: str) -> tuple[dict[str, Any] | None, str]:
    """Return what the head of a file says, None where it has none that can be read, and the text below it."""
    found = _HEAD.match(written.replace("\r\n", "\n"))
    if found is None or len(found[2]) > LONGEST_HEAD:
        return None, ""
    try:
        head = yaml.safe_load(found[2]) if found[1] == "---" else tomllib.loads(found[2])
    except (yaml.YAMLError, tomllib.TOMLDecodeError, ValueError, RecursionError):
        return None, ""
    return (head, found[3]) if isinstance(head, dict) else (None, "")


def _entry(name, head, body, report):
    stem, day = _named(name)
    moment, guessed = plainly.moment(head.get("date") or day)
    folder = name[: name.rfind("/") + 1]
    cover = _cover(head, folder)
    item = plainly.entry(
        name,
        name,
        kind="page" if "page" in {text(head.get("layout")), text(head.get("type"))} else "post",
        title=plain(text(head.get("title"))),
        link=_link(head),
        status="draft"
        if head.get("draft") is True or head.get("published") is False or "_drafts/" in name
        else "publish",
        moment=moment,
        guessed=guessed,
        slug=text(head.get("slug")) or text(head.get("basename")) or stem,
        excerpt=plain(next(filter(None, (text(head.get(one)) for one in ("excerpt", "description", "summary"))), "")),
        body=plainly.rooted(text(body) if name.endswith(".html") else MARKDOWN.render(text(body)), folder),
        meta={COVER: cover} if cover else {},
    )
    writers = [*_words(head.get("author"), apart=False), *_words(head.get("authors"), apart=False)]
    item.creator = next(iter(writers), "")
    subjects = [word for one in ("category", "categories") for word in _words(head.get(one))]
    item.terms = plainly.tags(name, subjects, CATEGORY)
    item.terms += plainly.tags(name, [word for one in ("tag", "tags") for word in _words(head.get(one))])
    _tell(item, len(set(writers)), report)
    return item


def _tell(item, writers, report):
    if writers > 1:
        report.change("written by several: the first is its author", item)
    if _TEMPLATE.search(item.body):
        report.change("with marks of its site's templates: they are kept as text", item)


def _named(name):
    """Return the part of an address that the name of a file gives, and the day that stands before it."""
    stem = name.rpartition("/")[2].rpartition(".")[0]
    if stem in {"index", "_index"} and "/" in name:
        stem = name.split("/")[-2]
    found = _DATED.fullmatch(stem)
    return (found[4], f"{found[1]}-{found[2]:0>2}-{found[3]:0>2}") if found else (stem, None)


def _words(value, *, apart=True):
    """Return the words of a list; those of one line stand apart by commas, else by spaces, as Jekyll reads tags."""
    if isinstance(value, list):
        # What is nested deeper is no list of words, and may even hold itself.
        value, apart = [one.get("name") if isinstance(one, dict) else one for one in value], False
    else:
        value = [value.get("name") if isinstance(value, dict) else value]
    words = [word for word in (plain(text(one)) for one in value) if word]
    if not apart or not words:
        return words
    said = words[0]
    return [word for word in (one.strip() for one in said.split("," if "," in said else None)) if word]


def _cover(head, folder):
    for name in ("cover", "image", "hero", "feature_image"):
        value = head.get(name)
        if isinstance(value, dict):
            value = next((value[one] for one in ("src", "path", "url", "image") if one in value), None)
        if text(value):
            return urljoin(f"/{folder}", text(value)) if plainly.is_own(text(value)) else text(value)
    return ""


def _link(head):
    """Return the old address of a post where it says one of its own."""
    said = text(head.get("permalink")) or text(head.get("url"))
    return urljoin("/", said) if said and ":" not in said and plainly.is_own(said) else ""
