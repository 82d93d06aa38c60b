"""Filters are combined on a page of forms, one step after another, and end up in the address of the list."""

import pytest
from lxml import html

from backoffice.core.model import db
from backoffice.models.accounts import User
from backoffice.models.content import Post
from make import make

HOME = "/admin/post/where/"


@pytest.fixture
def editor(app, as_role):
    browser = as_role("editor")
    with app.app_context():
        me = db.session.get(User, browser.user.id)
        make(Post, title="Mine", status="draft", author=me)
        make(Post, title="Review", status="review", author=make(User, name="Ann Other"))
        make(Post, title="Draft", status="draft", author=make(User, name="Ben"))
        db.session.commit()
    return browser


def form(answer):
    assert answer.status_code == 200, answer.text
    return html.fromstring(answer.data).xpath('//form[@id="where"]')[0]


def fields(shown):
    """Return what a browser would send of the form, as the names and values of its fields."""
    return dict(shown.form_values())


def press(browser, shown, do, **typed):
    data = {**fields(shown), **{name.replace("_at_", "."): value for name, value in typed.items()}, "do": do}
    return browser.post(HOME, data=data)


def titles(browser, address):
    page = html.fromstring(browser.get(address).data)
    return sorted(one.text_content() for one in page.xpath("//tbody/tr//a[starts-with(@id, 'n')]"))


def test_groups_are_put_together_step_by_step_without_a_script(editor):
    shown = form(editor.get(f"{HOME}?sort=title&search="))
    shown = form(press(editor, shown, "add.", **{"new.": "status"}))
    shown = form(press(editor, shown, "group.", **{"op.0": "not", "value.0": "published"}))
    assert shown.xpath('.//select[@name="word.1"]/option[@selected]/@value') == ["any"]
    shown = form(press(editor, shown, "add.1", **{"new.1": "author"}))
    assert shown.xpath('.//select[@name="value.1-0"]/option/@value') == ["", "me"]
    shown = form(press(editor, shown, "again", **{"find.1-0": "Ann"}))
    assert [one.text for one in shown.xpath('.//select[@name="value.1-0"]/option')] == [None, "me", "Ann Other"]
    shown = form(press(editor, shown, "add.1", **{"value.1-0": "me", "new.1": "status"}))
    answer = press(editor, shown, "show", **{"op.1-1": "is", "value.1-1": "review"})
    assert answer.status_code == 302
    assert answer.location == (
        "/admin/post/?where=any%28author%3Ame%2Cstatus%3Areview%29&status__not=published&sort=title"
    )
    assert titles(editor, answer.location) == ["Mine", "Review"]
    again = form(editor.get(answer.location.replace("/post/", "/post/where/")))
    assert fields(again)["value.1-0"] == "me"
    shown = form(press(editor, again, "off.1-0"))
    assert press(editor, shown, "show").location == "/admin/post/?status__not=published&status=review&sort=title"


def test_days_are_chosen_as_words_or_from_the_calendar(editor):
    shown = form(press(editor, form(editor.get(HOME)), "add.", **{"new.": "created_at"}))
    answer = press(editor, shown, "show", **{"value.0": "last-7-days"})
    assert answer.location == "/admin/post/?created_at=last-7-days"
    answer = press(editor, shown, "show", **{"op.0": "from", "day.0": "2026-02-01"})
    assert answer.location == "/admin/post/?created_at__from=2026-02-01"
    shown = form(press(editor, shown, "again", **{"op.0": "older"}))
    assert press(editor, shown, "show", **{"value.0": "30"}).location == "/admin/post/?created_at__older=30"


def test_what_is_not_complete_is_said_beside_it_and_nothing_is_lost(editor):
    shown = form(press(editor, form(editor.get(HOME)), "add.", **{"new.": "created_at"}))
    shown = form(press(editor, shown, "add.", **{"new.": "status", "op.0": "older"}))
    shown = form(press(editor, shown, "show", **{"value.0": "many", "value.1": "draft"}))
    assert shown.xpath('string(.//p[@id="error-0"])') == "“many” is not a number of days."
    assert fields(shown)["value.0"] == "many"
    assert fields(shown)["value.1"] == "draft"
    assert shown.xpath('.//*[@name="value.0"]/@aria-describedby') == ["error-0"]


def test_there_is_an_end_to_groups_and_filters(editor):
    shown = form(editor.get(HOME))
    for path in ("", "0", "0-0"):
        shown = form(press(editor, shown, f"group.{path}"))
    assert "At most 4 groups" in press(editor, shown, "group.0-0-0").text
    for _time in range(20):
        shown = form(press(editor, shown, "add.", **{"new.": "status"}))
    assert "At most 20 filters" in press(editor, shown, "add.", **{"new.": "status"}).text


@pytest.mark.parametrize(
    "data",
    [
        {"word.": "none"}, {"name.0": "status"}, {"word.": "all", "name.0": "wonky"},
        {"word.": "all", "name.5-5": "status"},
        {"word.": "all", "name.0": "status", "name.0-0": "status"}, {"word.": "all", "do": "add.", "new.": "wonky"},
        {"word.": "all", "state": "where=any("}, {f"word.{'-'.join('0' * n)}": "all" for n in range(9)},
        {"word.": "all"} | {f"name.{n}": "status" for n in range(100)}, {"name.": "status"},
    ],
)  # fmt: skip
def test_what_no_form_of_ours_held_is_refused(editor, data):
    assert editor.post(HOME, data=data).status_code == 400


@pytest.mark.parametrize(
    "do", ["nonsense", "off.7", "add.9-9", "group.x", "off.", "off.0-0-0-0-0-0-0-0-0-0-0-0", "", "."]
)
def test_a_step_that_there_is_not_changes_nothing(editor, do):
    answer = editor.post(HOME, data={"word.": "all", "name.0": "status", "op.0": "wonky", "do": do})
    assert answer.status_code in {200, 400}


def test_columns_one_may_not_see_are_not_offered(as_role):
    author = as_role("author")
    shown = form(author.get(HOME))
    assert "author" not in shown.xpath('.//select[@name="new."]/option/@value')
    assert author.get("/admin/user/where/").status_code == 404
    assert author.post(HOME, data={"word.": "all", "do": "add.", "new.": "author"}).status_code == 400


def test_a_page_that_stands_gets_the_form_alone_and_is_led_on(editor):
    part = {"HX-Request": "true"}
    answer = editor.post(HOME, data={"word.": "all", "do": "add.", "new.": "status"}, headers=part)
    assert "<html" not in answer.text
    data = {"word.": "all", "name.0": "status", "op.0": "is", "value.0": "draft", "do": "show"}
    answer = editor.post(HOME, data=data, headers=part)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/admin/post/?status=draft")
