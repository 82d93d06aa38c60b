"""What a cell of a file means for a column: text, numbers, moments and lists as our own exports write them."""

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any

from sqlalchemy import JSON, Boolean, Date, DateTime, Enum, Float, Integer, Numeric, String, Time
from sqlalchemy.schema import Column

from backoffice.core.catalogues import gettext as _
from backoffice.core.catalogues import listed
from backoffice.core.naming import split
from backoffice.core.types import Choice, Strings

WHOLE = re.compile(r"[+-]?[0-9]{1,19}")
YES, NO = frozenset({"true", "yes", "1", "on", "x"}), frozenset({"false", "no", "0", "off"})

Reader = Callable[[Column[Any], Any], Any]
_readers: dict[Any, "Reader | None"] = {}


def value(column: Column[Any], cell: Any, *, exact: bool) -> Any:
    """Return what `cell` means for `column`, which is yet to check it; raises ValueError with a sentence for the user.

    `exact`: the file tells nothing from empty text (JSON); elsewhere an empty cell means nothing.
    """
    kind: Any = column.type
    if cell is None or (cell == "" and not (exact and _is_text(kind))):
        return None if exact or column.nullable or column.default is None or not _is_text(kind) else ""
    read = _reader(kind)
    if read is None:
        raise ValueError(_("This cannot be read from a file."))
    return read(column, cell)


def readable(column: Column[Any]) -> bool:
    """Tell whether values of this column can be read from a file at all."""
    return _reader(column.type) is not None


def _reader(kind: Any) -> Reader | None:
    if kind not in _readers:
        _readers[kind] = next((reader for known, reader in READERS if isinstance(_inner(kind), known)), None)
    return _readers[kind]


def _inner(kind: Any) -> Any:
    return kind if isinstance(kind, Choice | Strings) else getattr(kind, "impl", kind)


def _is_text(kind: Any) -> bool:
    return isinstance(getattr(kind, "impl", kind), String) and not isinstance(kind, Enum)


def _text(_column: Column[Any], cell: Any) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, list | dict):
        raise ValueError(_("This must be text."))  # noqa: TRY004 - it is said to people
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


def _choice(column: Column[Any], cell: Any) -> str:
    """Return the stored word; the words that people see will do, too."""
    word = _text(column, cell).strip()
    if word in getattr(column.type, "values", ()):
        return word
    shown = {str(label).casefold(): stored for stored, label in column.info.get("labels", {}).items()}
    return str(shown.get(word.casefold(), word))


def _flag(_column: Column[Any], cell: Any) -> bool:
    word = _text(_column, cell).strip().lower()
    if word not in YES | NO:
        raise ValueError(_("Type true or false."))
    return word in YES


def _whole(_column: Column[Any], cell: Any) -> int:
    text = _text(_column, cell).strip()
    if not WHOLE.fullmatch(text):
        raise ValueError(_("Type a whole number."))
    return int(text)


def _number(column: Column[Any], cell: Any) -> Any:
    try:
        number = Decimal(str(cell).strip())
    except InvalidOperation as error:
        raise ValueError(_("Type a number.")) from error
    kind: Any = column.type
    if not isfinite(number) or len(str(cell)) > 40:
        raise ValueError(_("Type a number."))
    if isinstance(kind, Numeric) and kind.precision and abs(number) >= 10 ** (kind.precision - (kind.scale or 0)):
        raise ValueError(_("This number is too large."))
    return number if kind.asdecimal else float(number)


def _moment(column: Column[Any], cell: Any) -> datetime:
    """Return the moment; one without a zone is meant in UTC, as exports are written."""
    try:
        moment = cell if isinstance(cell, datetime) else datetime.fromisoformat(_text(column, cell).strip())
    except ValueError as error:
        raise ValueError(_("Type a date and a time such as 2026-01-31T10:00.")) from error
    naive = type(column.type) is DateTime and not column.type.timezone
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return moment if naive else aware


def _day(column: Column[Any], cell: Any) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    try:
        return date.fromisoformat(_text(column, cell).strip())
    except ValueError as error:
        raise ValueError(_("Type a date such as 2026-01-31.")) from error


def _hour(column: Column[Any], cell: Any) -> time:
    try:
        return time.fromisoformat(_text(column, cell).strip()).replace(tzinfo=None)
    except ValueError as error:
        raise ValueError(_("Type a time such as 14:30.")) from error


def _member(column: Column[Any], cell: Any) -> Any:
    word, kind = _text(column, cell).strip(), column.type
    if not isinstance(kind, Enum) or word not in kind.enums:
        raise ValueError(_("Choose one of: %(words)s.", words=listed(getattr(kind, "enums", ()), "or")))
    return kind.enum_class[word] if kind.enum_class else word


def _list(_column: Column[Any], cell: Any) -> Any:
    try:
        return split(cell) if isinstance(cell, str) else cell
    except ValueError as error:
        raise ValueError(_("The quotes in this list do not belong together.")) from error


def _json(_column: Column[Any], cell: Any) -> Any:
    try:
        return json.loads(cell) if isinstance(cell, str) else cell
    except (ValueError, RecursionError) as error:
        raise ValueError(_("This is not JSON.")) from error


READERS: tuple[tuple[type[Any], Reader], ...] = (
    (Choice, _choice),
    (Strings, _list),
    (Enum, _member),
    (String, _text),
    (Boolean, _flag),
    (Integer, _whole),
    (Float, _number),
    (Numeric, _number),
    (DateTime, _moment),
    (Date, _day),
    (Time, _hour),
    (JSON, _json),
)
