"""Pictures are sent as pictures and nothing else, and may be kept for ever."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image as Drawing
from sqlalchemy import select

from backoffice.core import files
from backoffice.core.files import renditions
from backoffice.core.model import db
from backoffice.models.media import Image


@pytest.fixture
def picture(app):
    """Return the name of a stored picture."""
    stream = io.BytesIO()
    Drawing.new("RGB", (40, 30), "teal").save(stream, "PNG")
    stream.seek(0)
    with app.app_context():
        name = files.store_picture(stream)
        db.session.add(Image(title="Teal", file=name))
        db.session.commit()
    return name


def test_a_picture_is_sent_with_its_kind_and_nothing_may_run_in_it(client, picture):
    answer = client.get(f"/media/{picture}")
    assert answer.status_code == 200
    assert answer.mimetype == f"image/{picture.rpartition('.')[2].replace('jpg', 'jpeg')}"
    assert Drawing.open(io.BytesIO(answer.data)).size == (40, 30)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_a_picture_is_kept_for_a_year_and_asked_for_once(client, picture):
    answer = client.get(f"/media/{picture}")
    assert answer.cache_control.max_age == 31536000
    assert answer.cache_control.immutable
    assert answer.cache_control.public
    again = client.get(f"/media/{picture}", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""
    assert client.get(f"/media/{picture}", headers={"If-None-Match": '"other"'}).status_code == 200


def test_someone_signed_in_keeps_pictures_too(as_role, picture):
    answer = as_role("editor").get(f"/media/{picture}")
    assert answer.status_code == 200
    assert answer.cache_control.max_age == 31536000


def test_no_statement_is_sent_for_a_picture(client, picture, queries):
    with queries() as sent:
        assert client.get(f"/media/{picture}").status_code == 200
    assert sent == []


@pytest.mark.parametrize(
    "name",
    [
        "a" * 64 + ".png",
        "A" * 64 + ".png",
        "a" * 64 + ".svg",
        "a" * 64 + ".html",
        "a" * 64,
        "a" * 64 + ".png.html",
        "a" * 63 + ".png",
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e/secrets.json",
        "..",
        "x.png%0d%0aX-Evil: 1",
        "a" * 64 + ".png%0a",
    ],
)
def test_any_other_name_is_not_found(client, picture, name):
    answer = client.get(f"/media/{name}")
    assert answer.status_code == 404
    assert answer.mimetype == "text/html"


def test_a_name_that_ends_in_another_kind_is_not_found(client, picture):
    stem, _dot, kind = picture.rpartition(".")
    for other in {"png", "jpg", "gif", "webp"} - {kind}:
        assert client.get(f"/media/{stem}.{other}").status_code == 404


@pytest.fixture
def broad(app):
    """Return the name of a stored picture that is 700 pixels wide."""
    return keep(app, (700, 350))


def keep(app, size, kind="JPEG"):
    stream = io.BytesIO()
    Drawing.new("RGB", size, "teal").save(stream, kind)
    stream.seek(0)
    with app.app_context():
        name = files.store_picture(stream)
        db.session.add(Image(title="Teal", file=name))
        db.session.commit()
    return name


def copies(app, name):
    return sorted(path.name for path in Path(app.config["MEDIA_URL"]).rglob(f"{name}.*"))


def test_small_copies_are_drawn_with_the_picture_and_sent_from_then_on(app, client, broad, monkeypatch):
    assert copies(app, broad) == [f"{broad}.{width}w.webp" for width in (320, 640, 96)]
    monkeypatch.setattr(renditions, "shrunk", None)
    answer = client.get(f"/media/{broad}?width=320")
    assert (answer.status_code, answer.mimetype) == (200, "image/webp")
    assert Drawing.open(io.BytesIO(answer.data)).size == (320, 160)
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert (answer.cache_control.max_age, answer.cache_control.immutable) == (31536000, True)
    assert answer.headers["ETag"] != client.get(f"/media/{broad}").headers["ETag"]
    again = client.get(f"/media/{broad}?width=320", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_an_older_picture_gets_its_copy_when_it_is_asked_for_and_never_again(app, client, broad, monkeypatch):
    for path in Path(app.config["MEDIA_URL"]).rglob(f"{broad}.*"):
        path.unlink()
    assert Drawing.open(io.BytesIO(client.get(f"/media/{broad}?width=96").data)).size == (96, 48)
    assert copies(app, broad) == [f"{broad}.96w.webp"]
    monkeypatch.setattr(renditions, "shrunk", None)
    assert client.get(f"/media/{broad}?width=96").mimetype == "image/webp"


def test_a_picture_that_is_narrower_is_sent_as_it_is(client, broad):
    answer = client.get(f"/media/{broad}?width=1280")
    assert answer.mimetype == "image/jpeg"
    assert answer.data == client.get(f"/media/{broad}").data
    assert answer.cache_control.immutable


@pytest.mark.parametrize("width", ["97", "0", "-1", "096", "1e2", "99999999", "96&width=320", "x"])
def test_any_other_width_is_not_found_and_draws_nothing(app, client, broad, width):
    before = copies(app, broad)
    assert client.get(f"/media/{broad}?width={width}").status_code == 404
    assert copies(app, broad) == before


def test_while_another_copy_is_drawn_the_whole_picture_is_sent_but_not_kept(app, client, broad, monkeypatch):
    for path in Path(app.config["MEDIA_URL"]).rglob(f"{broad}.*"):
        path.unlink()
    monkeypatch.setattr(renditions, "PATIENCE", 0)
    with renditions._drawing:
        answer = client.get(f"/media/{broad}?width=96")
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert answer.cache_control.no_store
    assert copies(app, broad) == []


def test_copies_go_with_their_picture_and_are_not_taken_for_strays(app, client, broad):
    with app.app_context():
        assert files.stray(timedelta(0)) == []
        assert files.sweep(timedelta(0)) == 0
        db.session.delete(db.session.scalars(select(Image)).one())
        db.session.commit()
    assert copies(app, broad) == []
    assert client.get(f"/media/{broad}?width=96").status_code == 404


def test_a_copy_whose_picture_is_gone_is_swept_away(app, broad):
    with app.app_context():
        left = renditions.storage().path(broad)
        Path(left).unlink()
        assert files.sweep(timedelta(0)) == 3
    assert copies(app, broad) == []


def test_a_very_tall_picture_is_drawn_as_far_as_its_kind_can_hold(app, client):
    name = keep(app, (1300, 20_000))
    assert copies(app, name) == [f"{name}.{width}w.webp" for width in (320, 640, 96)]
    assert client.get(f"/media/{name}?width=1280").mimetype == "image/jpeg"
