"""Where a category stands in the tree, and which categories below it have something to read."""

from dataclasses import dataclass

from sqlalchemy import case, distinct, func, literal, select
from sqlalchemy.orm import aliased

from backoffice.core.database.conditions import Unindexed
from backoffice.core.model import db
from backoffice.models.content import DEEPEST, Category, Post, post_category
from backoffice.site import posts

AT_ONCE = 10  # categories in sight; a long list of them would hide the posts
MOST = 100  # posts of one category that are counted on every page


@dataclass(frozen=True)
class Subject:
    """A category to choose, how many public posts stand under it, and whether there are `more` than were counted."""

    name: str
    slug: str
    posts: int
    more: bool = False


def chain(condition):
    """Return the category that meets `condition` with all it stands under, the topmost first; empty for none."""
    start = select(Category.id, Category.parent_id, literal(0).label("depth")).where(condition).cte(recursive=True)
    above = aliased(Category)
    step = select(above.id, above.parent_id, start.c.depth + 1).where(above.id == start.c.parent_id)
    line = start.union_all(step.where(start.c.depth < DEEPEST))
    query = select(Category.id, Category.name, Category.slug, Category.description).join(line, line.c.id == Category.id)
    return db.session.execute(query.order_by(line.c.depth.desc())).all()


def below(key):
    """Return the categories just below `key` (None: the topmost) that have something to read, and all keys below it."""
    start = select(Category.id, Category.id.label("top")).where(Category.parent_id.is_not_distinct_from(key))
    line = start.cte(recursive=True)
    # UNION, not UNION ALL: a circle that somebody wrote into the database by hand comes to its end.
    line = line.union(select(Category.id, line.c.top).where(Category.parent_id == line.c.id))
    is_top = line.c.id == line.c.top
    query = (
        select(
            line, Category.name, Category.slug, _own(line).label("own"), case((is_top, _further(line))).label("further")
        )
        .join(Category, Category.id == line.c.id)
        .order_by(Category.name, Category.id)
    )
    rows = db.session.execute(query).all()
    found = [_subject(row, [one for one in rows if one.top == row.id]) for row in rows if row.id == row.top]
    return [one for one in found if one.posts], list({row.id for row in rows})


def branch(key):
    """Return the keys of a category and of all below it."""
    line = select(Category.id).where(Category.id == key).cte(recursive=True)
    line = line.union(select(Category.id).where(Category.parent_id == line.c.id))
    return list(db.session.scalars(select(line.c.id)))


def filled():
    """Return the SELECT of the keys of the categories that have something to read, in them or below."""
    own = select(Post.id).where(Post.category_id == Category.id, Unindexed(posts.public())).exists()
    also = select(post_category.c.post_id).join(Post, Post.id == post_category.c.post_id)
    also = also.where(post_category.c.category_id == Category.id, Unindexed(posts.public())).exists()
    line = select(Category.id, Category.parent_id).where(own | also).cte(recursive=True)
    above = aliased(Category)
    line = line.union(select(above.id, above.parent_id).where(above.id == line.c.parent_id))
    return select(line.c.id)


def divided(rows):
    """Return the categories with the most posts, and the others; both in the order of their names."""
    most = set(sorted(rows, key=lambda row: -row.posts)[:AT_ONCE])
    return [row for row in rows if row in most], [row for row in rows if row not in most]


def _subject(row, branch):
    counts = [one.own for one in branch] + [row.further]
    return Subject(row.name, row.slug, sum(min(one, MOST) for one in counts), any(one > MOST for one in counts))


def _own(line):
    """Return how many public posts have a category for their own, counted up to one more than MOST."""
    some = (
        select(Post.id).where(Post.category_id == line.c.id, Unindexed(posts.public())).correlate(line).limit(MOST + 1)
    )
    return select(func.count()).select_from(some.subquery()).scalar_subquery()


def _further(line):
    """Return how many more public posts have a further category in a branch, but not their own."""
    inner, own = line.alias(), line.alias()
    inside = select(own.c.id).where(own.c.id == Post.category_id, own.c.top == line.c.top)
    inside = inside.correlate(Post, line).exists()
    some = (
        select(Post.id)
        .join(post_category, Post.id == post_category.c.post_id)
        .join(inner, post_category.c.category_id == inner.c.id)
        .where(inner.c.top == line.c.top, Unindexed(posts.public()), ~inside)
        .correlate(line)
        .limit(2 * MOST)
    )
    return select(func.count(distinct(some.subquery().c.id))).scalar_subquery()
