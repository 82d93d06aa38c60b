"""What was found in an export, written: people, terms, pictures, posts and remarks, so many at a time."""

from collections.abc import Callable, Collection, Iterable, Iterator

from backoffice.core import history
from backoffice.importers import people, pictures, posts, remarks, terms
from backoffice.importers.job import Job
from backoffice.importers.records import Item
from backoffice.importers.survey import ATTACHMENT, POSTS, Survey

# A chunk is full when it holds so many items, remarks, or characters.
ITEMS, REMARKS, CHARACTERS = 200, 1000, 2_000_000


def write(job: Job, found: Survey, items: Callable[[], Iterable[Item]]) -> None:
    """Write all that the export holds; `items` reads them anew each time it is called. The caller commits."""
    with history.acting(None, door="import"):
        people.take(job, found)
        terms.take(job, found)
        for chunk in _chunks(items(), {ATTACHMENT}):
            pictures.take(job, chunk)
            job.session.expunge_all()
        for chunk in _chunks(items(), POSTS):
            remarks.take(job, chunk, posts.take(job, chunk))
            job.session.expunge_all()


def _chunks(items: Iterable[Item], kinds: Collection[str]) -> Iterator[list[Item]]:
    """Yield the items of these kinds, as many at a time as fit into memory with ease."""
    chunk, size = [], 0
    for item in items:
        if item.kind not in kinds:
            continue
        chunk.append(item)
        size += len(item.body) + sum(len(remark.body) for remark in item.remarks)
        if len(chunk) >= ITEMS or size >= CHARACTERS or sum(len(one.remarks) for one in chunk) >= REMARKS:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
