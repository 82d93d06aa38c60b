"""Which posts hold the words that a visitor looks for."""

from backoffice.core import search
from backoffice.core.database import patience
from backoffice.core.model import db
from backoffice.models.content import Post
from backoffice.site import posts

LONGEST = 200  # characters
SECONDS = 1.0  # that looking for them may take
MOST = 240  # posts that can be paged through; nobody does


def found(text, place):
    """Return that part of the list of public posts which hold the words of `text`, those with all in titles first.

    Raises TooLong where that takes longer than a visitor waits.
    """
    with patience.reading(db.session(), SECONDS):
        return posts.found(place, MOST, *search.ranked(Post, None, text))
