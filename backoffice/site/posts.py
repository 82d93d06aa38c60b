"""Which posts and pages visitors may see, in what order, and what stands around one."""

from flask import abort
from sqlalchemy import and_, case, func, literal, or_, select, true, union_all
from sqlalchemy.orm import joinedload, load_only, selectinload

from backoffice.core.database.conditions import Sought, Unindexed, Walked
from backoffice.core.model import db, now
from backoffice.core.paging import counting
from backoffice.models.accounts import User
from backoffice.models.content import PAGE, PUBLISHED, SCHEDULED, Category, Post, Tag
from backoffice.models.media import Image
from backoffice.site import paging

# When a post appeared: a scheduled one whose time has come has not been given another date yet.
appeared = case((Post.status == SCHEDULED, Post.publish_at), else_=Post.published_at)
# The two ways to become public, each with the date that counts; asked for one by one, both are read in order.
WAYS = ((PUBLISHED, Post.published_at), (SCHEDULED, Post.publish_at))
OPENING = 1200  # characters of a body, markup included, from which the opening words are taken
IN_FEEDS = (Post.title, Post.slug, Post.excerpt, Post.created_at, Post.updated_at)
TAGS = selectinload(Post.tags).load_only(Tag.name, Tag.slug, raiseload=True)


def listed(place, *tiers):
    """Return that part of the list of public posts which meet one of the conditions `tiers`, newest first.

    The conditions exclude each other; without any, all public posts are listed. No body is read.
    """
    most = paging.NUMBERED * paging.SIZE
    seen = Unindexed(public()) if tiers else public()
    each = counting.counts(db.session(), [select(Post.id).where(seen, tier) for tier in tiers or (true(),)], most)
    total = counting.Number(sum(one.value for one in each), all(one.exact for one in each))
    parts = [(0, _around(way, place, tier)) for tier in tiers or (true(),) for way in WAYS]
    return paging.page(_read(parts, place), place, total)


def latest(most, longest, *tiers):
    """Return the newest public posts which meet one of the conditions `tiers`, as `listed` does, with their tags.

    Of bodies of more than `longest` characters only the opening is read.
    """
    place = paging.Place()
    parts = [(0, _ordered(way, most, place, tier)) for tier in tiers or (true(),) for way in WAYS]
    picked = _picked(parts, place, most)
    is_whole = func.length(Post.body) <= longest
    query = (
        select(
            Post,
            picked.c.moment,
            case((is_whole, Post.body)).label("body"),
            case((is_whole, ""), else_=func.substr(Post.body, 1, OPENING)).label("opening"),
        )
        .join(picked, picked.c.id == Post.id)
        .options(load_only(*IN_FEEDS, raiseload=True), *_beside(), TAGS)
        .order_by(picked.c.row)
    )
    return list(db.session.execute(query))


def walked(place, keys, many, reach=0):
    """Return what `listed` does for the posts with one of the `keys` (a SELECT of about so `many`).

    The list of all posts is read from its place on until enough of them are met; after `reach` posts, if that is given,
    they are looked up instead.
    """
    rows = _read([(0, _met(way, place, keys, reach)) for way in WAYS], place)
    if reach and len(rows) <= paging.SIZE:
        return listed(place, Sought(Post.id.in_(keys)))
    if not place.beyond and len(rows) <= paging.SIZE:
        return paging.page(rows, place, counting.Number(place.skipped + len(rows)))
    most, counted = paging.NUMBERED * paging.SIZE, select(Post.id).where(public(), Post.id.in_(keys))
    if many > counting.SURELY * most:
        return paging.page(rows, place, counting.Number(counting.estimate(db.session(), counted, most), exact=False))
    return paging.page(rows, place, counting.count(db.session(), counted, most))


def found(place, most, *tiers):
    """Return that part of the list of public posts which meet one of the conditions `tiers`, which exclude each other.

    Those of the first come first, the newest of each before the others, `most` in all; one more is counted.
    """
    numbered = most // paging.SIZE
    if place.beyond or place.number > numbered:
        abort(404)
    total = counting.Number(min(_counted(tiers, most + 1), most + 1))
    parts = [(number, _around(way, place, tier)) for number, tier in enumerate(tiers) for way in WAYS]
    # Where the first fill this part, the others need not be looked for.
    rows = _read(parts[: len(WAYS)], place)
    if len(rows) <= paging.SIZE:
        rows = _read(parts, place)
    return paging.page(rows[: most - place.skipped], place, total, numbered)


def _counted(tiers, most):
    """Return how many public posts meet one of the conditions; none is counted after the first `most`."""
    number = 0
    for tier in tiers:
        some = select(Post.id).where(Unindexed(public()), tier).limit(most - number).subquery()
        number += db.session.scalar(select(func.count()).select_from(some))
        if number >= most:
            break
    return number


def public():
    """Return the condition for what stands in lists: public posts, not pages."""
    # "Not a page" rather than "a post": nearly all rows are posts, and an index on that would only slow things down.
    return and_(Post.public(), Post.kind != PAGE)


def one(slug):
    """Return the public post or page with this slug and the moment it appeared, or None."""
    query = select(Post, appeared.label("moment")).where(Post.public(), Post.slug == slug).options(*_beside(), TAGS)
    return db.session.execute(query).first()


def neighbours(post, moment):
    """Return the public posts that appeared just before and just after this one: (older, newer), None for none."""
    places = [paging.Place(beyond=(moment, post.id), newer=newer) for newer in (False, True)]
    near = [
        select(_ordered(way, 1, place).subquery(), literal(place.newer).label("newer"))
        for place in places
        for way in WAYS
    ]
    near = union_all(*near).subquery()
    query = select(Post.id, Post.title, Post.slug, near.c.moment, near.c.newer).join(near, near.c.id == Post.id)
    found = sorted(db.session.execute(query), key=lambda row: (row.moment, row.id))
    older, newer = ([row for row in found if row.newer == side] for side in (False, True))
    return older[-1] if older else None, newer[0] if newer else None


def _read(parts, place):
    """Return the rows at `place`, and one more if there is one, of `parts`: (rank, SELECT of keys and moments)."""
    picked = _picked(parts, place, paging.SIZE + 1)
    query = (
        select(Post, picked.c.moment, _opening().label("opening"))
        .join(picked, picked.c.id == Post.id)
        .options(load_only(Post.title, Post.slug, Post.excerpt, raiseload=True), *_beside())
        .order_by(picked.c.row)
    )
    return list(db.session.execute(query))


def _picked(parts, place, most):
    """Return keys, moments and order of at most so many posts of `parts`, from `place` on, as a table to join."""
    each = [select(part.subquery(), literal(rank).label("rank")) for rank, part in parts]
    latest = union_all(*each).subquery()
    order = latest.c.rank, *_towards(place, latest.c.moment, latest.c.id)
    # The keys are picked first, so that the database sorts no more than keys and dates.
    row = func.row_number().over(order_by=order).label("row")
    return select(latest, row).order_by(*order).limit(most).offset(place.skipped).subquery()


def _around(way, place, *conditions):
    return _ordered(way, place.skipped + paging.SIZE + 1, place, *conditions)


def _met(way, place, keys, reach):
    if not reach:
        return _around(way, place, Walked(Post.id.in_(keys)))
    near = _ordered(way, reach, place).subquery()
    rows = select(near).where(Walked(near.c.id.in_(keys))).order_by(*_towards(place, near.c.moment, near.c.id))
    return rows.limit(place.skipped + paging.SIZE + 1)


def _ordered(way, most, place, *conditions):
    """Return a SELECT of at most so many posts that became public in one way, in the order their index has."""
    status, date = way
    query = select(Post.id, date.label("moment"))
    query = query.where(Post.status == status, date <= now(), Post.kind != PAGE, *conditions)
    if place.beyond:
        query = query.where(_beyond(date, place))
    if any(isinstance(one, Sought) for one in conditions):
        # What skips nothing is a wall all the same: no database looks through it for the order.
        query = select(query.offset(0).subquery())
        date, key = query.selected_columns.moment, query.selected_columns.id
        return query.order_by(*_towards(place, date, key)).limit(most)
    return query.order_by(*_towards(place, date, Post.id)).limit(most)


def _towards(place, date, key):
    return (date.asc(), key.asc()) if place.newer else (date.desc(), key.desc())


def _beyond(date, place):
    """Return the condition for the posts on one side of another; the first comparison is what an index starts from."""
    moment, key = place.beyond
    if place.newer:
        return and_(date >= moment, or_(date > moment, Post.id > key))
    return and_(date <= moment, or_(date < moment, Post.id < key))


def _opening():
    return case((func.coalesce(Post.excerpt, "") == "", func.substr(Post.body, 1, OPENING)), else_="")


def _beside():
    """Return what is loaded with each post, so that a template asks nothing more."""
    return (
        joinedload(Post.author).load_only(User.name, User.username, User.avatar, User.bio, raiseload=True),
        joinedload(Post.category).load_only(Category.name, Category.slug, raiseload=True),
        joinedload(Post.cover).load_only(Image.file, Image.alt, raiseload=True),
    )
