"""The panel from right to left, and in the longest and the shortest words: nothing is cut off or out of place."""

import pytest

from backoffice.core.model import db
from backoffice.core.resource import resources
from make import make
from people import add_user

PLACES = ("/admin/", "/admin/post/", "/admin/post/new/", "/admin/change/", "/admin/post/import/", "/admin/find/?q=a")


@pytest.fixture
def reader(app):
    """Return a function that makes an administrator who reads a language."""

    def known(language):
        with app.app_context():
            make(resources()["post"], title="The barometer does not lie, but it does sulk.")
            person = add_user("administrator", locale=language)
            db.session.commit()
            return person.email

    return known


def wide(page):
    """Return how many pixels of the page stand outside its sides."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.mark.parametrize("language", ["ar", "de", "fr", "ja"])
def test_no_page_is_wider_than_a_telephone(signed_in, reader, language):
    page = signed_in(reader(language), "/admin/", viewport={"width": 390, "height": 800})
    too_wide = {}
    for place in PLACES:
        page.goto(place)
        if over := wide(page):
            too_wide[place] = over
    assert too_wide == {}


def test_arabic_is_read_from_right_to_left(signed_in, reader, check_access):
    page = signed_in(reader("ar"), "/admin/post/", viewport={"width": 1280, "height": 800})
    menu, table = page.locator("#menu").bounding_box(), page.locator(".grid").bounding_box()
    assert menu["x"] > table["x"]
    heads = [one.bounding_box()["x"] for one in page.locator(".grid thead th").all()]
    assert heads == sorted(heads, reverse=True)
    # An English title keeps its full stop at its own end, and stands at the side where the page begins.
    title = page.locator(".grid tbody td a", has_text="barometer")
    assert title.evaluate("one => getComputedStyle(one).unicodeBidi") == "plaintext"
    assert title.evaluate("one => getComputedStyle(one.closest('td')).textAlign") == "right"
    check_access(page)


def test_keys_do_the_same_in_arabic(signed_in, reader):
    page = signed_in(reader("ar"), "/admin/post/", viewport={"width": 1280, "height": 800})
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.locator(".grid tbody input:checked").count() == 1
    page.keyboard.press("?")
    assert "الصف التالي" in page.locator("#keys").inner_text()


def test_what_is_written_in_a_form_runs_in_its_own_direction(signed_in, reader):
    page = signed_in(reader("ar"), "/admin/post/new/")
    page.fill("input[name=title]", "English.")
    field = page.locator("input[name=title]")
    assert field.evaluate("one => getComputedStyle(one).unicodeBidi") == "plaintext"
    assert page.locator(".rich-text [contenteditable]").first.get_attribute("dir") == "auto"
