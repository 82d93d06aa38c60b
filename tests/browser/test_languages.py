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


def test_a_long_word_for_searching_stays_in_its_row(signed_in, reader):
    page = signed_in(reader("fr"), "/admin/post/", viewport={"width": 390, "height": 800})
    button, rows = page.locator(".search button").bounding_box(), page.locator(".grid-place").bounding_box()
    assert button["x"] + button["width"] <= rows["x"] + rows["width"] + 1


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


def press(page, **event):
    """Press a key as another keyboard sends it, or while signs are being put together."""
    page.evaluate(
        "event => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', "
        "{ bubbles: true, cancelable: true, ...event }))",
        event,
    )


def test_a_key_is_the_letter_beside_it_on_an_arabic_keyboard(signed_in, reader):
    page = signed_in(reader("ar"), "/admin/post/", viewport={"width": 1280, "height": 800})
    press(page, key="ت", code="KeyJ")
    press(page, key="ء", code="KeyX")
    assert page.locator(".grid tbody input:checked").count() == 1
    press(page, key="؟", code="Slash", shiftKey=True)
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    press(page, key="ن", code="KeyK", ctrlKey=True)
    assert page.locator("#palette").is_visible()
    page.keyboard.press("Escape")
    press(page, key="ل", code="KeyG")
    press(page, key="ف", code="KeyT")
    page.wait_for_url("**/admin/tag/")
    # Accented letters are letters of their own.
    press(page, key="à", code="KeyG")
    press(page, key="p", code="KeyP")
    assert page.url.endswith("/admin/tag/")


def test_enter_ends_a_word_that_is_put_together_and_does_nothing_else(signed_in, reader):
    page = signed_in(reader("ja"), "/admin/post/new/")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator(".picker [role=combobox]").first.focus()
    page.wait_for_load_state("networkidle")
    asked.clear()
    for key in ("ArrowDown", "Enter"):
        press(page, key=key, isComposing=True)
    page.keyboard.press("Control+k")
    page.locator("#palette [role=option][aria-selected=true]").wait_for()
    chosen = page.locator("#palette [aria-selected=true]").inner_text()
    for key in ("ArrowDown", "Enter"):
        press(page, key=key, isComposing=True)
    assert page.locator("#palette [aria-selected=true]").inner_text() == chosen
    assert [one for one in asked if "/admin/find/" not in one] == []
    assert page.url.endswith("/admin/post/new/")


@pytest.mark.parametrize(
    ("text", "words", "slug"),
    [
        ("茶の歴史。 2 杯目", "7", "茶の歴史-2-杯目"),
        ("مُكتبات عربية", "2", "مكتبات-عربية"),
        ("Two words", "2", "two-words"),
    ],
)
def test_words_are_counted_and_addresses_made_in_every_script(signed_in, reader, text, words, slug):
    page = signed_in(reader("zh"), "/admin/post/new/")
    page.fill("input[name=title]", text)
    assert page.locator("input[name=slug]").get_attribute("placeholder") == slug
    page.fill("textarea[name=excerpt]", text)
    told = page.locator(".form-field, .form-group div").filter(has=page.locator("textarea[name=excerpt]")).last
    assert f"词数\uff1a{words}" in told.inner_text()


def test_the_way_back_and_what_became_of_a_value_point_to_the_left(signed_in, reader):
    page = signed_in(reader("ar"), "/admin/post/new/")
    # Browsers turn this sign themselves; arrows they do not.
    before = "one => getComputedStyle(one, '::before').transform"
    assert page.locator(".crumbs li").nth(1).evaluate(before) == "none"
    page.goto("/admin/post/edit/?id=1")
    page.fill("input[name=title]", "حاجز")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/admin/post/")
    page.goto("/admin/post/details/?id=1")
    assert (
        page.locator(".turns").first.evaluate("one => getComputedStyle(one).transform") == "matrix(-1, 0, 0, 1, 0, 0)"
    )
