"""Files that claim to be tables, and what is said to whoever sends them."""

import io
import zipfile

from openpyxl import Workbook


def book(**parts):
    """Return a workbook whose parts are replaced by `parts` (None: left out)."""
    made, sent = Workbook(), io.BytesIO()
    made.active.append(["name"])
    made.active.append(["Fog"])
    made.save(sent)
    changed = io.BytesIO()
    with zipfile.ZipFile(sent) as source, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as target:
        contents = {name: source.read(name) for name in source.namelist()}
        contents |= {"xl/worksheets/sheet1.xml" if name == "sheet" else name: part for name, part in parts.items()}
        for name, part in contents.items():
            if part is not None:
                target.writestr(name, part)
    return changed.getvalue()


def sheet(rows, before=""):
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<?xml version="1.0"?>{before}<worksheet xmlns="{space}"><sheetData>{rows}</sheetData></worksheet>'


def row_of(number, *texts):
    cells = "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in texts)
    return f'<row r="{number}">{cells}</row>'


LAUGHS = '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;">]>'
HOSTILE = {
    "empty": (b"", "empty"),
    "only an empty line": (b"\n\n", "names? the columns"),
    "only quotes": (b'"' * 10_001, "quote"),
    "only commas": (b",,,,\n,,,,\n", "names? the columns"),
    "a quote that is never closed": (b'name\n"Fog\n' + b"x\n" * 50, "Line 2: A quote is never closed"),
    "a quote in the middle": (b'name\n"Fog"x\n', "Line 2: A quote stands"),
    "NUL": (b"name\nFo\0g\n", "NUL"),
    "not UTF-8": ("name\nM\u00f6we\n".encode("cp1252"), "Windows-1252"),
    "half a character": (b"name\nM\xc3", "Windows-1252"),
    "UTF-16 that breaks off": ("name\nFog".encode("utf-16")[:-1], "encoding"),
    "UTF-32": ("name\nFog".encode("utf-32"), "NUL|encoding"),
    "a large cell": (b"name\n" + b"x" * (11 * 2**20), "Line 2: A cell holds more than 10 MB"),
    "a large quoted cell": (b'name\n"' + b"x\n" * (6 * 2**20) + b'"', "Line 2: A cell holds more than 10 MB"),
    "a long line": (b"name\n" + b"xxxxxxx," * (3 * 2**20), "Line 2 is longer than 20 MB"),
    "a million columns": (b"a," * 10**6, "more than 200 columns"),
    "doubled headers": (b"name,slug, name\n", "two columns are called .name"),
    "a column without a name": (b"name,,slug\n", "column 2 has no name"),
    "a name that cannot be read": (b"na\x07me,slug\n", "column 1 has no name"),
    "a long name": (b"x" * 300 + b"\n", "too long"),
    "XLS": (b"\xd0\xcf\x11\xe0" + b"x" * 600, "XLS"),
    "PDF": (b"%PDF-1.7\n", "PDF"),
    "gzip": (b"\x1f\x8b\x08\0", "gzip"),
    "a zip that is none": (b"PK\x03\x04" + b"x" * 100, "broken"),
    "a zip that breaks off": (book()[:-400], "broken"),
    "a letter": (book(**{"xl/workbook.xml": None, "word/document.xml": "<a/>"}), "no spreadsheet"),
    "a bomb": (book(**{"xl/media/a.xml": b" " * (40 * 2**20)}), "too large"),
    "a large part": (book(**{"xl/styles.xml": b" " * (9 * 2**20)}), "too large"),
    "many parts": (book(**{f"xl/a{number}.xml": "<a/>" for number in range(2_100)}), "strangely"),
    "entities": (book(sheet=sheet(row_of(1, "&c;"), LAUGHS)), "entities"),
    "entities in UTF-16": (
        book(sheet=sheet(row_of(1, "&c;"), LAUGHS).replace("1.0", "1.0", 1).encode("utf-16")),
        "entities",
    ),
    "no XML": (book(sheet="nothing"), "broken"),
    "no sheet": (book(sheet=None), "broken"),
    "a row far below": (book(sheet=sheet(row_of(1, "name") + row_of(10**12, "x"))), "rows"),
    "a row that is no number": (book(sheet=sheet(row_of(1, "name") + row_of("1e9", "x"))), "broken"),
    "a million cells": (book(sheet=sheet(row_of(1, *["x"] * 300) + row_of(2, *["x"] * 30_000))), "columns"),
    "many columns": (book(sheet=sheet(row_of(1, *(f"x{number}" for number in range(300))))), "more than 200"),
    "a large cell in a sheet": (book(sheet=sheet(row_of(1, "x" * (11 * 2**20)))), "10 MB|too large"),
    "deep": (book(sheet=sheet("<a>" * 100 + "</a>" * 100)), "columns"),
    "JSON that breaks off": (b'{"name": ', "not JSON"),
    "JSON with a name twice": (b'{"name": 1, "name": 2}', "each name once"),
    "JSON without end": (b'{"a":' * 20_000, "not JSON"),
    "JSON without names": (b"{}", "names? the columns"),
}

DEEP, LONG = 10**5, "9" * 5_000
# Tables whose lines are odd: the file, and how many of them can be taken, and how many are refused.
STRANGE = {
    "only a header": (b"name\n", 0, 0),
    "a header without an end": (b"name", 0, 0),
    "marks and ends of Windows": ("\ufeffname\r\nFog\r\nMist\r\n".encode(), 2, 0),
    "ends of an old Macintosh": (b"name\rFog\rMist\r", 2, 0),
    "ends of all kinds": (b"name\nFog\r\nMist\rRain\n", 3, 0),
    "UTF-16 from a spreadsheet": ("name\tslug\r\nFog\tfog\r\n".encode("utf-16"), 1, 0),
    "very many empty lines": (b"name\n" + b"\n" * 2 * 10**5 + b"Fog\n", 1, 0),
    "a line of very many cells": (b"name,slug\nFog,fog\n" + b"a," * 10**5 + b"\n", 1, 1),
    "a cell of nearly 10 MB": (b"name\nFog\n" + b"x" * (10 * 2**20 - 1) + b"\n", 1, 1),
    "formulas": (b'name\n=1+1\n+1\n-1\n@A1\n"=HYPERLINK(""http://x"",""y"")"\n', 5, 0),
    "markup": (b"name\n<script>alert(1)</script>\n</textarea><img src=x onerror=alert(1)>\n", 2, 0),
    "controls": (b"name\nFog\x07\n\x1b[31mMist\n", 2, 0),
    "JSON of many levels below": (b'{"name": "Fog"}\n{"name": ' + b"[" * DEEP + b"\n", 1, 1),
    "whole JSON of many levels": (b'{"name": "Fog"}\n{"name": ' + b"[" * DEEP + b"]" * DEEP + b"}\n", 1, 1),
    "numbers that are none": (b'{"name": "Fog"}\n{"name": NaN}\n{"name": -Infinity}\n{"name": 1e400}\n', 1, 3),
    "numbers of many digits": (f'{{"name": "Fog"}}\n{{"name": {LONG}}}\n{{"name": 0.{LONG}}}\n'.encode(), 2, 1),
    "NUL in JSON": (b'{"name": "Fog"}\n{"name": "a\\u0000b"}\n', 1, 1),
    "halves of characters": (b'{"name": "Fog"}\n{"name": "a\\ud800b"}\n', 1, 1),
    "halves of characters in a sheet": (book(sheet=sheet(row_of(1, "name") + row_of(2, "a_xD800_b"))), 1, 0),
    "NUL in a sheet": (book(sheet=sheet(row_of(1, "name") + row_of(2, "a_x0000_b") + row_of(3, "Fog"))), 1, 1),
    "lists and objects": (b'{"name": ["Fog"]}\n{"name": {"a": 1}}\n{"name": true}\n', 1, 2),
}
