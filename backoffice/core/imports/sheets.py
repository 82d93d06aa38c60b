"""Tables in files: which kind a file is, what its columns are called, and its lines one by one."""

import codecs
import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from typing import Any, NoReturn

from backoffice.core.catalogues import gettext as _
from backoffice.core.transfer import workbooks
from backoffice.core.transfer.workbooks import LARGEST_CELL, MEGABYTE, MOST_LINES, Unreadable

LARGEST = 100 * MEGABYTE  # bytes of a file
MOST_COLUMNS = 200
LONGEST_NAME = 200
CSV, JSONL, XLSX = "csv", "jsonl", "xlsx"
UTF_8, WINDOWS = "utf-8-sig", "cp1252"
ENCODINGS = ("", WINDOWS)
MARKS = {codecs.BOM_UTF8: UTF_8, codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
OLD = {b"\xd0\xcf\x11\xe0": "XLS", b"%PDF": "PDF", b"\x1f\x8b": "gzip", b"Rar!": "RAR", b"7z\xbc\xaf": "7-Zip"}
DELIMITERS = ",;\t"
ABSENT = object()  # a line of JSON says nothing about this column

csv.field_size_limit(LARGEST_CELL)


@dataclass(frozen=True)
class Line:
    """One line of a table: its number in the file, its cells by column, or why it cannot be taken."""

    number: int
    cells: tuple[Any, ...]
    problem: str = ""


@dataclass(frozen=True)
class Table:
    """A file whose kind, encoding and columns are known; `lines` reads it from the start each time.

    `bounded`: it came over the network, and has no more lines than a server takes.
    """

    path: Path
    kind: str
    headers: tuple[str, ...]
    encoding: str = UTF_8
    delimiter: str = ","
    bounded: bool = True

    def lines(self) -> Iterator[Line]:
        """Yield the lines below the header that hold anything; raises Unreadable where the file breaks off."""
        rows = {CSV: self._csv, JSONL: self._json, XLSX: self._xlsx}[self.kind]()
        for line in rows:
            if self.bounded and line.number > MOST_LINES * 4:
                raise Unreadable(_("The file has more lines than can be taken at once."))
            yield line

    def height(self) -> int:
        """Return about how many lines there are, the header among them."""
        if self.kind == XLSX:
            return sum(1 for _row in workbooks.rows_in(self.path))
        with self.path.open("rb") as file:
            return sum(part.count(b"\n") for part in iter(lambda: file.read(MEGABYTE), b"")) + 1

    def _csv(self) -> Iterator[Line]:
        for number, cells in _records(self.path, self.encoding, self.delimiter):
            if number > 1 and any(cells):
                yield Line(number, tuple(cells), self._ragged(len(cells)))

    def _xlsx(self) -> Iterator[Line]:
        width = len(self.headers)
        for number, row in enumerate(workbooks.rows_in(self.path), 1):
            if number == 1 or all(cell in (None, "") for cell in row):
                continue
            cells = row[:width] + (None,) * (width - len(row))
            filled = max((at for at, cell in enumerate(row, 1) if cell is not None), default=0)
            yield Line(number, cells, self._ragged(filled) if filled > width else "")

    def _json(self) -> Iterator[Line]:
        for number, text in enumerate(_texts(self.path, self.encoding), 1):
            if not text.strip():
                continue
            found, problem = _object(text)
            cells = tuple(found.get(name, ABSENT) for name in self.headers)
            strange = next((name for name in found if name not in self.headers), None)
            if strange is not None:
                problem = _("The first line has no “%(name)s”.", name=strange[:LONGEST_NAME])
            yield Line(number, cells, problem)

    def _ragged(self, width: int) -> str:
        if width == len(self.headers):
            return ""
        return str(_("The header names %(most)d columns, this line has %(has)d.", most=len(self.headers), has=width))


def open_table(path: Path, encoding: str = "", *, inspected: bool = False, bounded: bool = True) -> Table:
    """Return the table in a file; raises Unreadable with a sentence for the user.

    `encoding`: one of ENCODINGS; "" finds it out. `inspected`: a workbook that has been looked through before.
    `bounded`: no larger than what is taken over the network; an operator's own file may be of any size.
    """
    size = path.stat().st_size
    if not size:
        raise Unreadable(_("The file is empty."))
    if bounded and size > LARGEST:
        raise Unreadable(_("The file is larger than %(most)d MB.", most=LARGEST // MEGABYTE))
    with path.open("rb") as file:
        start = file.read(4096)
    for mark, kind in OLD.items():
        if start.startswith(mark):
            raise Unreadable(_("This is a %(kind)s file; save it as XLSX or CSV.", kind=kind))
    if start.startswith(b"PK"):
        return _open_workbook(path, inspected=inspected)
    return replace(_open_text(path, start, encoding), bounded=bounded)


def _open_workbook(path: Path, *, inspected: bool) -> Table:
    if not inspected:
        workbooks.inspect(path)
    first = next(workbooks.rows_in(path), ())
    width = max((at for at, cell in enumerate(first, 1) if cell not in (None, "")), default=0)
    return Table(path, XLSX, _named(first[:width]))


def _open_text(path: Path, start: bytes, encoding: str) -> Table:
    known = encoding or next((name for mark, name in MARKS.items() if start.startswith(mark)), UTF_8)
    _decode(path, known)
    text = next(_texts(path, known))
    if text.lstrip().startswith("{"):
        found, problem = _object(text)
        if problem:
            raise Unreadable(_("Line %(line)d: %(reason)s", line=1, reason=problem))
        return Table(path, JSONL, _named(tuple(found)), known)
    delimiter = _delimiter(text)
    first = next(_records(path, known, delimiter), (1, []))[1]
    return Table(path, CSV, _named(tuple(first)), known, delimiter)


def _decode(path: Path, encoding: str) -> None:
    """Raise Unreadable unless the whole file is text in this encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while part := file.read(MEGABYTE):
                if "\0" in decoder.decode(part):
                    raise Unreadable(_("This is no text file: it holds NUL characters."))
            decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        if encoding == UTF_8:
            raise Unreadable(_("This is not UTF-8. If it comes from an older program, try Windows-1252.")) from error
        raise Unreadable(_("This is not text in the encoding it claims to be in.")) from error


def _texts(path: Path, encoding: str) -> Iterator[str]:
    """Yield the physical lines, their ends as they are; raises Unreadable for one that is too long."""
    with path.open(encoding=encoding, newline="") as file:
        number = 0
        while text := file.readline(2 * LARGEST_CELL):
            number += 1
            if len(text) >= 2 * LARGEST_CELL:
                raise Unreadable(_("Line %(line)d is longer than 20 MB.", line=number))
            yield text


def _records(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the number of the line it begins in."""
    reader = csv.reader(_texts(path, encoding), delimiter=delimiter, strict=True)
    begins = 1
    try:
        for cells in reader:
            yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        reasons = {"field larger": _("A cell holds more than 10 MB."), "unexpected end": _("A quote is never closed.")}
        reason = next((said for word, said in reasons.items() if word in str(error)), None)
        reason = reason or _("A quote stands in the middle of a cell; inside quotes it is written twice.")
        raise Unreadable(_("Line %(line)d: %(reason)s", line=begins, reason=reason)) from error


def _delimiter(text: str) -> str:
    bare = re.sub(r'"[^"]*"', "", text[:MEGABYTE])
    return max(DELIMITERS, key=bare.count)


def _object(text: str) -> tuple[dict[str, Any], str]:
    """Return the object that a line of JSON is, or why it is none."""
    try:
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse, parse_float=_finite)
        if "\\u" in text:
            json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return {}, _("This holds half of a character, which is no text.")
    except (ValueError, RecursionError):
        return {}, _("This is not JSON with each name once.")
    return (found, "") if isinstance(found, dict) else ({}, _("Each line must be a JSON object."))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def _finite(word: str) -> float:
    number = float(word)
    return number if isfinite(number) else _refuse(word)


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)


def _named(cells: tuple[Any, ...]) -> tuple[str, ...]:
    """Return the names of the columns; raises Unreadable when they cannot tell columns apart."""
    if len(cells) > MOST_COLUMNS:
        raise Unreadable(_("The file has more than %(most)d columns.", most=MOST_COLUMNS))
    names = tuple(" ".join(str("" if cell is None else cell).split()) for cell in cells)
    if not any(names):
        raise Unreadable(_("The first line must name the columns, and it is empty."))
    for at, name in enumerate(names, 1):
        if not name or not name.isprintable():
            raise Unreadable(_("Line 1: column %(at)d has no name that can be read.", at=at))
        if len(name) > LONGEST_NAME:
            raise Unreadable(_("Line 1: the name of column %(at)d is too long.", at=at))
        if name in names[: at - 1]:
            raise Unreadable(_("Line 1: two columns are called “%(name)s”.", name=name))
    return names
