"""Attachments become images, their files taken from the folder that is given and from nowhere else."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image as Drawing
from sqlalchemy import func, select

from backoffice.core.files import open_picture
from backoffice.core.model import db
from backoffice.models.content import Post
from backoffice.models.media import Image
from importers.exports import SITE, export, item

UPLOAD = f"{SITE}/wp-content/uploads/2015/01/boat.png"


def png(colour="navy"):
    """Return the bytes of a small picture."""
    buffer = io.BytesIO()
    Drawing.new("RGB", (40, 30), colour).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def folder(tmp_path):
    """Return a folder of uploads with one picture in it."""
    place = tmp_path / "uploads"
    (place / "2015" / "01").mkdir(parents=True)
    (place / "2015" / "01" / "boat.png").write_bytes(png())
    return place


def attachment(key=9, **fields):
    """Return an attachment of the export."""
    given = {"kind": "attachment", "status": "inherit", "upload": UPLOAD, "slug": "boat", **fields}
    return item(given.pop("title", "A boat"), key=key, **given)


def stored(app):
    """Return the names of the files there are."""
    with app.app_context():
        return set(db.session.scalars(select(Image.file)))


def test_an_attachment_becomes_an_image_with_its_words(app, bring, folder):
    told = bring(export(attachment(meta={"_wp_attachment_image_alt": "A blue boat"}), item()), "--media", str(folder))
    assert "images                     1               0" in told.stdout
    with app.app_context():
        one = db.session.scalars(select(Image)).one()
        assert (one.title, one.alt, one.source) == ("A boat", "A blue boat", UPLOAD)
        assert one.uploader.username == "ann"
        assert one.created_at == datetime(2015, 1, 31, 10, tzinfo=UTC)
        assert Drawing.open(io.BytesIO(open_picture(one.file))).size == (40, 30)


PLACES = {
    "wp-content/uploads/2015/01/boat.png": {"upload": UPLOAD},
    "2015/01/boat.png": {"upload": UPLOAD},
    "boat.png": {"upload": UPLOAD},
    "2015/01/le bateau.png": {"upload": f"{SITE}/wp-content/uploads/2015/01/le%20bateau.png?x=1"},
    "2014/12/old.png": {"upload": f"{SITE}/?attachment_id=9", "meta": {"_wp_attached_file": "2014/12/old.png"}},
}


@pytest.mark.parametrize("kept", PLACES)
def test_its_file_is_found_by_ever_less_of_its_path(app, bring, tmp_path, kept):
    place = tmp_path / "files" / kept
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(png())
    bring(export(attachment(**PLACES[kept])), "--media", str(tmp_path / "files"))
    assert len(stored(app)) == 1


@pytest.mark.parametrize(
    "upload",
    [
        f"{SITE}/uploads/../../secret.png",
        f"{SITE}/uploads/..%2f..%2fsecret.png",
        f"{SITE}/uploads/%2e%2e/%2e%2e/secret.png",
        f"{SITE}/..\\..\\secret.png",
        "file:///{outside}",
        "{outside}",
        f"{SITE}/link.png",
        f"{SITE}/nul%00.png",
        "http://[broken/boat.png",
        "x" * 5000,
    ],
)
def test_no_path_leads_out_of_the_folder(app, bring, folder, tmp_path, upload):
    outside = tmp_path / "secret.png"
    outside.write_bytes(png())
    (folder / "link.png").symlink_to(outside)
    address = upload.replace("{outside}", str(outside))
    told = bring(export(attachment(upload=address, meta={"_wp_attached_file": address})), "--media", str(folder))
    assert "attachments: their files are not in the folder: 1" in told.stdout
    assert stored(app) == set()


def test_without_a_folder_attachments_are_told_not_taken(app, bring):
    told = bring(export(attachment(), item()))
    assert "attachments: no folder of files was given (--media): 1\n    line 8: “A boat” (attachment 9)" in told.stdout
    assert stored(app) == set()


def test_what_is_no_picture_is_told_not_taken(app, bring, folder):
    (folder / "paper.pdf").write_bytes(b"%PDF-1.4")
    (folder / "script.svg").write_text("<svg onload='alert(1)'/>")
    entries = [
        attachment(key, upload=f"{SITE}/{name}", slug=name) for key, name in ((1, "paper.pdf"), (2, "script.svg"))
    ]
    told = bring(export(*entries), "--media", str(folder))
    assert "attachments: their files are no pictures that can be stored: 2\n" in told.stdout
    assert stored(app) == set()


def test_a_cover_is_the_image_it_names_wherever_that_is_in_the_file(app, bring, folder):
    bring(export(item(meta={"_thumbnail_id": "9"}), attachment()), "--media", str(folder))
    with app.app_context():
        assert db.session.scalars(select(Post)).one().cover.title == "A boat"


def test_a_body_shows_its_pictures_from_here(app, bring, folder):
    body = f'<img src="{UPLOAD}" alt="x">\n\n<a href="{UPLOAD}"><img src="{UPLOAD.replace(".png", "-10x5.png")}"></a>'
    bring(export(item(body=body), attachment()), "--media", str(folder))
    (name,) = stored(app)
    with app.app_context():
        text = db.session.scalars(select(Post.body)).one()
        assert text.count(f"/media/{name}") == 3
        assert SITE not in text
    assert app.test_client().get(f"/media/{name}").status_code == 200


def test_a_rehearsal_leaves_no_file_behind(app, bring, folder):
    told = bring(export(attachment()), "--media", str(folder), "--dry-run")
    assert "images                     1               0" in told.stdout
    assert stored(app) == set()
    assert [path for path in Path(app.config["MEDIA_URL"]).rglob("*") if path.is_file()] == []


def test_an_import_with_its_files_may_follow_one_without(app, bring, folder):
    export_of_both = export(item(meta={"_thumbnail_id": "9"}, body=f'<img src="{UPLOAD}">'), attachment())
    bring(export_of_both)
    told = bring(export_of_both, "--media", str(folder))
    assert "images                     1               0" in told.stdout
    assert "posts                      0               1" in told.stdout
    told = bring(export_of_both, "--media", str(folder))
    assert "images                     0               1" in told.stdout
    with app.app_context():
        assert db.session.scalar(select(func.count(Image.id))) == 1


def test_comments_under_attachments_are_told(bring, folder):
    with_comment = attachment().replace("</item>", "<wp:comment><wp:comment_id>1</wp:comment_id></wp:comment></item>")
    told = bring(export(with_comment), "--media", str(folder))
    assert "comments under attachments: 1\n    line 8: “A boat” (attachment 9), 1 of them" in told.stdout
