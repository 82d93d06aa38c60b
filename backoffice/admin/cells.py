"""How a value is shown in the panel: as text, a number, a moment, a badge, a picture, or links to other rows."""

import html
import re
from dataclasses import dataclass
from datetime import UTC, time
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import get_date_format, get_time_format
from flask import request, url_for
from flask_babel import get_timezone
from markupsafe import Markup, escape
from sqlalchemy import Boolean, Integer

from backoffice.admin.markup import fill, harmless, joined
from backoffice.admin.words import NOTHING
from backoffice.core.access import may_see
from backoffice.core.catalogues import comma, language, number
from backoffice.core.catalogues import gettext as _
from backoffice.core.files.renditions import picture_url
from backoffice.core.resource import columns, labels, relations, resource
from backoffice.core.types import Choice, Html, Percent, Picture, Strings, UtcDateTime

LONGEST = 120
THUMBNAIL, ALONE = 96, 640
# Of many linked rows a cell names the first few.
MOST_LINKED = 5
# As far as a moment is written: to the second.
STORED = len("2026-01-31T12:00:00")
TAG = re.compile(r"<[^>]*(?:>|$)")
CHOSEN = '<span class="choice choice-%(value)s">%(words)s</span>'
EMPTY = Markup('<span class="nothing">{}</span>').format(NOTHING)


@dataclass(frozen=True)
class Cell:
    """One value as it is shown: its column's label, and its markup."""

    label: Any
    html: Markup


@dataclass(frozen=True)
class Named:
    """A row's key and the stored beginning of what names it."""

    key: int
    label: Any


def related(model, name):
    """Return the function that shows the rows (Linked) which a relation names: links, where one may read them."""
    target = relations(model)[name].mapper.class_
    path, column, between = opened(target, ""), _label(target), comma()

    def draw(rows):
        if len(rows) < 2:
            return _related(path, column, *rows[0]) if rows else EMPTY
        more = [_("%(number)d more", number=len(rows) - MOST_LINKED)] if len(rows) > MOST_LINKED else []
        return joined([_related(path, column, *one) for one in rows[:MOST_LINKED]] + more, between)

    return draw


# The pages of a list name the same few others over and over.
@lru_cache(maxsize=4096)
def _related(path, column, key, label, readable):
    return linked(_named(column, key, label), f"{path}{key}" if readable else "")


def linked(words, url):
    """Return words as a link, where there is an address for them."""
    return fill('<a href="%(url)s">%(words)s</a>', url=url, words=words) if url else escape(words)


def drawer(model, name):
    """Return the function that shows a column's value, in the language of this request, as markup."""
    column = columns(model)[name]
    draw = next((shape for kind, _name, shape in SHAPES if isinstance(column.type, kind)), _text)(column)
    return lambda value: EMPTY if value is None or value == "" else draw(value)


@lru_cache(maxsize=5000)
def kind_of(model, name):
    """Return the word for the kind of a column's or relation's cells."""
    if name in relations(model):
        return "links"
    return next((word for kind, word, _shape in SHAPES if isinstance(columns(model)[name].type, kind)), "text")


def cell(model, name, value):
    """Return the cell for a column's value where it stands by itself, and a picture has room."""
    column = columns(model)[name]
    draw = _picture(column, ALONE) if value and isinstance(column.type, Picture) else drawer(model, name)
    return Cell(labels(model, name), draw(value))


def namer(model):
    """Return the function that gives the words for a row, of its `key` and the stored beginning of its `label`."""
    column = _label(model)
    return lambda row: _named(column, row.key, row.label)


def _label(model):
    """Return the column that names a row, None where there is none."""
    return columns(model).get(resource(model).label)


def _named(column, key, label):
    words = "" if column is None or label is None else plain(label, markup=isinstance(column.type, Html))
    return words or f"#{key}"


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
    return f"{_details(request.script_root, model.__tablename__)}?id={key}"


# Putting an address together takes long, and where the application is mounted is all that this one depends on.
@lru_cache(maxsize=500)
def _details(_root, endpoint):
    return url_for(f"{endpoint}.details_view")


def plain(text, *, markup=False):
    """Return the beginning of a text in one line, without its tags when it is markup."""
    line = " ".join((html.unescape(TAG.sub(" ", str(text))) if markup else str(text)).split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1].rstrip()}…"


# Each of these returns the function that shows a value of a column: what all values of a page share (language, time
# zone, names of choices) is found out once.
def _text(column):
    words = column.info.get("words")
    known = cache(words) if words else plain
    return lambda value: escape(known(value))


def _markup(_column):
    return lambda value: escape(plain(value, markup=True))


def _words(_column):
    between = comma()
    return lambda value: escape(plain(between.join(value)))


def _moment(_column):
    tongue, zone = language(), get_timezone().zone
    return lambda value: _told(tongue, zone, value)


# Lists are mostly looked at where they begin, so the same moments are told again and again.
@lru_cache(maxsize=4096)
def _told(language, zone, value):
    here, stored = value.astimezone(ZoneInfo(zone)), value.astimezone(UTC).isoformat()[:STORED]
    day, minute = _day(language, here.date()), _minute(language, here.hour, here.minute)
    # Only digits and what is escaped.
    return harmless(f'<time datetime="{stored}Z">{day}{_between(language)}{minute}</time>')


# The rows of a page often share their days, and all there are share the minutes of one; wording them takes long.
@lru_cache(maxsize=4096)
def _day(language, day):
    locale = Locale.parse(language)
    return escape(get_date_format("medium", locale).apply(day, locale))


@lru_cache(maxsize=4096)
def _minute(language, hour, minute):
    locale = Locale.parse(language)
    # Morning and afternoon stay with their hour when a line ends.
    return escape(get_time_format("short", locale).apply(time(hour, minute), locale).replace(" ", "\u00a0"))


@cache
def _between(language):
    """Return what stands between a day and its time in this language."""
    _before, _day, rest = str(Locale.parse(language).datetime_formats["medium"]).partition("{1}")
    return escape(rest.partition("{0}")[0].replace("'", "") or ", ")


def _flag(_column):
    shape = '<span class="flag flag-%(word)s"><span aria-hidden="true">%(sign)s</span> %(words)s</span>'
    yes, no = fill(shape, word="yes", sign="✓", words=_("Yes")), fill(shape, word="no", sign="✗", words=_("No"))
    return lambda value: yes if value else no


def _choice(column):
    known = _choices(column, language())
    return lambda value: known.get(value) or fill(CHOSEN, value=value, words=value)


@lru_cache(maxsize=500)
def _choices(column, _language):
    words = column.info.get("labels", {})
    return {value: fill(CHOSEN, value=value, words=str(said)) for value, said in words.items()}


def _picture(_column, width=THUMBNAIL):
    shape = '<img class="thumbnail" src="%(url)s" alt="" loading="lazy">'
    return lambda value: fill(shape, url=picture_url(value, width))


def _percent(column):
    label = str(column.info.get("label") or column.key)
    shape = '<progress max="100" value="%(value)s" aria-label="%(label)s"></progress> %(words)s'
    return lambda value: fill(shape, value=value, label=label, words=_("%(number)d %%", number=value))


def _number(column):
    # A key is a name, not an amount.
    named = column.primary_key or column.foreign_keys or column.key.endswith("_id")
    return lambda value: escape(str(value) if named else number(value))


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
