"""The approved comments under a post, as a conversation."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import case, or_, select

from backoffice.core.model import db
from backoffice.models.accounts import User
from backoffice.models.comments import APPROVED, PINGBACK, Comment

DEEPEST = 5  # levels shown one inside the other; deeper answers stand in a row


@dataclass
class Remark:
    """One approved comment and the answers shown inside it; `to` names whom it answers where that cannot be seen."""

    row: Any
    to: str | None = None
    answers: list["Remark"] = field(default_factory=list)


@dataclass
class Conversation:
    """All that visitors may read under a post: its remarks as a tree, how many they are, and the pingbacks."""

    remarks: list[Remark]
    count: int
    pingbacks: list[Any]


def under(post):
    """Return the conversation under this post, from one SELECT."""
    rows = db.session.execute(_query(post)).all()
    said = [row for row in rows if row.approved and row.kind != PINGBACK]
    pingbacks = [row for row in rows if row.approved and row.kind == PINGBACK]
    return Conversation(_tree(said, {row.id: row for row in rows}), len(said), pingbacks)


def _query(post):
    """Return the SELECT of the approved comments, and of the bare keys of others that have been answered."""
    approved = Comment.status == APPROVED
    answered = select(Comment.parent_id).where(Comment.post_id == post.id, Comment.parent_id.is_not(None))
    return (
        select(
            Comment.id,
            Comment.parent_id,
            Comment.kind,
            Comment.created_at,
            approved.label("approved"),
            *(case((approved, column)).label(column.key) for column in (Comment.body, Comment.guest_url)),
            case((approved, User.name), else_=None).label("member"),
            case((approved, Comment.guest_name), else_=None).label("guest"),
            (Comment.author_id == post.author_id).label("by_author"),
        )
        .outerjoin(User, User.id == Comment.author_id)
        .where(Comment.post_id == post.id, or_(approved, Comment.id.in_(answered)))
        .order_by(Comment.created_at, Comment.id)
    )


def _tree(said, known):
    inside = defaultdict(list)
    for row in said:
        inside[_parent(row, known)].append(row)
    top, placed = [], set()
    _place(inside[None], inside, top, placed)
    # Comments that answer each other in a circle, which only a hand in the database can make, hang on nothing.
    for row in said:
        if row.id not in placed:
            _place([row], inside, top, placed)
    return top


def _parent(row, known):
    """Return the key of the nearest comment above `row` that is shown, or None."""
    key, seen = row.parent_id, set()
    while key in known and key not in seen:
        seen.add(key)
        above = known[key]
        if above.approved and above.kind != PINGBACK:
            return key
        key = above.parent_id
    return None


def _place(rows, inside, top, placed):
    """Hang `rows` and all that answers them under `top`; a stack, for a thread may be deeper than Python's calls."""
    waiting = [(row, top, 1, None) for row in reversed(rows)]
    while waiting:
        row, place, depth, to = waiting.pop()
        if row.id in placed:
            continue
        placed.add(row.id)
        remark = Remark(row, to)
        place.append(remark)
        deeper = depth < DEEPEST
        name = None if deeper else row.member or row.guest
        shelf = remark.answers if deeper else place
        waiting += [(answer, shelf, depth + 1 if deeper else depth, name) for answer in reversed(inside[row.id])]
