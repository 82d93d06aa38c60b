"""Bytes that only pass for a picture, or for a name, come to nothing."""

import io
import random
from pathlib import Path

import pytest
from PIL import Image

from backoffice.core import files
from backoffice.core.files.pictures import Unfit, draw_anew

PROGRAM = b"<script>alert(1)</script>"


def saved(image, kind):
    stream = io.BytesIO()
    image.save(stream, kind)
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "ICO", "PPM", "TGA", "PCX", "EPS", "DDS", "PDF", "JPEG2000", "ICNS"])
def test_a_picture_of_any_other_kind_is_refused(app, kind):
    with app.test_request_context(), pytest.raises(Unfit, match="PNG, JPEG, GIF or WebP"):
        draw_anew(saved(Image.new("RGB", (32, 32), "teal"), kind))


def test_a_picture_whose_own_bytes_spell_a_program_is_refused(app):
    # Noise cannot be compressed, and a single row of this one is not filtered: what is painted stands in the file.
    noise = bytearray(random.Random(0).randbytes(16_000))
    noise[100 : 100 + len(PROGRAM)] = PROGRAM
    painted = saved(Image.frombytes("L", (len(noise), 1), bytes(noise)), "PNG")
    assert b"<script" in painted
    with app.test_request_context(), pytest.raises(Unfit, match="pass for a program"):
        draw_anew(painted)


def test_no_name_leads_out_of_the_folder(make_app, tmp_path):
    root, name = tmp_path / "a" / "b" / "media", "../../secret"
    outside = Path(f"{root}/{name[:2]}/{name[2:4]}/{name}").resolve()
    assert tmp_path in outside.parents
    root.mkdir(parents=True)
    outside.write_text("not for you")
    with make_app(MEDIA_URL=str(root)).app_context(), pytest.raises(FileNotFoundError):
        files.open_picture(name)
