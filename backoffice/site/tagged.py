"""Which posts share a tag, found by its links where these are few and else in the list of all posts."""

from sqlalchemy import select

from backoffice.core import counting
from backoffice.core.hints import Walked
from backoffice.core.model import db
from backoffice.models.content import Post, post_tag
from backoffice.site import paging, posts

FEW = 300  # posts that are looked up sooner than anything is asked about them
LOOKED_UP = 12  # posts that are passed in the list of all in the time that one is looked up by its key


def listed(place, tag):
    """Return that part of the list of public posts that have the tag with the key `tag`, newest first."""
    links, many = _links(tag)
    if _is_walked(place, many):
        return posts.walked(place, links, many)
    return posts.listed(place, Post.id.in_(links))


def condition(tag):
    """Return the condition for the posts that have this tag, by which the newest of them are soonest found."""
    links, many = _links(tag)
    within = Post.id.in_(links)
    return Walked(within) if _is_walked(paging.Place(), many) else within


def _links(tag):
    """Return the SELECT of the posts that have this tag, and about how many they are."""
    links = select(post_tag.c.post_id).where(post_tag.c.tag_id == tag)
    return links, counting.planned(db.session(), links) or 0


def _is_walked(place, many):
    return many > FEW and _passed(place, many) < LOOKED_UP * many


def _passed(place, many):
    """Return about how many posts of all are read before those of this part are met, where so many have the tag."""
    return (counting.planned(db.session(), select(Post.id)) or 0) * (place.skipped + paging.SIZE + 1) / many
