"""Posts and pages, and the categories and tags they stand under."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, ForeignKey, Index, Integer, String, Table, Text, and_, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.core.catalogues import gettext, lazy_pgettext
from backoffice.core.catalogues import lazy_gettext as _
from backoffice.core.model import Model, db, now
from backoffice.core.resource import Action, Resource
from backoffice.core.types import Choice, Html, Invalid, Key, Slug, UtcDateTime
from backoffice.models.content import layout, publishing
from backoffice.models.content.publishing import ARCHIVED, DRAFT, PUBLISHED, REVIEW, SCHEDULED, STATUSES

POST, PAGE = KINDS = ("post", "page")
COUNTED = ["status", "published_at", "publish_at", "kind"]
DEEPEST = 50  # levels of categories; more than anybody can read, few enough to walk

post_tag = Table(
    "post_tag",
    db.Model.metadata,
    Column("post_id", Key, ForeignKey("post.id"), primary_key=True),
    Column("tag_id", Key, ForeignKey("tag.id"), primary_key=True),
    Index(None, "tag_id", "post_id"),
)

post_category = Table(
    "post_category",
    db.Model.metadata,
    Column("post_id", Key, ForeignKey("post.id"), primary_key=True),
    Column("category_id", Key, ForeignKey("category.id"), primary_key=True),
    Index(None, "category_id", "post_id"),
)


class Category(Model):
    """A subject; subjects stand in a tree."""

    name: Mapped[str] = mapped_column(String(120), index=True, info={"label": _("Name")})
    slug: Mapped[str] = mapped_column(Slug, unique=True, info={"label": _("Slug"), "from": "name"})
    description: Mapped[str | None] = mapped_column(Text, info={"label": _("Description")})
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"), index=True)

    parent = relationship("Category", remote_side="Category.id", info={"label": _("Parent")})

    resource = Resource(
        menu=_("Content"),
        place=30,
        icon="folder",
        name=_("Category"),
        plural=_("Categories"),
        empty=_("What posts are about. Each category with posts has a page of its own."),
        columns=("name", "slug", "parent", "created_at"),
        search=("name", "slug"),
        filters=("parent",),
        inline=("name",),
        groups=layout.CATEGORY,
        by_name=True,
        order="name",
        grants={
            "editor": "read create update delete export pick",
            "author": "read pick",
            "moderator": "pick",
        },
    )

    def public_path(self) -> str:
        """Return where visitors find the posts under it."""
        return f"/categories/{self.slug}"

    def rules(self) -> Iterator[Invalid]:
        """A category stands in no circle."""
        seen, above = {self}, self.parent
        while above is not None:
            if above in seen or len(seen) > DEEPEST:
                yield Invalid("parent", gettext("A category cannot stand below itself."))
                return
            seen.add(above)
            above = above.parent


class Tag(Model):
    """A word that posts share."""

    name: Mapped[str] = mapped_column(String(120), unique=True, info={"label": _("Name")})
    slug: Mapped[str] = mapped_column(Slug, unique=True, info={"label": _("Slug"), "from": "name"})

    resource = Resource(
        menu=_("Content"),
        place=40,
        icon="tag",
        name=_("Tag"),
        plural=_("Tags"),
        empty=_("Words by which posts are found. They can also be made while a post is written."),
        columns=("name", "slug", "created_at"),
        search=("name", "slug"),
        inline=("name",),
        groups=layout.TAG,
        by_name=True,
        order="name",
        grants={
            "editor": "read create update delete export pick",
            "author": "read pick",
            "moderator": "pick",
        },
    )

    def public_path(self) -> str:
        """Return where visitors find the posts that share it."""
        return f"/tags/{self.slug}"


def _first_published() -> ColumnElement[datetime]:
    return func.coalesce(Post.published_at, now())


class Post(Model):
    """A post or a page, in one of five states; visitors see it only when it is published and its time has come."""

    kind: Mapped[str] = mapped_column(
        Choice(KINDS),
        default=POST,
        info={"label": _("Kind"), "labels": {POST: _("Post"), PAGE: _("Page")}},
    )
    title: Mapped[str] = mapped_column(String(300), index=True, info={"label": _("Title")})
    slug: Mapped[str] = mapped_column(Slug, unique=True, info={"label": _("Slug"), "from": "title"})
    excerpt: Mapped[str | None] = mapped_column(Text, info={"label": _("Excerpt")})
    body: Mapped[str] = mapped_column(Html, default="", info={"label": _("Text")})
    status: Mapped[str] = mapped_column(
        Choice(STATUSES),
        default=DRAFT,
        info={
            "label": _("Status"),
            "labels": {
                DRAFT: _("Draft"),
                REVIEW: _("In review"),
                SCHEDULED: _("Scheduled"),
                PUBLISHED: _("Published"),
                ARCHIVED: _("Archived"),
            },
        },
    )
    publish_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, index=True, info={"label": _("Publish at"), "help": _("When a scheduled post is to appear.")}
    )
    published_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, index=True, info={"label": lazy_pgettext("when", "Published")}
    )
    author_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"))
    cover_id: Mapped[int | None] = mapped_column(ForeignKey("image.id"), index=True)
    views: Mapped[int] = mapped_column(
        Integer, default=0, index=True, info={"label": lazy_pgettext("how often a page was opened", "Views")}
    )
    old_address: Mapped[str | None] = mapped_column(String(500), index=True, info={"label": _("Old address")})

    author = relationship("User", info={"label": _("Author")})
    category = relationship("Category", info={"label": _("Category")})
    # Its address and its breadcrumbs follow the one category; it is listed under these as well.
    more_categories = relationship(
        "Category", secondary=post_category, order_by="Category.name", info={"label": _("Also under")}
    )
    cover = relationship("Image", info={"label": _("Cover image")})
    tags = relationship("Tag", secondary=post_tag, order_by="Tag.name", info={"label": _("Tags")})

    __table_args__ = (
        # The two ways to become public, each with its date: a list of public posts starts where the place is.
        Index("ix_post_status_published_at", "status", "published_at", "id", postgresql_include=["kind"]),
        Index("ix_post_status_publish_at", "status", "publish_at", "id", postgresql_include=["kind"]),
        Index("ix_post_created_at_id", "created_at", "id", postgresql_include=COUNTED),
        # Many posts are equal in these; each index holds them in the grid's own order.
        Index("ix_post_status_created_at", "status", "created_at", "id"),
        Index("ix_post_kind_created_at", "kind", "created_at", "id"),
        Index("ix_post_author_id_created_at", "author_id", "created_at", "id"),
        # A category holds very many; with this in it, those in one state, or public, are counted without reading them.
        Index("ix_post_category_id_created_at", "category_id", "created_at", "id", postgresql_include=COUNTED),
    )

    resource = Resource(
        menu=_("Content"),
        place=10,
        icon="file",
        name=_("Post"),
        plural=_("Posts"),
        empty=_("What visitors read. A new post is a draft until it is published."),
        label="title",
        columns=("title", "status", "author", "category", "tags", "published_at", "created_at"),
        search=("title", "slug", "excerpt", "body"),
        filters=("status", "kind", "category", "author", "tags", "published_at", "publish_at", "created_at"),
        inline=("title", "category"),
        groups=layout.POST,
        fixed=("views", "published_at", "old_address"),
        views={
            _("Drafts"): {"status": DRAFT},
            _("In review"): {"status": REVIEW},
            _("Scheduled"): {"status": SCHEDULED},
            _("Published"): {"status": PUBLISHED},
            _("Archived"): {"status": ARCHIVED},
        },
        waits="in-review",
        unfinished="drafts",
        trend="created_at",
        actions=(
            Action("publish", _("Publish"), sets={"status": PUBLISHED, "published_at": _first_published}, key="p"),
            Action(
                "schedule",
                _("Schedule"),
                sets={"status": SCHEDULED},
                when={"status": (DRAFT, REVIEW)},
                refuses=lambda _user, _rows: [(Post.publish_at.is_(None), gettext("It has no date to appear at."))],
            ),
            Action("submit", _("Hand in for review"), sets={"status": REVIEW}, when={"status": (DRAFT,)}),
            Action("archive", _("Archive"), sets={"status": ARCHIVED}, key="a"),
            Action("redraft", _("Back to draft"), sets={"status": DRAFT}, key="d"),
        ),
        owner="author_id",
        order="-created_at",
        grants={
            "editor": "read create update delete export pick publish schedule submit archive redraft assign",
            "author": "read:own create update:own delete:own submit:own",
            "moderator": "read pick",
        },
        fields={"author_id": "assign"},
    )

    def rules(self) -> Iterator[Invalid]:
        """A published post has its date, a scheduled one its time, and each an author."""
        yield from publishing.problems(self)
        if self.author_id is None and self.author is None:
            yield Invalid("author", gettext("A post needs an author."))

    def public_path(self) -> str:
        """Return where visitors read it, or "" while they cannot."""
        return publishing.address(self)

    @classmethod
    def public(cls, moment: Any = None) -> ColumnElement[bool]:
        """Return the condition for what visitors may see at a `moment`, now by default: published, or due."""
        moment = now() if moment is None else moment
        published = and_(cls.status == PUBLISHED, cls.published_at <= moment)
        return published | and_(cls.status == SCHEDULED, cls.publish_at <= moment)

    @classmethod
    def under(cls, keys: Any) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        """Return two conditions that exclude each other: for posts of these categories, and for those also there."""
        also = cls.id.in_(select(post_category.c.post_id).where(post_category.c.category_id.in_(keys)))
        return cls.category_id.in_(keys), and_(also, func.coalesce(cls.category_id, 0).not_in(keys))
