"""How a place in a sorted list is written into an address, and read from one by whoever may have made it up."""

import base64
import enum
import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.schema import Column
from sqlalchemy.types import TypeDecorator

from backoffice.core.catalogues import gettext as _
from backoffice.core.history.encoding import encode
from backoffice.core.model import largest
from backoffice.core.selection.criteria import BadCriteria
from backoffice.core.types import UtcDateTime

LONGEST = 4000  # characters of a cursor
LONGEST_JUMP = 200  # characters of a value to jump to
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
NUMBER = re.compile(r"-?[0-9]{1,18}")
# Nothing in a text that begins with these words comes after them and this.
HIGHEST = "\U0010ffff"


def write(sort: str, values: Sequence[Any]) -> str:
    """Return the place of a row with these sorted `values` in the order `sort` as one word for an address."""
    said = json.dumps([sort, *map(_word, values)], separators=(",", ":"), default=str)
    return base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")


def read(cursor: str, sort: str, columns: Sequence[Column[Any]]) -> list[Any]:
    """Return the values of `columns` that `write` was given; raises BadCriteria for anything else.

    A cursor of another order is refused too: its row stands elsewhere in this one.
    """
    bad = BadCriteria(_("There is no such place in the list; go to its first page."))
    said = _opened(cursor)
    if not said:
        raise bad
    if said[0] != sort:
        raise BadCriteria(_("This place belongs to another order of the list; go to its first page."))
    try:
        return [_value(column, word) for column, word in zip(columns, said[1:], strict=True)]
    except (ValueError, TypeError, ArithmeticError, LookupError) as error:
        raise bad from error


def jump(text: str, column: Column[Any], *, down: bool) -> tuple[Any, bool]:
    """Return the value of `column` from which a list goes on to show `text` first, and whether it is shown too.

    `text` is what a person types: a date, a number, yes or no, the beginning of a word. Raises BadCriteria when it
    can be no value of the column.
    """
    bad = BadCriteria(_("“%(value)s” is nothing to jump to in this order.", value=text[:40]))
    if len(text) > LONGEST_JUMP:
        raise bad
    kind = _python_type(column)
    try:
        if issubclass(kind, datetime) and DAY.fullmatch(text):
            start = datetime.combine(date.fromisoformat(text), time(), UTC)
            return (start + timedelta(days=1), False) if down else (start, True)
        if issubclass(kind, str):
            return _value(column, text + HIGHEST if down else text), True
        return _value(column, _typed(kind, text)), True
    except (ValueError, TypeError, ArithmeticError, LookupError) as error:
        raise bad from error


def is_text(column: Column[Any]) -> bool:
    """Tell whether `column` holds text."""
    return issubclass(_python_type(column), str)


def _typed(kind: type, text: str) -> Any:
    """Return what a person typed as `write` would have written it."""
    if kind is bool:
        return {"yes": True, "no": False}[text.lower()]
    if kind is int:
        if not NUMBER.fullmatch(text):
            raise ValueError(text)
        return int(text)
    if issubclass(kind, datetime):
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()
    return text


def _opened(cursor: str) -> list[Any]:
    """Return what stands in a cursor, an empty list when it is none."""
    if not cursor.isascii() or len(cursor) > LONGEST:
        return []
    try:
        said = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        return []
    return said if isinstance(said, list) else []


def _word(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.name
    return value.isoformat() if isinstance(value, time) else encode(value)


def _value(column: Column[Any], word: Any) -> Any:
    """Return a word of a cursor as a value that the database can compare with `column`; raises ValueError."""
    if word is None:
        if not column.nullable:
            raise ValueError(column.name)
        return None
    kind = _python_type(column)
    if issubclass(kind, enum.Enum):
        return kind[word]
    value = READERS[kind](word)
    if kind is int and abs(value) > largest(column.type):
        raise ValueError(word)
    return UtcDateTime.arrive(value) if isinstance(column.type, UtcDateTime) else value


def _python_type(column: Column[Any]) -> type:
    kind = column.type
    return kind.impl_instance.python_type if isinstance(kind, TypeDecorator) else kind.python_type


def _exactly(kind: type) -> Callable[[Any], Any]:
    def read_one(word: Any) -> Any:
        if type(word) is not kind:
            raise TypeError(word)
        return word

    return read_one


def _text(word: Any) -> str:
    # What no database takes as text is none of its rows.
    if not isinstance(word, str) or "\x00" in word:
        raise ValueError(word)
    word.encode()
    return word


def _decimal(word: Any) -> Decimal:
    value = Decimal(_text(word))
    if not value.is_finite():
        raise ValueError(word)
    return value


def _float(word: Any) -> float:
    value = float(word)
    if value - value != 0:
        raise ValueError(word)
    return value


READERS: dict[type, Callable[[Any], Any]] = {
    bool: _exactly(bool),
    int: _exactly(int),
    float: _float,
    str: _text,
    Decimal: _decimal,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    time: time.fromisoformat,
    UUID: UUID,
}
