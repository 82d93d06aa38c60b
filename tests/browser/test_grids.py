"""The grids work in a real browser, with and without scripts, at any width, for everybody."""

import os

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from backoffice.core.model import db
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post, Tag
from make import make
from people import add_user

PICTURES = os.environ.get("PICTURES", "")
STATES = ("draft", "review", "scheduled", "published", "archived")


@pytest.fixture
def stored(app):
    """Store enough to fill a grid, and an account of each role."""
    with app.app_context():
        people = {role: add_user(role).email for role in ("administrator", "editor", "moderator", "author")}
        tags, news = [make(Tag, name="Garden"), make(Tag, name="Kitchen")], make(Category, name="News")
        for at in range(30):
            post = make(Post, title=f"Post number {at:02}", status=STATES[at % 5], category=news, tags=tags)
            make(Comment, post=post, guest_name=f"Guest {at}", status=("pending", "spam")[at % 2])
        db.session.commit()
    return people


@pytest.fixture
def enter(signed_in, stored):
    """Return a function that opens a page for someone of a role, signed in."""
    return lambda role, path, **options: signed_in(stored[role], path, **options)


def picture(page, name):
    """Keep what the page looks like, where somebody asked for it."""
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


@pytest.mark.parametrize("role", ["administrator", "editor", "moderator", "author"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_first_page_of_each_role_is_for_everybody(enter, check_access, role, width):
    page = enter(role, "/admin/", viewport={"width": width, "height": 800})
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hello")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    picture(page, f"first-{role}-{width}")
    check_access(page)


@pytest.mark.parametrize("width", [390, 1280])
def test_a_grid_is_for_everybody(enter, check_access, width):
    page = enter("editor", "/admin/post/", viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    picture(page, f"grid-{width}")
    check_access(page)
    page.goto("/admin/post/?status=draft&author__find=e&search=number")
    picture(page, f"filters-{width}")
    check_access(page)
    page.goto("/admin/post/?search=nowhere")
    check_access(page)


def test_rows_are_ticked_by_range_and_worked_on(enter, check_access, app):
    page = enter("moderator", "/admin/comment/?view=waiting")
    boxes = page.locator('input[name="rowid"]')
    boxes.nth(1).click()
    boxes.nth(4).click(modifiers=["Shift"])
    assert page.locator('input[name="rowid"]:checked').count() == 4
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Approve: 4 rows")
    picture(page, "confirmation")
    check_access(page)
    page.get_by_role("button", name="Approve: 4 rows").click()
    expect(page.get_by_role("status")).to_contain_text("Approve: 4 changed.")
    assert "view=waiting" in page.url
    with app.app_context():
        assert len(db.session.scalars(select(Comment).filter_by(status="approved")).all()) == 4


def test_all_on_the_page_are_ticked_at_once(enter, check_access):
    page = enter("moderator", "/admin/comment/?page_size=20")
    check_access(page)
    page.get_by_label("Tick all on this page").check()
    assert page.locator('input[name="rowid"]:checked').count() == 20
    page.get_by_label("all 30 that match").check()
    page.get_by_role("button", name="Back to pending").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Back to pending: 30 rows")


def test_a_cell_is_changed_where_it_stands(enter, check_access, app):
    page = enter("editor", "/admin/post/?sort=title")
    page.get_by_role("button", name="Change title: Post number 03").click()
    field = page.locator(".cell-form").get_by_label("Title")
    expect(field).to_be_focused()
    picture(page, "cell")
    check_access(page)
    field.fill("")
    page.keyboard.press("Enter")
    field.evaluate("one => one.form.noValidate = true")
    page.keyboard.press("Enter")
    expect(page.locator(".cell-form")).to_contain_text("This field is required.")
    page.locator(".cell-form input[name=title]").fill("Another title")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Another title", exact=True)).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("“Another title” was saved.")
    assert page.locator(".cell-form").count() == 0
    with app.app_context():
        assert db.session.scalars(select(Post).filter_by(title="Another title")).one()


def test_a_cell_is_left_by_escape(enter):
    page = enter("editor", "/admin/post/?sort=title")
    page.get_by_text("Post number 05", exact=True).locator("xpath=ancestor::td").dblclick(position={"x": 3, "y": 3})
    page.keyboard.type("something else")
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Post number 05", exact=True)).to_be_visible()


def test_all_of_it_works_without_scripts(enter, app):
    page = enter("editor", "/admin/post/?sort=title", java_script_enabled=False)
    page.get_by_role("button", name="Change title: Post number 03").click()
    page.locator(".cell-form input[name=title]").fill("Without scripts")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("checkbox", name="Tick: Without scripts").check()
    page.get_by_role("button", name="Archive").click()
    page.get_by_role("button", name="Archive: 1 row").click()
    with app.app_context():
        assert db.session.scalars(select(Post).filter_by(title="Without scripts")).one().status == "archived"


def test_the_page_is_reached_by_the_keyboard_alone(enter):
    page = enter("editor", "/admin/post/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


@pytest.mark.parametrize("width", [390, 1280])
def test_a_list_of_several_pages_is_jumped_into(enter, check_access, width):
    page = enter("editor", "/admin/post/?page_size=20&sort=title", viewport={"width": width, "height": 800})
    page.get_by_label("Jump to").fill("Post number 2")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr").first).to_contain_text("Post number 20")
    expect(page.get_by_role("link", name="Previous")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    picture(page, f"jump-{width}")
    check_access(page)


def test_rows_are_worked_on_by_keys_alone(enter, check_access, app):
    page = enter("editor", "/admin/post/?sort=title")
    focused = "document.activeElement.textContent"
    page.locator(".row-more").first.wait_for()
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.evaluate(focused) == "Post number 01"
    page.keyboard.press("k")
    page.keyboard.press("x")
    for _step in range(3):
        page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    assert page.locator('input[name="rowid"]:checked').count() == 4
    page.keyboard.press("Space")
    expect(page.get_by_role("dialog", name="Post number 03")).to_contain_text("Slug")
    picture(page, "look")
    check_access(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Post number 03")


def test_a_row_has_a_menu_of_all_that_can_be_done_with_it(enter, check_access, app):
    page = enter("editor", "/admin/post/?sort=title")
    page.get_by_role("checkbox", name="Tick: Post number 01").check()
    page.get_by_role("button", name="More: Post number 05").click()
    picture(page, "row-menu")
    check_access(page)
    page.locator("#row-menu").get_by_role("button", name="Archive").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Archive: 1 row")
    page.get_by_role("button", name="Archive: 1 row").click()
    with app.app_context():
        assert db.session.scalars(select(Post).filter_by(title="Post number 05")).one().status == "archived"
        assert db.session.scalars(select(Post).filter_by(title="Post number 01")).one().status == "review"
    page.get_by_role("button", name="More: Post number 06").click()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Delete Post number 06")


def test_heads_and_names_stay_and_the_bar_with_them_while_rows_move(enter):
    page = enter("editor", "/admin/post/?sort=title", viewport={"width": 820, "height": 600})
    page.locator('input[name="rowid"]').first.check()
    page.locator(".grid-place").evaluate("one => one.scrollTo(150, 500)")
    place = page.locator(".grid-place").bounding_box()
    head = page.get_by_role("columnheader", name="Title").bounding_box()
    assert abs(head["y"] - place["y"]) < 4
    assert abs(page.locator("#n20").bounding_box()["x"] - head["x"]) < 20
    expect(page.get_by_role("button", name="Archive")).to_be_in_viewport()


def test_rows_are_cards_where_it_is_narrow(enter):
    page = enter("editor", "/admin/post/?sort=title", viewport={"width": 390, "height": 800})
    boxes = [page.locator("tbody tr").nth(at).bounding_box() for at in range(2)]
    assert boxes[1]["y"] >= boxes[0]["y"] + boxes[0]["height"]
    assert boxes[0]["width"] <= 390
    said = "getComputedStyle(document.querySelector('tbody td[data-label]'), '::before').content"
    assert page.evaluate(said) == '"Status"'
    expect(page.get_by_role("link", name="Title", exact=True)).to_be_visible()
