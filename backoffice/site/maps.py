"""Which addresses search engines may find: maps of the site, each of the rows whose keys stand in one range."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask import url_for
from sqlalchemy import select

from backoffice.core.database.conditions import Unindexed
from backoffice.core.model import db
from backoffice.core.types import LARGEST
from backoffice.models.accounts import User
from backoffice.models.content import Category, Post, Tag, post_tag
from backoffice.site import posts, subjects
from backoffice.site.present import absolute

SIZE = 10_000  # keys, so that a map holds fewer addresses than the 50,000 it may
MOST = 50_000  # maps that an index may name
LAST = LARGEST // SIZE
NUMBER = re.compile(r"[1-9][0-9]{0,18}")
# What may stand in a part of a path as it is, for the router too.
PLAIN = "!$&'()*+,/:;=@"


@dataclass(frozen=True)
class Kind:
    """The rows of one model that have public pages: which, by what `word` in their addresses, and since when."""

    endpoint: str
    word: Any
    condition: Callable[[], Any]
    dates: tuple[Any, ...] = ()

    @property
    def key(self):
        """The column by which its rows are divided."""
        return self.word.class_.id

    def start(self):
        """Return what all addresses of its pages begin with."""
        return absolute(url_for(self.endpoint, **{self.word.key: "-"}).removesuffix("-"))


def _tagged():
    links = select(post_tag.c.post_id).join(Post, Post.id == post_tag.c.post_id)
    return links.where(post_tag.c.tag_id == Tag.id, Unindexed(posts.public())).exists()


def _writing():
    return select(Post.id).where(Post.author_id == User.id, Unindexed(posts.public())).exists()


KINDS = {
    "posts": Kind("site.post", Post.slug, lambda: Unindexed(Post.public()), (Post.updated_at, posts.appeared)),
    "categories": Kind("site.category", Category.slug, lambda: Category.id.in_(subjects.filled())),
    "tags": Kind("site.tag", Tag.slug, _tagged),
    "authors": Kind("site.author", User.username, _writing),
}


def numbers(kind):
    """Return the numbers of the maps of a kind that hold anything.

    The database goes from the first row of one range to the first of the next, so the rows between are not read.
    """
    key, public = kind.key, kind.condition()
    first = select(key).where(public).order_by(key).limit(1).scalar_subquery()
    found = select(first.label("key")).cte(recursive=True)
    # The end of the range in which the last row was found: whole numbers are divided without a rest.
    end = found.c.key + (SIZE - 1 - (found.c.key - 1) % SIZE)
    following = select(key).where(public, key > end).order_by(key).limit(1).correlate(found).scalar_subquery()
    found = found.union_all(select(following).select_from(found).where(found.c.key.is_not(None)))
    rows = db.session.scalars(select(found.c.key).where(found.c.key.is_not(None)).limit(MOST))
    return [(one - 1) // SIZE + 1 for one in rows]


def addresses(kind, number):
    """Return what one map holds: pairs of a full address and when the page was last changed, None where not known."""
    first, start = (number - 1) * SIZE, kind.start()
    within = kind.key > first, kind.key <= first + SIZE
    rows = db.session.execute(select(kind.word, *kind.dates).where(kind.condition(), *within).order_by(kind.key))
    return [(start + quote(word, safe=PLAIN), max(dates, default=None)) for word, *dates in rows]
