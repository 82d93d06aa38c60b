"""Where a category stands in the tree, and which categories below it have something to read."""

from sqlalchemy import distinct, func, literal, select, union_all
from sqlalchemy.orm import aliased

from backoffice.core.model import db
from backoffice.models.content import DEEPEST, Category, Post, post_category
from backoffice.site import posts

AT_ONCE = 10  # categories in sight; a long list of them would hide the posts


def chain(condition):
    """Return the category that meets `condition` with all it stands under, the topmost first; empty for none."""
    start = select(Category.id, Category.parent_id, literal(0).label("depth")).where(condition).cte(recursive=True)
    above = aliased(Category)
    step = select(above.id, above.parent_id, start.c.depth + 1).where(above.id == start.c.parent_id)
    line = start.union_all(step.where(start.c.depth < DEEPEST))
    query = select(Category.id, Category.name, Category.slug, Category.description).join(line, line.c.id == Category.id)
    return db.session.execute(query.order_by(line.c.depth.desc())).all()


def below(key):
    """Return a SELECT of the keys of this category and of all below it."""
    start = select(Category.id).where(Category.id == key).cte(recursive=True)
    # UNION, not UNION ALL: a circle that somebody wrote into the database by hand comes to its end.
    line = start.union(select(Category.id).where(Category.parent_id == start.c.id))
    return select(line.c.id)


def children(key):
    """Return name, slug and number of public posts of each category just below `key` (None: the topmost)."""
    start = select(Category.id, Category.id.label("top")).where(Category.parent_id.is_not_distinct_from(key))
    start = start.cte(recursive=True)
    line = start.union(select(Category.id, start.c.top).where(Category.parent_id == start.c.id))
    stands = union_all(_own(line), _further(line)).subquery()
    query = (
        select(Category.name, Category.slug, func.sum(stands.c.posts).label("posts"))
        .join(stands, stands.c.top == Category.id)
        .group_by(Category.id, Category.name, Category.slug)
        .order_by(Category.name, Category.id)
    )
    return db.session.execute(query).all()


def divided(rows):
    """Return the categories with the most posts, and the others; both in the order of their names."""
    most = set(sorted(rows, key=lambda row: -row.posts)[:AT_ONCE])
    return [row for row in rows if row in most], [row for row in rows if row not in most]


def _own(line):
    """Return a SELECT of how many public posts have their own category in each branch."""
    query = select(line.c.top, func.count().label("posts")).join(Post, Post.category_id == line.c.id)
    return query.where(posts.public()).group_by(line.c.top)


def _further(line):
    """Return a SELECT of how many more public posts have a further category in each branch, but not their own."""
    inner = line.alias()
    counted = select(inner.c.id).where(inner.c.id == Post.category_id, inner.c.top == line.c.top).exists()
    query = (
        select(line.c.top, func.count(distinct(Post.id)).label("posts"))
        .join(post_category, post_category.c.category_id == line.c.id)
        .join(Post, Post.id == post_category.c.post_id)
    )
    return query.where(posts.public(), ~counted).group_by(line.c.top)
