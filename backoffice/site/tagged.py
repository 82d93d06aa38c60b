"""Which posts share a tag, found by its links where these are few and else in the list of all posts."""

from sqlalchemy import select

from backoffice.core.database.conditions import Sought, Walked
from backoffice.core.model import db
from backoffice.core.paging import counting
from backoffice.models.content import Post, post_tag
from backoffice.site import paging, posts

FEW = 300  # posts that are looked up sooner than anything is asked about them
LOOKED_UP = 12  # posts that are passed in the list of all in the time that one is looked up by its key


def listed(place, tag):
    """Return that part of the list of public posts that have the tag with the key `tag`, newest first."""
    links, many, every = _links(tag)
    if not _is_walked(place, many, every):
        return posts.listed(place, Sought(Post.id.in_(links)))
    # They may all be old. No more is read than looking them up would take, unless there is no more.
    reach = LOOKED_UP * many
    return posts.walked(place, links, many, reach if reach < every else 0)


def condition(tag):
    """Return the condition for the posts that have this tag, by which the newest of them are soonest found."""
    links, many, every = _links(tag)
    hint = Walked if _is_walked(paging.Place(), many, every) else Sought
    return hint(Post.id.in_(links))


def _links(tag):
    """Return the SELECT of the posts that have this tag, about how many they are, and where many, of how many."""
    links = select(post_tag.c.post_id).where(post_tag.c.tag_id == tag)
    many = counting.planned(db.session(), links) or 0
    return links, many, (counting.planned(db.session(), select(Post.id)) or 0) if many > FEW else 0


def _is_walked(place, many, every):
    """Tell whether enough are sooner met in the list of all, where they are spread evenly, than all are looked up."""
    return many > FEW and every * (place.skipped + paging.SIZE + 1) / many < LOOKED_UP * many
