"""The lines of a table that were refused, as a file to mend and bring in again."""

import csv
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from backoffice.core.catalogues import gettext as _
from backoffice.core.history.encoding import encode
from backoffice.core.imports.intake import Refused
from backoffice.core.imports.sheets import ABSENT, CSV, Line, Table
from backoffice.core.transfer.rendering import safe_cell


class RefusedLines:
    """A CSV file of refused lines: number, field, reason, and the cells as they came; harmless to a spreadsheet."""

    def __init__(self, path: Path, table: Table, at: int = 0) -> None:
        self.path, self.table, self.at = path, table, at

    def __enter__(self) -> Self:
        """Begin the file anew, for the owner of the process alone, or go on behind what it holds."""
        self.path.touch(mode=0o600)
        self.file = self.path.open("a" if self.at else "w", encoding="utf-8" if self.at else "utf-8-sig", newline="")
        self.writer = csv.writer(self.file, quoting=csv.QUOTE_ALL)
        if self.at:
            return self
        self.writer.writerow([_("Line"), _("Field"), _("Reason"), *map(safe_cell, self.table.headers)])
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the file."""
        self.file.close()

    def save(self) -> int:
        """Write what there is through to the disk; returns how long the file is then."""
        self.file.flush()
        os.fsync(self.file.fileno())
        return self.path.stat().st_size

    def add(self, line: Line, refused: Refused) -> None:
        """Write one line."""
        cells = ["" if cell is None or cell is ABSENT else self._safe(cell) for cell in line.cells]
        self.writer.writerow([line.number, refused.field, safe_cell(refused.reason), *cells])

    def _safe(self, cell: Any) -> Any:
        text = str(encode(cell))
        # What came out of a CSV is safe as it is, or was not for long.
        return text if self.table.kind == CSV and text.startswith("'") else safe_cell(text)
