"""The posts and pages of an export: their states, dates, addresses, covers and bodies."""

from itertools import count
from urllib.parse import urlsplit

from sqlalchemy import select

from backoffice.core.model import now
from backoffice.core.types import slugify
from backoffice.importers import bodies
from backoffice.importers.job import cut
from backoffice.importers.records import CATEGORY, TAG
from backoffice.models.content import ARCHIVED, DRAFT, PUBLISHED, REVIEW, SCHEDULED, Category, Post, Tag
from backoffice.models.media import Image

PLURALS = {"post": "posts", "page": "pages"}
STATES = {
    "publish": PUBLISHED,
    "future": SCHEDULED,
    "pending": REVIEW,
    "draft": DRAFT,
    "private": DRAFT,
    "trash": ARCHIVED,
}
LONGEST_SLUG = 180  # so that a number fits behind it
TRASHED = "__trashed"
UNTOLD = "terms that do not say whether they are categories or tags"


def take(job, items):
    """Write the posts and pages of `items` that are not there; return theirs → ours for all of them."""
    known = job.known("post", Post, [item.key for item in items])
    fresh, doubled = {}, []
    for item in items:
        if item.key in known:
            job.report.there[PLURALS[item.kind]] += 1
        elif item.key in fresh:
            doubled.append(item)
        else:
            fresh[item.key] = item
    for item in doubled:
        job.report.leave("entries with a number that another has", item)
    rows = _Batch(job, list(fresh.values())).rows()
    return known | {key: row.id for key, row in rows}


class _Batch:
    """Some posts on their way in, with all that the database knows about what they name."""

    def __init__(self, job, items):
        self.job, self.items = job, items
        self.images = self._images()
        self.stored = self._stored()
        self.tags = self._named(Tag, TAG)
        self.categories = self._named(Category, CATEGORY)
        wanted = [_slug(item) for item in items]
        self.slugs = set(job.session.scalars(select(Post.slug).where(Post.slug.in_(wanted))))

    def rows(self):
        """Write the rows and return them with the keys that they had."""
        made = []
        for item in self.items:
            row = self.job.made(Post, item, self._values(item))
            if row is not None:
                made.append((item.key, item, row))
                self.job.report.taken[PLURALS[item.kind]] += 1
        self.job.session.add_all(row for _key, _item, row in made)
        self.job.session.flush()
        self.job.remember("post", [(key, row) for key, _item, row in made])
        self.job.remember("address", [(one, row) for _key, item, row in made for one in addresses(item, self.job.site)])
        return [(key, row) for key, _item, row in made]

    def _images(self):
        return self.job.known("image", Image, {item.meta.get("_thumbnail_id", "") for item in self.items} - {""})

    def _stored(self):
        names = {name for item in self.items for name in bodies.uploads(item.body, self.job.site)}
        keys = self.job.known("upload", Image, names)
        files = {key: row.file for key, row in self.job.rows(Image, keys.values()).items()}
        return {name: files[key] for name, key in keys.items()}

    def _named(self, model, kind):
        terms = {(kind, term.slug) for item in self.items for term in item.terms if term.kind == kind}
        return self.job.rows(model, [self.job.terms[term] for term in terms if term in self.job.terms])

    def _values(self, item):
        report = self.job.report
        status = _status(item, report)
        categories, tags = self._under(item, CATEGORY, self.categories), self._under(item, TAG, self.tags)
        values = {
            "kind": item.kind,
            "title": cut(item.title, 300) or "Untitled",
            "slug": self._free(item),
            "excerpt": item.excerpt or None,
            "body": bodies.resettled(bodies.written(item.body, formatted=item.formatted), self.job.site, self.stored),
            "status": status,
            "author_id": self.job.users.get(item.creator),
            "category_id": categories[0].id if categories else None,
            "more_categories": categories[1:],
            "tags": tags,
            "cover_id": self._cover(item),
            "old_address": (addresses(item, self.job.site) or [None])[0],
            **_dates(item, status),
        }
        _tell(item, report)
        return values

    def _under(self, item, kind, rows):
        keys = [self.job.terms.get((kind, term.slug)) for term in item.terms if term.kind == kind]
        return [rows[key] for key in dict.fromkeys(keys) if key in rows]

    def _cover(self, item):
        wanted = item.meta.get("_thumbnail_id", "")
        key = self.images.get(wanted)
        if wanted and wanted != "0" and key is None:
            self.job.report.change("the cover image is not there", f"{item}, image {wanted}")
        return key

    def _free(self, item):
        slug = _slug(item)
        if slug in self.slugs:
            slug = next(one for one in self._numbered(slug) if one not in self.slugs)
            self.job.report.change("the address was taken: it got a number", f"{item}, {slug}")
        self.slugs.add(slug)
        return slug

    def _numbered(self, stem):
        like = Post.slug.startswith(f"{stem}-", autoescape=True)
        self.slugs |= set(self.job.session.scalars(select(Post.slug).where(like)))
        return (f"{stem}-{number}" for number in count(2))


def _slug(item):
    stem = slugify(item.slug.removesuffix(TRASHED)) or slugify(item.title) or f"{item.kind}-{slugify(item.key)}"
    return stem[:LONGEST_SLUG].rstrip("-")


def _status(item, report):
    """Return the state a post gets; what was hidden from visitors never becomes public."""
    state = STATES.get(item.status)
    if state is None:
        report.change(f"the state “{item.status[:40]}” is not known here: kept as a draft", item)
        return DRAFT
    if item.locked and state in (PUBLISHED, SCHEDULED):
        report.change("protected by a password: kept as a draft", item)
        return DRAFT
    if item.status == "private":
        report.change("private: kept as a draft", item)
    if item.status == "trash":
        report.change("in the trash: kept as archived", item)
    if state == SCHEDULED and item.moment is None:
        report.change("scheduled without a date: kept as a draft", item)
        return DRAFT
    return SCHEDULED if state == PUBLISHED and item.moment and item.moment > now() else state


def _dates(item, status):
    if item.moment is None:
        return {}
    # Nothing was made in the future, whenever it is to appear.
    dates = {"created_at": min(item.moment, now())}
    if status == SCHEDULED:
        dates["publish_at"] = item.moment
    if status == PUBLISHED:
        dates["published_at"] = item.moment
    return dates


def _tell(item, report):
    if item.guessed:
        report.change("the date names no time zone: taken as UTC", item)
    elif item.moment is None and item.status in ("publish", "future"):
        report.change("without a date: dated now", item)
    if not item.title:
        report.change("without a title: called “Untitled”", item)
    if item.sticky:
        report.change("sticky: that is unknown here", item)
    if item.parent and item.kind == "page":
        report.change("below another page: pages stand in no tree here", item)
    if bodies.programmed(item.body):
        report.change("with scripts, embedded pages or forms: they are not kept", item)
    for domain in sorted(item.strangers):
        unknown = f"terms of the kind “{domain[:40]}” on posts" if domain else UNTOLD
        report.leave(unknown, item)


def addresses(item, site):
    """Return the addresses, path and query, that lead to a post: its old one first, then by number, then by name."""
    base = urlsplit(site).path.rstrip("/") if _is_address(site) else ""
    found = []
    if _is_address(item.link):
        parts = urlsplit(item.link)
        found.append(f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path)
    if item.key.isdecimal() and not item.formatted:
        found.append(f"{base}/?{'p' if item.kind == 'post' else 'page_id'}={item.key}")
    # Slugs have fewer signs here; who writes the old one behind our path is led on as well.
    found += [f"/posts/{item.slug}"] if item.slug != slugify(item.slug) else []
    return [one for one in dict.fromkeys(found) if one.startswith("/") and one != "/" and len(one) <= 500]


def _is_address(text):
    try:
        return bool(urlsplit(text).path or urlsplit(text).query)
    except ValueError:
        return False
