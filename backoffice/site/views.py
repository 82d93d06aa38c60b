"""The addresses that visitors open."""

from flask import Blueprint, Response, abort, request
from sqlalchemy import select

from backoffice.core import files
from backoffice.core.catalogues import gettext as _
from backoffice.core.database.patience import TooLong
from backoffice.core.files import backends as storage
from backoffice.core.files import renditions
from backoffice.core.model import db
from backoffice.core.types import Picture
from backoffice.models.accounts import User
from backoffice.models.content import PAGE, Category, Post, Tag
from backoffice.site import lost, paging, posts, present, subjects, tagged, thread, words

blueprint = Blueprint("site", __name__)
KINDS = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "gif": "image/gif"}
# As an address writes them, so that one copy has one address; 0 is the picture as it is.
WIDTHS = {"": 0, **{str(width): width for width in storage.WIDTHS}}
YEAR = 365 * 24 * 3600


@blueprint.get("/")
def home():
    """Show the latest posts and the subjects."""
    went = lost.moved() if lost.numbered() else None
    if went:
        return went
    page = posts.listed(paging.asked())
    return present.render("site/home.html", page=page, subjects=subjects.divided(subjects.below(None)[0]))


@blueprint.get("/posts/<slug>")
def post(slug):
    """Show one post or page and what was said under it."""
    found = posts.one(slug) or abort(404)
    is_page = found.Post.kind == PAGE
    older, newer = (None, None) if is_page else posts.neighbours(found.Post, found.moment)
    trail = subjects.chain(Category.id == found.Post.category_id) if found.Post.category else []
    return present.render(
        "site/post.html",
        post=found.Post,
        moment=found.moment,
        changed=max(found.Post.updated_at, found.moment),
        is_page=is_page,
        trail=trail,
        conversation=thread.under(found.Post),
        older=older,
        newer=newer,
    )


@blueprint.get("/categories/<slug>")
def category(slug):
    """Show the posts of a category and of those below it."""
    trail = subjects.chain(Category.slug == slug) or abort(404)
    here = trail[-1]
    narrower, keys = subjects.below(here.id)
    page = _read(*Post.under([here.id, *keys]))
    narrower = subjects.divided(narrower)
    return present.render("site/category.html", page=page, category=here, trail=trail[:-1], subjects=narrower)


@blueprint.get("/tags/<slug>")
def tag(slug):
    """Show the posts that share a tag."""
    found = db.session.execute(select(Tag.id, Tag.name, Tag.slug).where(Tag.slug == slug)).first() or abort(404)
    page = tagged.listed(paging.asked(), found.id)
    return present.render("site/tag.html", page=_there(page), tag=found)


@blueprint.get("/authors/<username>")
def author(username):
    """Show who somebody is, and what they wrote."""
    query = select(User.id, User.name, User.username, User.bio, User.avatar).where(User.username == username)
    found = db.session.execute(query).first() or abort(404)
    return present.render("site/author.html", page=_read(Post.author_id == found.id), author=found)


@blueprint.get("/search")
def search():
    """Show the posts that hold the words asked for."""
    text = " ".join(request.args.get("q", "").split())
    if len(text) > words.LONGEST:
        problem = _("At most %(most)d characters, please: a few words find more than many.", most=words.LONGEST)
        return present.render("site/search.html", asked=text[: words.LONGEST], problem=problem, page=None), 400
    place = paging.asked()
    try:
        page = words.found(text, place) if text else None
    except TooLong:
        problem = _("So many posts hold one of these words that looking for all took too long. Try a rarer word.")
        return present.render("site/search.html", asked=text, problem=problem, page=None), 503
    if page is None and place.here:
        abort(404)
    return present.render("site/search.html", asked=text, problem=None, page=page, most=words.MOST)


@blueprint.get("/media/<name>")
def media(name):
    """Send a stored picture or a small copy, which may be kept for ever: its name changes with what is in it."""
    width = WIDTHS.get(request.args.get("width", ""))
    if not Picture.PATTERN.fullmatch(name) or width is None or len(request.args.getlist("width")) > 1:
        abort(404)
    try:
        picture, kind, lasting = _opened(name, width)
    except FileNotFoundError:
        abort(404)
    answer = Response(picture, mimetype=KINDS[kind])
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    if not lasting:
        answer.cache_control.no_store = True
        return answer
    answer.cache_control.public, answer.cache_control.max_age, answer.cache_control.immutable = True, YEAR, True
    answer.set_etag(f"{name.partition('.')[0]}{f'-{width}' if width else ''}")
    return answer.make_conditional(request)


def _opened(name, width):
    return renditions.open_small(name, width) if width else (files.open_picture(name), name.rpartition(".")[2], True)


def _read(*tiers):
    return _there(posts.listed(paging.asked(), *tiers))


def _there(page):
    """Return the part of a list that is asked for; a subject nobody has published on is not there at all."""
    return page if page.total.value else abort(404)
