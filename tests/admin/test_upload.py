"""Pictures are chosen in forms, stored anew under a name of their content, and lost or left over by no failure."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image as Drawing
from sqlalchemy import select

from backoffice.core.files import open_picture
from backoffice.core.history import Change
from backoffice.core.model import db
from backoffice.core.resource import resources
from backoffice.models.accounts import User
from backoffice.models.content import Post
from backoffice.models.media import Image
from filling import errors, filled, shown

NAME = re.compile(r"[0-9a-f]{64}\.(png|jpg|webp|gif)")


def drawn(colour="red", size=(40, 30)):
    stream = BytesIO()
    Drawing.new("RGB", size, colour).save(stream, "PNG")
    return stream.getvalue()


def file(data, name="me.png"):
    return (BytesIO(data), name)


def stored(app):
    folder = Path(app.config["MEDIA_URL"])
    return sorted(one.name for one in folder.rglob("*") if NAME.fullmatch(one.name)) if folder.exists() else []


@pytest.fixture
def admin(as_role):
    """Return the browser of an administrator."""
    return as_role("administrator")


def test_a_picture_is_stored_anew_and_shown_in_the_form(app, admin, keep, read):
    key = keep(User)
    answer = admin.post(f"/admin/user/edit/?id={key}", data={"avatar": file(drawn() + b"<script>tail</script>")})
    assert answer.status_code == 302, answer.text
    name = read(User, key, "avatar")
    assert NAME.fullmatch(name)
    with app.app_context():
        assert b"<script" not in open_picture(name)
    form = shown(admin.get(f"/admin/user/edit/?id={key}"))
    assert name in form.xpath('string(//img[@class="form-preview"]/@src)')


def test_sending_the_form_without_a_file_keeps_the_picture(admin, keep, read):
    key = keep(User)
    admin.post(f"/admin/user/edit/?id={key}", data={"avatar": file(drawn())})
    name = read(User, key, "avatar")
    form = admin.get(f"/admin/user/edit/?id={key}")
    admin.post(f"/admin/user/edit/?id={key}", data=filled(form, name="New") | {"avatar": file(b"", "")})
    assert read(User, key, "name", "avatar") == ["New", name]


def test_a_picture_that_is_taken_away_is_shown_to_nobody(app, admin, keep, read):
    key = keep(User)
    admin.post(f"/admin/user/edit/?id={key}", data={"avatar": file(drawn())})
    address = f"/media/{read(User, key, 'avatar')}"
    assert admin.get(address).status_code == 200
    assert admin.post(f"/admin/user/edit/?id={key}", data={"avatar-remove": "1"}).status_code == 302
    assert read(User, key, "avatar") is None
    assert admin.get(address).status_code == 404


def test_a_picture_is_out_of_reach_with_its_row_and_back_with_it_and_gone_for_good_with_its_traces(
    app, admin, keep, read, runner
):
    admin.post("/admin/image/new/", data={"title": "A red field", "file": file(drawn())})
    with app.app_context():
        key, name = db.session.execute(select(Image.id, Image.file)).one()
    reached = [f"/media/{name}", f"/media/{name}?width=320", f"/media/aside/{name}", f"/media/aside%2F{name}"]

    def reach():
        return [one.get(address).status_code for one in (admin, app.test_client()) for address in reached]

    there = reach()
    assert there[0] == 200
    assert not {200} & {*there[2:4], *there[6:]}
    admin.post("/admin/image/delete/", data={"id": key, "confirm": "1"})
    assert set(reach()) == {404}
    admin.get("/admin/image/")
    change = latest(app, key)
    assert admin.post("/admin/change/undo/", data={"batch": change.batch, "confirm": "1"}).status_code == 302
    assert read(Image, key, "file") == name
    assert reach() == there
    admin.post("/admin/image/delete/", data={"id": key, "confirm": "1"})
    sweep = ["check", "files", "--remove", "--grace", "0"]
    assert runner.invoke(args=sweep).exit_code == 0
    # Whoever may still bring the row back finds its picture, wherever that lies meanwhile.
    assert stored(app) == [name]
    change = latest(app, key)
    admin.get("/admin/image/")
    assert admin.post("/admin/change/purge/", data={"id": change.id, "label": change.label}).status_code == 302
    assert set(reach()) == {404}
    assert runner.invoke(args=sweep).exit_code == 0
    folder = Path(app.config["MEDIA_URL"])
    assert [one for one in folder.rglob("*") if one.is_file()] == []


def latest(app, key):
    """Return the last change by which the image of this key was deleted."""
    with app.app_context():
        told = select(Change).filter_by(model="image", row_id=key, verb="delete")
        return db.session.scalars(told.order_by(Change.id.desc()).limit(1)).one()


@pytest.mark.parametrize("data", [b"", b"no picture", b"<svg onload=alert(1)></svg>", drawn()[:60]])
def test_what_is_no_picture_is_refused_beside_the_field(app, admin, keep, read, data):
    key = keep(User, name="Old")
    form = admin.get(f"/admin/user/edit/?id={key}")
    answer = admin.post(f"/admin/user/edit/?id={key}", data=filled(form, name="New") | {"avatar": file(data)})
    assert answer.status_code == 422
    assert list(errors(answer)) == ["avatar"]
    assert "<FileStorage" not in answer.text
    assert filled(answer)["name"] == ["New"]
    assert read(User, key, "name", "avatar") == ["Old", None]
    assert stored(app) == []


def test_a_failed_save_leaves_no_file_and_asks_for_it_again(app, admin, keep, read):
    taken, key = keep(User, username="taken"), keep(User)
    answer = admin.post(f"/admin/user/edit/?id={key}", data={"username": "taken", "avatar": file(drawn())})
    assert answer.status_code == 422
    assert list(errors(answer)) == ["username"]
    assert "choose them again" in answer.text
    assert (stored(app), read(User, key, "avatar")) == ([], None)
    assert taken != key


def test_a_path_typed_in_place_of_a_file_is_ignored(admin, keep, read):
    key = keep(User)
    for path in ("../../etc/passwd", "0" * 64 + ".png", "/media/x.png"):
        assert admin.post(f"/admin/user/edit/?id={key}", data={"avatar": path}).status_code == 302
        assert read(User, key, "avatar") is None


def test_a_file_sent_in_place_of_text_is_ignored(admin, keep, read):
    key = keep(User, name="Old")
    assert (
        admin.post(f"/admin/user/edit/?id={key}", data={"name": file(drawn()), "bio": file(drawn())}).status_code == 302
    )
    assert read(User, key, "name") == "Old"


@pytest.mark.parametrize(
    "name", ["../../x.png", "C:\\me.png", "日本.png", "<img src=x onerror=1>.png", "x" * 500, ".png"]
)
def test_a_cover_is_added_while_the_post_is_written_whatever_its_file_is_called(app, as_role, keep, read, name):
    editor = as_role("editor")
    key = keep(Post)
    sent = {"cover-upload": file(drawn(), name), "cover-alt": "The harbour at dawn"}
    answer = editor.post(f"/admin/post/edit/?id={key}", data=sent)
    assert answer.status_code == 302, answer.text
    cover = read(Post, key, "cover_id")
    with app.app_context():
        image = db.session.scalars(select(resources()["image"])).one()
        given = (image.id, image.alt, image.uploader_id, image.file)
        assert re.fullmatch(r"[\w ]{1,100}", image.title)
    assert given[:3] == (cover, "The harbour at dawn", editor.user.id)
    assert stored(app) == [given[3]]


def test_a_cover_that_fails_leaves_neither_image_nor_file(app, as_role, keep, read):
    author = as_role("author")
    key = keep(Post, author_id=author.user.id)
    sent = {"cover-upload": file(drawn()), "status": "published"}
    assert author.post(f"/admin/post/edit/?id={key}", data=sent).status_code == 422
    with app.app_context():
        assert db.session.scalars(select(resources()["image"])).all() == []
    assert (stored(app), read(Post, key, "cover_id")) == ([], None)


def test_an_image_needs_its_picture(app, as_role):
    editor = as_role("editor")
    answer = editor.post("/admin/image/new/", data={"title": "Nothing to see"})
    assert answer.status_code == 422
    assert list(errors(answer)) == ["file"]
    answer = editor.post("/admin/image/new/", data={"title": "Harbour", "file": file(drawn())})
    assert answer.status_code == 302
    with app.app_context():
        assert db.session.scalars(select(resources()["image"])).one().uploader_id == editor.user.id


def test_forms_with_files_are_sent_as_such(as_role):
    form = shown(as_role("editor").get("/admin/image/new/")).xpath('//form[@class="row-form"]')[0]
    assert form.get("enctype") == "multipart/form-data"
    assert form.xpath('.//input[@type="file"]/@name') == ["file"]
