"""One value of a form in words, as it is stored or was typed, with the words marked that differ."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

from backoffice.admin.cells import TAG
from backoffice.admin.diffs import LONG, pieces
from backoffice.admin.forms.fields import Select, Tick, Upload
from backoffice.admin.forms.pickers import Picker
from backoffice.admin.forms.rich import Rich
from backoffice.admin.relations.lookup import pickable
from backoffice.admin.relations.named import option
from backoffice.admin.words import NOTHING
from backoffice.core.catalogues import gettext as _
from backoffice.core.history.decoding import decode
from backoffice.core.model import db
from backoffice.core.resource import key_of

BLOCK = re.compile(r"(?<=>)(?=<(?:p|h[1-6]|ul|ol|pre|blockquote|table|figure|hr|div)\b)|(?<=\n)")


@dataclass(frozen=True)
class Side:
    """One value in words; of a long one, what differs from the value before as pieces (kind, words)."""

    words: str
    pieces: tuple[tuple[str, str], ...] = ()


def both_sides(field):
    """Return what is stored and what was typed, in words."""
    now, sent = stored(field), typed(field)
    if isinstance(field, Rich) and readable(now) != readable(sent):
        now, sent = readable(now), readable(sent)
    return Side(now), side(now, sent)


def readable(markup):
    """Return rich text as words, its blocks one to a line."""
    parts = (" ".join(unescape(TAG.sub(" ", part)).split()) for part in BLOCK.split(markup))
    return "\n".join(filter(None, parts))


def side(base, words):
    """Return a value in words beside the one before it."""
    long = max(len(base), len(words)) > LONG or "\n" in base + words
    return Side(words, tuple(pieces(base, words)) if long else ())


def key_in(form, field):
    """Return the name under which the history holds the value of a field."""
    return key_of(form.model, field.name)


def base_of(form, field, then):
    """Return what a field held before, in words."""
    value = then.values.get(key_in(form, field))
    if isinstance(field, Picker):
        target = field.source.target
        row = db.session.scalar(pickable(form.user, target).where(target.id == value)) if value else None
        return option(form.user, row).label if row is not None else _("(not shown)") if value else NOTHING
    return _written(field, decode(field.column, value))


def stored(field):
    """Return what is stored for a field, in words."""
    if isinstance(field, Picker):
        return field.stored or (_("(not shown)") if field.hidden else NOTHING)
    return _written(field, field.object_data)


def typed(field):
    """Return what was sent for a field, in words."""
    if isinstance(field, Picker):
        return ", ".join([*(one.label for one in field.chosen), *field.new]) or NOTHING
    if isinstance(field, Upload):
        return field.file.filename if field.file else NOTHING
    if isinstance(field, Tick):
        return _written(field, field.data)
    text = field.raw_data[0].replace("\r\n", "\n")
    return str(dict(field.options).get(text, text)) if isinstance(field, Select) else text or NOTHING


def _written(field, value):
    if isinstance(field, Tick):
        return _("Yes") if value else _("No")
    text = field.write(value)
    words: Any = dict(field.options).get(text, text) if isinstance(field, Select) else text
    return str(words) or NOTHING
