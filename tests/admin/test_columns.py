"""The columns of a grid are chosen in its address, kept for oneself, and never more than one may see."""

import pytest
from lxml import html
from sqlalchemy import select

from backoffice.core.history import Change
from backoffice.core.model import db
from backoffice.models.accounts import Role, User
from backoffice.models.content import Post
from make import make

USUAL = ["Title", "Status", "Author", "Category", "Tags", "Published", "Created"]


def page_of(answer, status=200):
    """Return the page of an answer, parsed."""
    assert answer.status_code == status, answer.text
    return html.fromstring(answer.text)


def heads(page):
    """Return the heads of the columns, without those of ticks and links."""
    words = [" ".join(one.text_content().split()) for one in page.xpath("//thead//th")]
    return [one for one in words if one not in {"Ticked", "Actions"}]


@pytest.fixture
def editor(app, as_role):
    with app.app_context():
        make(Post, title="One", slug="one")
        db.session.commit()
    return as_role("editor")


def test_an_address_says_which_columns_in_what_order(editor, queries):
    with queries() as usual:
        assert heads(page_of(editor.get("/admin/post/"))) == USUAL
    with queries() as sent:
        page = page_of(editor.get("/admin/post/?columns=slug,created_at&columns=title&sort=title"))
    assert heads(page) == ["Slug", "Created", "Title"]
    # What is not shown is not asked for.
    assert ["post_tag" in "".join(asked) for asked in (usual, sent)] == [True, False]
    assert page.xpath('string(//td[@data-label="Slug"])').strip() == "one"
    # Every link of the page shows the same columns.
    assert all("columns=slug%2Ccreated_at%2Ctitle" in one for one in page.xpath("//th/a/@href"))
    moved = page_of(editor.get("/admin/post/?columns=slug&columns=created_at&columns=title&up=title"))
    assert heads(moved) == ["Slug", "Title", "Created"]
    assert moved.xpath('//details[@class="columns"]/@open')


def test_columns_are_kept_for_oneself_and_forgotten_again(editor, as_role, app):
    with app.app_context():
        before = db.session.get(User, editor.user.id)
        stood = before.version, before.updated_at
    answer = editor.post("/admin/post/columns/", data={"columns": ["title", "slug"], "url": "/admin/post/?sort=title"})
    assert answer.status_code == 302
    assert answer.location == "/admin/post/?sort=title"
    page = page_of(editor.get("/admin/post/"))
    assert heads(page) == ["Title", "Slug"]
    assert page.xpath('//button[text()="Back to the usual columns and page size"]')
    assert heads(page_of(editor.get("/admin/post/?columns=status"))) == ["Status"]
    assert heads(page_of(as_role("editor").get("/admin/post/"))) == USUAL
    assert editor.get("/admin/post/export/csv/").text.splitlines()[0].endswith('"title","slug"')
    with app.app_context():
        after = db.session.get(User, editor.user.id)
        assert (after.version, after.updated_at) == stood
        told = select(Change).filter_by(model="user", row_id=editor.user.id, verb="update")
        assert not db.session.scalars(told).all()
    editor.post("/admin/post/columns/", data={})
    assert heads(page_of(editor.get("/admin/post/"))) == USUAL


@pytest.mark.parametrize("name", ["password", "wishes", "fs_uniquifier", "nothing", "author.name", "version", "%00"])
def test_what_is_no_column_cannot_be_shown_or_kept(name, as_role):
    browser = as_role("administrator")
    assert browser.get(f"/admin/user/?columns={name}").status_code == 400
    assert browser.get(f"/admin/user/?columns=name&up={name}").status_code == 400
    assert browser.post("/admin/user/columns/", data={"columns": name}).status_code == 400


def test_a_column_that_needs_a_right_is_neither_offered_nor_shown(app, as_role):
    with app.app_context():
        db.session.add(Role(name="clerk", rights=["user.read"]))
        db.session.commit()
    clerk = as_role("clerk", email="clerk.unseen@example.com")
    page = page_of(clerk.get("/admin/user/"))
    assert "email" not in page.xpath('//input[@name="columns"]/@value')
    assert clerk.get("/admin/user/?columns=email").status_code == 400
    with app.app_context():
        db.session.get(User, clerk.user.id).wishes = '{"columns:user": ["email", "name"]}'
        db.session.commit()
    assert heads(page_of(clerk.get("/admin/user/"))) == ["Name"]
    assert "clerk.unseen@example.com" not in clerk.get("/admin/user/").text.partition("<main")[2].partition("</main")[0]


def test_the_size_of_pages_is_kept_for_oneself(editor, as_role):
    def size(browser, path="/admin/post/"):
        return page_of(browser.get(path)).xpath('//select[@name="page_size"]/option[@selected]/text()')

    form = page_of(editor.get("/admin/post/?page_size=100")).xpath('//form[contains(@action, "/columns/")]')[0]
    data = {"columns": form.xpath('.//input[@name="columns"]/@value'), "page_size": form.fields["page_size"]}
    editor.post("/admin/post/columns/", data=data)
    assert size(editor) == ["100"]
    assert heads(page_of(editor.get("/admin/post/"))) == USUAL
    assert size(editor, "/admin/post/?page_size=50") == ["50"]
    # Whoever keeps another size has the other one in the address.
    links = page_of(editor.get("/admin/post/?page_size=50")).xpath("//th/a/@href")
    assert all("page_size=50" in one for one in links)
    assert size(as_role("editor")) == ["50"]
    assert editor.post("/admin/post/columns/", data={"page_size": "7"}).status_code == 400
    editor.post("/admin/post/columns/", data={})
    assert size(editor) == ["50"]
