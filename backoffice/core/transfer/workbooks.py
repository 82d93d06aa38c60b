"""Spreadsheets (XLSX): written row by row, and read row by row once nothing in them can do harm."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any
from xml.parsers import expat
from zipfile import ZipFile

from openpyxl import load_workbook
from xlsxwriter import Workbook

from backoffice.core.catalogues import gettext as _

MEGABYTE = 1024 * 1024
MOST_LINES = 2**20  # of a sheet, as spreadsheets have it
LONGEST_CELL = 32_767  # characters of a cell, as spreadsheets have it
LARGEST_CELL = 10 * MEGABYTE  # characters of a cell that is read
MOST_PARTS = 2_000
LARGEST_PART = 8 * MEGABYTE  # bytes of any other part: styles, the list of sheets, pictures
LARGEST_WORDS = 64 * MEGABYTE  # bytes of the words that sheets share, which are held in memory
LARGEST_WHOLE = 512 * MEGABYTE
MOST_RATIO = 200  # of unpacked to packed bytes, beyond the first megabytes
MOST_ELEMENTS = 20_000  # in one row
MOST_OTHERS = 100_000  # parts of a sheet beside its rows
DEEPEST = 64
BREATH = 1_000  # rows that are written between two signs of life
EXACT = 10**15  # whole numbers beyond it lose digits in a spreadsheet
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
SHEETS, WORDS = "xl/worksheets/", "xl/sharedstrings"


class Unreadable(ValueError):  # noqa: N818 - it is said to people
    """A file cannot be read as a table; the message says why, and in which line."""


class TooLong(ValueError):  # noqa: N818 - it is said to people
    """A row does not fit into a spreadsheet; the message says where."""


def rows_out(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """Yield an XLSX file with `header` and `rows`: text is text, never a formula; numbers and yes or no as such.

    The rows are written to a temporary file first; until then it yields nothing (b"") now and then, so that somebody
    can tell how far it is, and raises TooLong.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rows.xlsx"
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "tmpdir": folder}
        with Workbook(path, options) as book:
            sheet = book.add_worksheet()
            sheet.freeze_panes(1, 0)
            for at, row in enumerate(chain([header], rows)):
                if at >= MOST_LINES:
                    raise TooLong(_("A spreadsheet holds at most %(most)d rows; take CSV.", most=MOST_LINES - 1))
                for column, value in enumerate(row):
                    _put(sheet, (at, column), value, header[column])
                if at % BREATH == 0:
                    yield b""
        with path.open("rb") as file:
            while part := file.read(64 * 1024):
                yield part


def _put(sheet: Any, place: tuple[int, int], value: Any, name: str) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(*place, value)
    elif (isinstance(value, int) and abs(value) < EXACT) or (isinstance(value, float) and _is_kept(value)):
        sheet.write_number(*place, value)
    else:
        text = str(value)
        if len(text) > LONGEST_CELL:
            sentence = _("Row %(row)d, %(name)s: too long for a spreadsheet; take CSV or JSON Lines.")
            raise TooLong(sentence % {"row": place[0] + 1, "name": name})
        sheet.write_string(*place, text)


def _is_kept(number: float) -> bool:
    return float(f"{number:.16G}") == number


def rows_in(path: Path) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of the first sheet, values of formulas as they were last computed; `inspect` comes first.

    Raises Unreadable.
    """
    try:
        # Given a name, the library would judge the file by how that ends.
        with path.open("rb") as file:
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
            sheet = book.worksheets[0]
            # What a file says about its own size is not to be believed.
            sheet.reset_dimensions()
            for row in sheet.iter_rows(values_only=True):
                yield tuple(_unescaped(value) for value in row)
    except Exception as error:
        # The library has no error of its own: a broken file ends in whatever it stumbles over.
        raise Unreadable(_("This spreadsheet is broken; save it anew as XLSX.")) from error


def _unescaped(value: Any) -> Any:
    if isinstance(value, str) and "_x" in value:
        found = ESCAPED.sub(lambda found: chr(int(found[1], 16)), value)
        # Characters beyond the first plane come in two halves; a half alone is no text.
        return found.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def inspect(path: Path) -> None:
    """Raise Unreadable unless the file is a workbook that can be read in little memory, whoever made it."""
    try:
        with ZipFile(path) as book:
            _weigh(book, path.stat().st_size)
            for part in book.infolist():
                if part.filename.lower().endswith((".xml", ".rels")):
                    with book.open(part) as stream:
                        _Inspector(part.filename.lower()).read(stream)
    except Unreadable:
        raise
    except Exception as error:
        # A zip can be broken in as many ways as it has bytes.
        raise Unreadable(_("This spreadsheet is broken; save it anew as XLSX.")) from error


def _weigh(book: ZipFile, packed: int) -> None:
    parts = book.infolist()
    whole = sum(part.file_size for part in parts)
    names = [part.filename.lower() for part in parts]
    if "xl/workbook.xml" not in names or "[content_types].xml" not in names:
        raise Unreadable(_("This is no spreadsheet but another kind of file; save it as XLSX or CSV."))
    if len(parts) > MOST_PARTS or len(set(names)) < len(names):
        raise Unreadable(_("This spreadsheet is put together strangely; save it anew as XLSX."))
    if whole > LARGEST_WHOLE or whole > 8 * MEGABYTE + MOST_RATIO * packed:
        raise Unreadable(_("Unpacked, this spreadsheet is too large; save it as CSV."))
    for part in parts:
        # Only what is looked through afterwards may be large.
        xml = part.filename.endswith(".xml")
        most = LARGEST_WHOLE if xml and part.filename.startswith(SHEETS) else LARGEST_PART
        if part.file_size > (LARGEST_WORDS if xml and part.filename.lower().startswith(WORDS) else most):
            raise Unreadable(_("Unpacked, this spreadsheet is too large; save it as CSV."))


class _Inspector:
    """Looks through one part of a workbook for what would fill the memory of whoever reads it."""

    def __init__(self, name: str) -> None:
        self.is_sheet = name.startswith(SHEETS)
        # What a reader holds at once: a row of a sheet, one of the words that sheets share, or all of a small part.
        self.whole = 2 if self.is_sheet else 1
        self.depth = self.elements = self.others = self.characters = 0
        self.parser = expat.ParserCreate()
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.buffer_text = True
        self.limited = self.is_sheet or name.startswith(WORDS)

    def read(self, stream: IO[bytes]) -> None:
        """Read the part to its end; raises Unreadable."""
        self.parser.ParseFile(stream)

    def _refuse(self, *_what: Any) -> None:
        raise Unreadable(_("This spreadsheet declares entities, which none needs; save it anew as XLSX."))

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.characters = 0
        self.elements = 0 if self.depth <= self.whole else self.elements + 1
        if self.is_sheet and self.depth == self.whole:
            row = tag.rpartition(":")[2] == "row"
            self.others += 0 if row else 1
            if row and not 0 < int(attributes.get("r", "1")) <= MOST_LINES:
                raise Unreadable(_("A spreadsheet holds at most %(most)d rows; take CSV.", most=MOST_LINES - 1))
        self.depth += 1
        if self.depth > DEEPEST or self.others > MOST_OTHERS or (self.limited and self.elements > MOST_ELEMENTS):
            raise Unreadable(_("This spreadsheet has more columns than can be read."))

    def _end(self, _tag: str) -> None:
        self.depth -= 1

    def _text(self, text: str) -> None:
        self.characters += len(text)
        if self.characters > LARGEST_CELL:
            raise Unreadable(_("A cell holds more than 10 MB."))
