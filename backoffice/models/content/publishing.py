"""What it means for a post to be public: its states, who may move it between them, and where it can be read."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy.orm.attributes import get_history

from backoffice.core.access import can
from backoffice.core.catalogues import gettext
from backoffice.core.history import actor
from backoffice.core.model import Model, now
from backoffice.core.types import Invalid

DRAFT, REVIEW, SCHEDULED, PUBLISHED, ARCHIVED = STATUSES = (
    "draft",
    "review",
    "scheduled",
    "published",
    "archived",
)


def problems(post: Any) -> Iterator[Invalid]:
    """Yield what is wrong with a post's dates, or with who changes what readers rely on."""
    if post.status == PUBLISHED and post.published_at is None:
        post.published_at = now()
    if post.status == SCHEDULED and post.publish_at is None:
        yield Invalid("publish_at", gettext("Say when the post is to appear."))
    if post.status == SCHEDULED and _added(post, "publish_at") and not _may(post, "schedule"):
        yield Invalid("publish_at", gettext("The post is scheduled: only those who may schedule posts move it."))
    if _stored(post) in (SCHEDULED, PUBLISHED) and not _may(post, "publish"):
        for name in ("slug", "kind"):
            if _replaced(post, name):
                yield Invalid(name, gettext("The post is published: only those who may publish posts change this."))


def address(post: Any) -> str:
    """Return where visitors read a post, or "" while they cannot."""
    since = {PUBLISHED: post.published_at, SCHEDULED: post.publish_at}.get(post.status)
    return f"/posts/{post.slug}" if since is not None and since <= now() else ""


def _may(post: Model, verb: str) -> bool:
    user = actor().user
    return user is None or can(user, verb, type(post))


def _added(post: Any, name: str) -> bool:
    return bool(get_history(post, name).added)


def _replaced(post: Any, name: str) -> bool:
    history = get_history(post, name)
    return bool(history.deleted) and list(history.deleted) != list(history.added)


def _stored(post: Any) -> str | None:
    """Return the state in which the post is stored; None for a new one."""
    before = get_history(post, "status").deleted
    return None if post.id is None else before[0] if before else post.status
