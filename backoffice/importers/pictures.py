"""The attachments of an export as images, their files taken from a folder and from nowhere else."""

from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from backoffice.core.files import store_picture
from backoffice.importers import bodies
from backoffice.importers.job import cut
from backoffice.models.media import Image


def take(job, items):
    """Store the pictures of these attachments, each in the library; the report says which are missing."""
    known = job.known("image", Image, [item.key for item in items])
    rows, addresses = [], []
    for item in items:
        if item.key in known:
            job.report.there["images"] += 1
        elif (row := _image(job, item)) is not None:
            known[item.key] = None
            rows.append((item.key, row))
            addresses += [(name, row) for name in bodies.upload_names(item.upload, job.site)[:1]]
        if item.remarks:
            job.report.leave("comments under attachments", f"{item}, {len(item.remarks)} of them")
    job.session.add_all(row for _key, row in rows)
    job.session.flush()
    job.remember("image", rows)
    job.remember("upload", addresses)
    job.report.taken["images"] += len(rows)


def _image(job, item):
    path = job.media and found(job.media, item)
    if path is None:
        why = "their files are not in the folder" if job.media else "no folder of files was given (--media)"
        job.report.leave(f"attachments: {why}", f"{item}, {item.upload}")
        return None
    try:
        with path.open("rb") as stream:
            file = store_picture(stream)
    except (ValueError, OSError) as error:
        job.report.leave(
            "attachments: their files are no pictures that can be stored", f"{item}, {item.upload}: {error}"
        )
        return None
    values = {
        "title": cut(item.title or path.stem, 200),
        "file": file,
        "alt": cut(item.meta.get("_wp_attachment_image_alt", ""), 300) or None,
        "uploader_id": job.users.get(item.creator),
        "source": cut(item.upload, 500) or None,
    }
    return job.made(Image, item, values | ({"created_at": item.moment} if item.moment else {}))


def found(folder, item) -> Path | None:
    """Return the file of an attachment in `folder`: by its whole path, less and less of it, at last by its name."""
    top = folder.resolve()
    for told in (item.meta.get("_wp_attached_file", ""), _path(item.upload)):
        parts = [part for part in PurePosixPath(told.replace("\\", "/")).parts if part not in ("/", "..", ".")]
        for start in range(len(parts)):
            path = _inside(top, parts[start:])
            if path is not None:
                return path
    return None


def _path(address):
    try:
        return unquote(urlsplit(address).path)
    except ValueError:
        return ""


def _inside(top, parts):
    try:
        path = top.joinpath(*parts).resolve()
        return path if path.is_relative_to(top) and path.is_file() else None
    except (OSError, ValueError):
        return None
