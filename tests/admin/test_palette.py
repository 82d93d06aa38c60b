"""The search over the whole panel leads to pages, deeds and rows: to each only what is theirs to know."""

import pytest
from lxml import html

from backoffice.core.model import db
from backoffice.models.accounts import Role, User
from backoffice.models.comments import Comment
from backoffice.models.content import Post, Tag
from make import make

JSON = {"Accept": "application/json"}


def found(browser, words):
    """Return what was found: group → label → address."""
    answer = browser.get("/admin/find/", query_string={"q": words}, headers=JSON)
    assert answer.status_code == 200, answer.text
    return {group["label"]: {one["label"]: one["url"] for one in group["entries"]} for group in answer.json}


def test_pages_views_and_deeds_are_offered_at_once(app, as_role):
    offered = found(as_role("editor"), "")
    assert offered["Pages"]["Posts"] == "/admin/post/"
    assert offered["Pages"]["Comments: Waiting"] == "/admin/comment/?view=waiting"
    assert offered["Actions"]["New post"] == "/admin/post/new/"
    assert "Users" not in offered["Pages"]
    assert "Rows" not in offered


def test_every_place_that_is_offered_is_there(app, as_role):
    for role in ("administrator", "editor", "moderator", "author"):
        browser = as_role(role)
        for group in found(browser, "").values():
            for label, url in group.items():
                assert browser.get(url).status_code == 200, (role, label)


def test_rows_are_found_by_their_names_and_lead_to_their_pages(app, as_role):
    with app.app_context():
        post, tag = make(Post, title="Lighthouse keepers"), make(Tag, name="lighthouse")
        make(Post, title="Something else", body="<p>lighthouse</p>")
        db.session.commit()
        keys = post.id, tag.id
    editor = as_role("editor")
    rows = found(editor, "LIGHTH")["Rows"]
    assert rows == {
        "Lighthouse keepers": f"/admin/post/details/?id={keys[0]}",
        "lighthouse": f"/admin/tag/details/?id={keys[1]}",
    }
    assert found(editor, "lighthouse keep")["Rows"].keys() == {"Lighthouse keepers"}
    assert found(editor, "lighthouse")["Search in"]["Posts"] == "/admin/post/?search=lighthouse"
    for url in rows.values():
        assert editor.get(url).status_code == 200


def test_nobody_finds_what_they_may_not_read(app, as_role):
    author = as_role("author")
    with app.app_context():
        make(Post, title="Lantern, mine", author=db.session.get(User, author.user.id))
        make(Post, title="Lantern, another's", author=make(User, name="Lantern Person"))
        make(Comment, guest_name="Ann", body="<p>Lantern said</p>")
        db.session.commit()
    assert set(found(author, "lantern")["Rows"]) == {"Lantern, mine"}
    assert set(found(as_role("administrator"), "lantern")["Rows"]) == {
        "Lantern, mine",
        "Lantern, another's",
        "Lantern said",
        "Lantern Person",
    }


def test_a_name_that_needs_a_right_finds_nothing_without_it(app, as_role, monkeypatch):
    with app.app_context():
        make(Post, title="Lantern", author=make(User))
        db.session.add(Role(name="clerk", rights=["user.read", "user.update"]))
        db.session.commit()
    clerk = as_role("clerk", email="hidden.lantern@example.com", name="Clerk")
    assert "hidden.lantern@example.com" not in str(found(clerk, "hidden.lantern"))


@pytest.mark.parametrize("words", ["'", '"', "%", "_", "\\", "<script>", "*", "💡", "a b c d e f", " "])
def test_signs_are_looked_for_as_they_are(app, as_role, words):
    editor = as_role("editor")
    found(editor, words)
    page = editor.get("/admin/find/", query_string={"q": words})
    assert page.status_code == 200
    assert "<script>" not in page.text.partition("<main")[2].partition("</main>")[0]


def test_a_search_has_an_end(app, as_role):
    editor = as_role("editor")
    assert editor.get("/admin/find/", query_string={"q": "x" * 100}).status_code == 200
    answer = editor.get("/admin/find/", query_string={"q": "x" * 101})
    assert answer.status_code == 400
    assert "at most 100 characters" in answer.text


def test_it_is_a_page_where_there_are_no_scripts(app, as_role):
    with app.app_context():
        make(Tag, name="lighthouse")
        db.session.commit()
    page = html.fromstring(as_role("editor").get("/admin/find/?q=lighthouse").text)
    assert page.xpath('//main//li/a[text()="lighthouse"]')
    assert page.xpath('//header//form[@role="search"]/input[@type="search"]') or page.xpath(
        '//header//input[@name="q"]'
    )
    page = html.fromstring(as_role("editor").get("/admin/find/?q=nothing-of-the-kind&x=1").text)
    assert "Try fewer words" in page.xpath("string(//main)") or page.xpath("//main//li/a")


def test_it_takes_few_statements(app, as_role, queries):
    browser = as_role("administrator")
    with app.app_context():
        for at in range(30):
            make(Tag, name=f"lighthouse {at}")
        db.session.commit()
    with queries() as sent:
        rows = found(browser, "lighthouse")["Rows"]
    assert len(rows) == 5
    assert len([one for one in sent if one.startswith(("SELECT", "WITH"))]) <= 4, sent


def test_whoever_may_see_nothing_finds_nothing(app, as_role):
    with app.app_context():
        db.session.add(Role(name="nobody", rights=[]))
        db.session.commit()
    assert as_role("nobody").get("/admin/find/?q=a").status_code == 404
