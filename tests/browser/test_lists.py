"""Lists change in place: the page stays, its address follows, and keys and voices go on from where they were."""

import pytest
from playwright.sync_api import expect

from backoffice.core.model import db
from backoffice.models.accounts import User
from backoffice.models.content import Category, Post
from make import make


@pytest.fixture
def posts(app, as_role):
    """Store sixty posts of two states and an editor; return the editor's address."""
    with app.app_context():
        author, sea = make(User, name="Ann"), make(Category, name="Sea")
        for at in range(60):
            make(Post, title=f"Boat number {at:02}", status=("draft", "review")[at % 2], author=author, category=sea)
        make(Post, title="Lighthouse", status="draft", author=author)
        db.session.commit()
    return as_role("editor").user.email


@pytest.fixture
def page(posts, signed_in):
    """Open the list of posts; what is marked on the page is gone when another page is loaded."""
    opened = signed_in(posts, "/admin/post/?page_size=20")
    opened.evaluate("document.body.dataset.mark = 'same'")
    return opened


def same(page):
    return page.evaluate("document.body.dataset.mark") == "same"


def test_sorting_by_keys_changes_the_list_alone(page):
    link = page.locator("thead").get_by_role("link", name="Title")
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr").first).to_contain_text("Boat number 00")
    expect(page).to_have_url("**/admin/post/?sort=title&page_size=20".replace("**", page.url.partition("/admin")[0]))
    expect(page.locator("thead").get_by_role("link", name="Title")).to_be_focused()
    expect(page.locator("#list-said")).to_contain_text("1–20 of 61")  # noqa: RUF001 - a range
    assert same(page)


def test_search_as_one_types_keeps_the_box_and_one_step_back(page):
    page.locator("#search").focus()
    page.keyboard.type("lighthouse", delay=60)
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("#search")).to_be_focused()
    expect(page.locator("#search")).to_have_value("lighthouse")
    expect(page.locator("#list-said")).to_contain_text("1–1 of 1")  # noqa: RUF001 - a range
    assert "search=lighthouse" in page.url
    assert same(page)
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(20)
    expect(page.locator("#search")).to_have_value("")
    page.go_forward()
    expect(page.locator("tbody tr")).to_have_count(1)
    assert same(page)


def test_chips_tabs_and_pages_change_the_list_alone_and_its_keys_go_on(page):
    page.get_by_role("link", name="Drafts", exact=True).press("Enter")
    expect(page.locator(".views [aria-current]")).to_have_text("Drafts")
    expect(page.locator(".views [aria-current]")).to_be_focused()
    page.get_by_role("link", name="Next", exact=True).press("Enter")
    expect(page.locator("tbody tr")).to_have_count(11)
    expect(page.locator(".grid-place")).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator("tbody tr").first.locator('a[id^="n"]')).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator("tbody tr").nth(1).locator('a[id^="n"]')).to_be_focused()
    assert same(page)
    page.goto("/admin/post/?status=draft&author__empty=no&page_size=20")
    page.evaluate("document.body.dataset.mark = 'same'")
    page.locator(".chip").first.press("Enter")
    expect(page.locator(".chip")).to_have_count(1)
    expect(page.locator(".chip")).to_be_focused()
    assert same(page)


def test_a_list_is_narrowed_to_one_value_by_keys_alone(page, check_access):
    page.locator(".quick").get_by_role("link", name="Author").press("Enter")
    menu = page.get_by_role("dialog", name="Author")
    expect(menu.get_by_role("searchbox")).to_be_focused()
    expect(menu.get_by_role("link")).to_have_text(["me", "Ann 61"])
    check_access(page)
    page.keyboard.type("an")
    expect(menu.get_by_role("link")).to_have_text(["Ann"])
    page.keyboard.press("Escape")
    expect(page.locator(".quick").get_by_role("link", name="Author")).to_be_focused()
    page.keyboard.press("Enter")
    expect(menu.get_by_role("link")).to_have_count(2)
    page.keyboard.press("ArrowUp")
    expect(menu.get_by_role("link", name="Ann")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_contain_text("Ann")
    expect(page.locator(".quick").get_by_role("link", name="Author")).to_be_focused()
    assert same(page)


def test_a_value_in_a_row_narrows_the_list_to_it(page):
    cell = page.locator("tbody tr").nth(1).get_by_role("cell", name="In review")
    cell.hover()
    cell.get_by_role("button", name="Only “In review”").click()
    expect(page.locator(".chip")).to_contain_text("In review")
    page.keyboard.press("j")
    page.keyboard.press("m")
    expect(page.locator("#row-menu").get_by_role("button", name="Only “In review”")).to_have_count(0)
    page.locator("#row-menu").get_by_role("button", name="Only “Sea”").press("Enter")
    expect(page.locator(".chip")).to_have_count(2)
    expect(page.locator(".quick").get_by_role("link", name="Category")).to_be_focused()
    assert "status=review&category=" in page.url
    assert same(page)


def test_signed_out_meanwhile_one_signs_in_on_a_whole_page(page):
    page.context.clear_cookies()
    page.locator("thead").get_by_role("link", name="Title").press("Enter")
    expect(page).to_have_title("Sign in – Backoffice")  # noqa: RUF001 - as the title has it
    expect(page.locator("#list")).to_have_count(0)
    assert "sort%3Dtitle" in page.url


def test_what_is_refused_is_said_on_a_page_of_its_own(page):
    page.evaluate("document.querySelector('#search').maxLength = 900")
    page.locator("#search").fill("x" * 300)
    expect(page.get_by_text("A search has at most 200 characters.")).to_be_visible()


def test_without_a_script_every_one_of_them_is_a_page(posts, signed_in):
    page = signed_in(posts, "/admin/post/?page_size=20", java_script_enabled=False)
    page.locator("thead").get_by_role("link", name="Title").click()
    expect(page.locator("tbody tr").first).to_contain_text("Boat number 00")
    page.locator("#search").fill("lighthouse")
    page.locator("#search").press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)


def test_filters_are_combined_by_keys_alone(page, check_access):
    page.get_by_role("link", name="Combine filters").press("Enter")
    page.evaluate("document.body.dataset.mark = 'same'")
    page.locator("#new-").select_option("status")
    page.locator("#add-").press("Enter")
    expect(page.locator("#op-0")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("Draft")
    page.locator("#group-").press("Enter")
    page.locator("#new-1").select_option("created_at")
    page.locator("#add-1").press("Enter")
    expect(page.locator("#op-1-0")).to_be_focused()
    page.locator("#op-1-0").select_option("older")
    expect(page.locator("#value-1-0")).to_have_attribute("type", "number")
    page.locator("#where-show").press("Enter")
    expect(page.locator("#error-1-0")).to_have_text("A value is missing.")
    expect(page.locator("#value-1-0")).to_be_focused()
    check_access(page)
    page.keyboard.type("3")
    page.locator("#new-1").select_option("author")
    page.locator("#add-1").press("Enter")
    page.locator("#find-1-1").fill("Ann")
    page.locator("#look-1-1").press("Enter")
    page.locator("#value-1-1").select_option("Ann")
    assert same(page)
    page.locator("#value-1-1").press("Tab")
    page.locator("#where-show").press("Enter")
    page.wait_for_url("**/admin/post/?**")
    assert "status=draft" in page.url
    expect(page.locator(".chip-group")).to_contain_text("Created is older than 3 days")
    expect(page.locator("tbody tr")).to_have_count(20)
    check_access(page)


def test_a_view_is_kept_by_keys_alone(page, check_access):
    page.locator("thead").get_by_role("link", name="Title").press("Enter")
    expect(page.locator("tbody tr").first).to_contain_text("Boat number 00")
    page.get_by_role("link", name="Save this view…").press("Enter")
    expect(page.locator("#view-name")).to_be_focused()
    check_access(page)
    page.keyboard.type("By title")
    page.keyboard.press("Enter")
    expect(page.locator(".views [aria-current]")).to_have_text("By title")
    page.get_by_role("link", name="All", exact=True).press("Enter")
    expect(page.locator("tbody tr").first).not_to_contain_text("Boat number 00")
    page.get_by_role("link", name="By title").press("Enter")
    expect(page.locator("tbody tr").first).to_contain_text("Boat number 00")
    expect(page.get_by_role("link", name="By title")).to_be_focused()
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    check_access(page)


def test_nothing_shows_between_the_columns_that_stay(page):
    page.set_viewport_size({"width": 820, "height": 800})
    page.evaluate("document.querySelector('.grid-place').scrollLeft = 200")
    boxes = [page.locator(f"tbody tr:first-child > :nth-child({at})").bounding_box() for at in (1, 2)]
    assert abs(boxes[0]["x"] + boxes[0]["width"] - boxes[1]["x"]) < 1


def test_a_cell_of_a_list_that_changed_is_changed_and_left_by_keys(page):
    page.locator("thead").get_by_role("link", name="Title").press("Enter")
    row = page.locator("tbody tr").first
    expect(row).to_contain_text("Boat number 00")
    row.get_by_role("button", name="Change title").press("Enter")
    expect(row.locator(".cell-form input[type=text]")).to_be_focused()
    page.keyboard.type("Nonsense")
    page.keyboard.press("Escape")
    expect(row.locator(".cell-form")).to_have_count(0)
    expect(row).to_contain_text("Boat number 00")
    row.get_by_role("button", name="Change title").press("Enter")
    expect(row.locator(".cell-form input[type=text]")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("A new name")
    page.keyboard.press("Enter")
    expect(page.locator(".messages")).to_contain_text("“A new name” was saved.")
    expect(page.locator("tbody tr").first).to_contain_text("A new name")
    assert same(page)
