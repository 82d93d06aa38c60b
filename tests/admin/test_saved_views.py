"""People keep what a list shows under a name, for themselves or for a role; a kept view grants nothing."""

from urllib.parse import parse_qs, urlsplit

import pytest
from lxml import html
from sqlalchemy import select

from backoffice.core.history import Change
from backoffice.core.model import db
from backoffice.core.selection.saved_views import MOST, SavedView
from backoffice.models.accounts import Role, User
from backoffice.models.content import Post
from make import make

STATE = "status=draft&where=any(author:me,created_at:last-7-days)&sort=title&columns=title,status&page_size=100"


@pytest.fixture
def editor(app, as_role):
    """Return the browser of an editor among drafts of two people."""
    browser = as_role("editor")
    with app.app_context():
        own, other = db.session.get(User, browser.user.id), make(User)
        make(Post, title="Mine", status="draft", author=own)
        make(Post, title="Theirs", status="draft", author=other)
        make(Post, title="Public", status="review", author=own)
        db.session.commit()
    return browser


def role_id(app, name):
    with app.app_context():
        return db.session.scalar(select(Role.id).filter_by(name=name))


def page(answer):
    assert answer.status_code == 200, answer.text
    return html.fromstring(answer.data)


def tabs(browser, path="/admin/post/"):
    return {
        link.text_content().strip(): link.get("href")
        for link in page(browser.get(path)).xpath('//nav//ul[contains(@class, "views")]//a')
    }


def keep(browser, name="My drafts", **values):
    return browser.post("/admin/post/views/", data={"do": "keep", "name": name, "state": STATE, **values})


def kept(app):
    with app.app_context():
        rows = db.session.scalars(select(SavedView).order_by(SavedView.id))
        return [(row.id, row.name, row.user_id, row.role_id) for row in rows]


def history(app):
    with app.app_context():
        found = db.session.scalars(select(Change).filter_by(model="saved_view").order_by(Change.id))
        return [(one.verb, one.label) for one in found]


def test_a_kept_view_is_a_tab_that_says_all_it_shows(app, editor):
    answer = keep(editor)
    assert answer.status_code == 302
    said = parse_qs(urlsplit(answer.location).query)
    assert said.pop("saved") == [str(kept(app)[0][0])]
    assert {name: value[0] for name, value in said.items()} == {
        "status": "draft", "where": "any(author:me,created_at:last-7-days)", "sort": "title",
        "columns": "title,status", "page_size": "100",
    }  # fmt: skip
    shown = page(editor.get(answer.location))
    assert [one.text_content() for one in shown.xpath('//a[@aria-current="page"][@class="nav-link active"]')] == [
        "My drafts"
    ]
    assert [one.text_content() for one in shown.xpath("//tbody/tr//a[starts-with(@id, 'n')]")] == ["Mine", "Theirs"]
    assert "The view “My drafts” is saved." in shown.text_content()
    assert tabs(editor)["My drafts"] == answer.location
    assert history(app) == [("create", "My drafts")]


def test_a_view_is_renamed_changed_and_deleted_by_its_owner_alone(app, editor, as_role):
    keep(editor)
    key = kept(app)[0][0]
    other = as_role("editor")
    for work in ("change", "delete"):
        data = {"do": work, "saved": key, "name": "Taken", "state": "status=review"}
        assert other.post("/admin/post/views/", data=data).status_code == 404
        assert editor.post("/admin/comment/views/", data={**data, "state": ""}).status_code == 404
    answer = editor.post(
        "/admin/post/views/", data={"do": "change", "saved": key, "name": " In  review ", "state": "status=review"}
    )
    assert "status=review" in answer.location
    assert tabs(editor)["In review"] == answer.location
    answer = editor.post("/admin/post/views/", data={"do": "delete", "saved": key, "state": "status=review"})
    assert answer.status_code == 302
    assert kept(app) == []
    assert history(app) == [("create", "My drafts"), ("update", "In review"), ("delete", "In review")]


def test_a_changed_list_says_so_and_offers_to_keep_it(app, editor):
    address = keep(editor).location
    assert "shows something else now" not in editor.get(f"{address}&saving=1").text
    changed = editor.get(f"{address.replace('draft', 'review')}&saving=1")
    assert "This view shows something else now." in changed.text
    form = page(changed).xpath('//form[contains(@action, "/views/")][.//input[@name="state"]]')[0]
    assert "status=review" in form.xpath('.//input[@name="state"]/@value')[0]
    assert form.xpath('.//button[@value="change"]')


def test_views_are_shared_by_those_with_the_right_with_roles_of_theirs(app, editor, as_role):
    mine, others = role_id(app, "editor"), role_id(app, "moderator")
    assert keep(editor, "For editors", role=mine).status_code == 302
    assert keep(editor, "For moderators", role=others).status_code == 404
    author = as_role("author")
    assert keep(author, "For authors", role=role_id(app, "author"), state="status=draft").status_code == 404
    assert keep(as_role("administrator"), "For moderators", role=others).status_code == 302
    assert [name for _key, name, _user, _role in kept(app)] == ["For editors", "For moderators"]
    assert "For editors" in tabs(as_role("editor"))
    assert "For editors" not in tabs(author)
    offered = page(editor.get("/admin/post/?saving=1")).xpath('//select[@name="role"]/option/@value')
    assert offered == ["", str(mine)]
    assert not page(author.get("/admin/post/?saving=1")).xpath('//select[@name="role"]')


def test_a_shared_view_shows_nobody_more_than_they_may_see(app, as_role):
    boss, editor = as_role("administrator"), as_role("editor")
    state = "columns=name,email,username&page_size=50"
    with app.app_context():
        role = db.session.scalars(select(Role).filter_by(name="editor")).one()
        role.rights = [*role.rights, "user.read"]
        db.session.commit()
    data = {"do": "keep", "name": "People", "state": state, "role": role_id(app, "editor")}
    assert boss.post("/admin/user/views/", data=data).status_code == 302
    assert boss.post("/admin/user/views/", data={**data, "name": "By role", "state": "roles=1"}).status_code == 302
    found = tabs(editor, "/admin/user/")
    assert "email" not in found["People"]
    shown = page(editor.get(found["People"]))
    assert boss.user.email not in shown.text_content()
    refused = editor.get(found["By role"])
    assert refused.status_code == 400
    assert "There is no filter called “roles”." in refused.text


def test_a_list_begins_with_the_view_one_chose(app, editor, as_role):
    address = keep(editor).location
    key = str(kept(app)[0][0])
    editor.post("/admin/post/views/", data={"do": "begin", "begin": key})
    answer = editor.get("/admin/post/")
    assert (answer.status_code, answer.location) == (302, address)
    every = tabs(editor, address)["All"]
    shown = page(editor.get(every))
    assert len(shown.xpath("//tbody/tr")) == 3
    editor.post("/admin/post/views/", data={"do": "begin", "begin": "drafts"})
    assert editor.get("/admin/post/").location == "/admin/post/?view=drafts"
    assert as_role("editor").get("/admin/post/").status_code == 200
    editor.post("/admin/post/views/", data={"do": "begin", "begin": ""})
    assert editor.get("/admin/post/").status_code == 200
    assert history(app) == [("create", "My drafts")]


def test_a_list_begins_with_the_view_used_last_for_whoever_likes_that(app, editor):
    address = keep(editor).location
    editor.get("/admin/post/?view=drafts")
    assert editor.get("/admin/post/").status_code == 200
    editor.post("/admin/post/views/", data={"do": "begin", "begin": ":last"})
    assert editor.get("/admin/post/").status_code == 200
    for path, opened in (
        ("/admin/post/?view=drafts&sort=title", "/admin/post/?view=drafts"),
        (address, address),
        ("/admin/post/?saved=99999", None),
        ("/admin/post/?view=all", None),
    ):
        editor.get(path)
        assert editor.get("/admin/post/").location == opened
    assert editor.get("/admin/comment/").status_code != 302
    offered = page(editor.get("/admin/post/?saving=1&view=all")).xpath('//button[@name="begin"]/@value')
    assert offered == [""]


def test_a_view_that_is_gone_is_begun_with_no_more(app, editor):
    keep(editor)
    key = str(kept(app)[0][0])
    editor.post("/admin/post/views/", data={"do": "begin", "begin": key})
    editor.post("/admin/post/views/", data={"do": "delete", "saved": key})
    assert editor.get("/admin/post/").status_code == 200
    assert editor.get(f"/admin/post/?saved={key}").status_code == 200


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"do": "nonsense"}, 400), ({}, 400), ({"do": "keep", "name": "x", "state": "wonky=1"}, 400),
        ({"do": "keep", "name": "x", "state": "where=any("}, 400), ({"do": "keep", "name": "x", "role": "x"}, 400),
        ({"do": "keep", "name": "x", "role": "99999"}, 404), ({"do": "keep", "name": "x", "state": "x" * 5000}, 400),
        ({"do": "change", "saved": "x", "name": "x"}, 404), ({"do": "change", "saved": "9" * 30, "name": "x"}, 404),
        ({"do": "delete"}, 404), ({"do": "begin", "begin": "nonsense"}, 404), ({"do": "begin", "begin": "77"}, 404),
        ({"do": "begin", "begin": "", "back": "wonky=1"}, 400),
    ],
)  # fmt: skip
def test_what_means_nothing_is_refused(app, editor, data, status):
    assert editor.post("/admin/post/views/", data=data).status_code == status
    assert kept(app) == []


@pytest.mark.parametrize("name", ["", "  ", "x" * 61])
def test_a_view_without_a_proper_name_is_asked_for_once_more(app, editor, name):
    answer = keep(editor, name)
    assert answer.status_code == 302
    shown = page(editor.get(answer.location))
    assert shown.xpath('//input[@name="name"][@required]')
    field = shown.xpath('//input[@id="view-name"][@aria-invalid]')[0]
    said = shown.xpath(f'string(//*[@id="{field.get("aria-describedby")}"])')
    assert field.get("value") == name[:60]
    assert ("At most 60 characters" if name.strip() else "A view needs a name.") in said
    assert shown.xpath('//input[@name="state"]/@value')[0].startswith("where=any")
    assert kept(app) == []
    assert "aria-invalid" not in editor.get(answer.location).text


def test_a_view_that_cannot_be_changed_so_stays_open(app, editor):
    keep(editor, "Mine")
    ((key, *_),) = kept(app)
    data = {"do": "change", "saved": key, "name": " ", "state": "status=draft"}
    answer = editor.post("/admin/post/views/", data=data)
    shown = page(editor.get(answer.location))
    assert shown.xpath('//button[@value="change"]')
    assert set(shown.xpath('//input[@name="saved"]/@value')) == {str(key)}
    assert [one[1] for one in kept(app)] == ["Mine"]


def test_nobody_keeps_views_without_end(app, editor):
    for at in range(MOST):
        keep(editor, f"View {at}")
    answer = keep(editor, "One more")
    assert "At most 30 views" in editor.get(answer.location).text
    assert len(kept(app)) == MOST


def test_a_name_is_shown_as_it_is(editor):
    answer = keep(editor, "<script>alert(1)</script>")
    assert "<script>alert(1)" not in editor.get(answer.location).text
    assert "<script>alert(1)</script>" in tabs(editor)


def test_tabs_cost_one_question(app, editor, queries):
    for at in range(5):
        keep(editor, f"View {at}")
        with queries() as sent:
            editor.get("/admin/post/?status=draft")
        assert len([one for one in sent if "saved_view" in one]) == 1
