"""How many rows at once are written as CSV or JSON: column by column, and no cell that a spreadsheet would run."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring
from typing import Any

from backoffice.core.history.encoding import encode
from backoffice.core.naming import join

# What a column holds, so that its values need not be asked for it one by one.
NUMBER, TEXT, WORDS, ANY = "number", "text", "words", "any"
# What spreadsheets take for the beginning of a formula, after what they overlook; dashes and full-width signs, too.
# Apostrophes before one count: what is put before them can then be taken off again without a doubt.
FORMULA = re.compile(r"'*(?:[\s\0\u200b\ufeff]*[=+\-@\u2013\u2212\uff1d\uff0b\uff0d\uff20]|[\t\r\n])")
BOM = "\ufeff"

Columns = Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Form:
    """How rows are written: what stands before, between and after them, and what makes one text of many."""

    start: str
    between: str
    end: str
    text: Callable[[Columns], str]


def form_of(form: str, names: Sequence[str], kinds: Sequence[str]) -> Form:
    """Return how rows of columns with these names and kinds are written as "csv", "excel", "json" or "jsonl"."""
    if form in ("json", "jsonl"):
        line = "{" + ", ".join(json.dumps(name).replace("%", "%%") + ": %s" for name in names) + "}"
        if form == "json":
            return Form("[\n", ",\n", "\n]\n", lambda columns: ",\n".join(_objects(line, kinds, columns)))
        return Form("", "", "", lambda columns: "".join(_objects(f"{line}\n", kinds, columns)))
    head = (BOM if form == "excel" else "") + _csv([names])
    return Form(head, "", "", lambda columns: _csv(_rows(CELLS, kinds, columns)))


def flat(kinds: Sequence[str], columns: Columns) -> Iterable[tuple[Any, ...]]:
    """Return the rows of these columns, with values that each fit into one cell of a workbook."""
    return _rows(FLAT, kinds, columns)


def safe_cell(text: str) -> str:
    """Return `text` so that no spreadsheet takes it for a formula."""
    return f"'{text}" if FORMULA.match(text) else text


def plain_cell(text: str) -> str:
    """Return what `safe_cell` was given."""
    return text[1:] if text.startswith("'") and FORMULA.match(text[1:]) else text


def _rows(makers: dict[str, Any], kinds: Sequence[str], columns: Columns) -> Iterable[tuple[Any, ...]]:
    return zip(*(makers[kind](column) for kind, column in zip(kinds, columns, strict=True)), strict=True)


def _csv(rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    # Text always stands between quotes, so that no reader can find a separator in it.
    csv.writer(text, quoting=csv.QUOTE_NONNUMERIC).writerows(rows)
    return text.getvalue()


def _objects(line: str, kinds: Sequence[str], columns: Columns) -> Iterable[str]:
    return [line % row for row in _rows(TOKENS, kinds, columns)]


def _safe(column: Sequence[Any]) -> list[Any]:
    # What begins with a letter or a digit is no formula; nearly all does, and asking for it is quick.
    return [text if not text or text[0].isalnum() else safe_cell(text) for text in column]


def _joined(column: Sequence[Any]) -> list[str]:
    return [join(words) for words in column]


def _flat(value: Any) -> Any:
    """Return a value that one cell can hold: lists of words joined, other lists and objects as JSON."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return join(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else encode(value)


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    one = _flat(value)
    return safe_cell(one) if isinstance(one, str) else one


def _token(value: Any) -> str:
    return json.dumps(encode(value), ensure_ascii=False)


def _as_it_is(column: Sequence[Any]) -> Sequence[Any]:
    return column


def _each(make: Callable[[Any], Any]) -> Callable[[Sequence[Any]], list[Any]]:
    return lambda column: [None if value is None else make(value) for value in column]


def _each_token(make: Callable[[Any], str]) -> Callable[[Sequence[Any]], list[str]]:
    return lambda column: ["null" if value is None else make(value) for value in column]


FLAT = {NUMBER: _as_it_is, TEXT: _as_it_is, WORDS: _joined, ANY: _each(_flat)}
CELLS = {NUMBER: _as_it_is, TEXT: _safe, WORDS: lambda column: _safe(_joined(column)), ANY: _each(_cell)}
TOKENS = {
    NUMBER: _each_token(str),
    TEXT: _each_token(encode_basestring),
    WORDS: _each(_token),
    ANY: _each_token(_token),
}
