"""Pictures: what is taken, what of it is kept, and that files and rows come and go together."""

import hashlib
import io
import os
import signal
import struct
import subprocess
import sys
import time
import zlib
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image as Drawn
from sqlalchemy import create_engine, select, text

from backoffice.core import files, history, undo
from backoffice.core.access import OPERATOR
from backoffice.core.files import backends as storage
from backoffice.core.files.pictures import LARGEST, PIXELS
from backoffice.core.history import trash
from backoffice.core.history.sets import delete_rows
from backoffice.core.model import db
from backoffice.core.operation.holds import only
from backoffice.core.types import Picture
from backoffice.models.accounts import User
from backoffice.models.media import Image

ROOT = Path(__file__).resolve().parents[2]
INPUTS = ROOT.parent / "shared" / "inputs"
CORPORA = sorted(
    path for folder in ("5-img-*", "5-upload-*") for path in INPUTS.glob(f"{folder}/**/*") if path.is_file()
)
LONG_AGO = time.time() - 86_400


def drawn(colour="teal", *, kind="PNG", size=(40, 30), **options):
    """Return a one-coloured picture as an upload."""
    made = io.BytesIO()
    Drawn.new("RGB", size, colour).save(made, kind, **options)
    made.seek(0)
    return made


def lying(app):
    """Return the names of all files that are sent from the store, unfinished ones included."""
    return sorted(path.name for path in _files(app) if path.parent.name != "aside")


def aside(app):
    """Return the names of all files that are kept for the history to bring back."""
    return sorted(path.name for path in _files(app) if path.parent.name == "aside")


def _files(app):
    return [path for path in Path(app.config["MEDIA_URL"]).rglob("*") if path.is_file()]


def place_of(app, name):
    return Path(app.config["MEDIA_URL"]) / name[:2] / name[2:4] / name


def add_image(colour="teal", title="Harbour"):
    row = Image(title=title, file=files.store_picture(drawn(colour)))
    db.session.add(row)
    return row


@pytest.fixture
def inside(app):
    """Return the application, with work being done in it."""
    with app.app_context():
        yield app


# What is taken, and what of it is kept


@pytest.mark.parametrize(("kind", "extension"), [("PNG", "png"), ("JPEG", "jpg"), ("GIF", "png"), ("WEBP", "webp")])
def test_a_picture_is_known_by_its_bytes_and_drawn_anew(inside, kind, extension):
    name = files.store_picture(drawn(kind=kind))
    kept = files.open_picture(name)
    assert Picture.PATTERN.fullmatch(name)
    assert name == f"{hashlib.sha256(kept).hexdigest()}.{extension}"
    assert Drawn.open(io.BytesIO(kept)).size == (40, 30)


def test_equal_pictures_have_one_name_and_one_file(inside):
    add_image()
    db.session.commit()
    again = add_image(title="The same harbour")
    db.session.commit()
    assert lying(inside) == [again.file]


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><script>alert(1)</script>",
        b"%PDF-1.7",
        b"BM" + bytes(100),
        b"\x00\x00\x00\x1cftypavif" + bytes(100),
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0" + bytes(50),
        b"GIF89a",
        b"RIFF\x04\x00\x00\x00WEBP",
    ],
)
def test_what_is_no_picture_is_refused_with_a_sentence(inside, sent):
    with pytest.raises(ValueError, match=r"^This (file|is|picture) .*\.$"):
        files.store_picture(io.BytesIO(sent))
    assert lying(inside) == []


def test_the_sentence_names_the_kinds_that_are_taken(inside):
    with pytest.raises(ValueError, match="choose a PNG, JPEG, GIF or WebP file"):
        files.store_picture(io.BytesIO(b"<svg/>"))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_truncated_picture_is_refused(inside, kind):
    noise = Drawn.effect_noise((200, 200), 90).convert("RGB")
    made = io.BytesIO()
    noise.save(made, kind)
    with pytest.raises(ValueError, match="damaged or cut short"):
        files.store_picture(io.BytesIO(made.getvalue()[: len(made.getvalue()) // 2]))
    assert lying(inside) == []


def test_a_file_of_too_many_bytes_is_refused_without_reading_it_all(inside):
    endless = io.BytesIO(drawn().getvalue() + bytes(LARGEST * 2))
    with pytest.raises(ValueError, match="at most 20 MB"):
        files.store_picture(endless)
    assert endless.tell() <= LARGEST + 1


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, *extra):
    """Return a black PNG put together by hand, with more chunks before its pixels."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(1 + (width + 7) // 8)) for _row in range(height)) + packer.flush()
    parts = [chunk(b"IHDR", header), *extra, chunk(b"IDAT", rows), chunk(b"IEND", b"")]
    return io.BytesIO(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


@pytest.mark.parametrize("side", [6_400, 13_000, 20_000])
def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(inside, side):
    bomb = png(side, side)
    assert side * side > PIXELS
    assert len(bomb.getvalue()) < 100_000
    began = time.process_time()
    with pytest.raises(ValueError, match="at most 40 million pixels"):
        files.store_picture(bomb)
    assert time.process_time() - began < 1


def test_a_webp_of_more_pixels_than_its_decoder_can_bear_is_refused(inside):
    with pytest.raises(ValueError, match="at most 16 million pixels"):
        files.store_picture(drawn(kind="WEBP", size=(5_000, 4_000), method=0))


def test_a_jpeg_that_goes_over_its_pixels_again_and_again_is_refused(inside):
    plain = drawn(kind="JPEG", size=(4_000, 4_000), progressive=True).getvalue()
    scan = plain[plain.rindex(b"\xff\xda") : -2]
    endless = io.BytesIO(plain[:-2] + scan * 2_000 + plain[-2:])
    began = time.process_time()
    with pytest.raises(ValueError, match="damaged or cut short"):
        files.store_picture(endless)
    assert time.process_time() - began < 1


@pytest.mark.parametrize("kind", [b"zTXt", b"iCCP"])
def test_metadata_that_unpacks_to_a_hundred_megabytes_is_refused(inside, kind):
    bomb = png(8, 8, chunk(kind, b"Comment\0\0" + zlib.compress(bytes(100_000_000))))
    with pytest.raises(ValueError, match="damaged or cut short"):
        files.store_picture(bomb)


def test_a_profile_of_many_megabytes_is_refused(inside):
    big = drawn(kind="JPEG", icc_profile=os.urandom(5_000_000))
    with pytest.raises(ValueError, match="damaged or cut short"):
        files.store_picture(big)


def test_the_place_where_a_picture_was_taken_is_not_kept(inside):
    notes = Drawn.Exif()
    notes[0x010E] = "My house <script>alert(1)</script>"
    notes.get_ifd(0x8825)[2] = (52.0, 30.0, 0.0)
    sent = drawn(kind="JPEG", exif=notes, comment=b"<?php system('id'); ?>", dpi=(300, 300))
    kept = files.open_picture(files.store_picture(io.BytesIO(sent.getvalue() + b"<script>alert(2)</script>")))
    seen = Drawn.open(io.BytesIO(kept))
    assert not seen.getexif()
    assert not {"exif", "comment", "icc_profile", "dpi", "xmp"} & set(seen.info)
    assert b"script" not in kept
    assert b"php" not in kept


def test_a_picture_taken_sideways_stands_upright(inside):
    notes = Drawn.Exif()
    notes[0x0112] = 6
    picture = Drawn.new("RGB", (40, 20), "red")
    picture.paste("blue", (0, 0, 20, 20))
    sent = io.BytesIO()
    picture.save(sent, "PNG", exif=notes)
    sent.seek(0)
    kept = Drawn.open(io.BytesIO(files.open_picture(files.store_picture(sent))))
    assert kept.size == (20, 40)
    assert kept.getpixel((10, 5)) == (0, 0, 255)
    assert kept.getpixel((10, 35)) == (255, 0, 0)


def test_of_an_animation_the_first_picture_is_kept(inside):
    frames = [Drawn.new("RGB", (10, 10), colour) for colour in ("red", "blue", "lime")]
    sent = io.BytesIO()
    frames[0].save(sent, "GIF", save_all=True, append_images=frames[1:])
    sent.seek(0)
    kept = Drawn.open(io.BytesIO(files.open_picture(files.store_picture(sent))))
    assert getattr(kept, "n_frames", 1) == 1
    assert kept.convert("RGB").getpixel((5, 5)) == (255, 0, 0)


def test_transparency_is_kept_where_there_is_any(inside):
    sent = io.BytesIO()
    Drawn.new("RGBA", (10, 10), (10, 20, 30, 40)).save(sent, "PNG")
    sent.seek(0)
    kept = Drawn.open(io.BytesIO(files.open_picture(files.store_picture(sent))))
    assert kept.getpixel((5, 5)) == (10, 20, 30, 40)


def test_sixteen_bits_of_grey_become_eight_of_the_same_grey(inside):
    sent = io.BytesIO()
    Drawn.new("I;16", (10, 10), 0x8000).save(sent, "PNG")
    sent.seek(0)
    kept = Drawn.open(io.BytesIO(files.open_picture(files.store_picture(sent))))
    assert kept.getpixel((5, 5)) == 0x80


@pytest.mark.skipif(not CORPORA, reason="the corpora are not on this machine")
def test_every_file_of_the_corpora_is_drawn_anew_or_refused_with_a_sentence(inside):
    kept, refused = 0, []
    for path in CORPORA:
        try:
            name = files.store_picture(io.BytesIO(path.read_bytes()))
        except ValueError as error:
            refused.append(str(error))
            continue
        data = files.open_picture(name)
        seen = Drawn.open(io.BytesIO(data))
        seen.load()
        assert not seen.getexif(), path.name
        assert not {"exif", "comment", "icc_profile", "xmp"} & set(seen.info), path.name
        for program in (b"<script", b"<?php", b"<svg", b"<html"):
            assert program not in data.lower(), path.name
        kept += 1
    assert kept > 100
    assert len(refused) > 30
    assert all(sentence.startswith("This ") and sentence.endswith(".") for sentence in refused)


# Where it is kept


def test_files_lie_in_folders_by_their_names_beginning(inside):
    row = add_image()
    db.session.commit()
    assert place_of(inside, row.file).is_file()


def test_any_place_that_can_be_named_keeps_pictures(make_app):
    with make_app(MEDIA_URL="memory://pictures").app_context() as context:
        db.create_all()
        row = add_image()
        db.session.commit()
        assert Drawn.open(io.BytesIO(files.open_picture(row.file))).size == (40, 30)
        name = row.file
        db.session.delete(row)
        db.session.commit()
        with pytest.raises(FileNotFoundError):
            files.open_picture(name)
        assert storage.storage().system.find("/pictures") == [f"/pictures/aside/{name}"]
        assert context.app.config["MEDIA_URL"] == "memory://pictures"
        db.engine.dispose()


@pytest.mark.parametrize("name", ["", "../../secrets.json", "x.png", "/etc/passwd", "0" * 64 + ".svg", "0" * 64])
def test_only_names_that_were_given_out_are_opened(inside, name):
    with pytest.raises(FileNotFoundError):
        files.open_picture(name)


def test_a_full_disk_is_said_in_a_sentence_and_leaves_nothing(inside, monkeypatch):
    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage.os, "fsync", full)
    with pytest.raises(ValueError, match="could not be stored just now"):
        files.store_picture(drawn())
    assert lying(inside) == []


# Files and rows come and go together


def test_a_rollback_leaves_no_file(inside):
    add_image()
    db.session.flush()
    assert len(lying(inside)) == 1
    db.session.rollback()
    assert lying(inside) == []


def test_a_request_that_never_commits_leaves_no_file(app):
    with app.app_context():
        add_image()
        db.session.flush()
    assert lying(app) == []


def test_a_commit_that_fails_leaves_no_file(inside):
    add_image()
    db.session.add(Image(title="No picture"))
    with pytest.raises(ValueError, match="required"):
        db.session.commit()
    db.session.rollback()
    assert lying(inside) == []


def test_a_savepoint_taken_back_leaves_no_file_after_the_commit(inside):
    kept = add_image("teal")
    nested = db.session.begin_nested()
    add_image("red")
    db.session.flush()
    nested.rollback()
    db.session.commit()
    assert lying(inside) == [kept.file]


def test_a_rollback_keeps_a_file_that_was_there_before(inside):
    kept = add_image()
    db.session.commit()
    add_image(title="The same once more")
    db.session.rollback()
    assert lying(inside) == [kept.file]


def test_a_new_picture_takes_the_old_ones_place_only_with_the_commit(inside):
    row = add_image("teal")
    db.session.commit()
    old = row.file
    new = row.file = files.store_picture(drawn("red"))
    db.session.flush()
    assert lying(inside) == sorted([old, new])
    db.session.commit()
    assert lying(inside) == [new]


def test_a_failed_replacement_keeps_the_old_and_leaves_no_new(inside):
    row = add_image("teal")
    db.session.commit()
    old = row.file
    row.file = files.store_picture(drawn("red"))
    db.session.flush()
    db.session.rollback()
    assert row.file == old
    assert lying(inside) == [old]


def test_the_old_picture_goes_even_if_it_was_never_loaded(inside):
    row = add_image("teal")
    db.session.commit()
    db.session.expire(row)
    row.file = files.store_picture(drawn("red"))
    db.session.commit()
    assert lying(inside) == [row.file]


def test_a_deleted_row_takes_its_file_along(inside):
    row = add_image()
    db.session.commit()
    db.session.delete(row)
    db.session.commit()
    assert lying(inside) == []


def test_a_deleted_picture_comes_back_with_its_row(inside):
    row = add_image()
    db.session.commit()
    name = row.file
    for remove in (db.session.delete, lambda one: delete_rows(db.session(), Image, only(one))):
        with history.acting(None, "command") as one:
            remove(row)
            db.session.commit()
        assert (lying(inside), aside(inside)) == ([], [name])
        assert inside.test_client().get(f"/media/{name}").status_code == 404
        assert undo.undo(db.session(), OPERATOR, one.batch).done == 1
        db.session.commit()
        assert (lying(inside), aside(inside)) == ([name], [])
        row = db.session.scalars(select(Image)).one()
    assert files.open_picture(name)


def test_an_undo_that_is_not_committed_leaves_the_picture_aside(inside):
    row = add_image()
    db.session.commit()
    name = row.file
    with history.acting(None, "command") as one:
        db.session.delete(row)
        db.session.commit()
    undo.undo(db.session(), OPERATOR, one.batch)
    db.session.rollback()
    assert (lying(inside), aside(inside)) == ([], [name])


def test_a_picture_whose_file_is_gone_does_not_come_back(inside):
    row = add_image()
    db.session.commit()
    with history.acting(None, "command") as one:
        db.session.delete(row)
        db.session.commit()
    for path in _files(inside):
        path.unlink()
    result = undo.undo(db.session(), OPERATOR, one.batch)
    assert (result.done, result.reasons) == (0, {"Its picture is gone.": 1})


def test_the_sweep_forgets_pictures_that_were_removed_for_good(inside):
    row = add_image()
    db.session.commit()
    name = row.file
    db.session.delete(row)
    db.session.commit()
    assert files.sweep(timedelta(0)) == 0
    assert aside(inside) == [name]
    change = db.session.scalars(select(history.Change).filter_by(model="image", verb="delete")).one()
    trash.remove(db.session(), OPERATOR, change)
    db.session.commit()
    assert files.sweep(timedelta(0)) == 1
    assert aside(inside) == []


def test_many_rows_deleted_at_once_take_their_files_along(inside):
    kept, *others = (add_image(colour) for colour in ("teal", "red", "navy"))
    db.session.commit()
    chosen = select(Image.id).where(Image.id.in_([row.id for row in others]))
    assert delete_rows(db.session(), Image, chosen) == 2
    assert len(lying(inside)) == 3
    db.session.commit()
    assert lying(inside) == [kept.file]


def test_a_file_that_another_row_of_another_kind_refers_to_stays(inside):
    row = add_image()
    db.session.add(User(username="ada", name="Ada", avatar=row.file))
    db.session.commit()
    name = row.file
    db.session.delete(row)
    db.session.commit()
    assert lying(inside) == [name]
    db.session.scalars(select(User)).one().avatar = None
    db.session.commit()
    assert lying(inside) == []


def test_a_damaged_file_is_mended_by_storing_the_picture_again(inside):
    row = add_image()
    db.session.commit()
    place_of(inside, row.file).write_bytes(b"")
    add_image(title="Again")
    db.session.commit()
    assert Drawn.open(io.BytesIO(files.open_picture(row.file))).size == (40, 30)


@pytest.mark.postgres
def test_a_file_that_somebody_else_is_about_to_refer_to_is_not_removed(inside):
    row = add_image()
    db.session.commit()
    name = row.file
    others = create_engine(db.engine.url)
    with others.connect() as other:
        files._hold(other, name)
        db.session.delete(row)
        db.session.commit()
        assert lying(inside) == [name]
        other.execute(text("SELECT 1"))
    others.dispose()
    assert files.sweep(timedelta(0)) == 1
    assert lying(inside) == []


# What a killed process leaves

KILLED = """
import io, os, signal, sys
sys.path.insert(0, "tests")
from PIL import Image as Drawn
from backoffice import create_app
from backoffice.core import files
from backoffice.core.model import db
with create_app(MEDIA_URL=sys.argv[1], SQLALCHEMY_DATABASE_URI=sys.argv[2]).app_context():
    made = io.BytesIO()
    Drawn.new("RGB", (40, 30), "red").save(made, "PNG")
    made.seek(0)
    files.store_picture(made)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_process_leaves_an_orphan_that_the_sweep_removes(app, runner):
    with app.app_context():
        kept = add_image("teal")
        db.session.commit()
        name = kept.file
        address = db.engine.url.render_as_string(hide_password=False)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, app.config["MEDIA_URL"], address],
        cwd=ROOT,
        env={**os.environ, "BACKOFFICE_ENV": "testing"},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert len(lying(app)) == 2
    answer = runner.invoke(args=["check", "files", "--grace", "0"])
    assert answer.exit_code == 1
    assert "1 file that nothing refers to" in answer.output
    assert len(lying(app)) == 2
    answer = runner.invoke(args=["check", "files", "--remove", "--grace", "0"])
    assert answer.exit_code == 0, answer.output
    assert lying(app) == [name]


def test_the_sweep_leaves_files_that_are_younger_than_the_grace(app, runner):
    with app.app_context():
        name = add_image().file
        db.session.commit()
        db.session.execute(text("DELETE FROM image"))
        db.session.commit()
    draft = Path(app.config["MEDIA_URL"]) / storage.DRAFTS / "unfinished"
    draft.write_bytes(b"half a pict")
    assert runner.invoke(args=["check", "files", "--remove"]).exit_code == 0
    assert lying(app) == sorted([name, "unfinished"])
    for path in (draft, place_of(app, name)):
        os.utime(path, (LONG_AGO, LONG_AGO))
    answer = runner.invoke(args=["check", "files", "--remove"])
    assert "2 files removed" in answer.output
    assert lying(app) == []


def test_the_sweep_leaves_files_that_are_not_ours(app, runner):
    place = Path(app.config["MEDIA_URL"])
    place.mkdir(parents=True)
    (place / "README").write_text("Kept by hand.")
    os.utime(place / "README", (LONG_AGO, LONG_AGO))
    assert runner.invoke(args=["check", "files", "--remove"]).exit_code == 0
    assert lying(app) == ["README"]


def test_a_name_without_its_file_is_told_and_never_removed(app, runner):
    with app.app_context():
        name = add_image().file
        db.session.commit()
    place_of(app, name).unlink()
    answer = runner.invoke(args=["check", "files", "--remove"])
    assert answer.exit_code == 1
    assert name in answer.output
    with app.app_context():
        assert db.session.scalars(select(Image.file)).one() == name
