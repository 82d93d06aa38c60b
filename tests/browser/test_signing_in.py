"""The pages for signing in and for passwords can be used by everybody, by keyboard, at any width."""

import pytest

from people import PASSWORD, add_user

SIZES = pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1280)])


@pytest.fixture
def someone(app):
    """Return an editor."""
    with app.app_context():
        return add_user("editor")


def type_in(page, *texts):
    """Fill a form by the keyboard alone, from its first field on, and send it."""
    for text in texts:
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")


def fits(page, width):
    return page.evaluate("document.documentElement.scrollWidth") <= width


@SIZES
def test_the_pages_of_a_stranger_are_for_everybody(new_page, check_access, scheme, width):
    page = new_page(color_scheme=scheme, viewport={"width": width, "height": 800})
    for address in ("/login", "/reset"):
        page.goto(address)
        check_access(page)
        assert fits(page, width)
    page.get_by_label("E-mail").focus()
    page.keyboard.type("nobody@example.com")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.get_by_role("status").inner_text().startswith("If there is an account")
    check_access(page)


@SIZES
def test_one_signs_in_fails_to_change_the_password_changes_it_and_leaves(
    new_page, check_access, someone, scheme, width
):
    page = new_page(color_scheme=scheme, viewport={"width": width, "height": 800})
    page.goto("/change")
    assert page.get_by_role("status").inner_text() == "Sign in to see this page."
    page.get_by_label("E-mail").focus()
    type_in(page, someone.email, "wrong")
    assert page.get_by_role("alert").inner_text() == "The address or the password is wrong."
    check_access(page)
    page.get_by_label("E-mail").fill("")
    page.get_by_label("E-mail").focus()
    type_in(page, someone.email, PASSWORD)
    assert page.url.endswith("/change")
    page.get_by_label("Current password").focus()
    type_in(page, PASSWORD, "password1", "password1")
    field = page.get_by_label("New password", exact=True)
    assert field.get_attribute("aria-invalid") == "true"
    assert "others would try" in page.locator(f"#{field.get_attribute('aria-describedby')}").inner_text()
    check_access(page)
    assert fits(page, width)
    page.get_by_label("Current password").focus()
    type_in(page, PASSWORD, "seven kettles on a roof", "seven kettles on a roof")
    assert "Your password is changed." in page.locator("body").inner_text()
    page.goto("/change")
    with page.expect_navigation():
        page.get_by_role("button", name="Sign out").click()
    page.goto("/change")
    assert "/login" in page.url


def test_the_page_that_asks_to_wait_is_for_everybody(app, page, check_access, someone, monkeypatch):
    monkeypatch.setitem(app.config, "RATELIMIT_ENABLED", True)
    for _ in range(11):
        page.goto("/login")
        page.get_by_label("E-mail").focus()
        type_in(page, someone.email, "wrong")
    assert page.get_by_role("heading", level=1).inner_text() == "Too many attempts"
    check_access(page)
