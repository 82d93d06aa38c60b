"""How numbers, days and moments are typed; moments on the user's own clock, stored in UTC."""

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from math import isfinite

from flask_babel import to_user_timezone, to_utc
from sqlalchemy import Numeric
from wtforms.widgets import DateInput, DateTimeLocalInput, NumberInput, TimeInput

from backoffice.admin.forms.fields import Line, Typed
from backoffice.core import zones
from backoffice.core.catalogues import gettext as _
from backoffice.core.types import LARGEST

WHOLE = re.compile(r"[+-]?[0-9]{1,19}")


class Whole(Typed):
    """A whole number within the range of its column."""

    widget = NumberInput(step=1)

    def __init__(self, label=None, *, column, largest=LARGEST, **rest):
        super().__init__(label, column=column, **rest)
        self.largest = largest

    def read(self, text):
        """Return the number."""
        if not WHOLE.fullmatch(text.strip()) or abs(int(text)) > self.largest:
            raise ValueError(_("Type a whole number, at most %(most)d.", most=self.largest))
        return int(text)


class Fraction(Typed):
    """A number that may have decimals."""

    widget = NumberInput(step="any")

    def read(self, text):
        """Return the number as its column has it, decimal or floating."""
        try:
            number = Decimal(text.strip())
        except InvalidOperation as error:
            raise ValueError(_("Type a number.")) from error
        if len(text) > 40 or not isfinite(float(number)):
            raise ValueError(_("Type a number."))
        kind = self.column.type
        if isinstance(kind, Numeric) and kind.precision and abs(number) >= 10 ** (kind.precision - (kind.scale or 0)):
            raise ValueError(_("This number is too large."))
        return number if kind.asdecimal else float(number)


class Day(Typed):
    """A day without a time."""

    widget = DateInput()

    def read(self, text):
        """Return the day."""
        try:
            return date.fromisoformat(text.strip())
        except ValueError as error:
            raise ValueError(_("Type a date such as 2026-01-31.")) from error


class Hour(Typed):
    """A time of day."""

    widget = TimeInput()

    def read(self, text):
        """Return the time."""
        try:
            return time.fromisoformat(text.strip()).replace(tzinfo=None)
        except ValueError as error:
            raise ValueError(_("Type a time such as 14:30.")) from error


class Moment(Day):
    """A moment, typed in the user's time zone and stored in UTC."""

    widget = DateTimeLocalInput()

    def write(self, value):
        """Return the moment on the user's clock, with seconds only where it has some."""
        if value is None:
            return ""
        local = to_user_timezone(value).replace(tzinfo=None)
        return local.isoformat(timespec="seconds" if local.second else "minutes")

    def read(self, text):
        """Return the moment in UTC."""
        try:
            return to_utc(datetime.fromisoformat(text.strip())).replace(tzinfo=UTC)
        except (ValueError, OverflowError) as error:
            raise ValueError(_("Type a date and a time such as 2026-01-31T10:00.")) from error


class Zone(Line):
    """A time zone, by its name or by its city in the reader's language."""

    kind = "zone"
    counted = False

    @property
    def options(self):
        """Return all that are offered, and what they are called."""
        return zones.offered()

    def read(self, text):
        """Return the name of the zone that is meant; what means none is left to the column to refuse."""
        return zones.meant(text) or text
