"""The pages of one row work in a real browser, with and without scripts, by keyboard, at any width, for everybody."""

import os
import re
from functools import partial

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from backoffice.core.model import db
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post, Tag
from make import make
from people import add_user

PICTURES = os.environ.get("PICTURES", "")


@pytest.fixture
def enter(app, signed_in):
    """Return a function that opens a page for an administrator, signed in; some rows are stored before."""
    with app.app_context():
        email = add_user("administrator").email
        sea, tags = make(Category, name="Sea"), [make(Tag, name=name) for name in ("Garden", "Gale", "Kitchen")]
        make(Category, name="Hills")
        post = make(Post, title="Tides", body="<h2>High</h2><p>Water</p>", category=sea, tags=tags[2:])
        make(Comment, post=post, guest_name="Ann", status="pending")
        db.session.commit()

    return partial(signed_in, email)


def titles(app):
    """Return, by title, the tags of all posts as stored."""
    with app.app_context():
        return {post.title: [tag.name for tag in post.tags] for post in db.session.scalars(select(Post))}


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize(
    "path",
    ["post/new/", "post/edit/?id=1", "post/details/?id=1", "category/delete/?id=1", "user/edit/?id=1", "image/new/"],
)
def test_a_page_of_a_row_is_for_everybody(enter, check_access, path, width):
    page = enter(f"/admin/{path}", viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{re.sub(r'[^a-z]+', '-', path)}{width}.png", full_page=True)
    check_access(page)


def test_a_row_is_found_and_chosen_by_keyboard(app, enter, check_access):
    page = enter("/admin/post/edit/?id=1")
    box = page.get_by_role("combobox", name="Find Tags")
    box.press_sequentially("ga")
    expect(page.locator(".picker-list li")).to_have_text(["Gale", "Garden", "Make “ga”"])
    expect(box).to_have_attribute("aria-expanded", "true")
    check_access(page)
    box.press("ArrowDown")
    box.press("ArrowDown")
    expect(page.get_by_role("option", name="Garden")).to_have_attribute("aria-selected", "true")
    box.press("Enter")
    expect(page.get_by_role("checkbox", name="Garden")).to_be_checked()
    expect(box).to_have_attribute("aria-expanded", "false")
    page.get_by_role("button", name="Save", exact=True).first.click()
    page.wait_for_url("**/admin/post/")
    assert titles(app) == {"Tides": ["Garden", "Kitchen"]}


def test_escape_closes_the_list_and_the_form_stays(app, enter):
    page = enter("/admin/post/edit/?id=1")
    box = page.get_by_role("combobox", name="Find Category")
    box.press_sequentially("hi")
    expect(page.locator(".picker-list li")).to_have_text(["Hills", "Make “hi”"])
    box.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    assert page.url.endswith("/admin/post/edit/?id=1")


def test_one_of_several_takes_the_place_of_the_other(app, enter):
    page = enter("/admin/post/edit/?id=1")
    page.get_by_role("combobox", name="Find Category").press_sequentially("hil")
    page.get_by_role("option", name="Hills").click()
    expect(page.get_by_role("radio", name="Hills")).to_be_checked()
    expect(page.get_by_role("radio", name="Sea")).not_to_be_checked()
    page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_role("radio", name="Hills")).to_be_checked()


def test_a_row_is_found_and_chosen_without_a_script(app, enter):
    page = enter("/admin/post/edit/?id=1", java_script_enabled=False)
    page.get_by_label("Title").fill("Half written")
    page.get_by_label("Find Tags").fill("gard")
    page.get_by_role("button", name="Find Tags").click()
    page.get_by_role("checkbox", name="Garden").check()
    page.get_by_role("button", name="Save", exact=True).first.click()
    assert titles(app) == {"Half written": ["Garden", "Kitchen"]}


def test_enter_in_a_line_of_text_saves(app, enter):
    page = enter("/admin/post/edit/?id=1", java_script_enabled=False)
    page.get_by_label("Title").fill("New")
    page.get_by_label("Title").press("Enter")
    assert list(titles(app)) == ["New"]


def test_what_is_wrong_is_said_first_and_leads_to_its_field(enter, check_access):
    page = enter("/admin/user/edit/?id=1")
    page.get_by_label("Time zone").fill("Mars/Olympus")
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.locator("#problems")).to_be_focused()
    check_access(page)
    page.locator("#problems").get_by_role("link").click()
    assert page.evaluate("document.activeElement.id") == "field-timezone"


def test_what_another_saved_meanwhile_is_shown_beside_ones_own(enter, check_access):
    mine, theirs = enter("/admin/tag/edit/?id=1"), enter("/admin/tag/edit/?id=1")
    for page, name in ((theirs, "Theirs"), (mine, "Mine")):
        page.get_by_label("Name").fill(name)
        page.get_by_role("button", name="Save", exact=True).first.click()
    expect(mine.locator(".conflict dd")).to_have_text([re.compile(r"\w"), "Theirs", "Mine"])
    expect(mine.locator("#problems")).to_be_focused()
    check_access(mine)
    mine.get_by_role("radio", name="What stands in the field above").focus()
    mine.keyboard.press("Space")
    mine.keyboard.press("Enter")
    mine.wait_for_url("**/admin/tag/")
    expect(mine.get_by_role("status")).to_contain_text("“Mine” was saved.")


def test_deleting_asks_and_moves(app, enter, check_access):
    page = enter("/admin/category/delete/?id=1")
    page.get_by_label("Move them to another").check()
    page.get_by_role("combobox").press_sequentially("hil")
    page.get_by_role("option", name="Hills").click()
    page.get_by_role("button", name="Delete").click()
    page.wait_for_url("**/admin/category/")
    with app.app_context():
        assert db.session.scalars(select(Post)).one().category.name == "Hills"
