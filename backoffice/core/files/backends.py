"""Where the bytes of pictures lie: a folder, or whatever other place `MEDIA_URL` names."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from flask import current_app
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from backoffice.core.types import Picture

DRAFTS = "new"
WIDTHS = (96, 320, 640, 1280)  # of the copies that may lie beside a picture, in pixels
COPY = re.compile(rf"(?P<original>.+)\.(?:{'|'.join(map(str, WIDTHS))})w\.webp")
ASIDE = "aside"  # what no row shows any more, but the history may bring back; nobody is sent it


@dataclass(frozen=True)
class Storage:
    """One place for files: `system` is an fsspec file system, `root` the folder in it that is ours."""

    system: Any
    root: str

    def path(self, name: str, width: int | None = None) -> str:
        """Return where the file `name`, or a copy of it, lies; raises FileNotFoundError for what cannot be a name."""
        if not Picture.PATTERN.fullmatch(name) or width not in (None, *WIDTHS):
            raise FileNotFoundError(name)
        whole = f"{self.root}/{name[:2]}/{name[2:4]}/{name}"
        return whole if width is None else f"{whole}.{width}w.webp"

    def holds(self, name: str, size: int | None = None) -> bool:
        """Tell whether there is a file `name`, and of `size` bytes if that is given."""
        path = self.path(name)
        self.system.invalidate_cache()  # other processes write here, too
        return bool(self.system.exists(path)) and size in (None, self.system.size(path))

    def read(self, name: str, width: int | None = None) -> bytes:
        """Return the bytes of the file `name`, or of a copy; raises FileNotFoundError."""
        return bytes(self.system.cat_file(self.path(name, width)))

    def write(self, name: str, data: bytes, width: int | None = None) -> None:
        """Store `data` as `name` or a copy, so that whoever looks sees all of it or nothing; raises OSError."""
        draft, path = f"{self.root}/{DRAFTS}/{uuid4().hex}", self.path(name, width)
        try:
            for place in (draft, path):
                self.system.makedirs(place.rpartition("/")[0], exist_ok=True)
            with self.system.open(draft, "wb") as file:
                file.write(data)
                if isinstance(self.system, LocalFileSystem):
                    file.flush()
                    os.fsync(file.fileno())
            self.system.mv(draft, path)
        except BaseException:
            self._drop(draft)
            raise

    def remove(self, name: str) -> None:
        """Remove the file `name` if it is there, and its copies; raises OSError."""
        self._drop(self.path(name))
        self._drop_copies(name)

    def set_aside(self, name: str) -> None:
        """Put the file `name`, if it is there, where nobody is sent it, without its copies; raises OSError."""
        self._move(self.path(name), self._aside(name))
        self._drop_copies(name)

    def bring_back(self, name: str) -> bool:
        """Put the file `name` back to where it is sent from; tells whether it is there now. Raises OSError."""
        if not self.holds(name):
            self._move(self._aside(name), self.path(name))
        return self.holds(name)

    def names_aside(self) -> Iterator[str]:
        """Yield the names of the files that were set aside."""
        return (path.rpartition("/")[2] for path in self._files(ASIDE))

    def forget(self, name: str) -> None:
        """Remove a file that was set aside; raises OSError."""
        self._drop(self._aside(name))

    def _aside(self, name: str) -> str:
        self.path(name)
        return f"{self.root}/{ASIDE}/{name}"

    def _move(self, path: str, to: str) -> None:
        self.system.invalidate_cache()
        if self.system.exists(path):
            self.system.makedirs(to.rpartition("/")[0], exist_ok=True)
            self.system.mv(path, to)

    def names(self, before: datetime) -> Iterator[str]:
        """Yield the names of the stored files that were written before this moment."""
        for path in self._files():
            name = path.rpartition("/")[2]
            aside = path.rpartition("/")[0].endswith(f"/{ASIDE}")
            if Picture.PATTERN.fullmatch(name) and not aside and self._older(path, before):
                yield name

    def drop_drafts(self, before: datetime) -> int:
        """Remove what was begun before this moment and never finished; returns how many files that were."""
        left = [path for path in self._files(DRAFTS) if self._older(path, before)]
        for path in left:
            self._drop(path)
        return len(left)

    def drop_copies_alone(self) -> int:
        """Remove copies whose original is not there any more; returns how many files that were."""
        found = [(path, match["original"]) for path in self._files() if (match := COPY.fullmatch(path))]
        left = [path for path, original in found if not self.system.exists(original)]
        for path in left:
            self._drop(path)
        return len(left)

    def _drop_copies(self, name: str) -> None:
        for width in WIDTHS:
            self._drop(self.path(name, width))

    def _files(self, folder: str = "") -> Iterator[str]:
        place = f"{self.root}/{folder}".rstrip("/") or "/"
        self.system.invalidate_cache()
        if self.system.exists(place):
            for _folder, _folders, found in self.system.walk(place, detail=True):
                yield from (entry["name"] for entry in found.values())

    def _older(self, path: str, moment: datetime) -> bool:
        try:
            return bool(self.system.modified(path) < moment)
        except FileNotFoundError:
            return False

    def _drop(self, path: str) -> None:
        if self.system.exists(path):
            self.system.rm_file(path)


def storage() -> Storage:
    """Return the place that the setting MEDIA_URL names."""
    system, root = url_to_fs(current_app.config["MEDIA_URL"])
    return Storage(system, root.rstrip("/"))
