"""Which columns arrive clean: types that check and put in order whatever door a value came through."""

import re
import unicodedata
from datetime import UTC, datetime
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import get_timezone
from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, SmallInteger, String, Text
from sqlalchemy.types import TypeDecorator

from backoffice.core.catalogues import gettext as _
from backoffice.core.catalogues import listed
from backoffice.core.sanitizer import clean_html

Key = BigInteger().with_variant(Integer(), "sqlite")
LARGEST = 2**63 - 1
APOSTROPHES = "'\u2019\u02bc"  # they join a word: "don't" is dont in an address
# Arabic vowels and the stroke that lengthens a word: hardly anybody types them.
VOWELS = "\u0640\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u0670"
UNWRITTEN = APOSTROPHES + VOWELS


class Invalid(ValueError):  # noqa: N818 - it is said to people, as a word: invalid
    """A value that is refused: `field` is a column's name ("" for the whole row), `message` says what to do."""

    def __init__(self, field: str, message: Any) -> None:
        super().__init__(f"{field}: {message}" if field else str(message))
        self.field = field
        self.message = message


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, always aware and in UTC in Python, on every database."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(DateTime(timezone=dialect.name != "sqlite"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        moment = self.arrive(value)
        return moment.replace(tzinfo=None) if moment and dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    @staticmethod
    def arrive(value: datetime | None) -> datetime | None:
        """Return `value` in UTC; raises ValueError when it carries no zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(_("A moment needs its time zone."))
        try:
            return value.astimezone(UTC)
        except OverflowError as error:
            raise ValueError(_("This date is out of range.")) from error


class Html(TypeDecorator[str]):
    """Rich text that is sanitised whenever it is set or bound."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return self.arrive(value)

    @staticmethod
    def arrive(value: str | None) -> str | None:
        """Return `value` with only harmless HTML; raises ValueError when it cannot be checked."""
        return None if value is None else clean_html(value)


class Slug(TypeDecorator[str]):
    """The part of an address that names a row: letters, digits and hyphens, in any script."""

    impl = String
    cache_ok = True

    def __init__(self, longest: int = 200) -> None:
        super().__init__(longest)
        self.longest = longest

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return value

    @staticmethod
    def arrive(value: str | None) -> str | None:
        """Return `value` as a slug."""
        return None if value is None else slugify(value)


class Picture(TypeDecorator[str]):
    """The stored name of a picture, as `core.files` gives it out."""

    impl = String
    cache_ok = True
    PATTERN = re.compile(r"[0-9a-f]{64}\.(?:png|jpg|webp|gif)")

    def __init__(self) -> None:
        super().__init__(80)

    @classmethod
    def arrive(cls, value: str | None) -> str | None:
        """Return `value`; raises ValueError when it is no name of a stored picture."""
        if not value:
            return None
        if not cls.PATTERN.fullmatch(value):
            raise ValueError(_("This is not the name of a stored picture."))
        return value


class Secret(TypeDecorator[str]):
    """A value that no grid, form, export, answer, search, filter or history ever holds."""

    impl = String
    cache_ok = True


class TimeZone(TypeDecorator[str]):
    """The name of a time zone, as Europe/Berlin."""

    impl = String
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(60)

    @staticmethod
    def arrive(value: str | None) -> str | None:
        """Return `value`; raises ValueError when no time zone is called so."""
        try:
            return value if not value or get_timezone(value) else None
        except LookupError as error:
            raise ValueError(_("There is no such time zone; write one as Europe/Berlin.")) from error


class Language(TypeDecorator[str]):
    """The name of a language, as de or pt-BR; a form offers those that the application speaks."""

    impl = String
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(20)

    @staticmethod
    def arrive(value: str | None) -> str | None:
        """Return `value`; raises ValueError when no language is called so."""
        try:
            return value if not value or Locale.parse(value.replace("-", "_")) else None
        except (UnknownLocaleError, ValueError) as error:
            raise ValueError(_("There is no such language; write one as en.")) from error


class Choice(TypeDecorator[str]):
    """One word out of a few; the words to show stand in the column's `info["labels"]`."""

    impl = String
    cache_ok = True

    def __init__(self, values: tuple[str, ...]) -> None:
        super().__init__(max(map(len, values)))
        self.values = values

    def arrive(self, value: str | None) -> str | None:
        """Return `value`; raises ValueError when it is none of the words."""
        if value is not None and value not in self.values:
            raise ValueError(_("Choose one of: %(words)s.", words=listed(self.values, "or")))
        return value


class Percent(TypeDecorator[int]):
    """How much of something is done, from 0 to 100; shown as a bar."""

    impl = SmallInteger
    cache_ok = True

    @staticmethod
    def arrive(value: int | None) -> int | None:
        """Return `value`; raises ValueError when it is not from 0 to 100."""
        if value is not None and not 0 <= value <= 100:
            raise ValueError(_("This must be from 0 to 100."))
        return value


class Strings(TypeDecorator[list[str]]):
    """A list of short strings, such as a role's rights; replaced as a whole, never changed in place."""

    impl = JSON
    cache_ok = True

    @staticmethod
    def arrive(value: Any) -> list[str]:
        """Return `value` without blanks and repetitions; raises ValueError when it is no list of strings."""
        if value is None:
            return []
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise ValueError(_("This must be a list of words."))
        return list(dict.fromkeys(item.strip() for item in value if item.strip()))


def slugify(text: str) -> str:
    """Return `text` as lower-case words joined by hyphens; an empty string when nothing of it can stay."""
    plain = unicodedata.normalize("NFKC", text).lower()
    plain = "".join(character for character in plain if character not in UNWRITTEN)
    found = ""
    for one in plain:
        # A vowel sign belongs to its letter, as in हिन्दी; alone it is no word.
        stays = one.isalnum() or (found[-1:].strip("-") and unicodedata.category(one).startswith("M"))
        found += one if stays else "-"
    return re.sub(r"-+", "-", found).strip("-")
