"""Pictures are sent as pictures and nothing else, and may be kept for ever."""

import io

import pytest
from PIL import Image as Drawing

from backoffice.core import files
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
