"""Filling in a form is quick: it begins in its first field, pickers open by a click, and what one knows is shown."""

import re
from functools import partial

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from backoffice.core.model import db
from backoffice.models.accounts import User
from backoffice.models.content import Category, Post, Tag
from make import make
from people import add_user


@pytest.fixture
def enter(app, signed_in):
    """Return a function that opens a page for an administrator in New York; one post is there."""
    with app.app_context():
        email = add_user("administrator", timezone="America/New_York").email
        make(Tag, name="Gale"), make(Category, name="Sea")
        make(Post, title="Tides", body="<p>Water</p>", status="draft")
        db.session.commit()

    return partial(signed_in, email)


def test_a_new_form_begins_in_its_first_field(enter, check_access):
    page = enter("/admin/post/new/")
    expect(page.get_by_role("textbox", name="Title")).to_be_focused()
    check_access(page)


def test_a_picker_opens_by_a_click_and_ctrl_enter_saves_from_within_it(app, enter):
    page = enter("/admin/post/edit/?id=1")
    page.get_by_role("combobox", name="Find Tags").click()
    page.get_by_role("option", name="Gale").click()
    page.get_by_role("combobox", name="Find Tags").press("Control+Enter")
    page.wait_for_url("**/admin/post/")
    with app.app_context():
        assert [tag.name for tag in db.session.scalars(select(Post)).one().tags] == ["Gale"]


def test_moments_are_on_ones_own_clock_which_the_form_names(app, enter):
    page = enter("/admin/post/edit/?id=1")
    field = page.get_by_label("Publish at")
    expect(field).to_have_accessible_description(re.compile("Time zone: America/New_York"))
    field.fill("2030-07-01T10:00")
    page.keyboard.press("Control+s")
    expect(page.get_by_role("status").filter(has_text="was saved")).to_be_visible()
    expect(page.get_by_label("Publish at")).to_have_value("2030-07-01T10:00")
    with app.app_context():
        assert db.session.scalars(select(Post.publish_at)).one().isoformat() == "2030-07-01T14:00:00+00:00"


def test_an_address_that_was_touched_stays_whatever_becomes_of_the_title(app, enter):
    page = enter("/admin/post/new/")
    page.keyboard.type("High water")
    expect(page.get_by_role("textbox", name="Slug")).to_have_attribute("placeholder", "high-water")
    page.get_by_role("textbox", name="Slug").fill("my-own")
    page.get_by_role("textbox", name="Title").fill("Low water")
    expect(page.get_by_role("textbox", name="Slug")).to_have_value("my-own")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/admin/post/")
    with app.app_context():
        assert set(db.session.scalars(select(Post.slug).filter_by(title="Low water"))) == {"my-own"}


def test_an_author_who_is_not_there_yet_is_made_over_the_form_of_a_post(app, enter, check_access):
    page, asked = enter("/admin/post/new/"), []
    with app.app_context():
        make(User, username="taken")
        db.session.commit()
    page.on("dialog", lambda question: (asked.append(question.message), question.dismiss()))
    page.get_by_role("textbox", name="Title").fill("Typed before")
    page.get_by_role("button", name=re.compile("Make a new one.*Author")).press("Enter")
    dialog = page.get_by_role("dialog", name="New user")
    expect(dialog.get_by_role("textbox").first).to_be_focused()
    dialog.get_by_role("textbox", name="Name").first.fill("Ann Reed")
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    assert len(asked) == 1
    dialog.get_by_role("textbox", name="Username").fill("taken")
    page.keyboard.press("Control+Enter")
    expect(dialog.locator(".form-summary")).to_be_focused()
    check_access(page)
    dialog.locator(".form-summary").get_by_role("link").first.press("Enter")
    expect(dialog.get_by_role("textbox", name="Username")).to_be_focused()
    page.keyboard.type("ann")
    page.keyboard.press("Control+s")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("radio", name="Ann Reed")).to_be_checked()
    expect(page.get_by_role("textbox", name="Title")).to_have_value("Typed before")
    assert page.url.endswith("/admin/post/new/")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/admin/post/")
    with app.app_context():
        post = db.session.scalars(select(Post).filter_by(title="Typed before")).one()
        assert post.author_id == db.session.scalars(select(User.id).filter_by(name="Ann Reed")).one()


def test_without_a_script_an_author_is_made_on_a_page_and_the_post_comes_back(app, enter):
    page = enter("/admin/post/new/", java_script_enabled=False)
    page.get_by_role("textbox", name="Title").fill("Typed before")
    page.get_by_role("button", name=re.compile("Make a new one.*Author")).click()
    expect(page.get_by_role("heading", name="New user")).to_be_visible()
    page.get_by_role("textbox", name="Name", exact=False).first.fill("Ann Reed")
    page.get_by_role("textbox", name="Username").fill("ann")
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.get_by_role("heading", name="New post")).to_be_visible()
    expect(page.get_by_role("radio", name="Ann Reed")).to_be_checked()
    expect(page.get_by_role("textbox", name="Title")).to_have_value("Typed before")
    page.get_by_role("button", name="Save", exact=True).first.click()
    page.wait_for_url("**/admin/post/")
    with app.app_context():
        post = db.session.scalars(select(Post).filter_by(title="Typed before")).one()
        assert post.author_id == db.session.scalars(select(User.id).filter_by(username="ann")).one()


def test_a_post_with_a_written_text_is_made_over_the_form_of_a_comment(app, enter, check_access):
    page, asked = enter("/admin/comment/new/"), []
    page.on("dialog", lambda question: (asked.append(question.message), question.dismiss()))
    page.locator("#field-body").press_sequentially("Said before")
    page.get_by_role("button", name=re.compile("Make a new one.*Post")).press("Enter")
    dialog = page.get_by_role("dialog", name="New post")
    expect(dialog.get_by_role("textbox", name="Title")).to_be_focused()
    page.keyboard.type("High water")
    text = dialog.locator(".rich-text [contenteditable]")
    text.press_sequentially("It rose.")
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    assert len(asked) == 1
    text.press("Control+a")
    dialog.get_by_role("button", name="Bold").click()
    dialog.get_by_role("button", name="Link").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Link")).to_be_hidden()
    expect(dialog).to_be_visible()
    check_access(page)
    page.keyboard.press("Control+Enter")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("radio", name="High water")).to_be_checked()
    expect(page.locator("#field-body")).to_have_text("Said before")
    assert page.url.endswith("/admin/comment/new/")
    with app.app_context():
        assert set(db.session.scalars(select(Post.body).filter_by(title="High water"))) == {
            "<p><strong>It rose.</strong></p>"
        }


def test_an_editor_comes_to_a_form_that_had_none(app, enter):
    page = enter("/admin/category/new/")
    assert page.evaluate("typeof ProseMirror") == "undefined"
    # No category names a kind with written text: the button of a kind that does is put there.
    page.locator("[data-picker]").first.evaluate(
        """box => box.insertAdjacentHTML("beforeend",
           '<button class="picker-make" type="button" data-new="/admin/post/new/">Make a post</button>')"""
    )
    page.get_by_role("button", name="Make a post").click()
    dialog = page.get_by_role("dialog", name="New post")
    dialog.get_by_role("textbox", name="Title").fill("High water")
    dialog.locator(".rich-text [contenteditable]").press_sequentially("It rose.")
    page.keyboard.press("Control+Enter")
    expect(dialog).to_be_hidden()
    with app.app_context():
        assert set(db.session.scalars(select(Post.body).filter_by(title="High water"))) == {"<p>It rose.</p>"}
