"""Which part of a long list is asked for, and where the other parts are."""

import re
from dataclasses import dataclass, field
from typing import Any

from flask import abort, request, url_for

from backoffice.core.paging import cursors
from backoffice.core.paging.counting import Number
from backoffice.core.resource import columns
from backoffice.core.selection.criteria import BadCriteria
from backoffice.models.content import Post

SIZE = 12
# A part with a number is found by reading all before it; beyond these one goes on from post to post.
NUMBERED = 100
NUMBER = re.compile(r"[1-9][0-9]{0,8}")
PLACES = ("page", "before", "after")


@dataclass(frozen=True)
class Place:
    """Where in a list: at a part's `number`, or `beyond` a post, (moment, key), towards the newer ones or not."""

    number: int = 1
    beyond: tuple[Any, ...] = ()
    newer: bool = False

    @property
    def skipped(self):
        """How many posts stand before this part, where it has a number."""
        return 0 if self.beyond else (self.number - 1) * SIZE

    @property
    def here(self):
        """The words of the address that lead to this part."""
        if self.beyond:
            return {"after" if self.newer else "before": _cursor(*self.beyond)}
        return {"page": self.number} if self.number > 1 else {}


@dataclass(frozen=True)
class Page:
    """One part of a list: its rows, its place, how many there are in all, and whether others stand around it.

    `last` is the number of the last part, None where not all parts have numbers.
    """

    rows: list[Any]
    place: Place
    total: Number
    last: int | None = None
    newer: dict[str, Any] | None = None
    older: dict[str, Any] | None = None
    number: int = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "number", 0 if self.place.beyond else self.place.number)

    @property
    def alone(self):
        """Whether there are no other parts."""
        return self.newer is None and self.older is None

    def neighbours(self):
        """Return the numbers worth a link: the first, the last, and those around this one; None marks a gap."""
        near = {1, *range(self.number - 1, self.number + 2)} | ({self.last} if self.last else set())
        end = self.last or (min(self.number + 1, NUMBERED) if self.number else 1)
        shown, previous = [], 0
        for number in sorted(one for one in near if 1 <= one <= end):
            if number > previous + 1:
                shown.append(None)
            shown.append(number)
            previous = number
        return shown if self.last or not self.older else [*shown, None]


def asked():
    """Return the place that the address asks for; anything but one post or a number up to NUMBERED is not found."""
    given = [name for name in PLACES if name in request.args]
    if len(given) > 1 or any(len(request.args.getlist(name)) > 1 for name in given):
        abort(404)
    if given and given[0] != "page":
        return Place(beyond=_post(request.args[given[0]]), newer=given[0] == "after")
    text = request.args.get("page", "1")
    if not NUMBER.fullmatch(text) or int(text) > NUMBERED:
        abort(404)
    return Place(int(text))


def page(rows, place, total, most=0):
    """Return the part of a list that holds `rows`, read one more than it shows where there are more of them.

    Numbers go up to `most`, else NUMBERED; a list of more parts goes on from post to post. A part beyond the end is
    not found.
    """
    most = most or NUMBERED
    more, rows = len(rows) > SIZE, rows[:SIZE]
    if place.newer:
        rows.reverse()
    last = max(1, -(-total.value // SIZE)) if total.exact else None
    last = last if last and last <= most else None
    if not place.beyond:
        if place.number > (last or most) or (not rows and place.number > 1):
            abort(404)
        newer = Place(place.number - 1).here if place.number > 1 else None
        following = Place(place.number + 1) if place.number < most else None
        older = (following.here if following else _beside(rows[-1], "before")) if more else None
        return Page(rows, place, total, last, newer, older)
    if not rows:
        abort(404)
    # The post from which one came stands on the other side, unless it is gone since; then that side may be empty.
    newer = _beside(rows[0], "after") if more or not place.newer else None
    older = _beside(rows[-1], "before") if more or place.newer else None
    return Page(rows, place, total, last, newer, older)


def address(words, **more):
    """Return the address of another part of this list; of the query only `more` words come along."""
    # What the route itself took (a slug, a username) is all that is taken over from this address.
    return url_for(request.endpoint, **{**more, **words, **request.view_args})


def numbered(number):
    """Return the words of the address that lead to the part with this number."""
    return Place(number).here


def _beside(row, side):
    return {side: _cursor(row.moment, row.Post.id)}


def _cursor(moment, key):
    return cursors.write("appeared", (moment, key))


def _post(text):
    """Return the moment and the key of the post that a cursor names; anything else is not found."""
    table = columns(Post)
    try:
        moment, key = cursors.read(text, "appeared", (table["published_at"], table["id"]))
    except BadCriteria:
        abort(404)
    return (moment, key) if moment is not None else abort(404)
