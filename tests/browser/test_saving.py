"""Saving is done by keys from anywhere in the form, says what happened, and leads on."""

from functools import partial

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from backoffice.core.model import db
from backoffice.models.content import Post
from make import make
from people import add_user


@pytest.fixture
def enter(app, signed_in):
    """Return a function that opens a page for an editor; one post is there."""
    with app.app_context():
        email = add_user("editor").email
        make(Post, title="Tides", body="<p>Water</p>", status="draft")
        db.session.commit()

    return partial(signed_in, email)


def stored(app):
    with app.app_context():
        return [(one.title, one.body) for one in db.session.scalars(select(Post).order_by(Post.id))]


@pytest.mark.parametrize(("keys", "stays"), [("Control+s", True), ("Control+Enter", False)])
@pytest.mark.parametrize("where", ["Title", "Text"])
def test_a_key_saves_and_stays_and_another_saves_and_leaves(app, enter, keys, stays, where):
    page = enter("/admin/post/edit/?id=1")
    page.get_by_role("textbox", name=where).click()
    page.keyboard.press("Control+End")
    page.keyboard.type(" and gales")
    page.keyboard.press(keys)
    expect(page.get_by_role("status").filter(has_text="was saved")).to_be_visible()
    assert ("/edit/" in page.url) == stays
    title, body = ("Tides and gales", "<p>Water</p>") if where == "Title" else ("Tides", "<p>Water and gales</p>")
    assert stored(app) == [(title, body)]


def test_a_key_saves_nothing_while_a_question_is_open(app, enter):
    page = enter("/admin/post/edit/?id=1")
    page.get_by_role("textbox", name="Title").fill("Gales")
    page.get_by_role("button", name="Link").click()
    page.keyboard.press("Control+s")
    expect(page.get_by_role("dialog", name="Link")).to_be_visible()
    assert stored(app) == [("Tides", "<p>Water</p>")]


def test_what_was_saved_can_be_opened_again_or_seen_by_all(app, enter):
    page = enter("/admin/post/edit/?id=1")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/admin/post/")
    page.get_by_role("link", name="Open it again").click()
    page.wait_for_url("**/admin/post/edit/?id=1")
    page.get_by_role("combobox", name="Status").select_option("published")
    page.keyboard.press("Control+Enter")
    page.get_by_role("status").get_by_role("link", name="Public page").click()
    expect(page.get_by_role("heading", name="Tides")).to_be_visible()


def test_one_after_another_is_made_without_a_way_back(app, enter):
    page = enter("/admin/tag/new/")
    for name in ("Gale", "Tide"):
        page.get_by_label("Name").fill(name)
        page.get_by_role("button", name="Save and make another").click()
        expect(page.get_by_role("status").filter(has_text=f"“{name}” was saved.")).to_be_visible()
        expect(page.get_by_label("Name")).to_have_value("")


@pytest.mark.parametrize(("width", "beside"), [(1440, True), (820, False), (390, False)])
def test_groups_stand_side_by_side_where_there_is_room(enter, check_access, width, beside):
    page = enter("/admin/post/edit/?id=1", viewport={"width": width, "height": 900})
    main, side = page.locator(".form-main").bounding_box(), page.locator(".form-side").bounding_box()
    assert (side["x"] >= main["x"] + main["width"]) == beside
    assert (side["y"] >= main["y"] + main["height"]) != beside
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    check_access(page)
