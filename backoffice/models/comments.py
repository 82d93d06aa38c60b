"""Comments: what readers say under a post, and what becomes of it."""

from collections.abc import Iterator

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.core.catalogues import gettext
from backoffice.core.catalogues import lazy_gettext as _
from backoffice.core.catalogues import lazy_pgettext as _p
from backoffice.core.grouping import Group
from backoffice.core.model import Model
from backoffice.core.resource import Action, Resource
from backoffice.core.types import Choice, Html, Invalid
from backoffice.core.web import agents

PENDING, APPROVED, REJECTED, SPAM = STATUSES = ("pending", "approved", "rejected", "spam")
COMMENT, PINGBACK = KINDS = ("comment", "pingback")


class Comment(Model):
    """One remark under a post, by a member or a guest; visitors see it once it is approved."""

    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id"), index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    guest_name: Mapped[str | None] = mapped_column(String(200), index=True, info={"label": _("Guest")})
    guest_email: Mapped[str | None] = mapped_column(String(254), info={"label": _("Guest's e-mail")})
    guest_url: Mapped[str | None] = mapped_column(String(500), info={"label": _("Guest's site")})
    body: Mapped[str] = mapped_column(Html, info={"label": _("Comment")})
    status: Mapped[str] = mapped_column(
        Choice(STATUSES),
        default=PENDING,
        info={
            "label": _("Status"),
            "labels": {
                PENDING: _("Pending"),
                APPROVED: _("Approved"),
                REJECTED: _("Rejected"),
                SPAM: _("Spam"),
            },
        },
    )
    kind: Mapped[str] = mapped_column(
        Choice(KINDS),
        default=COMMENT,
        info={"label": _("Kind"), "labels": {COMMENT: _("Comment"), PINGBACK: _("Pingback")}},
    )
    address: Mapped[str | None] = mapped_column(String(45), info={"label": _("IP address")})
    agent: Mapped[str | None] = mapped_column(String(500), info={"label": _("Browser"), "words": agents.named})

    post = relationship("Post", info={"label": _("Post")})
    parent = relationship("Comment", remote_side="Comment.id", info={"label": _("Answer to")})
    author = relationship("User", info={"label": _("Member")})

    __table_args__ = (
        # Many comments are equal in these; each index holds them in the grid's own order.
        Index("ix_comment_status_created_at", "status", "created_at", "id"),
        Index("ix_comment_kind_created_at", "kind", "created_at", "id"),
        Index("ix_comment_author_id_created_at", "author_id", "created_at", "id"),
        Index("ix_comment_post_id_status", "post_id", "status"),
    )

    resource = Resource(
        menu=_("Content"),
        place=20,
        icon="message",
        name=_("Comment"),
        plural=_("Comments"),
        empty=_("What readers say under posts. Each waits here until somebody approves it."),
        label="body",
        columns=("body", "guest_name", "author", "post", "status", "kind", "created_at"),
        search=("body", "guest_name"),
        filters=("status", "kind", "post", "author", "guest_name", "created_at"),
        groups=(
            Group(_("What was said"), ("body",)),
            Group(
                _("Who said it"),
                ("author", "guest_name", "guest_email", "guest_url"),
                help=_("A member, or a guest by name."),
            ),
            Group(_("Moderation"), ("status", "kind"), side=True),
            Group(_("Where it stands"), ("post", "parent"), side=True),
        ),
        fixed=("address", "agent"),
        views={
            _p("of a comment", "Waiting"): {"status": PENDING},
            _("Approved"): {"status": APPROVED},
            _("Rejected"): {"status": REJECTED},
            _("Spam"): {"status": SPAM},
        },
        waits="waiting",
        trend="created_at",
        actions=(
            Action("approve", _("Approve"), sets={"status": APPROVED}, key="a"),
            Action("reject", _("Reject"), sets={"status": REJECTED}, key="r"),
            Action("spam", _("Mark as spam"), sets={"status": SPAM}, key="s"),
            Action("hold", _("Back to pending"), sets={"status": PENDING}, key="u"),
        ),
        layout="queue",
        owner="author_id",
        order="-created_at",
        grants={
            "editor": "read pick",
            "moderator": "read update delete export pick approve reject spam hold trace",
        },
        fields={"guest_email": "trace", "address": "trace", "agent": "trace"},
    )

    def rules(self) -> Iterator[Invalid]:
        """A comment stands under a post, answers one under the same post, and is signed."""
        if self.post_id is None and self.post is None:
            yield Invalid("post", gettext("A comment stands under a post."))
        if self.parent is not None and self.parent is self:
            yield Invalid("parent", gettext("A comment cannot answer itself."))
        if self.parent is not None and self.post is not None and self.parent.post is not self.post:
            yield Invalid("parent", gettext("The comment it answers stands under another post."))
        if not self.guest_name and self.author_id is None and self.author is None:
            yield Invalid("guest_name", gettext("Say who wrote it: a member or a guest's name."))
