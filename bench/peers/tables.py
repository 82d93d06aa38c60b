"""The application's own tables, as the tools that stand on SQLAlchemy see them: read from the database."""

import os

from sqlalchemy import Engine, create_engine, event, update
from sqlalchemy.orm import DeclarativeBase, relationship, sessionmaker

TUNED = os.environ.get("BENCH_TUNED") == "1"
POST_COLUMNS = ("title", "author", "category", "tags", "status", "published_at", "created_at")
POST_FORM = ("title", "slug", "status", "author", "category", "tags", "excerpt", "body")
COMMENT_COLUMNS = ("body", "guest_name", "author", "post", "status", "created_at")
SEARCHED = ("title", "slug")

engine = create_engine(os.environ["DATABASE_URL"])
sessions = sessionmaker(engine)


class Base(DeclarativeBase):
    """The root of the mapped classes."""


Base.metadata.reflect(engine, only=("user", "category", "tag", "post", "post_tag", "comment", "image"))
tables = Base.metadata.tables


class User(Base):
    """An author."""

    __table__ = tables["user"]

    def __str__(self):
        return self.name


class Category(Base):
    """A subject."""

    __table__ = tables["category"]

    def __str__(self):
        return self.name


class Tag(Base):
    """A word that posts share."""

    __table__ = tables["tag"]

    def __str__(self):
        return self.name


class Post(Base):
    """A post, with what its grid shows of other tables."""

    __table__ = tables["post"]

    author = relationship(User)
    category = relationship(Category)
    tags = relationship(Tag, secondary=tables["post_tag"], lazy="selectin" if TUNED else "select")

    def __str__(self):
        return self.title


class Comment(Base):
    """A remark under a post."""

    __table__ = tables["comment"]

    author = relationship(User)
    post = relationship(Post)


def approve(session, keys):
    """Approve the comments with these keys by one statement, as the documentations of all of them show it."""
    session.execute(update(Comment).where(Comment.id.in_(keys)).values(status="approved"))
    session.commit()


class Tally:
    """How many statements this process has sent since the request began."""

    statements = 0


@event.listens_for(Engine, "before_cursor_execute")
def _count(*_details):
    Tally.statements += 1
