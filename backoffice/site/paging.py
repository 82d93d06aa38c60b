"""Which part of a long list is asked for, and where the other parts are."""

import re
from dataclasses import dataclass
from typing import Any

from flask import abort, request, url_for

SIZE = 12
NUMBER = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True)
class Page:
    """One part of a list: its rows, its number, the number of the last part, and how many rows there are in all."""

    rows: list[Any]
    number: int
    last: int
    total: int

    def neighbours(self):
        """Return the numbers worth a link: the first, the last, and those around this one; None marks a gap."""
        near = {1, self.last, *range(self.number - 1, self.number + 2)}
        shown, previous = [], 0
        for number in sorted(one for one in near if 1 <= one <= self.last):
            if number > previous + 1:
                shown.append(None)
            shown.append(number)
            previous = number
        return shown


def asked():
    """Return the number of the part that the address asks for; anything but a whole number from 1 is not found."""
    text = request.args.get("page", "1")
    if not NUMBER.fullmatch(text):
        abort(404)
    return int(text)


def last_of(total, number):
    """Return the number of the last part; a `number` beyond it is not found."""
    last = max(1, -(-total // SIZE))
    if number > last:
        abort(404)
    return last


def address(number, **words):
    """Return the address of another part of this list; of the query only `words` come along."""
    page = {"page": number} if number > 1 else {}
    # What the route itself took (a slug, a username) is all that is taken over from this address.
    return url_for(request.endpoint, **{**words, **page, **request.view_args})
