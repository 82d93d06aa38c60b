"""Pictures for texts are found and added by those who may, refused in words, and never left over."""

import re
from io import BytesIO

import pytest
from PIL import Image as Drawing
from sqlalchemy import select

from backoffice.core.history import Change
from backoffice.core.model import db
from backoffice.core.resource import resources
from backoffice.models.media import Image

PLACE = "/admin/image/pictures/"
JSON = {"Accept": "application/json"}


def drawn(colour="red"):
    stream = BytesIO()
    Drawing.new("RGB", (40, 30), colour).save(stream, "PNG")
    return stream.getvalue()


def send(browser, data=None, **fields):
    file = (BytesIO(drawn() if data is None else data), "blue-boat.png")
    return browser.post(PLACE, data={"file": file, **fields}, headers=JSON)


def library(app):
    with app.app_context():
        return [(one.title, one.alt, one.uploader_id) for one in db.session.scalars(select(Image).order_by(Image.id))]


@pytest.mark.parametrize("role", ["administrator", "editor", "author"])
def test_who_may_add_pictures_adds_one_for_a_text(app, as_role, role):
    person = as_role(role)
    answer = send(person, alt="  A blue   boat ")
    assert answer.status_code == 201, answer.text
    assert re.fullmatch(r"/media/[0-9a-f]{64}\.png", answer.json["src"])
    assert person.get(answer.json["src"]).status_code == 200
    assert library(app) == [("blue boat", "A blue boat", person.user.id)]
    with app.app_context():
        change = db.session.scalars(select(Change).filter_by(model="image")).one()
        assert (change.verb, change.actor_id, change.door) == ("create", person.user.id, "panel")


def test_who_may_not_add_or_find_pictures_finds_no_such_address(app, as_role):
    moderator = as_role("moderator")
    assert send(moderator).status_code == 404
    assert moderator.get(PLACE, headers=JSON).status_code == 404
    assert library(app) == []


@pytest.mark.parametrize("data", [b"", b"<svg onload=alert(1)>", b"\x89PNG\r\n\x1a\n cut short"])
def test_what_cannot_be_kept_is_refused_with_a_sentence(app, as_role, data):
    answer = send(as_role("editor"), data)
    assert answer.status_code == 422
    assert answer.json["problem"].endswith((".", "!"))
    assert library(app) == []


def test_words_that_are_too_long_are_refused_and_no_file_is_left(app, as_role, request):
    answer = send(as_role("editor"), alt="x" * 400)
    assert answer.status_code == 422, answer.text
    assert library(app) == []


def test_without_a_file_nothing_is_added(app, as_role):
    answer = as_role("editor").post(PLACE, data={"alt": "words"}, headers=JSON)
    assert (answer.status_code, answer.json) == (422, {"problem": "Choose a picture."})


def test_one_finds_the_pictures_one_may_name_and_no_others(app, as_role, keep):
    author, editor = as_role("author"), as_role("editor")
    mine = keep(Image, title="Red harbour", alt="At dusk", uploader_id=author.user.id)
    other = keep(Image, title="Grey harbour", uploader_id=editor.user.id)
    found = author.get(f"{PLACE}?query=harbour", headers=JSON).json
    assert [(one["id"], one["text"], one["alt"]) for one in found] == [(mine, "Red harbour", "At dusk")]
    every = editor.get(f"{PLACE}?query=harbour", headers=JSON).json
    assert sorted(one["id"] for one in every) == [mine, other]
    assert editor.get(f"{PLACE}?query=mountain", headers=JSON).json == []


@pytest.mark.parametrize("query", ["nonsense=1", f"query={'x' * 101}", "query=a&query=b"])
def test_an_address_that_cannot_be_meant_is_refused(as_role, query):
    assert as_role("editor").get(f"{PLACE}?{query}", headers=JSON).status_code == 400


@pytest.mark.parametrize("name", sorted(set(resources()) - {"image"}))
def test_rows_that_are_no_pictures_have_no_such_address(as_role, name):
    admin = as_role("administrator")
    assert admin.get(f"/admin/{name}/pictures/").status_code == 404
    assert admin.post(f"/admin/{name}/pictures/").status_code == 404
