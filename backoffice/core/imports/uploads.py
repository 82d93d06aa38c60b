"""Files on the way in: kept privately for a day, and known to those alone who sent them."""

import re
import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import time
from typing import Any, BinaryIO

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer

from backoffice.core.catalogues import gettext as _
from backoffice.core.imports.sheets import LARGEST
from backoffice.core.transfer.workbooks import MEGABYTE, Unreadable

LIFETIME = 24 * 60 * 60  # seconds that a file is kept
LIFETIME_REFUSED = 7 * LIFETIME  # and the lines of one that were refused
NAME = re.compile(r"[0-9a-f]{32}")
REFUSED = ".refused.csv"


@dataclass(frozen=True)
class Upload:
    """A file that was sent: the name it is kept under, what it was called, and the SHA-256 of its bytes."""

    name: str
    title: str
    digest: str

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return folder() / self.name

    @property
    def refused(self) -> Path:
        """Where the lines that were refused lie, as CSV."""
        return folder() / (self.name + REFUSED)

    def unchanged(self) -> bool:
        """Tell whether the file is still there, with the bytes that were sent."""
        return self.path.is_file() and _digest(self.path) == self.digest

    def remove(self) -> None:
        """Remove the file; the lines that were refused stay for a while."""
        self.path.unlink(missing_ok=True)


def folder() -> Path:
    """Return where the files lie: for the owner of the process alone."""
    place = Path(current_app.config["IMPORTS_FOLDER"])
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def receive(stream: BinaryIO, title: str) -> Upload:
    """Keep what `stream` holds, and remove what is older than a day; raises Unreadable when it is too large."""
    sweep()
    path, hashed, size = folder() / secrets.token_hex(16), sha256(), 0
    path.touch(mode=0o600)
    with path.open("wb") as file:
        while part := stream.read(MEGABYTE):
            hashed.update(part)
            size += file.write(part)
            if size > LARGEST:
                break
    if size > LARGEST:
        path.unlink()
        raise Unreadable(_("The file is larger than %(most)d MB.", most=LARGEST // MEGABYTE))
    return Upload(path.name, title[-100:], hashed.hexdigest())


def _digest(path: Path) -> str:
    hashed = sha256()
    with path.open("rb") as file:
        while part := file.read(MEGABYTE):
            hashed.update(part)
    return hashed.hexdigest()


def sweep() -> None:
    """Remove the files that are older than a day, and refused lines after a week."""
    for path in folder().iterdir():
        lifetime = LIFETIME_REFUSED if path.name.endswith(REFUSED) else LIFETIME
        with suppress(FileNotFoundError):
            if path.stat(follow_symlinks=False).st_mtime < time() - lifetime:
                path.unlink()


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="import")


def seal(upload: Upload, user: Any, about: Iterable[Any]) -> str:
    """Return the file and what was chosen for it as a signed word, which only `user` can use, for a day."""
    kept = [upload.name, upload.title, upload.digest]
    return str(_serializer().dumps([getattr(user, "id", None), kept, list(about)]))


def unseal(token: str, user: Any) -> tuple[Upload, list[Any]]:
    """Return what `seal` was given; raises Unreadable for anything else."""
    try:
        owner, kept, about = _serializer().loads(token, max_age=LIFETIME)
    except (BadData, ValueError, TypeError) as error:
        raise Unreadable(_("This import is no longer valid; send the file again.")) from error
    if owner != getattr(user, "id", None) or not NAME.fullmatch(kept[0]):
        raise Unreadable(_("This import is no longer valid; send the file again."))
    return Upload(*kept), about
