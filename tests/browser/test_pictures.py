"""A picture comes into a text by hand, by paste, by drop or from the library, and brings its words along."""

import base64
from io import BytesIO

import pytest
from lxml import html
from PIL import Image as Drawing
from playwright.sync_api import expect
from sqlalchemy import select

from backoffice.core.files import store_picture
from backoffice.core.files.renditions import picture_url
from backoffice.core.model import db
from backoffice.models.comments import Comment
from backoffice.models.content import Post
from backoffice.models.media import Image
from make import make
from people import add_user

# Gives the text what a person would paste there, or drop on it.
BRING = """([how, data, name, markup]) => {
  const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type: "image/png" }));
  if (markup) transfer.setData("text/html", markup);
  const place = document.querySelector(".rich-text [contenteditable]");
  const box = place.querySelector("p").getBoundingClientRect();
  const given = { bubbles: true, cancelable: true, clientX: box.left + 2, clientY: box.top + 5 };
  place.dispatchEvent(how === "paste" ? new ClipboardEvent("paste", { ...given, clipboardData: transfer })
    : new DragEvent("drop", { ...given, dataTransfer: transfer }));
}"""


def drawn(size=(40, 30), colour="teal"):
    stream = BytesIO()
    Drawing.new("RGB", size, colour).save(stream, "PNG")
    return stream.getvalue()


def sent(data=None):
    return {"name": "blue-boat.png", "mimeType": "image/png", "buffer": drawn() if data is None else data}


@pytest.fixture
def enter(app, signed_in):
    """Return a function that opens the form of a post; the library holds one picture."""
    with app.app_context():
        people = {role: add_user(role).email for role in ("editor", "moderator")}
        file = store_picture(BytesIO(drawn((64, 48), "red")))
        make(Image, title="Red harbour", file=file, alt="A harbour at dusk")
        make(Post, title="Tides", body="<p>Water</p>", status="draft")
        db.session.commit()

    def go(role="editor", path="/admin/post/edit/?id=1", place="Text"):
        page = signed_in(people[role], path)
        page.get_by_role("textbox", name=place, exact=place == "Text").click()
        return page

    return go


def dialog(page):
    return page.get_by_role("dialog", name="Picture")


def put(page):
    dialog(page).get_by_role("button", name="Put it in").click()
    expect(dialog(page)).to_be_hidden()


def stored(app, page):
    """Save the form, and return the pictures in the text and those in the library."""
    page.keyboard.press("Control+s")
    expect(page.get_by_role("status").filter(has_text="was saved")).to_be_visible()
    with app.app_context():
        body = html.fromstring(f"<div>{db.session.scalars(select(Post.body)).one()}</div>")
        kept = [(one.title, one.alt) for one in db.session.scalars(select(Image).order_by(Image.id))][1:]
    return [dict(one.attrib) for one in body.iter("img")], kept


def test_a_picture_of_this_device_is_stored_and_shown_with_its_words(app, enter, check_access):
    page = enter()
    page.get_by_role("button", name="Picture", exact=True).click()
    page.get_by_label("From this device").set_input_files(sent())
    expect(dialog(page).get_by_label("What it shows")).to_be_focused()
    check_access(page)
    page.keyboard.press("Enter")
    expect(dialog(page).get_by_role("alert")).to_have_text("Say what the picture shows, or that it only decorates.")
    page.keyboard.type("A blue boat")
    page.keyboard.press("Enter")
    expect(dialog(page)).to_be_hidden()
    ((image,), kept) = stored(app, page)
    assert image.pop("src").startswith("/media/")
    assert image == {"alt": "A blue boat", "width": "40", "height": "30"}
    assert kept == [("blue boat", "A blue boat")]


@pytest.mark.parametrize("how", ["paste", "drop"])
def test_a_picture_that_is_pasted_or_dropped_is_asked_about(app, enter, how):
    page = enter()
    page.evaluate(BRING, [how, base64.b64encode(drawn()).decode(), "boat.png", ""])
    expect(dialog(page).get_by_role("status")).to_contain_text("boat.png")
    dialog(page).get_by_label("It only decorates").check()
    put(page)
    ((image,), kept) = stored(app, page)
    assert (image["alt"], image["width"]) == ("", "40")
    assert kept == [("boat", None)]


def test_a_piece_of_a_page_is_pasted_as_it_is(app, enter):
    page = enter()
    page.evaluate(BRING, ["paste", base64.b64encode(drawn()).decode(), "boat.png", "<p>from elsewhere</p>"])
    expect(page.get_by_role("textbox", name="Text")).to_contain_text("from elsewhere")
    expect(dialog(page)).to_be_hidden()


def test_a_stored_picture_is_found_and_chosen_by_keyboard(app, enter, check_access):
    page = enter()
    page.get_by_role("button", name="Picture", exact=True).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("harb")
    expect(dialog(page).get_by_role("option")).to_have_text(["Red harbour"])
    check_access(page)
    page.keyboard.press("Escape")
    expect(dialog(page).get_by_role("listbox")).to_be_hidden()
    expect(dialog(page)).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(dialog(page).get_by_role("option")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(dialog(page).get_by_label("What it shows")).to_have_value("A harbour at dusk")
    page.keyboard.press("Enter")
    expect(dialog(page)).to_be_hidden()
    ((image,), kept) = stored(app, page)
    assert (image["alt"], image["width"], image["height"]) == ("A harbour at dusk", "64", "48")
    assert kept == []


def test_what_is_no_picture_is_refused_in_words_and_nothing_is_lost(app, enter):
    page = enter()
    page.get_by_role("button", name="Picture", exact=True).click()
    page.get_by_label("From this device").set_input_files(sent(b"GIF89a, or so it says"))
    dialog(page).get_by_label("What it shows").fill("Words that took a while")
    dialog(page).get_by_role("button", name="Put it in").click()
    expect(dialog(page).get_by_role("alert")).to_contain_text("picture")
    expect(dialog(page).get_by_label("What it shows")).to_have_value("Words that took a while")
    page.get_by_label("From this device").set_input_files(sent())
    put(page)
    images, kept = stored(app, page)
    assert [one["alt"] for one in images] == ["Words that took a while"]
    assert [title for title, _alt in kept] == ["blue boat"]


def test_other_words_for_a_picture_leave_its_size_alone(app, enter):
    page = enter()
    page.get_by_role("button", name="Markup").click()
    with app.app_context():
        src = picture_url(db.session.scalars(select(Image.file)).one())
    page.get_by_label("Text", exact=True).fill(f'<p>a<img src="{src}" alt="old" width="7" height="5">b</p>')
    page.get_by_role("button", name="Markup").click()
    page.locator(".rich-text img").click()
    page.get_by_role("button", name="Picture", exact=True).click()
    dialog(page).get_by_label("What it shows").fill("new")
    put(page)
    ((image,), _kept) = stored(app, page)
    assert image == {"src": src, "alt": "new", "width": "7", "height": "5"}


def test_who_may_neither_find_nor_add_pictures_is_offered_an_address_alone(app, enter):
    with app.app_context():
        make(Comment, post=db.session.scalars(select(Post)).one(), guest_name="Ann")
        db.session.commit()
    page = enter("moderator", "/admin/comment/edit/?id=1", place="Comment")
    page.get_by_role("button", name="Picture", exact=True).click()
    expect(dialog(page).get_by_label("Address of the picture")).to_be_focused()
    expect(dialog(page).get_by_label("From this device")).to_have_count(0)
    expect(dialog(page).get_by_role("combobox")).to_have_count(0)
