"""Any column or relation that one may change is changed on many rows at once, under the rules of a form."""

import pytest
from lxml import html
from sqlalchemy import select

from backoffice.core.history import Change
from backoffice.core.jobs import worker
from backoffice.core.model import db
from backoffice.core.operation import chunks
from backoffice.models.accounts import Role, User
from backoffice.models.content import Category, Post, Tag
from backoffice.models.media import Image
from make import make

ACTION = "/admin/post/action/"


@pytest.fixture
def shelf(app):
    """Store four posts, two categories and three tags; return their keys."""
    with app.app_context():
        categories = [make(Category, name=name) for name in ("News", "Sport")]
        tags = [make(Tag, name=name) for name in ("red", "green", "blue")]
        first = [make(Post, category=categories[0], tags=tags[:2], status="draft") for _at in range(3)]
        posts = [*first, make(Post, category=categories[1], tags=[], status="published")]
        db.session.commit()
        return {
            name: [row.id for row in rows]
            for name, rows in (("posts", posts), ("categories", categories), ("tags", tags))
        }


def change(keys, **values):
    """Return what the form about many rows sends; "do_title" stands for "do-title"."""
    named = {name.replace("_", "-", 1): value for name, value in values.items()}
    return {"action": "change", "step": "values", "rowid": keys, **named}


def posts(app):
    """Return category, tags and author of every post, by key."""
    with app.app_context():
        found = db.session.scalars(select(Post).order_by(Post.id))
        return {one.id: (one.category_id, [tag.name for tag in one.tags], one.author_id) for one in found}


def words(answer):
    return " ".join(html.fromstring(answer.text).xpath("string(//main)").split())


def said(browser, answer):
    assert answer.status_code == 302, words(answer)
    return " ".join(html.fromstring(browser.get(answer.location).text).xpath('string(//*[@class="messages"])').split())


def test_the_page_offers_what_one_may_change_and_leaves_everything_as_it_is(as_role, shelf):
    editor = as_role("editor")
    page = editor.post(ACTION, data={"action": "change", "rowid": shelf["posts"]})
    assert page.status_code == 200
    tree = html.fromstring(page.text)
    offered = {name.removeprefix("do-") for name in tree.xpath('//select[starts-with(@name, "do-")]/@name')}
    assert {"status", "category", "author", "publish_at", "kind", "title", "excerpt"} <= offered
    # What is to differ in each row, what nobody types, and what goes with a file.
    assert not offered & {"slug", "views", "published_at", "id", "version", "tags"}
    assert tree.xpath('//fieldset[@data-name="add-tags"]')
    assert tree.xpath('//fieldset[@data-name="remove-tags"]')
    assert set(tree.xpath('//select[starts-with(@name, "do-")]/option[@selected]/@value')) == {""}
    assert "What is to become of 4 rows?" in words(page)
    assert (
        "author"
        not in as_role("author")
        .post(ACTION, data={"action": "change", "rowid": shelf["posts"]})
        .text.partition("<main")[2]
        .partition("do-")[2]
        .partition('"')[0]
    )


def test_a_field_that_asks_for_a_right_one_lacks_is_neither_offered_nor_taken(app, as_role, shelf):
    author = as_role("author")
    page = html.fromstring(author.post(ACTION, data={"action": "change", "rowid": shelf["posts"]}).text)
    assert not page.xpath('//*[@name="do-author"]')
    forged = author.post(ACTION, data=change(shelf["posts"], do_author="set", to_author=author.user.id, confirm="1"))
    assert forged.status_code == 422
    assert "You may not change this." in words(forged)
    for name in ("views", "slug", "version", "id", "published_at"):
        data = {**change(shelf["posts"]), f"do-{name}": "set", f"to-{name}": "7", "confirm": "1"}
        assert as_role("editor").post(ACTION, data=data).status_code == 422


def test_tags_are_added_and_removed_and_one_category_set_after_a_rehearsal(app, as_role, shelf):
    editor, (red, green, blue) = as_role("editor"), shelf["tags"]
    sent = change(
        shelf["posts"], do_category="set", to_category=shelf["categories"][1], add_tags=[blue, red], remove_tags=green
    )
    page = editor.post(ACTION, data=sent)
    assert page.status_code == 200
    assert "Category Sport Tags Add: red, blue; Remove: green" in words(page)
    assert "Will change 4" in words(page)
    assert {one[0] for one in posts(app).values()} == set(shelf["categories"])
    told = said(editor, editor.post(ACTION, data={**sent, "confirm": "1"}))
    assert told.startswith("Change: 4 changed.")
    assert [one[:2] for one in posts(app).values()] == [(shelf["categories"][1], ["blue", "red"])] * 4
    with app.app_context():
        changes = db.session.scalars(
            select(Change).filter_by(model="post", verb="update").order_by(Change.row_id)
        ).all()
        assert {(one.actor_id, one.door, len({one.batch})) for one in changes} == {(editor.user.id, "panel", 1)}
        assert changes[0].before == {"category_id": shelf["categories"][0], "tags": [red, green]}
        assert changes[0].after == {"category_id": shelf["categories"][1], "tags": [red, blue]}
        (batch,) = {one.batch for one in changes}
    assert "4 were already so" in said(editor, editor.post(ACTION, data={**sent, "confirm": "1"}))
    editor.post("/admin/change/undo/", data={"batch": batch, "confirm": "1"})
    assert [one[:2] for one in posts(app).values()] == [(shelf["categories"][0], ["green", "red"])] * 3 + [
        (shelf["categories"][1], [])
    ]


def test_an_author_is_changed_and_a_value_cleared(app, as_role, shelf):
    editor = as_role("editor")
    with app.app_context():
        writer = make(User, name="Writer").id
        db.session.commit()
    sent = change(shelf["posts"], do_author="set", to_author=writer, do_category="clear", confirm="1")
    assert "4 changed" in said(editor, editor.post(ACTION, data=sent))
    assert [(one[0], one[2]) for one in posts(app).values()] == [(None, writer)] * 4


def test_a_status_is_set_only_where_an_operation_leads_there(app, as_role, shelf):
    editor = as_role("editor")
    sent = change(shelf["posts"], do_status="=review", confirm="1")
    told = said(editor, editor.post(ACTION, data=sent))
    assert "3 changed, 1 refused" in told
    with app.app_context():
        assert [one.status for one in db.session.scalars(select(Post).order_by(Post.id))] == ["review"] * 3 + [
            "published"
        ]


def test_what_a_row_itself_refuses_is_counted_and_named(app, as_role, shelf):
    editor = as_role("editor")
    sent = change(shelf["posts"], do_status="=scheduled")
    page = editor.post(ACTION, data=sent)
    assert "Say when the post is to appear. (3)" in words(page)
    assert "Will change" not in words(page)
    told = said(editor, editor.post(ACTION, data={**sent, "confirm": "1"}))
    assert "0 changed, 4 refused" in told
    with app.app_context():
        assert {one.status for one in db.session.scalars(select(Post))} == {"draft", "published"}


def test_wrong_values_are_told_beside_their_fields_and_nothing_typed_is_lost(app, as_role, shelf):
    editor = as_role("editor")
    data = change(
        shelf["posts"],
        do_title="set",
        to_title="",
        do_publish_at="set",
        to_publish_at="soon",
        do_excerpt="",
        to_excerpt="Typed and left",
        add_tags=shelf["tags"][0],
        confirm="1",
    )
    answer = editor.post(ACTION, data=data)
    assert answer.status_code == 422
    page = html.fromstring(answer.text)
    wrong = {
        line.xpath('.//select[starts-with(@name, "do-")]/@name')[0]
        for line in page.xpath('//*[contains(@class, "form-wrong")]')
    }
    assert wrong == {"do-title", "do-publish_at", "do-excerpt"}
    assert "Typed and left" in page.xpath('//textarea[@name="to-excerpt"]/text()')[0]
    assert page.xpath('//input[@name="to-publish_at"]/@value') == ["soon"]
    assert page.xpath('//input[@name="add-tags"][@checked]/@value') == [str(shelf["tags"][0])]
    assert posts(app)[shelf["posts"][3]][1] == []
    for name, value in (("do-status", "=nonsense"), ("do-category", "nonsense"), ("do-kind", "set")):
        assert editor.post(ACTION, data={**change(shelf["posts"], confirm="1"), name: value}).status_code == 422
    nothing = editor.post(ACTION, data=change(shelf["posts"], confirm="1"))
    assert (nothing.status_code, "Choose at least one field" in words(nothing)) == (422, True)


@pytest.mark.parametrize("key", ["999999", "-1", "x", "1 or 1", "9" * 30])
def test_a_row_that_cannot_be_named_is_refused(key, as_role, shelf):
    data = change(shelf["posts"], do_category="set", to_category=key, confirm="1")
    assert as_role("editor").post(ACTION, data=data).status_code == 422


def test_without_javascript_rows_to_name_are_found_by_a_button(as_role, shelf):
    editor = as_role("editor")
    sent = {**change(shelf["posts"], do_category="set"), "find:to-category": "1", "to-category-find": "Spo"}
    page = html.fromstring(editor.post(ACTION, data=sent).text)
    assert page.xpath('//input[@name="to-category"][@type="radio"]/@value') == [str(shelf["categories"][1])]
    assert page.xpath('//select[@name="do-category"]/option[@selected]/@value') == ["set"]
    assert not page.xpath('//*[contains(@class, "form-error")]')
    del sent["find:to-category"]
    held = page.xpath('//input[starts-with(@name, "to-category-")]')
    chosen = {**sent, **{one.get("name"): one.get("value") for one in held}, "to-category": shelf["categories"][1]}
    assert chosen["to-category-found"] == "Spo"
    rehearsed = editor.post(ACTION, data=chosen)
    assert rehearsed.status_code == 200
    assert "to-category-found" not in rehearsed.text


def test_one_goes_back_from_the_rehearsal_with_all_that_was_typed(as_role, shelf):
    editor = as_role("editor")
    sent = change(shelf["posts"], do_excerpt="set", to_excerpt="In short")
    carried = html.fromstring(editor.post(ACTION, data=sent).text).xpath(
        '//form[contains(@class, "outcome-answer")]//input'
    )
    fields = {one.get("name"): one.get("value") for one in carried if one.get("name") not in {"rowid", "csrf_token"}}
    page = html.fromstring(editor.post(ACTION, data={**fields, "rowid": shelf["posts"], "again": "1"}).text)
    assert page.xpath('//textarea[@name="to-excerpt"]/text()')[0].strip() == "In short"


def test_own_rows_alone_are_changed_and_others_counted_as_refused(app, as_role):
    author = as_role("author")
    with app.app_context():
        mine = make(Post, author=db.session.get(User, author.user.id)).id
        other = make(Post, author=make(User)).id
        db.session.commit()
    told = said(author, author.post(ACTION, data=change([mine, other], do_title="set", to_title="Mine", confirm="1")))
    assert "1 changed, 1 refused" in told
    with app.app_context():
        assert db.session.get(Post, mine).title == "Mine"
        assert db.session.get(Post, other).title != "Mine"


def test_the_rules_about_accounts_hold_for_many_of_them(app, as_role):
    administrator = as_role("administrator")
    with app.app_context():
        keys = [make(User).id for _at in range(2)]
        mighty = db.session.scalars(select(Role).filter_by(name="administrator")).one().id
        db.session.commit()
    sent = change([*keys, administrator.user.id], do_active="no", confirm="1")
    sent["do-active"] = "=no"
    told = said(administrator, administrator.post("/admin/user/action/", data=sent))
    assert "2 changed, 1 refused: You cannot deactivate yourself." in told
    removed = change([administrator.user.id], remove_roles=mighty, confirm="1")
    told = said(administrator, administrator.post("/admin/user/action/", data=removed))
    assert "The last administrator must stay one." in told
    with app.app_context():
        assert [role.name for role in db.session.get(User, administrator.user.id).roles] == ["administrator"]


def test_all_that_match_are_changed_by_a_job_in_one_batch_that_goes_back(app, as_role, shelf, monkeypatch):
    monkeypatch.setattr(chunks, "LARGE_ONE_BY_ONE", 2)
    monkeypatch.setattr(chunks, "PART_ONE_BY_ONE", 2)
    with app.app_context():
        for _at in range(20):
            make(Post, category=None, tags=[])
        db.session.commit()
    before = posts(app)
    editor = as_role("editor")
    page = html.fromstring(editor.get("/admin/post/?page_size=20").text)
    token = page.xpath('//form[@id="bulk"]//input[@name="token"]/@value')[0]
    sent = {
        **change([], do_category="set", to_category=shelf["categories"][0], add_tags=shelf["tags"][2]),
        "token": token,
    }
    rehearsed = html.fromstring(editor.post(ACTION, data=sent).text)
    fields = [
        (one.get("name"), one.get("value"))
        for one in rehearsed.xpath('//form[contains(@class, "outcome-answer")]//*[@name]')
    ]
    data = {name: value for name, value in fields if name not in {"again", "csrf_token"}}
    place = editor.post(ACTION, data=data).location
    assert place.startswith("/admin/job/details/")
    assert posts(app) == before
    while worker.turn(app):
        pass
    assert {one[0] for one in posts(app).values()} == {shelf["categories"][0]}
    assert all("blue" in one[1] for one in posts(app).values())
    with app.app_context():
        (batch,) = set(db.session.scalars(select(Change.batch).filter_by(model="post", verb="update")))
    editor.post("/admin/change/undo/", data={"batch": batch, "confirm": "1"})
    assert posts(app) == before


def test_a_model_without_rules_is_changed_by_statements(app, as_role, queries):
    editor = as_role("editor")
    with app.app_context():
        keys = [make(Image, title=f"Picture {at}").id for at in range(40)]
        db.session.commit()
    with queries() as statements:
        sent = change(keys, do_alt="set", to_alt="A harbour", confirm="1")
        assert "40 changed" in said(editor, editor.post("/admin/image/action/", data=sent))
    assert len([one for one in statements if one.lower().startswith("update image")]) == 1
    with app.app_context():
        assert {(one.alt, one.version) for one in db.session.scalars(select(Image))} == {("A harbour", 2)}
        changes = db.session.scalars(select(Change).filter_by(model="image", verb="update")).all()
        assert [(one.before, one.after) for one in changes] == [({"alt": None}, {"alt": "A harbour"})] * 40


def test_who_may_change_nothing_is_not_offered_it(app, as_role, shelf):
    moderator = as_role("moderator")
    assert 'value="change"' not in moderator.get("/admin/post/").text
    assert moderator.post(ACTION, data=change(shelf["posts"], do_title="set", to_title="x")).status_code == 404
