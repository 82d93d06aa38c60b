"""Which pictures are taken, and how they are drawn anew: known by their bytes, with nothing beside the picture."""

import logging
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from io import BytesIO
from threading import Lock

from PIL import Image, ImageCms, UnidentifiedImageError

from backoffice.core.catalogues import gettext as _

KINDS = ("PNG", "JPEG", "GIF", "WEBP")
LARGEST = 20 * 1024 * 1024  # bytes
PIXELS = 40_000_000
TALLEST_WEBP = 16_383  # pixels
PIXELS_OF_WEBP = 16_000_000  # its decoder takes four times as much memory
LARGEST_PROFILE = 4 * 1024 * 1024  # bytes; real colour profiles have a tenth of it
QUALITY = 85
ORIENTATION = 0x0112
# What a camera says about how it was held, and the turn that puts the picture upright.
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# A JPEG may go over its pixels in many scans, each of a few bytes: ordinary ones do so ten times.
SCANS, SEGMENTS = 100, 10_000
MARKER = re.compile(rb"\xff([\x02-\xcf\xd9-\xfe])")
START_OF_SCAN, END_OF_IMAGE = 0xDA, 0xD9
# A picture can be painted so that its compressed bytes spell a program; it is then compressed differently.
PROGRAM = re.compile(rb"<\?php|<script|<svg|<html", re.IGNORECASE)
EFFORTS = (6, 9, 1)
log = logging.getLogger(__name__)
_one_at_a_time = Lock()


class Unfit(ValueError):  # noqa: N818 - it is said to people, as a word: unfit
    """A file that cannot be kept as a picture; its message says why, and what to do."""


def draw_anew(data: bytes) -> tuple[bytes, str]:
    """Return the picture in `data` as bytes of our own making, and their extension: jpg, png or webp.

    A JPEG stays one, a WebP stays one, PNG and GIF become PNG; of an animation the first picture is kept.
    It is turned upright, its colours are those of sRGB, and nothing else comes along. Equal pictures give equal
    bytes. Raises Unfit, a ValueError with a sentence for the user: too large (bytes or pixels), no picture, damaged.
    """
    if not data:
        raise Unfit(_("This file is empty."))
    if len(data) > LARGEST:
        raise Unfit(_("This file is too large: a picture may have at most %(most)d MB.", most=LARGEST >> 20))
    # A large picture takes 160 MB while it is drawn, so a process draws one at a time; the warnings of the
    # decoders about odd metadata, which is dropped anyway, are silenced for the whole process meanwhile.
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _draw(data)
        except Unfit:
            raise
        except UnidentifiedImageError as error:
            raise Unfit(_("This is no picture that can be kept: choose a PNG, JPEG, GIF or WebP file.")) from error
        except Image.DecompressionBombError as error:
            raise _too_many(PIXELS) from error
        except Exception as error:  # decoders raise whatever they meet in hostile bytes
            raise _damaged() from error


def shrunk(data: bytes, widths: Iterable[int]) -> dict[int, bytes]:
    """Return a stored picture drawn smaller, as WebP, by width; for those alone of which it is wider.

    What cannot be drawn smaller is left out: it is shown as it is.
    """
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return dict(_shrunk(data, sorted(widths, reverse=True)))
        except Exception:
            log.exception("A stored picture could not be drawn smaller")
            return {}


def _shrunk(data: bytes, widths: Sequence[int]) -> Iterator[tuple[int, bytes]]:
    image, _kind = _opened(data)
    width, height = image.size
    sizes = [(one, max(1, round(height * one / width))) for one in widths if one < width]
    sizes = [size for size in sizes if size[1] <= TALLEST_WEBP]
    if sizes:
        # A JPEG is read no larger than it is needed.
        image.draft(None, sizes[0])
        image = _plain(image)
    for size in sizes:
        # Each is made of the one before, which is larger and costs less than the whole.
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
        yield size[0], _encoded(image, "webp")


def _opened(data: bytes) -> tuple[Image.Image, str]:
    """Return a picture whose pixels are not read yet, and its kind; raises Unfit for more than can be read."""
    image: Image.Image = Image.open(BytesIO(data), formats=KINDS)
    kind = {"PNG": "png", "GIF": "png", "WEBP": "webp"}.get(image.format or "", "jpg")
    most = PIXELS_OF_WEBP if kind == "webp" else PIXELS
    if image.width * image.height > most:
        raise _too_many(most)
    if kind == "jpg" and not _has_few_scans(data):
        raise _damaged()
    return image, kind


def _draw(data: bytes) -> tuple[bytes, str]:
    image, kind = _opened(data)
    image.load()
    profile = image.info.get("icc_profile") or b""
    if len(profile) > LARGEST_PROFILE:
        raise _damaged()
    # One name for all steps, so that no step keeps the pixels of the one before.
    image = _upright(image)
    image = _plain(image)
    image = _in_srgb(image, profile)
    return _encoded(image, kind), kind


def _has_few_scans(data: bytes) -> bool:
    at, scans = 2, 0
    for _segment in range(SEGMENTS):
        found = MARKER.search(data, at)
        if found is None or found[1][0] == END_OF_IMAGE:
            return scans <= SCANS
        scans += found[1][0] == START_OF_SCAN
        at = found.end() + int.from_bytes(data[found.end() : found.end() + 2])
    return False


def _too_many(most: int) -> Unfit:
    words = _("This picture is too large: it may have at most %(most)d million pixels.", most=most // 1_000_000)
    return Unfit(words)


def _damaged() -> Unfit:
    return Unfit(_("This picture is damaged or cut short; save it anew as PNG, JPEG, GIF or WebP and try again."))


def _upright(image: Image.Image) -> Image.Image:
    turn = None
    with suppress(Exception):  # a camera's notes that cannot be read do not make the picture worse
        turn = TURNS.get(image.getexif().get(ORIENTATION) or 1)
    return image if turn is None else image.transpose(turn)


def _plain(image: Image.Image) -> Image.Image:
    """Return the picture with eight bits a channel, and with transparency only where something is transparent."""
    if image.mode.startswith("I"):
        image.info.pop("transparency", None)
        image = image.point(lambda value: value * (1 / 256)).convert("L")
    if image.has_transparency_data:
        image = image if image.mode == "RGBA" else image.convert("RGBA")
        return image.convert("RGB") if image.getchannel("A").getextrema() == (255, 255) else image
    if image.mode == "1":
        return image.convert("L")
    return image if image.mode in {"L", "RGB", "CMYK"} else image.convert("RGB")


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Return the picture with the colours it was meant to have; a profile that does not fit it is left aside."""
    wanted = "RGBA" if image.mode == "RGBA" else "RGB"
    if profile:
        with suppress(ImageCms.PyCMSError, OSError, ValueError):
            given = ImageCms.ImageCmsProfile(BytesIO(profile))
            if "sRGB" not in ImageCms.getProfileDescription(given):
                target = ImageCms.createProfile("sRGB")
                image = ImageCms.profileToProfile(image, given, target, outputMode=wanted) or image
    return image.convert("RGB") if image.mode == "CMYK" else image


def _encoded(image: Image.Image, kind: str) -> bytes:
    image.info = {}  # the encoders write what they find in here
    for effort in EFFORTS:
        made = BytesIO()
        if kind == "png":
            image.save(made, "PNG", compress_level=effort)
        elif kind == "webp":
            image.save(made, "WEBP", quality=QUALITY - 6 + effort)
        else:
            image.save(made, "JPEG", quality=QUALITY - 6 + effort, progressive=True)
        if not PROGRAM.search(made.getvalue()):
            return made.getvalue()
    raise Unfit(_("This picture is built to pass for a program, and cannot be kept."))
