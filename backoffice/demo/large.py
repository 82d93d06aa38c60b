"""Large sets for measuring: rows by the million, made where they are kept, by a few INSERT … SELECT."""

from sqlalchemy import String, cast, func, select, text

from backoffice.core import history
from backoffice.core.model import now
from backoffice.core.search import tables as search_tables
from backoffice.demo.large_posts import Articles, Talk
from backoffice.demo.lots import Lots
from backoffice.demo.series import dice, secret
from backoffice.models.accounts import User
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post, Tag

USERS, CATEGORIES, TAGS = 10_000, 50, 1_000


class Large:
    """A set on its way to so many posts and comments in all; what is there already counts."""

    def __init__(self, session, posts, comments):
        self.session, self.connection = session, session.connection()
        wanted = {User: USERS, Category: CATEGORIES, Tag: TAGS, Post: posts, Comment: comments}
        self.missing = {model: max(0, count - self._count(model)) for model, count in wanted.items()}

    def steps(self):
        """Make what is missing; after each step yield what was made and how many."""
        if not self.missing[Post] and not self.missing[Comment]:
            return
        # A million rows are indexed much faster together than as they come.
        search_tables.detach(self.connection)
        self.lots = Lots(self.connection, now())
        for name, model, make in (
            ("users", User, self._users),
            ("categories", Category, self._categories),
            ("tags", Tag, self._tags),
        ):
            make()
            yield name, self.missing[model]
        yield from Articles(self.lots, self._highest(Post)).steps(self.missing[Post])
        yield from Talk(self.lots, self._highest(Comment)).steps(self.missing[Comment])
        self.lots.close()
        yield "search tables", len(search_tables.install(self.connection))
        made = {model.__tablename__: count for model, count in self.missing.items()}
        history.note(self.session, "load", None, model="post", label="A large set for measuring", **made)
        self.connection.execute(text("ANALYZE"))

    def _count(self, model):
        return self.session.scalar(select(func.count()).select_from(model))

    def _highest(self, model):
        return self.session.scalar(select(func.coalesce(func.max(model.id), 0)))

    def _new(self, model):
        draw = self.lots.draw_numbers(self.missing[model])
        return draw, cast(self._highest(model) + draw.n, String)

    def _users(self):
        draw, key = self._new(User)
        name = draw.word("first", 0).text + " " + draw.word("last", 1).text
        values = {"username": "member-" + key, "name": name, "email": "member-" + key + "@example.org"}
        values |= {"active": dice(draw.n, 2, 20) > 0, "fs_uniquifier": secret(self.connection)}
        draw.insert(User.__table__, values, self.lots.past(draw.n, 3))

    def _categories(self):
        self.lots.put_in("above", Category, Category.parent_id.is_(None))
        draw, key = self._new(Category)
        name = draw.word("last", 4)
        values = {"name": name.text + " " + key, "slug": name.slug + "-" + key}
        values |= {"parent_id": draw.row("above", 5).id}
        draw.insert(Category.__table__, values, self.lots.past(draw.n, 6))

    def _tags(self):
        draw, key = self._new(Tag)
        name = draw.word("first", 7)
        values = {"name": name.slug + " " + key, "slug": name.slug + "-" + key}
        draw.insert(Tag.__table__, values, self.lots.past(draw.n, 8))
