"""How a value is shown in the panel: as text, a number, a moment, a badge, a picture, or links to other rows."""

import html
import re
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Any

from babel.dates import get_date_format, get_time_format
from flask import url_for
from flask_babel import format_decimal, get_locale, get_timezone
from flask_babel import gettext as _
from sqlalchemy import Boolean, Integer

from backoffice.admin.words import NOTHING
from backoffice.core.access import may_see
from backoffice.core.files import picture_url
from backoffice.core.resource import columns, labels, relations, resource
from backoffice.core.types import Choice, Html, Percent, Picture, Strings, UtcDateTime

LONGEST = 120
THUMBNAIL = 96
# Of many linked rows a cell names the first few.
MOST_LINKED = 10
TAG = re.compile(r"<[^>]*(?:>|$)")


@dataclass(frozen=True)
class Part:
    """A word of a cell, and the address it leads to."""

    text: str
    url: str = ""


@dataclass(frozen=True)
class Cell:
    """One value as it is shown; `kind` is the name of the macro that draws it.

    `mark` is what a machine reads: the stored word of a choice, a moment in UTC, whether something is so. `open`
    is the address that shows the cell as a form, where it can be changed in the grid.
    """

    name: str
    label: Any
    kind: str
    parts: tuple[Part, ...] = (Part(NOTHING),)
    mark: Any = ""
    open: str = ""

    @property
    def text(self):
        """The words of the cell in one line."""
        return ", ".join(part.text for part in self.parts)


@dataclass(frozen=True)
class Named:
    """A row's key and the stored beginning of what names it."""

    key: int
    label: Any


def related(model, name):
    """Return the function that makes a cell of the rows (Linked) which a relation names: links, where one may."""
    target, label = relations(model)[name].mapper.class_, str(labels(model, name))
    path, words_for = opened(target, ""), namer(target)

    def draw(rows):
        parts = [Part(words_for(one), f"{path}{one.key}" if one.readable else "") for one in rows[:MOST_LINKED]]
        if len(rows) > MOST_LINKED:
            parts.append(Part(_("%(number)d more", number=len(rows) - MOST_LINKED)))
        return Cell(name, label, "links", tuple(parts) or (Part(NOTHING),))

    return draw


def drawer(model, name):
    """Return the function that makes a cell of a column's value, in the language of this request."""
    column, label = columns(model)[name], str(labels(model, name))
    shapes = ((kind, telling) for shape, kind, telling in SHAPES if isinstance(column.type, shape))
    kind, telling = next(shapes, ("text", _text))
    tell = telling(column)

    def draw(value):
        if value is None or value == "":
            return Cell(name, label, "nothing")
        text, mark = tell(value)
        return Cell(name, label, kind, (Part(text),), mark)

    return draw


def cell(model, name, value):
    """Return the cell for a column's value."""
    return drawer(model, name)(value)


def leading(one, url):
    """Return a cell of text as a link to the row that it names."""
    return replace(one, parts=tuple(Part(part.text, url) for part in one.parts)) if one.kind == "text" else one


def namer(model):
    """Return the function that gives the words for a row, of its `key` and the stored beginning of its `label`."""
    column = columns(model).get(resource(model).label)
    markup = column is not None and isinstance(column.type, Html)

    def name(row):
        words = "" if column is None or row.label is None else plain(row.label, markup=markup)
        return words or f"#{row.key}"

    return name


def words(model, row):
    """Return the words that name one row, as `namer` gives them."""
    return namer(model)(row)


def words_of(user, row):
    """Return the words that name a stored row, as far as `user` may see them."""
    model = type(row)
    name = resource(model).label
    label = getattr(row, name, None) if may_see(user, model, name) else None
    return words(model, Named(row.id, label))


def opened(model, key):
    """Return the address of a row's own page."""
    return f"{url_for(f'{model.__tablename__}.details_view')}?id={key}"


def plain(text, *, markup=False):
    """Return the beginning of a text in one line, without its tags when it is markup."""
    line = " ".join((html.unescape(TAG.sub(" ", str(text))) if markup else str(text)).split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1].rstrip()}…"


# Each of these returns the function that words a value of a column, and gives what a machine reads of it: what all
# values of a page share (language, time zone, names of choices) is found out once.
def _text(_column):
    return lambda value: (plain(value), "")


def _markup(_column):
    return lambda value: (plain(value, markup=True), "")


def _words(_column):
    return lambda value: (plain(", ".join(value)), "")


def _moment(_column):
    locale, zone = get_locale(), get_timezone()
    day, time = get_date_format("medium", locale), get_time_format("short", locale)

    def tell(value):
        here = value.astimezone(zone)
        return f"{day.apply(here, locale)}, {time.apply(here, locale)}", value.astimezone(UTC)

    return tell


def _flag(_column):
    yes, no = _("Yes"), _("No")
    return lambda value: (yes if value else no, bool(value))


def _choice(column):
    names = {value: str(words) for value, words in column.info.get("labels", {}).items()}
    return lambda value: (names.get(value, str(value)), value)


def _picture(_column):
    words = _("Picture")
    return lambda value: (words, picture_url(value, THUMBNAIL))


def _percent(_column):
    return lambda value: (_("%(number)d %%", number=value), value)


def _number(column):
    # A key is a name, not an amount.
    named = column.primary_key or column.foreign_keys or column.key.endswith("_id")
    return lambda value: (str(value) if named else format_decimal(value), value)


# The first kind that a column's type is decides.
SHAPES = (
    (UtcDateTime, "moment", _moment),
    (Boolean, "flag", _flag),
    (Choice, "choice", _choice),
    (Picture, "picture", _picture),
    (Percent, "percent", _percent),
    (Strings, "text", _words),
    (Integer, "number", _number),
    (Html, "text", _markup),
)
