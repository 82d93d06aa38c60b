"""A WordPress export in: read three times, written in chunks, and all of it or nothing."""

from collections.abc import Collection, Iterator
from pathlib import Path

from backoffice.core import history
from backoffice.core.model import db
from backoffice.importers import people, pictures, posts, records, remarks, terms, wxr
from backoffice.importers.job import Job
from backoffice.importers.report import Report
from backoffice.importers.survey import ATTACHMENT, POSTS, survey

# A chunk is full when it holds so many items, remarks, or characters.
ITEMS, REMARKS, CHARACTERS = 200, 1000, 2_000_000


def take(path: Path, media: Path | None = None) -> Report:
    """Write all that the export at `path` holds and return what became of it; the caller commits.

    `media` is the folder with the files of its attachments. Raises wxr.Unreadable, and then nothing may be
    committed.
    """
    report = Report()
    found = survey(path, report)
    report.source = f"WordPress export {path}: {found.title or 'without a title'} (WXR {found.version})"
    job = Job(path, db.session(), report, media, found.site)
    with history.acting(None, door="import"):
        people.take(job, found)
        terms.take(job, found)
        for chunk in _chunks(job, {ATTACHMENT}):
            pictures.take(job, chunk)
            job.session.expunge_all()
        for chunk in _chunks(job, POSTS):
            remarks.take(job, chunk, posts.take(job, chunk))
            job.session.expunge_all()
    return report


def _chunks(job: Job, kinds: Collection[str]) -> Iterator[list[records.Item]]:
    """Yield the items of these kinds, as many at a time as fit into memory with ease."""
    chunk, size = [], 0
    for node in wxr.read(job.path):
        item = records.item(node) if node.name == "item" else None
        if item is None or item.kind not in kinds:
            continue
        chunk.append(item)
        size += len(item.body) + sum(len(remark.body) for remark in item.remarks)
        if len(chunk) >= ITEMS or size >= CHARACTERS or sum(len(one.remarks) for one in chunk) >= REMARKS:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
