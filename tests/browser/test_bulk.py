"""Work on many rows in a real browser: the bar, the change of many rows, what will and what did become of them."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from backoffice.core.model import db
from backoffice.models.content import Category, Post, Tag
from make import make
from people import add_user


@pytest.fixture
def editor(app):
    """Store posts in three states, a tag and two categories; return an editor's address."""
    with app.app_context():
        email = add_user("editor").email
        news = make(Category, name="News")
        make(Category, name="Sport")
        make(Tag, name="Garden")
        for at in range(12):
            make(Post, title=f"Post {at:02}", status=("draft", "review", "archived")[at % 3], category=news)
        db.session.commit()
        return email


def test_rows_are_ticked_changed_and_looked_at_by_the_keyboard_alone(signed_in, editor, check_access, app):
    page = signed_in(editor, "/admin/post/?sort=title&view=all")
    count = page.locator(".bulk-count")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(count).to_have_text("Ticked: 1")
    for _row in range(2):
        page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    expect(count).to_have_text("Ticked: 3")
    check_access(page)
    page.keyboard.press("a")
    expect(page.locator("#bulk button[name=action]").first).to_be_focused()
    page.get_by_role("button", name="Change…").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Change: Posts")
    check_access(page)
    # Whoever types a value means to set it, and only what is to be set is shown.
    expect(page.locator("[name=to-title]")).to_be_hidden()
    page.locator("[name=do-category]").focus()
    page.locator("[name=do-category]").select_option("set")
    page.keyboard.type("Spo")
    expect(page.get_by_role("option", name="Sport")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("combobox", name="Find Add: Tags").focus()
    page.keyboard.type("Gar")
    expect(page.get_by_role("option", name="Garden")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    check_access(page)
    page.get_by_role("button", name="See what would change").last.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".outcome-edits")).to_contain_text("Sport")
    check_access(page)
    page.get_by_role("button", name="Change: 3 rows").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".messages .alert-success")).to_contain_text("Change: 3 changed.")
    with app.app_context():
        changed = [one for one in db.session.scalars(select(Post).order_by(Post.title)) if one.tags]
        assert [(one.title, one.category.name) for one in changed] == [(f"Post 0{at}", "Sport") for at in range(3)]
    page.keyboard.press("z")
    expect(page.locator(".messages")).to_contain_text("3 rows are as they were before.")


@pytest.mark.parametrize("width", [1440, 820, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_was_refused_in_part_never_looks_like_success(signed_in, editor, check_access, width, scheme):
    page = signed_in(editor, "/admin/post/", viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.locator("#tick-all").check()
    expect(page.locator(".bulk-count")).to_have_text("Ticked: 12")
    page.get_by_role("button", name="Hand in for review").click()
    expect(page.locator(".outcome-done")).to_contain_text("Will change 4")
    expect(page.locator(".outcome-refused")).to_contain_text("Its current state does not allow it.")
    check_access(page)
    page.get_by_role("button", name="Hand in for review: 4 rows").click()
    told = page.locator(".messages .alert-warning")
    expect(told).to_contain_text("4 changed, 4 were already so, 4 refused")
    told.get_by_role("link", name="See each row").click()
    expect(page.locator("main .alert-warning")).to_contain_text("Done in part: 4 rows were refused")
    check_access(page)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    with page.expect_download() as download:
        page.get_by_role("link", name="Each row as CSV").click()
    assert download.value.suggested_filename.startswith("post-submit-")


def test_all_ticks_are_taken_off_at_once(signed_in, editor):
    page = signed_in(editor, "/admin/post/")
    page.locator("#tick-all").check()
    page.get_by_role("button", name="Clear selection").click()
    expect(page.locator(".bulk-count")).to_have_text("")
    assert page.locator("input[name=rowid]:checked").count() == 0


def test_many_rows_are_changed_without_scripts(signed_in, editor, app):
    page = signed_in(editor, "/admin/post/", java_script_enabled=False)
    for at in range(2):
        page.locator("input[name=rowid]").nth(at).check()
    page.get_by_role("button", name="Change…").click()
    page.locator("[name=do-category]").select_option("set")
    page.locator("[name=to-category-find]").fill("Sport")
    page.locator("[name='find:to-category']").click()
    page.get_by_role("radio", name="Sport").check()
    page.get_by_role("button", name="See what would change").last.click()
    page.get_by_role("button", name="Change: 2 rows").click()
    expect(page.locator(".messages")).to_contain_text("2 changed")
    with app.app_context():
        assert len(db.session.scalars(select(Post).join(Category).where(Category.name == "Sport")).all()) == 2
