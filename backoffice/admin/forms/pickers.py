"""How the rows a relation names are chosen: by search, never from a list of all, and never lost in silence."""

from dataclasses import dataclass

from sqlalchemy import select
from wtforms.validators import ValidationError

from backoffice.admin.forms.fields import Told
from backoffice.admin.relations.lookup import MOST, offers, pickable
from backoffice.admin.relations.named import option
from backoffice.core.access import parse_key
from backoffice.core.catalogues import gettext as _
from backoffice.core.model import db

MOST_CHOSEN = 500
MOST_MADE = 20
SAME, NONE = "same", "none"


@dataclass(frozen=True)
class Source:
    """Where a relation's rows come from: who asks, which model, and what can be added on the spot.

    `upload`: the column of a picture, or ""; `makes`: a row, by its name alone; `creates`: any, in a form of its own.
    """

    user: object
    target: type
    needed: bool = False
    upload: str = ""
    makes: bool = False
    creates: bool = False


class Picker(Told):
    """A field that names rows of another model; `source` says of which and for whom.

    `chosen` are the rows named now, as options: no row is read in full before it is to be stored.
    """

    kind = "picker"
    many = offers_none = False

    def __init__(self, label=None, *, source, **rest):
        super().__init__(label, **rest)
        self.source, self.needed = source, source.needed
        self.query, self.found = "", None
        self.options, self.word, self.file, self.alt = [], "", None, ""
        self.rows, self.new, self.missing = {}, [], frozenset()

    @property
    def present(self):
        """Tell whether the form that was sent held this field."""
        return bool(self.raw_data) or self.adds

    @property
    def adds(self):
        """Tell whether a row is to be added that is not stored yet."""
        return bool(self.file or self.new)

    @property
    def hidden(self):
        """Return how many rows are named that this user may not see."""
        return len(self.object_data.kept)

    @property
    def selected(self):
        """Return the keys of the rows that are chosen now."""
        return {one.key for one in self.chosen}

    @property
    def changed(self):
        """Tell whether other rows are chosen than are stored."""
        return self.adds or self.selected != self.object_data.keys or (self.word == NONE and bool(self.hidden))

    @property
    def stored(self):
        """Return what is stored in words, for comparing."""
        return ", ".join(one.label for one in self.object_data.shown)

    def process_data(self, value):
        """Start with the rows that the relation names now."""
        self.chosen, self.options = list(value.shown), list(value.shown)

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
        self.options += [one for one in self.chosen if one.key not in known]
        self.missing = frozenset(keys - {None} - self.selected)
        if len(self.chosen) < len(keys):
            raise ValueError(_("Something that was chosen is not there (any more). Choose again."))

    def _rows(self, keys):
        held = {one.key: one for one in self.object_data.shown}
        missing = keys - held.keys()
        found = [held[key] for key in keys if key in held]
        if missing:
            user, target = self.source.user, self.source.target
            rows = list(db.session.scalars(pickable(user, target).where(target.id.in_(missing))))
            self.rows |= {one.id: one for one in rows}
            found += [option(user, one) for one in rows]
        return sorted(found, key=lambda one: one.key)

    def _read(self, keys):
        """Return the rows with these keys, which were found through the right to name them or stand there already."""
        target, missing = self.source.target, set(keys) - self.rows.keys()
        if missing:
            self.rows |= {one.id: one for one in db.session.scalars(select(target).where(target.id.in_(missing)))}
        return [self.rows[key] for key in keys if key in self.rows]

    def receive(self, form, files):
        """Take what was sent to be added on the spot: a picture, and names, typed or confirmed."""
        if self.source.upload:
            self.file = files.get(f"{self.name}-upload") or None
            self.alt = form.get(f"{self.name}-alt", "")
        if self.source.makes:
            typed = form.get(f"{self.name}-new", "")
            names = [*form.getlist(f"{self.name}-made"), *(typed.split(",") if self.many else [typed])]
            self.new = list(dict.fromkeys(" ".join(one.split()) for one in names if one.strip()))[:MOST_MADE]

    def find(self, words):
        """Offer the rows whose label holds `words`, beside those that stand there already."""
        self.query = words.strip()[:100]
        known = {one.key for one in self.options}
        found = offers(self.source.user, self.source.target, self.query, besides=known)
        self.options += found
        self.found, self.more = len(found), len(found) == MOST

    def post_validate(self, form, validation_stopped):  # noqa: ARG002 - WTForms names them
        """Ask for a row where one is needed."""
        if self.present and self.needed and not self.adds and not self.chosen:
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
        return super().present and (not left or self.adds)

    @property
    def data(self):
        """The row that is to be stored, or None."""
        return next(iter(self._read([one.key for one in self.chosen[-1:]])), None)

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
        return self._read([*sorted(self.selected), *self.object_data.kept])


class Target(One):
    """The row that others are to name from now on: there is no way to choose none."""

    offers_none = False


class OneKey(One):
    """A foreign key that the model has declared no relation for."""

    @property
    def data(self):
        """The key that is to be stored, or None."""
        return self.chosen[-1].key if self.chosen else None
