"""Which posts and pages visitors may see, in what order, and what stands around one."""

from sqlalchemy import and_, case, func, literal, or_, select, union_all
from sqlalchemy.orm import joinedload, load_only, selectinload

from backoffice.core.model import db, now
from backoffice.models.accounts import User
from backoffice.models.content import PAGE, PUBLISHED, SCHEDULED, Category, Post, Tag
from backoffice.models.media import Image
from backoffice.site import paging

# When a post appeared: a scheduled one whose time has come has not been given another date yet.
appeared = case((Post.status == SCHEDULED, Post.publish_at), else_=Post.published_at)
# The two ways to become public, each with the date that counts; asked for one by one, both are read in order.
WAYS = ((PUBLISHED, Post.published_at), (SCHEDULED, Post.publish_at))
SIDES = ("older", "newer")
OPENING = 1200  # characters of a body, markup included, from which the opening words are taken
MOST_PAGES = 60


def listed(number, *conditions):
    """Return that part of the list of public posts which also meet `conditions`, newest first, without bodies."""
    total = db.session.scalar(select(func.count()).select_from(Post).where(public(), *conditions))
    last = paging.last_of(total, number)
    first = (number - 1) * paging.SIZE
    latest = union_all(*(_ordered(way, first + paging.SIZE, *conditions) for way in WAYS)).subquery()
    newest_first = latest.c.moment.desc(), latest.c.id.desc()
    return paging.Page(_read(latest, newest_first, first), number, last, total)


def found(number, most, *tiers):
    """Return that part of the list of public posts which meet one of the conditions `tiers`, which exclude each other.

    Those of the first come first, the newest of each before the others, `most` in all; one more is counted.
    """
    counted = (select(Post.id).where(public(), tier).limit(most + 1).subquery() for tier in tiers)
    each = union_all(*(select(func.count()).select_from(one) for one in counted))
    total = min(sum(db.session.scalars(each)), most + 1)
    last = paging.last_of(min(total, most), number)
    first = (number - 1) * paging.SIZE
    ways = [(place, tier, way) for place, tier in enumerate(tiers) for way in WAYS]
    parts = [(place, _ordered(way, first + paging.SIZE, tier).subquery()) for place, tier, way in ways]
    latest = union_all(*(select(part, literal(place).label("place")) for place, part in parts)).subquery()
    order = latest.c.place, latest.c.moment.desc(), latest.c.id.desc()
    return paging.Page(_read(latest, order, first), number, last, total)


def public():
    """Return the condition for what stands in lists: public posts, not pages."""
    # "Not a page" rather than "a post": nearly all rows are posts, and an index on that would only slow things down.
    return and_(Post.public(), Post.kind != PAGE)


def one(slug):
    """Return the public post or page with this slug and the moment it appeared, or None."""
    query = (
        select(Post, appeared.label("moment"))
        .where(Post.public(), Post.slug == slug)
        .options(*_beside(), selectinload(Post.tags).load_only(Tag.name, Tag.slug, raiseload=True))
    )
    return db.session.execute(query).first()


def neighbours(post, moment):
    """Return the public posts that appeared just before and just after this one: (older, newer), None for none."""
    ways = [(side, way) for side in SIDES for way in WAYS]
    near = union_all(*(_ordered(way, 1, _beyond(side, way, (moment, post.id)), side=side) for side, way in ways))
    near = near.subquery()
    query = select(Post.id, Post.title, Post.slug, near.c.moment, near.c.side).join(near, near.c.id == Post.id)
    found = sorted(db.session.execute(query), key=lambda row: (row.moment, row.id))
    older, newer = ([row for row in found if row.side == side] for side in SIDES)
    return older[-1] if older else None, newer[0] if newer else None


def menu():
    """Return title and slug of the public pages, in the order of their titles."""
    query = select(Post.title, Post.slug).where(Post.public(), Post.kind == PAGE)
    return db.session.execute(query.order_by(Post.title, Post.id).limit(MOST_PAGES)).all()


def _read(latest, order, first):
    """Return the rows of one part of `latest`, a SELECT of keys and moments, in this order and without bodies."""
    # The keys are picked first, so that the database sorts no more than keys and dates.
    place = func.row_number().over(order_by=order).label("row")
    picked = select(latest, place).order_by(*order).limit(paging.SIZE).offset(first).subquery()
    query = (
        select(Post, picked.c.moment, _opening().label("opening"))
        .join(picked, picked.c.id == Post.id)
        .options(load_only(Post.title, Post.slug, Post.excerpt, raiseload=True), *_beside())
        .order_by(picked.c.row)
    )
    return list(db.session.execute(query))


def _ordered(way, most, *conditions, side="older"):
    """Return a SELECT of at most so many posts that became public in one way, in the order their index has."""
    status, date = way
    order = (date, Post.id) if side == "newer" else (date.desc(), Post.id.desc())
    query = select(Post.id, date.label("moment"), literal(side).label("side"))
    # A compound SELECT sorts as a whole, hence a subquery for each part of it.
    # What makes it public is said again so that an index on dates starts where the public ones are.
    query = query.where(public(), Post.status == status, date <= now(), *conditions)
    return select(query.order_by(*order).limit(most).subquery())


def _beyond(side, way, place):
    date, (moment, key) = way[1], place
    if side == "older":
        return or_(date < moment, and_(date == moment, Post.id < key))
    return or_(date > moment, and_(date == moment, Post.id > key))


def _opening():
    return case((func.coalesce(Post.excerpt, "") == "", func.substr(Post.body, 1, OPENING)), else_="")


def _beside():
    """Return what is loaded with each post, so that a template asks nothing more."""
    return (
        joinedload(Post.author).load_only(User.name, User.username, User.avatar, User.bio, raiseload=True),
        joinedload(Post.category).load_only(Category.name, Category.slug, raiseload=True),
        joinedload(Post.cover).load_only(Image.file, Image.alt, raiseload=True),
    )
