"""An error page is readable by everybody, in light and dark, at any width."""

import pytest


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_an_error_page_is_readable_by_everybody(new_page, check_access, scheme, width):
    page = new_page(color_scheme=scheme, viewport={"width": width, "height": 800})
    answer = page.goto("/nowhere?q=%00")
    assert answer.status == 400
    assert page.get_by_role("heading", level=1).inner_text() == "Request not understood"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    check_access(page)


def test_the_first_link_of_an_error_page_is_reached_by_the_keyboard(page):
    page.goto("/nowhere?q=%00")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "/"
