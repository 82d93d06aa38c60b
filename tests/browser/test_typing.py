"""Filling in a form loses nothing: not by leaving, not by being signed out, not by a name that is not there yet."""

from functools import partial

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, update

from backoffice.core.model import db, now
from backoffice.models.content import Post
from backoffice.models.sessions import Session
from make import make
from people import PASSWORD, add_user


@pytest.fixture
def enter(app, signed_in):
    """Return a function that opens a page for an editor; one post is there."""
    with app.app_context():
        email = add_user("editor").email
        make(Post, title="Tides", body="<p>Water</p>")
        db.session.commit()

    return partial(signed_in, email)


def save(page):
    page.get_by_role("button", name="Save", exact=True).first.click()


def titles(app):
    with app.app_context():
        return list(db.session.scalars(select(Post.title).order_by(Post.id)))


def sign_out_everywhere(app):
    with app.app_context():
        db.session.execute(update(Session).values(ended_at=now()), execution_options={"recorded": True})
        db.session.commit()


@pytest.mark.parametrize("where", ["title", "text"])
def test_leaving_asks_first_when_something_was_typed(enter, where):
    page, asked = enter("/admin/post/edit/?id=1"), []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.get_by_role("textbox", name="Title" if where == "title" else "Text").click()
    page.keyboard.type("more")
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_url(lambda url: "/edit/" not in url)
    assert asked == ["beforeunload"]


def test_leaving_an_untouched_form_and_saving_ask_nothing(app, enter):
    page, asked = enter("/admin/post/edit/?id=1"), []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.get_by_role("textbox", name="Title").click()
    page.get_by_label("Find Tags").fill("looked for")
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_url(lambda url: "/edit/" not in url)
    page.goto("/admin/post/edit/?id=1")
    page.get_by_role("textbox", name="Title").fill("Gales")
    save(page)
    page.wait_for_url(lambda url: "/edit/" not in url)
    assert asked == []
    assert titles(app) == ["Gales"]


def test_what_was_refused_still_counts_as_typed(enter):
    page, asked = enter("/admin/category/new/"), []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.get_by_role("textbox", name="Description").fill("words")
    page.evaluate("document.querySelector('form[data-keep]').noValidate = true")
    save(page)
    expect(page.locator(".form-summary")).to_be_focused()
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_url(lambda url: "/new/" not in url)
    assert asked == ["beforeunload"]


def test_whoever_was_signed_out_signs_in_where_they_are_and_goes_on(app, enter, check_access):
    page = enter("/admin/post/edit/?id=1")
    page.get_by_role("textbox", name="Title").fill("Gales")
    page.get_by_role("textbox", name="Text").click()
    page.keyboard.press("End")
    page.keyboard.type(" and wind")
    sign_out_everywhere(app)
    page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_role("dialog")).to_contain_text("You have been signed out")
    check_access(page)
    page.get_by_label("Password", exact=True).fill("not the word")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Signing in did not work")
    assert titles(app) == ["Tides"]
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in and save").click()
    expect(page.get_by_role("status").filter(has_text="was saved")).to_be_visible()
    assert "/edit/" in page.url
    assert titles(app) == ["Gales"]
    with app.app_context():
        assert db.session.scalars(select(Post.body)).one() == "<p>Water and wind</p>"


def test_a_server_that_does_not_answer_costs_nothing(app, enter):
    page = enter("/admin/post/edit/?id=1")
    page.get_by_role("textbox", name="Title").fill("Gales")
    page.route("**/login", lambda route: route.abort())
    save(page)
    expect(page.get_by_role("dialog")).to_contain_text("The server does not answer")
    page.get_by_role("button", name="Back to the form").click()
    page.unroute("**/login")
    save(page)
    page.wait_for_url(lambda url: "/edit/" not in url)
    assert titles(app) == ["Gales"]


def test_an_address_is_seen_while_the_title_is_typed_and_left_alone_once_touched(app, enter):
    page = enter("/admin/post/new/")
    page.get_by_role("textbox", name="Title").fill("Don\u2019t  panic: Über 2\u00bd!")
    expect(page.get_by_role("textbox", name="Slug")).to_have_attribute("placeholder", "dont-panic-über-21-2")
    save(page)
    page.wait_for_url(lambda url: "/new/" not in url)
    with app.app_context():
        assert db.session.scalars(select(Post.slug).order_by(Post.id.desc())).first() == "dont-panic-über-21-2"


def test_how_much_is_left_is_said_when_it_runs_short(enter):
    page = enter("/admin/post/new/")
    title = page.get_by_role("textbox", name="Title")
    title.fill("x" * 100)
    expect(page.get_by_text("characters")).to_have_count(0)
    title.fill("x" * 290)
    expect(page.get_by_text("290 of at most 300 characters")).to_be_visible()
    page.get_by_role("textbox", name="Excerpt").fill("three short words")
    expect(page.get_by_text("Words: 3")).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
def test_a_tag_that_is_not_there_is_made_where_it_is_needed(app, enter, script):
    page = enter("/admin/post/edit/?id=1", java_script_enabled=script)
    if script:
        page.get_by_label("Find Tags").fill("Wind, dry")
        page.get_by_role("option", name="Make “Wind, dry”").click()
        expect(page.get_by_label("Wind, dry (new)")).to_be_checked()
    else:
        page.get_by_label("Or make new ones, with commas between them").nth(1).fill("Wind")
    save(page)
    page.wait_for_url(lambda url: "/edit/" not in url)
    with app.app_context():
        post = db.session.scalars(select(Post)).one()
        assert [tag.name for tag in post.tags] == ["Wind, dry" if script else "Wind"]
