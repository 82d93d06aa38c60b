"""Which posts hold the words that a visitor looks for."""

from backoffice.core import search
from backoffice.models.content import Post
from backoffice.site import posts

LONGEST = 200  # characters
MOST = 240  # posts that can be paged through; nobody does


def found(text, place):
    """Return that part of the list of public posts which hold the words of `text`, those with all in titles first."""
    return posts.found(place, MOST, *search.ranked(Post, None, text))
