"""The frame of the panel works by keyboard, without scripts and for everybody: each kind of page, role and mode."""

import os
import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from backoffice.core.jobs import Job
from backoffice.core.model import db
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post, Tag
from make import make
from people import add_user

PICTURES = os.environ.get("PICTURES", "")
ROLES = ("administrator", "editor", "moderator", "author")
PAGES = {
    "administrator": (
        "/admin/",
        "/admin/find/?q=tide",
        "/admin/post/",
        "/admin/post/?search=nowhere",
        "/admin/post/new/",
        "/admin/post/edit/?id=1",
        "/admin/post/details/?id=1",
        "/admin/category/delete/?id=1",
        "/admin/post/import/",
        "/admin/user/",
        "/admin/user/new/",
        "/admin/role/edit/?id=1",
        "/admin/change/",
        "/admin/change/details/?id=1",
        "/admin/job/details/?id=1",
        "/admin/image/",
        "/admin/nowhere/",
        "/change",
    ),
    "editor": ("/admin/", "/admin/find/", "/admin/comment/?view=waiting", "/admin/tag/new/"),
    "moderator": ("/admin/", "/admin/comment/", "/admin/comment/edit/?id=1", "/admin/user/"),
    "author": ("/admin/", "/admin/post/", "/admin/post/new/", "/admin/comment/"),
}


@pytest.fixture
def enter(app, signed_in):
    """Return a function that opens a page for someone of a role, signed in; some rows are stored before."""
    with app.app_context():
        people = {role: add_user(role).email for role in ROLES}
        sea, tags = make(Category, name="Sea"), [make(Tag, name="Tide")]
        post = make(Post, title="Tides", body="<h2>High</h2><p>Water</p>", category=sea, tags=tags, status="review")
        make(Comment, post=post, guest_name="Ann", status="pending")
        make(Job, state="failed", error="It did not work.")
        db.session.commit()

    def go(role, path, **options):
        return signed_in(people[role], path, **options)

    return go


def width_of(page):
    return page.evaluate("document.documentElement.scrollWidth")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
@pytest.mark.parametrize("role", ROLES)
def test_every_kind_of_page_is_for_everybody(enter, check_access, role, scheme, width):
    page = enter(role, "/admin/", color_scheme=scheme, viewport={"width": width, "height": 800})
    for path in PAGES[role]:
        page.goto(path)
        assert page.locator("h1").count() == 1, path
        assert page.locator("main").count() == 1, path
        assert width_of(page) <= width, path
        if PICTURES:
            name = re.sub(r"[^a-z]+", "-", path).strip("-")
            page.screenshot(path=f"{PICTURES}/{role}-{name}-{scheme}-{width}.png", full_page=True)
        check_access(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_opens_over_the_page_is_for_everybody(enter, check_access, scheme):
    page = enter("administrator", "/admin/", color_scheme=scheme, viewport={"width": 820, "height": 900})
    for opener in ("account", "menu"):
        page.locator(f"[popovertarget={opener}]").first.click()
        expect(page.locator(f"#{opener}")).to_be_visible()
        check_access(page)
        page.keyboard.press("Escape")
        expect(page.locator(f"#{opener}")).to_be_hidden()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    check_access(page)
    page.keyboard.press("Escape")
    page.get_by_text("Day by day").first.click()
    check_access(page)


@pytest.mark.parametrize(
    ("letter", "path"), [("p", "/admin/post/"), ("c", "/admin/comment/"), ("h", "/admin/"), ("t", "/admin/tag/")]
)
def test_g_and_a_letter_lead_to_a_section(enter, letter, path):
    page = enter("editor", "/admin/image/")
    page.keyboard.press("g")
    page.keyboard.press(letter)
    page.wait_for_url(f"**{path}")


def test_letters_are_no_keys_where_somebody_types(enter):
    page = enter("editor", "/admin/post/")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search", exact=True)).to_be_focused()
    page.keyboard.type("gp?")
    assert page.url.endswith("/admin/post/")
    assert page.get_by_role("dialog", name="Keyboard shortcuts").count() == 0
    page.goto("/admin/")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search everywhere")).to_be_focused()


def test_the_palette_leads_to_pages_deeds_and_rows_by_keyboard(enter, check_access):
    page = enter("editor", "/admin/")
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name="Search everywhere")
    expect(field).to_be_focused()
    expect(page.get_by_role("option", name="Dashboard")).to_have_attribute("aria-selected", "true")
    page.keyboard.type("tides")
    expect(page.get_by_role("option", name="Tides Post")).to_have_attribute("aria-selected", "true")
    check_access(page)
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/post/details/?id=1")
    page.keyboard.press("Control+k")
    # Enter means what was typed, also before the answer has come.
    page.keyboard.type("new po")
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/post/new/")
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()


def test_colours_and_rows_are_chosen_without_a_script_and_stay(enter):
    page = enter("editor", "/admin/post/", color_scheme="light", java_script_enabled=False)
    page.goto("/admin/post/?sort=title")
    page.get_by_role("button", name=re.compile("Account")).click()
    page.get_by_role("button", name="Dark").click()
    assert page.url.endswith("/admin/post/?sort=title")
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    page.get_by_role("button", name=re.compile("Account")).click()
    page.get_by_role("button", name="Dense").click()
    assert page.locator("html").get_attribute("data-rows") == "compact"
    page.goto("/admin/tag/")
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"


def test_the_menu_of_a_small_screen_opens_without_a_script(enter):
    page = enter("editor", "/admin/", java_script_enabled=False, viewport={"width": 390, "height": 800})
    menu = page.get_by_role("navigation", name="Main")
    expect(menu).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    menu.get_by_role("link", name="Tags", exact=True).click()
    page.wait_for_url("**/admin/tag/")


def test_a_message_can_be_put_away_and_leaves_by_itself(enter):
    page = enter("editor", "/admin/tag/edit/?id=1")
    page.clock.install()
    page.get_by_label("Name").fill("Tides and times")
    page.get_by_role("button", name="Save", exact=True).first.click()
    message = page.get_by_role("status").get_by_text("“Tides and times” was saved.")
    expect(message).to_be_visible()
    # It offers to take the change back, so it stays; what only tells leaves by itself.
    page.mouse.move(5, 5)
    page.evaluate(
        """() => {
            const told = Object.assign(document.createElement("div"), { className: "alert alert-success" });
            told.textContent = "It is done.";
            document.querySelector(".messages").append(told);
        }"""
    )
    expect(page.get_by_role("button", name="Close this message")).to_have_count(2)
    page.clock.run_for(15_000)
    expect(page.get_by_text("It is done.")).to_have_count(0)
    expect(message).to_be_visible()
    page.get_by_role("button", name="Close this message").click()
    expect(message).to_have_count(0)


def test_a_chart_is_drawn_where_there_are_scripts_and_a_table_where_there_are_none(enter):
    page = enter("editor", "/admin/")
    expect(page.locator(".trend canvas").first).to_be_visible()
    assert (
        page.evaluate("window.Chart.getChart(document.querySelector('.trend canvas')).data.datasets[0].data.at(-1)")
        == 1
    )
    plain = enter("editor", "/admin/", java_script_enabled=False)
    expect(plain.locator(".trend canvas").first).to_be_hidden()
    plain.get_by_text("Day by day").first.click()
    expect(plain.get_by_role("row").last).to_be_visible()


def test_what_is_printed_is_the_page_alone(enter):
    page = enter("editor", "/admin/post/", color_scheme="dark")
    page.emulate_media(media="print")
    for part in (".top", ".side", ".tools"):
        expect(page.locator(part).first).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_a_post_is_found_changed_published_deleted_and_brought_back_without_a_mouse(app, enter):
    page = enter("editor", "/admin/")
    with app.app_context():
        make(Post, title="Gale", body="<p>Wind</p>", status="draft")
        db.session.commit()

    def open_post(words):
        page.keyboard.press("Control+k")
        page.keyboard.type(words)
        expect(page.get_by_role("option", name=f"{words} Post")).to_have_attribute("aria-selected", "true")
        page.keyboard.press("Enter")
        page.wait_for_url("**/admin/post/details/?id=2*")

    open_post("Gale")
    page.get_by_role("link", name="Edit", exact=True).press("Enter")
    page.locator("#field-title").press("End")
    page.keyboard.type(" out")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/admin/post/details/**")
    page.get_by_role("button", name="Publish", exact=True).press("Enter")
    page.get_by_role("button", name="Publish: 1 row").press("Enter")
    expect(page.locator(".choice-published").first).to_be_visible()
    open_post("Gale out")
    page.get_by_role("link", name="Delete", exact=True).press("Enter")
    page.get_by_role("main").get_by_role("button", name="Delete").press("Enter")
    page.wait_for_selector("form[data-undo]")
    with app.app_context():
        assert db.session.scalars(select(Post.title)).all() == ["Tides"]
    page.keyboard.press("z")
    expect(page.locator("tbody")).to_contain_text("Gale out")
    with app.app_context():
        assert db.session.execute(select(Post.title, Post.status).filter_by(id=2)).all() == [("Gale out", "published")]
