"""What is typed survives the tab it was typed in, and two people who open the same row learn of each other."""

import os

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from backoffice.core.model import db
from backoffice.core.writing import drafts
from backoffice.models.content import Post
from make import make
from people import add_user

PICTURES = os.environ.get("PICTURES", "")
TITLE = "Title (required)"


@pytest.fixture
def people(app):
    """Return the addresses of two editors; a post is stored."""
    with app.app_context():
        emails = [add_user("editor", name=name).email for name in ("Mara", "Ole")]
        make(Post, title="Tides", body="<p>High water comes twice a day.</p><p>Low water too.</p>", excerpt="Water")
        db.session.commit()
    return emails


def kept(app):
    """Return what was typed and is kept."""
    with app.app_context():
        return [one for one in db.session.scalars(select(drafts.draft.c.content)) if one]


def picture(page, name):
    """Take a picture of a page where somebody wants to look at it."""
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


def test_what_was_typed_is_there_after_the_tab_was_closed(app, people, signed_in, check_access):
    page = signed_in(people[0], "/admin/post/edit/?id=1")
    page.get_by_label(TITLE).fill("Tides and times")
    expect(page.locator(".draft-note")).to_contain_text("not saved yet")
    again = page.context.new_page()
    page.close()
    again.goto("/admin/post/edit/?id=1")
    expect(again.get_by_role("heading", name="You were writing here at")).to_be_visible()
    again.get_by_text("What differs").click()
    check_access(again)
    picture(again, "draft-offered")
    again.get_by_role("link", name="Bring it back").focus()
    again.keyboard.press("Enter")
    expect(again.get_by_label(TITLE)).to_have_value("Tides and times")
    again.get_by_role("button", name="Save", exact=True).first.click()
    again.wait_for_url("**/admin/post/")
    with app.app_context():
        assert db.session.scalars(select(Post.title)).all() == ["Tides and times"]
    assert kept(app) == []


def test_what_was_typed_just_before_leaving_is_kept_too(app, people, signed_in):
    page = signed_in(people[0], "/admin/post/edit/?id=1")
    page.get_by_label(TITLE).fill("Tides at the last moment")
    page.once("dialog", lambda dialog: dialog.accept())
    page.goto("/admin/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_timeout(300)
    assert "last moment" in "".join(kept(app))


def test_two_who_open_the_same_row_are_told_of_each_other_and_merge(app, people, signed_in, check_access):
    mara, ole = (signed_in(email, "/admin/post/edit/?id=1") for email in people)
    expect(ole.locator(".present")).to_contain_text("Mara has had this open since")
    check_access(ole)
    picture(ole, "present")
    for page, label, words in ((mara, "Excerpt", "Salt water"), (ole, TITLE, "Tides of Ole")):
        page.get_by_label(label).fill(words)
        page.get_by_role("button", name="Save", exact=True).first.click()
        page.wait_for_url("**/admin/post/")
    expect(ole.locator(".messages")).to_contain_text("Mara changed Excerpt meanwhile; both changes are kept.")
    with app.app_context():
        post = db.session.get(Post, 1)
        assert (post.title, post.excerpt) == ("Tides of Ole", "Salt water")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 820, 1440])
def test_a_conflict_is_for_everybody(app, people, signed_in, check_access, width, scheme):
    options = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    page = signed_in(people[0], "/admin/post/edit/?id=1", java_script_enabled=True, **options)
    with app.app_context():
        post = db.session.get(Post, 1)
        post.title, post.body = "Theirs", post.body.replace("twice", "two times")
        db.session.commit()
    page.get_by_label(TITLE).fill("Mine")
    page.get_by_role("button", name="Markup").click()
    page.locator("textarea[name=body]").fill("<p>High water comes twice a day.</p><p>Low water as well.</p>")
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.locator("#problems")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    check_access(page)
    picture(page, f"conflict-{width}-{scheme}")
    page.get_by_role("radio", name="What stands in the field above").first.check()
    page.get_by_role("radio", name="Both changes, put together").check()
    page.get_by_role("button", name="Save", exact=True).first.click()
    page.wait_for_url("**/admin/post/")
    with app.app_context():
        post = db.session.get(Post, 1)
        assert post.title == "Mine"
        assert post.body == "<p>High water comes two times a day.</p><p>Low water as well.</p>"
