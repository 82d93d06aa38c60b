"""What becomes of an address at which nothing stands: where it moved to, or that it is not there."""

import re
from urllib.parse import quote

from flask import current_app, redirect, request, url_for
from sqlalchemy import and_, select, union
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import NotFound

from backoffice.core.model import db
from backoffice.models.content import Post
from backoffice.models.origins import origin, shortened
from backoffice.site import present

OTHERS = ("/admin", "/api", "/static")
LONGEST = 500  # characters of an old address, as the column holds them
NUMBERED = ("p", "page_id")
POST_NUMBER = re.compile(r"[0-9]{1,10}")


def unknown():
    """Answer a reader's request for an address that no part of the application has; leave all others alone."""
    unrouted = isinstance(request.routing_exception, NotFound) and request.method in {"GET", "HEAD"}
    if not unrouted or _is_others() or _is_program():
        return None
    try:
        return moved() or _page()
    except SQLAlchemyError:
        # Without its database the site still says, in plainer dress, that there is nothing here.
        current_app.logger.exception("An unknown address could not be looked up.")
        return None


def not_found(_error):
    """Answer for an address of a known form that leads to nothing public."""
    try:
        return moved() or _page()
    except SQLAlchemyError as error:
        # What fails while a failure is answered would be said to be our mistake.
        return current_app.handle_user_exception(error)


def moved():
    """Return a redirect to the public post that once stood at this address, or None."""
    spellings = _spellings()
    own = select(Post.id).where(Post.old_address.in_(spellings))
    # Beside its one old address, an imported post keeps all others it was known by.
    known = select(Post.id).join(origin, and_(origin.c.row_id == Post.id, origin.c.born == Post.created_at))
    known = known.where(origin.c.kind == "address", origin.c.theirs.in_([shortened(each) for each in spellings]))
    keys = union(own, known)
    found = db.session.scalar(select(Post.slug).where(Post.public(), Post.id.in_(keys)).order_by(Post.id).limit(1))
    return redirect(url_for("site.post", slug=found), 301) if found else None


def numbered():
    """Return the words of the address that name a post by its number, as WordPress does: p=123; empty for none."""
    return [f"{word}={request.args[word]}" for word in NUMBERED if POST_NUMBER.fullmatch(request.args.get(word, ""))]


def _spellings():
    """Return the ways in which this address may have been written down: with its slash or without, encoded or not."""
    path = request.path[:LONGEST]
    bare = path.rstrip("/")
    # Servers read two slashes at the beginning as one.
    paths = [bare, f"{bare}/", f"/{bare}", f"/{bare}/"] if bare else []
    encoded = [quote(each) for each in paths]
    lower = [re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), each) for each in encoded]
    numbers = [f"{start}?{number}" for start in ("", "/", *paths) for number in numbered()]
    return sorted({*paths, *encoded, *lower, *numbers})


def _page():
    return present.render("site/404.html"), 404


def _is_others():
    return any(request.path == place or request.path.startswith(f"{place}/") for place in OTHERS)


def _is_program():
    accepted = request.accept_mimetypes
    return request.mimetype == "application/json" or accepted["application/json"] > accepted["text/html"]
