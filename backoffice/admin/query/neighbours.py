"""Where in all the rows a page of a grid stands, and where its neighbours are."""

from typing import Any, NamedTuple

from flask_babel import format_time
from sqlalchemy import Boolean, Date, DateTime, Integer, Time

from backoffice.admin.parameters import address
from backoffice.admin.parameters.sizes import SIZES
from backoffice.core import catalogues
from backoffice.core.catalogues import gettext as _
from backoffice.core.catalogues import ngettext
from backoffice.core.jobs import RUNNING, WAITING
from backoffice.core.paging import census
from backoffice.core.paging.counting import MOST, SECONDS
from backoffice.core.resource import columns, labels
from backoffice.core.types import UtcDateTime

MOVING = (WAITING, RUNNING)


class Jump(NamedTuple):
    """The input for a value to jump to: `label` names the column that the rows are sorted by."""

    label: Any
    kind: str
    value: str


class Pager(NamedTuple):
    """Where the page stands in words, and the addresses of others; an empty address means that there is no such page.

    `kept` are the parameters that a form carries along which chooses another page or size. `exact` leads to the
    same page with all its rows counted; where that takes long, `count` is where a form asks for it, and `moves` shows
    the page anew while they are being counted.
    """

    said: str
    total: str
    note: str
    size: int
    sizes: tuple[int, ...]
    kept: tuple[tuple[str, str], ...]
    sized: tuple[tuple[str, str], ...]
    start: str
    before: str
    after: str
    end: str
    jump: Jump | None
    exact: str = ""
    count: str = ""
    moves: str = ""


def of(path, asked, found):
    """Return where the page `found` stands that is asked for at `path`."""

    def page(**place):
        return address(path, asked.pairs(page="", **place))

    several = bool(found.next or found.previous)
    return Pager(
        said=_said(found),
        total=told(found.total),
        note=_note(found),
        size=asked.page_size,
        sizes=SIZES,
        kept=tuple(asked.pairs(page="", page_size="")),
        sized=tuple(asked.pairs(page="")),
        start=page() if found.previous else "",
        before=page(before=found.previous) if found.previous else "",
        after=page(after=found.next) if found.next else "",
        end=page(last=1) if found.next else "",
        jump=_jump(asked, found.order) if several or asked.place.at else None,
        **_counting(path, asked, found),
    )


def _counting(path, asked, found):
    """Return the one way there is to come to know the exact number of rows."""
    if found.total.exact:
        return {}
    pairs = asked.pairs(count="exact")
    if found.counter is not None and found.counter.state in MOVING:
        return {"moves": address(path, pairs)}
    long = found.hasty or found.total.value > census.LARGE
    return {"count": address(f"{path}count/", pairs)} if long else {"exact": address(path, pairs)}


def _note(found):
    if found.counter is None:
        return _("Counting all would take longer than %(number)d seconds.", number=SECONDS) if found.hasty else ""
    if found.counter.state in MOVING:
        return _("All of them are being counted.")
    return found.counter.error or _("Counted at %(time)s.", time=format_time(found.counter.finished_at, "short"))


def told(number):
    """Return a number of rows in words: an estimate says that it is one."""
    if number.exact:
        return catalogues.number(number.value)
    if number.value <= MOST:
        return _("more than %(number)s", number=catalogues.number(number.value))
    return _("about %(number)s", number=catalogues.number(number.value))


def _said(found):
    """Return which rows of how many the page holds."""
    total, many = told(found.total), len(found.rows)
    if found.first is not None:
        first, last = map(catalogues.number, (found.first, found.first + many - 1))
        return _("%(first)s–%(last)s of %(total)s", first=first, last=last, total=total)  # noqa: RUF001 - a range
    if not found.next:
        return ngettext("The last row of %(total)s", "The last %(num)d rows of %(total)s", many, total=total)
    if not found.previous:
        return ngettext("The first row of %(total)s", "The first %(num)d rows of %(total)s", many, total=total)
    return ngettext(
        "%(num)d row of %(total)s, with others before and after",
        "%(num)d rows of %(total)s, with others before and after",
        many,
        total=total,
    )


def _jump(asked, order):
    kind = columns(order.model)[order.name].type
    shapes = ((UtcDateTime | DateTime | Date, "date"), (Boolean | Time, ""), (Integer, "number"))
    shape = next((name for known, name in shapes if isinstance(kind, known)), "text")
    return Jump(str(labels(order.model, order.name)), shape, asked.place.at) if shape else None
