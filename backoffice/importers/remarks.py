"""The comments of an export, as threads: answers below what they answer, wherever that stands in the file."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from backoffice.core.model import now
from backoffice.importers import bodies
from backoffice.importers.job import cut
from backoffice.importers.records import Item, Remark
from backoffice.importers.survey import COMMENTS_WITHOUT_PLACE
from backoffice.models.comments import APPROVED, COMMENT, PENDING, PINGBACK, REJECTED, SPAM, Comment

STATES = {
    "1": APPROVED,
    "approve": APPROVED,
    "approved": APPROVED,
    "0": PENDING,
    "hold": PENDING,
    "": PENDING,
    "spam": SPAM,
    "trash": REJECTED,
    "post-trashed": REJECTED,
}
KINDS = {"comment": COMMENT, "pingback": PINGBACK, "trackback": PINGBACK}
AT_ONCE = 500
PARAGRAPH, ITS_END = "<p>", "</p>"


@dataclass(slots=True)
class _Said:
    """A remark with the item it stands under and the key of its post."""

    remark: Remark
    item: Item
    post: int

    def __str__(self):
        return f"line {self.remark.line}: comment {self.remark.key} under {self.item.kind} {self.item.key}"


def take(job, items, posts):
    """Write the comments under `items` that are not there yet; `posts`: the items' keys → the posts' keys."""
    for item in items:
        if item.key not in posts and item.remarks:
            job.report.leave(COMMENTS_WITHOUT_PLACE, f"{item}, {len(item.remarks)} of them")
    said = [_Said(remark, item, posts[item.key]) for item in items if item.key in posts for remark in item.remarks]
    ours = job.known("comment", Comment, {one.remark.key for one in said})
    for level in _levels(job, _fresh(job, said, ours)):
        for start in range(0, len(level), AT_ONCE):
            _write(job, level[start : start + AT_ONCE], ours)


def _fresh(job, said, ours):
    """Return, by key, what is neither there yet nor to be left out."""
    fresh = {}
    for one in said:
        if one.remark.key in ours:
            _count(job.report.there, one.remark)
        elif one.remark.key in fresh:
            job.report.leave("comments with a number that another has", one)
        elif one.remark.kind not in KINDS:
            job.report.leave(f"comments of the kind “{one.remark.kind[:40]}”", one)
        else:
            fresh[one.remark.key] = one
    return fresh


def _levels(job, fresh):
    """Yield lists of what can be written: first what answers nothing of the rest, then the answers to it."""
    answers, level, written = {}, [], 0
    for one in fresh.values():
        above = fresh.get(one.remark.parent)
        if above is not None and above.item is one.item:
            answers.setdefault(one.remark.parent, []).append(one)
        else:
            level.append(one)
    while level:
        yield level
        written += len(level)
        level = [answer for one in level for answer in answers.pop(one.remark.key, ())]
    round_about = [one for below in answers.values() for one in below]
    for one in round_about:
        job.report.change("an answer to itself, by way of others: it answers nothing", one)
        one.remark.parent = ""
    if round_about:
        yield round_about


def _write(job, said, ours):
    rows = []
    for one in said:
        row = job.made(Comment, one, _values(job, one, ours))
        if row is not None:
            rows.append((one.remark.key, row))
            _count(job.report.taken, one.remark)
    job.session.add_all(row for _key, row in rows)
    job.session.flush()
    job.remember("comment", rows)
    for key, row in rows:
        ours[key] = row.id
        job.session.expunge(row)


def _values(job, one, ours):
    remark = one.remark
    member = job.members.get(remark.member)
    if remark.status not in STATES:
        job.report.change(f"comments in the state “{remark.status[:40]}”: kept as pending", one)
    values = {
        "post_id": one.post,
        "parent_id": _parent(job, one, ours),
        "author_id": member,
        "body": _body(remark.body),
        "status": STATES.get(remark.status, PENDING),
        "kind": KINDS[remark.kind],
        "address": _address(remark.address),
        "agent": cut(remark.agent, 500) or None,
    }
    if member is None:
        values["guest_name"] = cut(remark.name, 200) or "Anonymous"
        values["guest_email"] = remark.email if 0 < len(remark.email) <= 254 else None
        values["guest_url"] = _url(remark.url)
    return values | ({"created_at": min(remark.moment, now())} if remark.moment else {})


def _parent(job, one, ours):
    if not one.remark.parent:
        return None
    there = any(other.key == one.remark.parent for other in one.item.remarks)
    key = ours.get(one.remark.parent) if there else None
    if key is None:
        job.report.change("the comment it answers is not there: it answers nothing", one)
    return key


def _body(text):
    """Return a comment as HTML; one paragraph alone needs no tags to be one."""
    body = bodies.written(text).strip()
    inner = body.removeprefix(PARAGRAPH).removesuffix(ITS_END)
    return inner if len(inner) == len(body) - len(PARAGRAPH + ITS_END) and PARAGRAPH not in inner else body


def _address(text):
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


def _url(text):
    try:
        sound = urlsplit(text).scheme in {"http", "https"} and len(text) <= 500
    except ValueError:
        return None
    return text if sound else None


def _count(counter, remark):
    counter["comments"] += 1
    counter["pingbacks"] += KINDS.get(remark.kind) == PINGBACK
