"""A WordPress export in: read three times, written in chunks, and all of it or nothing."""

from collections.abc import Iterator
from pathlib import Path

from backoffice.core.model import db
from backoffice.importers import records, taking, wxr
from backoffice.importers.job import Job
from backoffice.importers.report import Report
from backoffice.importers.survey import survey


def take(path: Path, media: Path | None = None) -> Report:
    """Write all that the export at `path` holds and return what became of it; the caller commits.

    `media` is the folder with the files of its attachments. Raises Unreadable, and then nothing may be committed.
    """
    report = Report()
    found = survey(path, report)
    report.source = f"WordPress export {path}: {found.title or 'without a title'} (WXR {found.version})"
    taking.write(Job(path, db.session(), report, media, found.site), found, lambda: _items(path))
    return report


def _items(path: Path) -> Iterator[records.Item]:
    return (records.item(node) for node in wxr.read(path) if node.name == "item")
