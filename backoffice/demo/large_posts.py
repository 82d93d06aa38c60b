"""The posts and comments of a large set: which columns of theirs the dice decide, and how."""

from functools import reduce
from operator import add

from sqlalchemy import String, case, cast, func, literal, null, select

from backoffice.demo.lots import HOUR
from backoffice.demo.series import chance, dice, moment, numbers
from backoffice.models.accounts import User
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post, Tag, post_tag
from backoffice.models.media import Image

TAGS_EACH = 3
SOON = 60 * 86400  # seconds
PIECES = 8  # of 60 characters each: bodies of some 500 bytes
RARE, RARE_EVERY = " coelacanth", 50_000  # a word to search for that few articles hold
POST_STATUSES = {80: "published", 88: "draft", 91: "review", 95: "scheduled", 100: "archived"}
COMMENT_STATUSES = {75: "approved", 85: "pending", 90: "rejected", 100: "spam"}


class Articles:
    """The posts that come after the one with the key `last`, and their tags."""

    def __init__(self, lots, last):
        self.lots, self.last = lots, last

    def steps(self, count):
        """Make `count` posts; yield what was made and how many after each step."""
        for kind, model in {"user": User, "category": Category, "tag": Tag, "image": Image}.items():
            self.lots.put_in(kind, model)
        self._posts(count)
        yield "posts", count
        self._tags()
        yield "tags on posts", count * TAGS_EACH

    def _posts(self, count):
        draw = self.lots.draw_numbers(count)
        key = cast(self.last + draw.n, String)
        title, pieces = draw.word("title", 0), [draw.word("piece", 1 + place).text for place in range(PIECES)]
        values = {"kind": "post", "title": title.text + " " + key, "slug": title.slug + "-" + key}
        values |= {"excerpt": pieces[0] + " …", "body": _body(pieces, draw.n)}
        values |= {"author_id": draw.row("user", 9).id, "category_id": draw.row("category", 10).id}
        values |= {"cover_id": draw.row("image", 11).id, "views": dice(draw.n, 12, 5000)}
        since = self.lots.past(draw.n, 13)
        draw.insert(Post.__table__, values | self._status(draw.n, since), since)

    def _status(self, n, since):
        share, connection = dice(n, 14, 100), self.lots.connection
        status = _by_share(share, POST_STATUSES)
        soon = moment(connection, self.lots.end + HOUR + dice(n, 15, SOON))
        return {
            "status": status,
            "published_at": case((status.in_(("published", "archived")), moment(connection, since + HOUR))),
            "publish_at": case((status == "scheduled", soon)),
        }

    def _tags(self):
        count = self.lots.sizes["tag"]
        each = select(numbers(self.lots.connection, TAGS_EACH).label("each")).subquery()
        pairs = select(Post.id.label("n"), each.c.each).join(each, each.c.each > 0)
        fresh = pairs.where(Post.id > self.last).subquery()
        draw = self.lots.draw(fresh)
        # Three different ones: from a first tag on, by a stride of less than a third of the round.
        stride = 1 + dice(draw.n, 1, count // TAGS_EACH - 1)
        tag = draw.row_at("tag", (dice(draw.n, 0, count) + fresh.c.each * stride) % count)
        draw.insert(post_tag, {"post_id": draw.n, "tag_id": tag.id})


class Talk:
    """The comments that come after the one with the key `last`; every fourth of them has an answer."""

    def __init__(self, lots, last):
        self.lots, self.last = lots, last

    def steps(self, count):
        """Make `count` comments; yield what was made and how many after each step."""
        self.lots.put_in("post", Post, Post.status.in_(("published", "archived")), Post.kind == "post")
        answers = count // 5
        self._comments(count - answers)
        yield "comments", count - answers
        self._answers(answers)
        yield "answers", answers

    def _comments(self, count):
        draw = self.lots.draw_numbers(count)
        post = draw.row("post", 0)
        self._insert(draw, {"post_id": post.id, "kind": _kind(draw.n)}, post.at)

    def _answers(self, count):
        place = func.row_number().over(order_by=Comment.id).label("place")
        at = self.lots.seconds(Comment.created_at).label("at")
        fresh = select(Comment.id.label("n"), Comment.post_id, at, place).where(Comment.id > self.last).subquery()
        fourth = select(fresh).where(fresh.c.place % 4 == 0, fresh.c.place <= count * 4).subquery()
        draw = self.lots.draw(fourth)
        self._insert(draw, {"post_id": fourth.c.post_id, "parent_id": fourth.c.n}, fourth.c.at)

    def _insert(self, draw, values, before):
        # Two dice multiplied: most is said soon after what it is about, some of it years later.
        since = before + (self.lots.end - before) * chance(draw.n, 1) * chance(draw.n, 2)
        member = dice(draw.n, 3, 10) < 3
        first, last = draw.word("first", 4), draw.word("last", 5)
        body = draw.word("piece", 6).text + " " + draw.word("piece", 7).text
        values = {"kind": "comment"} | values
        values |= {"body": body, "status": _by_share(dice(draw.n, 8, 100), COMMENT_STATUSES)}
        values |= {"author_id": case((member, draw.row("user", 9).id))}
        values |= {"guest_name": case((member, null()), else_=first.text + " " + last.text)}
        values |= {"guest_email": case((member, null()), else_=first.slug + "@example.org")}
        values |= {"address": "198.51.100." + cast(dice(draw.n, 10, 254) + 1, String), "agent": "Mozilla/5.0"}
        draw.insert(Comment.__table__, values, since)


def _kind(n):
    return case((dice(n, 11, 20) == 0, "pingback"), else_="comment")


def _by_share(share, words):
    return case(*((share < limit, word) for limit, word in words.items()))


def _body(pieces, n):
    half = len(pieces) // 2
    rare = case((n % RARE_EVERY == 7, RARE), else_="")
    opening, rest = (reduce(lambda one, other: one + " " + other, part) for part in (pieces[:half], pieces[half:]))
    return reduce(add, (literal("<p>"), opening, "</p>\n<p>", rest, rare, "</p>"))
