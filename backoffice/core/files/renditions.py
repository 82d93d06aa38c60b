"""Small copies of stored pictures: each of a few widths is drawn once, kept beside its original, and goes with it."""

import logging
from threading import Lock

from backoffice.core.files.backends import WIDTHS, Storage, storage
from backoffice.core.files.pictures import shrunk

KIND = "webp"
PATIENCE = 1  # seconds; whoever waits longer for a picture that is being drawn gets the whole one

log = logging.getLogger(__name__)
_drawing = Lock()


def picture_url(name: str, width: int | None = None) -> str:
    """Return the address, on this site, of a stored picture, or of its copy that is `width` pixels wide."""
    if width is not None and width not in WIDTHS:
        raise ValueError(f"Pictures are {', '.join(map(str, WIDTHS))} pixels wide, not {width}.")
    return f"/media/{name}" if width is None else f"/media/{name}?width={width}"


def picture_set(name: str, least: int = 0) -> str:
    """Return what a browser chooses from by the room that a picture has: its copies of `least` pixels or more."""
    return ", ".join(f"{picture_url(name, width)} {width}w" for width in WIDTHS if width >= least)


def add_small(place: Storage, name: str, data: bytes) -> None:
    """Keep the copies of a picture that was just stored; those that cannot be kept now are drawn when asked for."""
    for width, small in shrunk(data, WIDTHS).items():
        _keep(place, name, width, small)


def open_small(name: str, width: int) -> tuple[bytes, str, bool]:
    """Return a picture as bytes, their kind, and whether that is how it will be sent from now on.

    A picture that is no wider is sent as it is stored. Raises FileNotFoundError.
    """
    place = storage()
    kept = _kept(place, name, width)
    if kept is not None:
        return kept, KIND, True
    if not _drawing.acquire(timeout=PATIENCE):
        return place.read(name), _kind(name), False
    try:
        # Another may have drawn it meanwhile.
        kept = _kept(place, name, width)
        return (kept, KIND, True) if kept is not None else _drawn(place, name, width)
    finally:
        _drawing.release()


def _kept(place: Storage, name: str, width: int) -> bytes | None:
    try:
        return place.read(name, width)
    except FileNotFoundError:
        return None


def _drawn(place: Storage, name: str, width: int) -> tuple[bytes, str, bool]:
    data = place.read(name)
    small = shrunk(data, (width,)).get(width)
    if small is None:
        return data, _kind(name), True
    _keep(place, name, width, small)
    return small, KIND, True


def _keep(place: Storage, name: str, width: int, small: bytes) -> None:
    try:
        place.write(name, small, width)
        if not place.holds(name):
            # It was taken away while its copy was drawn.
            place.remove(name)
    except OSError:
        log.exception("A small copy of a picture could not be kept")


def _kind(name: str) -> str:
    return name.rpartition(".")[2]
