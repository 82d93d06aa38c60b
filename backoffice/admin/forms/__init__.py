"""The form of a row, derived from its model for the user who fills it in."""

from babel import Locale
from flask import current_app
from flask_babel import get_timezone
from sqlalchemy import JSON, Boolean, Date, Enum, Float, Integer, Numeric, String, Text, Time
from sqlalchemy.types import TypeDecorator
from wtforms.form import BaseForm

from backoffice.admin.forms import conflicts, fields, library, quantities, structured
from backoffice.admin.forms.adding import picture_column
from backoffice.admin.forms.pickers import Many, One, OneKey, Picker, Source
from backoffice.admin.forms.rich import Rich
from backoffice.admin.relations.named import Present, option, present, target_of
from backoffice.admin.words import NOTHING
from backoffice.core.access import can, may_write
from backoffice.core.catalogues import gettext as _
from backoffice.core.model import db, largest
from backoffice.core.resource import columns, key_of, labels, relations, resource
from backoffice.core.types import Choice, Html, Language, Picture, Slug, Strings, TimeZone, UtcDateTime
from backoffice.core.writing import choices, governed, writable

FIND = "find:"
# The page has ids of its own, which no column's name may meet.
PREFIX = "field-"


class RowForm(BaseForm):
    """The fields of one row that one user may set; `version` is the one that the user saw."""

    def __init__(self, user, row):
        self.user, self.row, self.model = user, row, type(row)
        self.new = row.id is None
        self.version = None if self.new else row.version
        # What others changed since that version: values to choose from, and those that stay as they are stored.
        self.conflicts, self.merged, self.since = {}, [], None
        self.blind = self.unsaved = False
        self.kept, self.files_lost = None, False
        named = {name: field for name in writable(user, self.model) if (field := field_for(user, row, name))}
        super().__init__(named)
        self.process(data=self._start(tuple(named)))

    def fill(self, sent, files):
        """Take what was typed and ticked, and the files; then judge every field."""
        self.process(sent, data={name: field.object_data for name, field in self._fields.items()})
        for field in self:
            if hasattr(field, "receive"):
                field.receive(sent, files)
        if not self.new:
            self.version = self.since = conflicts.version(sent.get("version"))
            conflicts.settle(self, sent)
        self.unsaved = True
        self.validate()

    def find(self, sent):
        """Look for rows to choose when a button asked for that; tell whether one did."""
        asked = [name.removeprefix(FIND) for name in sent if name.startswith(FIND)]
        wanted = [self[name] for name in asked if name in self and isinstance(self[name], Picker)]
        for field in wanted:
            field.find(sent.get(f"{field.name}-find", ""))
        return bool(asked)

    def seek(self, sent):
        """Look for what was typed to be found and nobody looked for: it is not left out in silence; tell whether."""
        typed = {one: sent.get(f"{one.name}-find", "").strip() for one in self if isinstance(one, Picker)}
        wanted = [one for one, words in typed.items() if words and words != sent.get(f"{one.name}-found")]
        for field in wanted:
            field.find(typed[field])
            field.errors = [*field.errors, _("Not saved yet: choose what you looked for, or empty the field.")]
        return bool(wanted)

    def ask_nothing(self):
        """Show no errors: nobody asked for saving yet."""
        for field in self:
            field.errors = []

    def values(self):
        """Return what was typed otherwise than it is stored, by name; of a new row all that was sent. Files aside."""
        sent = [one for one in self if one.present and not isinstance(one, fields.Upload)]
        return {one.name: one.data for one in sent if self.new or one.changed}

    def tell(self, problems):
        """Put what was refused beside its field, and the rest on top."""
        for name, sentence in problems.items():
            shown = name if name in self else next((one for one in self._fields if self._key(one) == name), None)
            if shown is None:
                self.form_errors.append(sentence)
            elif sentence not in self[shown].errors:
                self[shown].errors = [*self[shown].errors, sentence]

    @property
    def problems(self):
        """Return the sentences to show on top: pairs of a field (or None) and what is wrong with it."""
        beside = [(one, sentence) for one in self for sentence in one.errors]
        return [(None, sentence) for sentence in self.form_errors] + beside

    @property
    def has_files(self):
        """Tell whether files can be chosen in it."""
        return any(self.takes_file(field) for field in self)

    @property
    def is_rich(self):
        """Tell whether there is text in it that an editor is for."""
        return any(isinstance(field, Rich) for field in self)

    @property
    def files_sent(self):
        """Tell whether files were chosen, which no page can put back."""
        return self.files_lost or any(getattr(field, "file", None) for field in self)

    @staticmethod
    def takes_file(field):
        """Tell whether a file can be chosen in this field."""
        return isinstance(field, fields.Upload) or bool(isinstance(field, Picker) and field.source.upload)

    def _key(self, name):
        return key_of(self.model, name)

    def _start(self, names):
        """Return what each field holds before anybody types."""
        linked = [name for name in names if target_of(self.model, name)]
        if self.new:
            held = {name: _first(self.user, self.model, name) for name in linked}
        else:
            held = present(self.user, self.row, linked)
        return {name: held[name] if name in held else self._value(name) for name in names}

    def _value(self, name):
        value = getattr(self.row, name)
        default = columns(self.model)[name].default
        return default.arg if value is None and self.new and default is not None and default.is_scalar else value


def _first(user, model, name):
    """A new row belongs to whoever makes it, unless another owner is chosen."""
    mine = key_of(model, name) == resource(model).owner and name in relations(model)
    return Present((option(user, user),)) if mine and isinstance(user, target_of(model, name)) else Present()


def field_for(user, row, name):
    """Return the field for a column or relation, or None for a kind that nobody can type."""
    model = type(row)
    label = str(labels(model, name))
    target = target_of(model, name)
    if target is not None:
        return _picker(user, model, name, target, label)
    column = columns(model)[name]
    make = next((make for kind, make in MAKERS if isinstance(column.type, kind)), None)
    if name in governed(model) and not isinstance(column.type, Choice):
        # A switch that this user cannot move is no field.
        make = make if len(choices(db.session(), user, row, name)) > 1 else None
    if make is None:
        return None
    given = {"label": label, "id": PREFIX + name, "description": _help(model, column), "column": column}
    return make(user, row, name, given)


def _address(_user, _row, _name, given):
    source = given["column"].info.get("from")
    return fields.Address(follows=PREFIX + source if source else "", **given)


def _help(model, column):
    told = [str(column.info["help"])] if column.info.get("help") else []
    if isinstance(column.type, Slug) and column.info.get("from"):
        told.append(_("Left empty, it follows from “%(field)s”.", field=labels(model, column.info["from"])))
    if isinstance(column.type, UtcDateTime):
        told.append(_("Time zone: %(zone)s.", zone=str(get_timezone())))
    return " ".join(told)


def _picker(user, model, name, target, label):
    if not (can(user, "pick", target) or can(user, "read", target)):
        return None
    relation = relations(model).get(name)
    info = relation.info if relation is not None else columns(model)[name].info
    key = columns(model).get(key_of(model, name))
    needed = key is not None and not key.nullable
    kind = OneKey if relation is None else One if relation.secondary is None else Many
    upload = picture_column(user, target) if kind is One else ""
    by_name = kind is not OneKey and resource(target).by_name and can(user, "create", target)
    makes = by_name and may_write(user, target, resource(target).label)
    creates = not (makes or upload) and can(user, "create", target)
    source = Source(user, target, needed, upload, makes, creates)
    return kind(label, id=PREFIX + name, source=source, description=str(info.get("help", "")))


def _select(user, row, name, given):
    offered = [(value, str(label)) for value, label in choices(db.session(), user, row, name)]
    empty = [("", NOTHING)] if given["column"].nullable else []
    return fields.Select(options=empty + offered, **given)


def _language(_user, row, name, given):
    offered = [(one, _own_name(one)) for one in current_app.config["LANGUAGES"]]
    stored = getattr(row, name)
    if stored and stored not in dict(offered):
        offered.append((stored, stored))
    empty = [("", _("As the browser asks"))] if given["column"].nullable else []
    return fields.Select(options=empty + offered, **given)


def _own_name(language):
    # Who looks for their language knows what it calls itself.
    return Locale.parse(language.replace("-", "_")).display_name or language


def _listed(_user, _row, _name, given):
    empty = [("", NOTHING)] if given["column"].nullable else []
    return fields.Listed(options=[*empty, *((word, word) for word in given["column"].type.enums)], **given)


def _rich(user, _row, _name, given):
    return Rich(rows=20, shelf=library.shelf(user), **given)


def _plain(kind, **more):
    return lambda _user, _row, _name, given: kind(**given, **more)


def _whole(_user, _row, _name, given):
    return quantities.Whole(largest=largest(given["column"].type), **given)


# The first kind that a column's type is decides; text last, for most types end in text.
MAKERS = (
    (Picture, _plain(fields.Upload)),
    (Choice, _select),
    (Language, _language),
    (TimeZone, _plain(quantities.Zone)),
    (Boolean, _plain(fields.Tick)),
    (Strings, _plain(fields.Words, rows=8)),
    (UtcDateTime, _plain(quantities.Moment)),
    (Date, _plain(quantities.Day)),
    (Html, _rich),
    (Slug, _address),
    (Integer, _whole),
    (Numeric | Float, _plain(quantities.Fraction)),
    (Time, _plain(quantities.Hour)),
    (Enum, _listed),
    (Text, _plain(fields.Paragraphs)),
    (JSON, _plain(structured.Json, rows=8)),
    (String | TypeDecorator, _plain(fields.Line)),
)
