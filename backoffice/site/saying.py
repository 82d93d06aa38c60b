"""What members say under a post: the page on which they write it, and what becomes of it."""

from datetime import timedelta

from flask import abort, current_app, redirect, request, url_for
from flask_limiter.util import get_remote_address
from sqlalchemy import select

from backoffice.core.access import can, parse_key
from backoffice.core.catalogues import gettext as _
from backoffice.core.history.actors import actor
from backoffice.core.model import db, now
from backoffice.core.types import Invalid
from backoffice.core.web import kept
from backoffice.core.writing.refusals import Refusal, flush
from backoffice.extensions import limiter
from backoffice.models.accounts import User
from backoffice.models.comments import APPROVED, PENDING, PINGBACK, Comment
from backoffice.models.content import PAGE
from backoffice.site import posts, present

MEMBERS = "members"
LONGEST = 5000  # characters
OFTEN = "5/minute;60/hour"
# Whoever sends the same words twice meant them once.
AGAIN = timedelta(hours=1)
AGENT = Comment.__table__.c.agent.type.length


def attach(blueprint):
    """Give the site the page on which comments are written, and its pages the way there."""
    blueprint.add_url_rule("/posts/<slug>/comments", view_func=say, methods=("GET", "POST"))
    blueprint.add_app_template_global(is_open, "comments_open")


def is_open():
    """Tell whether comments can be written here at all."""
    return current_app.config["COMMENTS"] == MEMBERS


def _who():
    return f"user {actor().user_id}" if actor().user_id else get_remote_address()


def _is_off():
    return not current_app.config["RATELIMIT_ENABLED"]


@limiter.limit(OFTEN, key_func=_who, methods=["POST"], exempt_when=_is_off)
def say(slug):
    """Show the form for a comment under a post, or take one.

    It stands on a page of its own, so that the post is the same page for everybody, without anybody's token.
    """
    post = _post(slug)
    if actor().user is None:
        return redirect(url_for("security.login", next=_here(slug)))
    if request.method != "POST":
        return _form(post, _answered(post, request.args.get("answer")), sent="sent" in request.args)
    form = _kept() if "kept" in request.form else request.form
    answered, typed = _answered(post, form.get("answer")), form.get("body", "").replace("\r\n", "\n").strip()
    if form is not request.form:
        return _form(post, answered, typed=typed)
    problem, row = _taken(post, answered, typed)
    if problem:
        return _form(post, answered, typed=typed, problem=problem), 422
    if row.status == APPROVED:
        return redirect(url_for("site.post", slug=slug, _anchor=f"comment-{row.id}"), 303)
    return redirect(url_for("site.say", slug=slug, sent=1), 303)


def _post(slug):
    found = posts.one(slug) if is_open() else None
    return found.Post if found is not None and found.Post.kind != PAGE else abort(404)


def _here(slug):
    """Return where to come back to after signing in: the form, though it may have been sent already."""
    key = parse_key(request.values.get("answer", ""))
    return url_for("site.say", slug=slug, **({"answer": key} if key else {}))


def _answered(post, key):
    """Return the comment that is answered, None where none is; what visitors cannot see cannot be answered."""
    if not key:
        return None
    shown = Comment.post_id == post.id, Comment.status == APPROVED, Comment.kind != PINGBACK
    query = select(Comment.id, Comment.body, Comment.guest_name.label("guest"), User.name.label("member"))
    query = query.outerjoin(User, User.id == Comment.author_id).where(Comment.id == (parse_key(key) or 0), *shown)
    return db.session.execute(query).first() or abort(404)


def _taken(post, answered, typed):
    """Store what was typed; return what is wrong with it, and the new row."""
    if len(typed) > LONGEST:
        return _("At most %(most)d characters; this has %(has)d.", most=LONGEST, has=len(typed)), None
    try:
        row = _row(post, answered, typed)
        if not present.teaser("", row.body):
            return _("Write something first."), None
        if _is_said(row):
            return _("You have said this already."), None
        _write(row)
    except Invalid as refusal:
        return refusal.message, None
    except Refusal as refusal:
        db.session.rollback()
        return " ".join(refusal.problems.values()), None
    return None, row


def _row(post, answered, typed):
    user = actor().user
    # Who could approve it at once need not wait for themselves.
    trusted = can(user, "approve", Comment) and can(user, "read", Comment)
    return Comment(
        post_id=post.id,
        parent_id=answered.id if answered else None,
        author_id=user.id,
        body=typed,
        status=APPROVED if trusted else PENDING,
        address=request.remote_addr,
        agent=request.user_agent.string[:AGENT] or None,
    )


def _is_said(row):
    same = Comment.author_id == row.author_id, Comment.post_id == row.post_id, Comment.body == row.body
    return db.session.scalar(select(Comment.id).where(*same, Comment.created_at > now() - AGAIN).limit(1)) is not None


def _write(row):
    if problems := row.problems():
        raise problems[0]
    db.session.add(row)
    flush(db.session(), Comment)
    db.session.commit()


def _kept():
    """Return the form that was sent before somebody was signed out, if it was they who filled it in, and here."""
    parcel = kept.unseal(request.form["kept"])
    own = parcel is not None and parcel.key == actor().user_id
    return dict(parcel.fields) if own and parcel.path == f"{request.script_root}{request.path}" else {}


def _form(post, answered, typed="", problem=None, *, sent=False):
    return present.render(
        "site/say.html",
        post=post,
        answered=answered,
        typed=typed,
        problem=problem,
        sent=sent,
        longest=LONGEST,
        whose=kept.mark(actor().user),
    )
