"""What appeared lately, as an Atom feed: what it says, and the names by which readers know it for ever."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from urllib.parse import urlsplit

from flask import current_app, url_for

from backoffice.site import outside, posts
from backoffice.site.present import absolute, teaser

MOST = 20  # entries
LONGEST = 50_000  # characters of a body, beyond which an entry holds its first words only
NEVER = "1970-01-01T00:00:00Z"


@dataclass(frozen=True)
class Entry:
    """One post as it is told outside: as stored, but for its addresses, which are whole."""

    id: str
    title: str
    address: str
    published: datetime
    updated: datetime
    author: tuple[str, str]
    subjects: tuple[tuple[str, str, str], ...]
    body: str | None
    words: str

    @property
    def content(self):
        """The text as harmless HTML; None where it is too long."""
        return None if self.body is None else outside.body(self.body, self.address)


@dataclass(frozen=True)
class Feed:
    """The newest posts of one list, at the address `here`; the list itself stands at `page`."""

    id: str
    title: str
    language: str
    here: str
    page: str
    entries: tuple[Entry, ...]

    @property
    def updated(self):
        """When anything in it was last changed, or None while it is empty."""
        return max((entry.updated for entry in self.entries), default=None)


def made(*tiers, title="", key="", here=None, page=None):
    """Return the feed of the public posts which meet one of the conditions `tiers`, of all without any.

    `key` names, for ever, whose posts they are; `here` and `page` are the paths of the feed and of its list.
    """
    name, every = current_app.config["SITE_NAME"], absolute(url_for("site.feed"))
    return Feed(
        id=f"{every}#{key}" if key else every,
        title=f"{title} · {name}" if title else name,
        language=current_app.config["BABEL_DEFAULT_LOCALE"].replace("_", "-"),
        here=absolute(here) if here else every,
        page=absolute(page or url_for("site.home")),
        entries=tuple(_entry(row) for row in posts.latest(MOST, LONGEST, *tiers)),
    )


# Kept by all that is written, so that nobody waits twice for the sanitiser, and nothing old is given out.
@lru_cache(maxsize=16)
def written(feed):
    """Return the feed as an Atom document."""
    template = current_app.jinja_env.get_template("site/feed.xml")
    return outside.xml(template.render(feed=feed, moment=moment, never=NEVER))


def moment(value):
    """Return a moment as feeds and maps write it."""
    return value.isoformat(timespec="seconds").replace("+00:00", "Z")


def _entry(row):
    post = row.Post
    return Entry(
        id=_name(post),
        title=post.title,
        address=absolute(url_for("site.post", slug=post.slug)),
        published=row.moment,
        # A scheduled post is news when it appears, not when it was written.
        updated=max(post.updated_at, row.moment),
        author=(post.author.name, absolute(url_for("site.author", username=post.author.username))),
        subjects=_subjects(post),
        body=row.body,
        words=teaser(post.excerpt, row.opening),
    )


def _name(post):
    """Return what a post is called for ever, wherever it moves: a name of RFC 4151."""
    host = urlsplit(current_app.config["SITE_URL"]).hostname
    return f"tag:{host},{post.created_at.date()}:post/{post.id}"


def _subjects(post):
    categories = [(absolute("/categories/"), post.category.slug, post.category.name)] if post.category else []
    return tuple(categories + [(absolute("/tags/"), tag.slug, tag.name) for tag in post.tags])
