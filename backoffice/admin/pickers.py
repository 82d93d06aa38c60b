"""How the rows a relation names are chosen: by search, never from a list of all, and never lost in silence."""

from dataclasses import dataclass

from flask_babel import gettext as _
from wtforms import Field
from wtforms.validators import ValidationError

from backoffice.admin.lookup import MOST, offers, option, pickable
from backoffice.core.access import ALL, parse_key, rule
from backoffice.core.model import db
from backoffice.core.resource import key_of, relations

MOST_CHOSEN = 500
SAME, NONE = "same", "none"


@dataclass(frozen=True)
class Present:
    """What a relation names now: rows that the user may name, and how many `hidden` that they may not.

    `kept` are the hidden rows themselves where a list is replaced as a whole.
    """

    shown: tuple = ()
    hidden: int = 0
    kept: tuple = ()


def present(user, row, name, target):
    """Return what the relation or foreign key `name` of `row` names now."""
    relation = relations(type(row)).get(name)
    if relation is not None and relation.secondary is not None:
        return _many(user, tuple(getattr(row, name)), target)
    key = getattr(row, key_of(type(row), name))
    if key is None:
        return Present()
    if relation is not None and rule(user, "pick", target).scope == ALL:
        return Present((getattr(row, name),))
    found = db.session.scalar(pickable(user, target).where(target.id == key))
    return Present((found,)) if found else Present(hidden=1)


def _many(user, rows, target):
    if not rows or rule(user, "pick", target).scope == ALL:
        return Present(rows)
    shown = set(db.session.scalars(pickable(user, target).where(target.id.in_([one.id for one in rows]))))
    kept = tuple(one for one in rows if one not in shown)
    return Present(tuple(one for one in rows if one in shown), len(kept), kept)


@dataclass(frozen=True)
class Source:
    """Where a relation's rows come from: who asks, which model, and whether a picture can be added on the spot."""

    user: object
    target: type
    needed: bool = False
    upload: str = ""


class Picker(Field):
    """A field that holds rows of another model; `source` says of which and for whom."""

    kind = "picker"
    many = offers_none = False

    def __init__(self, label=None, *, source, **rest):
        super().__init__(label, **rest)
        self.source, self.needed = source, source.needed
        self.query, self.found = "", None
        self.options, self.word, self.file, self.alt = [], "", None, ""

    @property
    def present(self):
        """Tell whether the form that was sent held this field."""
        return bool(self.raw_data) or bool(self.file)

    @property
    def hidden(self):
        """Return how many rows are named that this user may not see."""
        return self.object_data.hidden

    @property
    def selected(self):
        """Return the keys of the rows that are chosen now."""
        return {one.id for one in self.chosen}

    @property
    def stored(self):
        """Return what is stored in words, for comparing."""
        return ", ".join(one.label for one in self._options(self.object_data.shown))

    def process_data(self, value):
        """Start with the rows that the relation names now."""
        self.chosen = list(value.shown)
        self.options = self._options(value.shown)

    def process_formdata(self, valuelist):
        """Take the rows that were ticked, as far as this user may name them."""
        if not valuelist:
            return
        words = {word.strip() for value in valuelist for word in value.split(",")} - {""}
        self.word = next((word for word in (SAME, NONE) if word in words), "")
        keys = {parse_key(word) for word in words - {SAME, NONE}}
        if len(keys) > MOST_CHOSEN:
            raise ValueError(_("At most %(most)d can be chosen at once.", most=MOST_CHOSEN))
        self.chosen = self._rows(keys - {None})
        known = {one.key for one in self.options}
        self.options += [one for one in self._options(self.chosen) if one.key not in known]
        if len(self.chosen) < len(keys):
            raise ValueError(_("Something that was chosen is not there (any more). Choose again."))

    def _options(self, rows):
        return [option(self.source.user, one) for one in rows]

    def _rows(self, keys):
        held = {one.id: one for one in self.object_data.shown}
        missing = keys - held.keys()
        found = [held[key] for key in keys if key in held]
        if missing:
            target = self.source.target
            found += db.session.scalars(pickable(self.source.user, target).where(target.id.in_(missing)))
        return sorted(found, key=lambda one: one.id)

    def receive(self, form, files):
        """Take the picture that was sent to be added on the spot."""
        if self.source.upload:
            self.file = files.get(f"{self.name}-upload") or None
            self.alt = form.get(f"{self.name}-alt", "")

    def find(self, words):
        """Offer the rows whose label holds `words`, beside those that stand there already."""
        self.query = words.strip()[:100]
        known = {one.key for one in self.options}
        found = offers(self.source.user, self.source.target, self.query, besides=known)
        self.options += found
        self.found, self.more = len(found), len(found) == MOST

    def post_validate(self, form, validation_stopped):  # noqa: ARG002 - WTForms names them
        """Ask for a row where one is needed."""
        if self.present and self.needed and not self.file and self.data in (None, []):
            raise ValidationError(_("This field is required."))


class One(Picker):
    """At most one row of another model."""

    @property
    def offers_none(self):
        """Tell whether it may name nothing."""
        return not self.needed

    @property
    def present(self):
        """Tell whether it was sent, and does not just leave alone a row that the user may not see."""
        left = self.hidden and not self.chosen and self.word != NONE
        return super().present and (not left or bool(self.file))

    @property
    def data(self):
        """The row that is to be stored, or None."""
        return self.chosen[-1] if self.chosen else None

    def process_formdata(self, valuelist):
        """Take the one that was ticked."""
        super().process_formdata(valuelist)
        if len(self.chosen) > 1:
            raise ValueError(_("Choose one only."))


class Many(Picker):
    """Any number of rows of another model."""

    many = True

    @property
    def data(self):
        """The rows that are to be stored; those that the user may not see stay."""
        return [*self.chosen, *self.object_data.kept]


class Target(One):
    """The row that others are to name from now on: there is no way to choose none."""

    offers_none = False


class OneKey(One):
    """A foreign key that the model has declared no relation for."""

    @property
    def data(self):
        """The key that is to be stored, or None."""
        row = super().data
        return getattr(row, "id", row)
