"""Each role's main work is done without JavaScript: with links and forms alone."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from backoffice.core.history import Change
from backoffice.core.model import db, now
from backoffice.models.accounts import User
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post, Tag
from backoffice.models.sessions import Session
from make import make
from people import PASSWORD, add_user


@pytest.fixture
def people(app):
    """Store a few rows and an account of each role; return their addresses."""
    with app.app_context():
        found = {role: add_user(role).email for role in ("administrator", "editor", "moderator", "author")}
        make(Tag, name="Gale"), make(Category, name="Sea")
        post = make(Post, title="Tides", body="<p>Water comes and goes</p>", status="published", published_at=now())
        for at in range(3):
            make(Comment, post=post, guest_name=f"Guest {at}", body=f"<p>Remark {at}</p>", status="pending")
        db.session.commit()
    return found


@pytest.fixture
def enter(people, signed_in):
    """Return a function that opens an address for a role, in a browser without scripts."""
    return lambda role, path: signed_in(people[role], path, java_script_enabled=False)


def save(page):
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.get_by_role("status").filter(has_text="was saved")).to_be_visible()


def test_an_editor_writes_a_post_with_tags_and_a_category_and_publishes_it(app, enter):
    page = enter("editor", "/admin/")
    page.get_by_role("link", name="Posts", exact=True).first.click()
    page.get_by_role("link", name="New post").first.click()
    page.get_by_label("Title").fill("High water")
    page.get_by_label("Text", exact=True).fill("<p>It was <strong>high</strong>.</p>")
    page.get_by_label("Find Category").fill("se")
    page.get_by_role("button", name="Find Category").click()
    page.get_by_role("radio", name="Sea").check()
    page.locator("#field-tags-new").fill("Flood, gale")
    page.get_by_label("Status").select_option("published")
    save(page)
    page.get_by_role("status").get_by_role("link", name="Public page").click()
    expect(page.get_by_role("heading", name="High water")).to_be_visible()
    with app.app_context():
        post = db.session.scalars(select(Post).filter_by(title="High water")).one()
        assert (post.status, post.category.name, [tag.name for tag in post.tags]) == (
            "published",
            "Sea",
            ["Flood", "Gale"],
        )


def test_enter_where_one_looks_for_a_row_does_not_save_without_it(app, enter):
    page = enter("editor", "/admin/post/new/")
    page.get_by_label("Title").fill("High water")
    page.get_by_label("Find Category").fill("se")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Not saved yet: choose what you looked for")
    expect(page.get_by_label("Title")).to_have_value("High water")
    with app.app_context():
        assert db.session.scalars(select(Post.id).filter_by(title="High water")).all() == []
    page.get_by_role("radio", name="Sea").check()
    save(page)
    with app.app_context():
        assert db.session.scalars(select(Post).filter_by(title="High water")).one().category.name == "Sea"


def test_a_moderator_approves_all_that_waits_at_once(app, enter):
    page = enter("moderator", "/admin/")
    page.get_by_role("link", name="Comments", exact=True).first.click()
    page.get_by_role("link", name="Waiting").first.click()
    for box in page.get_by_role("checkbox", name="Tick:").all():
        box.check()
    page.get_by_role("button", name="Approve").click()
    page.get_by_role("button", name="Approve: 3 rows").click()
    expect(page.get_by_role("status").first).to_contain_text("3")
    with app.app_context():
        assert set(db.session.scalars(select(Comment.status))) == {"approved"}


def test_an_administrator_gives_another_role_and_closes_an_account(app, enter, people):
    page = enter("administrator", "/admin/user/?search=author")
    page.get_by_role("link", name="Edit").first.click()
    page.get_by_label("Find Roles").fill("mod")
    page.get_by_role("button", name="Find Roles").click()
    page.get_by_role("checkbox", name="moderator").check()
    page.get_by_role("checkbox", name="author").uncheck()
    save(page)
    page.get_by_role("link", name="author 4", exact=True).click()
    page.get_by_role("button", name="Deactivate").click()
    page.get_by_role("button", name="Deactivate: 1 row").click()
    with app.app_context():
        someone = db.session.scalars(select(User).filter_by(email=people["author"])).one()
        assert ([role.name for role in someone.roles], someone.active) == (["moderator"], False)


def test_a_visitor_reads_and_searches(people, new_page):
    page = new_page(java_script_enabled=False)
    page.goto("/")
    page.get_by_role("link", name="Tides").first.click()
    expect(page.get_by_text("Water comes and goes")).to_be_visible()
    page.get_by_role("link", name="Search").first.click()
    page.get_by_role("searchbox").first.fill("water")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Tides").first).to_be_visible()


@pytest.mark.parametrize("way", ["row", "form", "bar"])
def test_a_row_is_deleted_from_its_page_its_form_or_the_list(app, enter, way):
    page = enter("editor", "/admin/tag/")
    if way == "bar":
        page.get_by_role("checkbox", name="Tick: Gale").check()
        page.get_by_role("button", name="Delete").click()
        page.get_by_role("button", name="Delete: 1 row").click()
    else:
        page.get_by_role("link", name="Gale" if way == "row" else "Edit: Gale", exact=True).first.click()
        page.get_by_role("link", name="Delete").click()
        page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("status").filter(has_text="deleted")).to_be_visible()
    with app.app_context():
        assert db.session.scalars(select(Tag)).all() == []


def test_who_was_signed_out_signs_in_and_goes_on_with_all_that_was_typed(app, enter, people):
    page = enter("editor", "/admin/post/edit/?id=1")
    page.get_by_label("Title").fill("Typed for an hour")
    with app.app_context():
        db.session.execute(Session.__table__.update().values(ended_at=now()), execution_options={"recorded": True})
        db.session.commit()
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was saved")
    page.get_by_label("E-mail").fill(people["editor"])
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Back to the form").click()
    expect(page.get_by_label("Title")).to_have_value("Typed for an hour")
    save(page)
    with app.app_context():
        assert db.session.scalars(select(Post.title)).one() == "Typed for an hour"
        assert db.session.scalars(select(Change.verb).where(Change.model == "post")).all()[-1] == "update"
