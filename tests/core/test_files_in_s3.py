"""Pictures in a bucket of S3 are stored, sent, set aside and brought back as in a folder."""

import io
from datetime import timedelta

import pytest
from moto.server import ThreadedMotoServer
from PIL import Image as Drawn
from s3fs import S3FileSystem

from backoffice.core import files
from backoffice.core.files import backends as storage
from backoffice.core.files import renditions
from backoffice.core.model import db, now
from backoffice.models.media import Image
from make import make


@pytest.fixture(scope="module")
def address():
    """Return the address of a store that speaks as S3 does, on this machine."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def bucket(address, monkeypatch, make_app):
    """Return an application that keeps its pictures in a bucket, inside its context."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "anybody",
        "AWS_SECRET_ACCESS_KEY": "anything",
        "AWS_ENDPOINT_URL": address,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    S3FileSystem.clear_instance_cache()
    S3FileSystem().mkdir("pictures")
    made = make_app(MEDIA_URL="s3://pictures/of/the/house")
    with made.app_context():
        db.create_all()
        yield made
        db.session.remove()
        db.engine.dispose()
        S3FileSystem().rm("pictures", recursive=True)
    S3FileSystem.clear_instance_cache()


def stored(colour):
    """Store an image of one colour and return its row."""
    stream = io.BytesIO()
    Drawn.new("RGB", (400, 300), colour).save(stream, "PNG")
    stream.seek(0)
    row = make(Image, file=files.store_picture(stream))
    db.session.commit()
    return row


def lying():
    """Return the names of all files in the bucket."""
    place = storage.storage().system
    place.invalidate_cache()
    return sorted(path.removeprefix("pictures/of/the/house/") for path in place.find("pictures"))


def test_a_picture_lies_in_the_bucket_under_the_prefix_with_its_copies(bucket):
    name = stored("teal").file
    folder = f"{name[:2]}/{name[2:4]}/{name}"
    assert lying() == [folder, f"{folder}.320w.webp", f"{folder}.96w.webp"]
    assert Drawn.open(io.BytesIO(files.open_picture(name))).size == (400, 300)
    assert Drawn.open(io.BytesIO(renditions.open_small(name, 96)[0])).width == 96


def test_a_picture_is_sent_from_the_bucket(bucket):
    name = stored("teal").file
    browser = bucket.test_client()
    assert browser.get(f"/media/{name}").mimetype == "image/png"
    assert browser.get(f"/media/{name}?width=96").mimetype == "image/webp"
    assert browser.get(f"/media/{'0' * 64}.png").status_code == 404


def test_a_deleted_picture_is_set_aside_and_brought_back(bucket):
    row = stored("red")
    name = row.file
    db.session.delete(row)
    db.session.commit()
    assert lying() == [f"aside/{name}"]
    assert list(storage.storage().names_aside()) == [name]
    assert storage.storage().bring_back(name)
    assert lying() == [f"{name[:2]}/{name[2:4]}/{name}"]


def test_what_is_rolled_back_leaves_nothing(bucket):
    stream = io.BytesIO()
    Drawn.new("RGB", (40, 30), "blue").save(stream, "PNG")
    stream.seek(0)
    make(Image, file=files.store_picture(stream))
    db.session.rollback()
    assert lying() == []


def test_the_stored_files_are_found_for_the_daily_check(bucket):
    name = stored("green").file
    place = storage.storage()
    assert list(place.names(before=now() + timedelta(days=1))) == [name]
    assert list(place.names(before=now() - timedelta(days=1))) == []
    place.remove(name)
    assert lying() == []
