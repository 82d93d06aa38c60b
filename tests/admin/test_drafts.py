"""What is typed is kept for whoever types it, offered again, and merged; who has a row open is told to the others."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from backoffice.core.history import Change
from backoffice.core.model import db, now
from backoffice.core.writing import drafts
from backoffice.models.accounts import Role, User
from backoffice.models.content import Post, Tag
from filling import filled, shown, words

JSON = {"Accept": "application/json"}


@pytest.fixture
def type_in(app):
    """Return a function that sends what a page sends while somebody types."""

    def send(browser, key="", act="keep", model="post", **typed):
        data = {"_do": act, "_row": key, **typed}
        return browser.post(f"/admin/{model}/draft/", data=data, headers=JSON, version=False)

    return send


def kept(app):
    """Return what lies in the table: (account, table, key, content or None)."""
    with app.app_context():
        found = db.session.execute(select(drafts.draft).order_by(drafts.draft.c.user_id)).all()
        return [(one.user_id, one.model, one.row_id, one.content) for one in found]


def age(app, **by):
    """Let all drafts have been touched so long ago."""
    with app.app_context():
        moments = {name: now() - timedelta(**by) for name in ("seen_at", "opened_at")}
        db.session.execute(update(drafts.draft).values(**moments), execution_options={"recorded": True})
        db.session.commit()


def offer(answer):
    """Return what a page offers to take back: its heading, and what differs, or None."""
    found = shown(answer).xpath('//section[contains(@class, "draft")]')
    if not found:
        return None
    heading = found[0].xpath(".//h2")[0].text_content()
    return heading, [" ".join(one.text_content().split()) for one in found[0].xpath(".//dt | .//dd")]


def test_what_was_typed_is_offered_taken_back_and_gone_when_saved(app, as_role, keep, read, type_in):
    editor, key = as_role("editor"), keep(Post, title="Stored")
    answer = type_in(editor, key, title="Typed", version=1)
    assert answer.status_code == 200
    assert answer.json["kept"].startswith("Kept at ")
    heading, differing = offer(editor.get(f"/admin/post/edit/?id={key}"))
    assert heading.startswith("You were writing here at ")
    assert differing == ["Title", "Stored → Typed"]
    page = editor.get(f"/admin/post/edit/?id={key}&draft=1")
    assert filled(page)["title"] == ["Typed"]
    assert read(Post, key, "title") == "Stored"
    assert editor.post(f"/admin/post/edit/?id={key}", data=filled(page)).status_code == 302
    assert (read(Post, key, "title"), kept(app)) == ("Typed", [])
    assert editor.get(f"/admin/post/edit/?id={key}&draft=1").status_code == 404


def test_a_draft_is_no_change_of_the_row_and_nothing_for_the_history(app, as_role, keep, read, type_in):
    editor, key = as_role("editor"), keep(Post, title="Stored")
    with app.app_context():
        before = db.session.scalars(select(Change.id)).all()
    for text in ("T", "Ty", "Typ"):
        type_in(editor, key, title=text, version=1)
    with app.app_context():
        assert db.session.scalars(select(Change.id)).all() == before
    assert (read(Post, key, "version"), len(kept(app))) == (1, 1)


def test_a_new_row_has_a_draft_of_its_own(app, as_role, read, type_in):
    editor = as_role("editor")
    type_in(editor, title="Half written", body="<p>Half</p>")
    assert offer(editor.get("/admin/post/new/"))[1][:2] == ["Title", "— → Half written"]
    page = editor.get("/admin/post/new/?draft=1")
    assert filled(page)["title"] == ["Half written"]
    assert editor.post("/admin/post/new/", data=filled(page)).status_code == 302
    assert kept(app) == []
    assert offer(editor.get("/admin/post/new/")) is None


def test_an_old_draft_is_merged_with_what_others_saved_since(as_role, keep, type_in):
    first, second = as_role("editor"), as_role("editor", name="Mara")
    key = keep(Post, title="Title", excerpt="Excerpt")
    form = filled(first.get(f"/admin/post/edit/?id={key}"))
    type_in(first, key, **{**form, "title": ["Mine"], "csrf_token": []})
    changed = {"title": "Theirs", "excerpt": "New"}
    assert second.post(f"/admin/post/edit/?id={key}", data=changed).status_code == 302
    page = first.get(f"/admin/post/edit/?id={key}&draft=1")
    assert filled(page)["excerpt"] == ["New"]
    assert shown(page).xpath('//input[@name="conflict"]/@value') == ["title"]
    assert "Mara changed this meanwhile." in words(page)


def test_a_draft_is_discarded_without_a_script(app, as_role, keep, type_in):
    editor, key = as_role("editor"), keep(Post, title="Stored")
    type_in(editor, key, title="Typed", version=1)
    answer = editor.post("/admin/post/draft/", data={"_do": "drop", "_row": key})
    assert (answer.status_code, answer.location) == (302, f"/admin/post/edit/?id={key}")
    assert kept(app) == []


def test_what_is_as_it_is_stored_is_not_offered(as_role, keep, type_in):
    editor, key = as_role("editor"), keep(Post, title="Stored")
    type_in(editor, key, title="Stored", version=1)
    assert offer(editor.get(f"/admin/post/edit/?id={key}")) is None


def test_nobody_else_is_offered_a_draft(as_role, keep, type_in):
    editor, other, key = as_role("editor"), as_role("administrator"), keep(Post, title="Stored")
    type_in(editor, key, title="Secret thought", version=1)
    for path in (f"edit/?id={key}", f"details/?id={key}", "", "new/"):
        assert "Secret thought" not in other.get(f"/admin/post/{path}").text
    assert other.get(f"/admin/post/edit/?id={key}&draft=1").status_code == 404
    assert type_in(other, key, act="drop").status_code == 200
    assert offer(editor.get(f"/admin/post/edit/?id={key}")) is not None


def test_a_draft_holds_only_what_its_writer_may_set(app, as_role, keep, type_in):
    with app.app_context():
        db.session.add(Role(name="titler", rights=["post.read", "post.update"]))
        db.session.commit()
    titler, key = as_role("titler"), keep(Post, title="Stored")
    type_in(titler, key, title="Typed", author="1", views="7", password="secret", **{"title-x": "x", "__class__": "x"})
    ((_user, _model, _row, content),) = kept(app)
    assert content == '{"title": ["Typed"]}'


def test_no_password_is_ever_kept(app, as_role, type_in):
    admin = as_role("administrator")
    type_in(admin, admin.user.id, model="user", name="New", password="secret word", fs_uniquifier="x", wishes="{}")
    assert [one[3] for one in kept(app)] == ['{"name": ["New"]}']


def test_who_may_not_change_a_row_has_no_draft_of_it(app, as_role, keep, type_in):
    with app.app_context():
        other = User(username="other", name="Other")
        db.session.add(other)
        db.session.commit()
        other = other.id
    key = keep(Post, title="Stored", author_id=other)
    author, moderator = as_role("author"), as_role("moderator")
    for browser in (author, moderator):
        assert type_in(browser, key, title="Typed").status_code == 404
        assert type_in(browser, 999, title="Typed").status_code == 404
    assert type_in(moderator, "", title="Typed").status_code == 404
    assert kept(app) == []


def test_who_lost_the_right_sees_and_writes_no_draft_any_more(app, as_role, keep, type_in):
    editor, key = as_role("editor"), keep(Post, title="Stored")
    type_in(editor, key, title="Typed", version=1)
    with app.app_context():
        db.session.get(User, editor.user.id).roles = []
        db.session.commit()
    assert type_in(editor, key, title="More", version=1).status_code == 404
    assert editor.get(f"/admin/post/edit/?id={key}&draft=1").status_code == 404
    assert "Typed" in kept(app)[0][3]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"_do": ""}, 400),
        ({"_do": "everything"}, 400),
        ({"_row": "abc"}, 404),
        ({"_row": "-1"}, 404),
        ({"_row": "0"}, 404),
        ({"_row": "1" + "0" * 30}, 404),
        ({"title": "x" * 1_000_001}, 413),
    ],
)
def test_what_is_no_draft_is_refused(app, as_role, keep, sent, status):
    editor = as_role("editor")
    keep(Post)
    data = {"_do": "keep", "_row": "1", "title": "x", **sent}
    assert editor.post("/admin/post/draft/", data=data, headers=JSON).status_code == status
    assert kept(app) == []


@pytest.mark.parametrize("version", ["0", "-1", "abc", "1" + "0" * 30, "", "999999999"])
def test_a_forged_version_leads_to_comparing(as_role, keep, read, type_in, version):
    editor, key = as_role("editor"), keep(Post, title="Stored")
    type_in(editor, key, title="Typed", version=version)
    page = editor.get(f"/admin/post/edit/?id={key}&draft=1")
    assert page.status_code == 200
    assert editor.post(f"/admin/post/edit/?id={key}", data=filled(page)).status_code == 409
    assert read(Post, key, "title") == "Stored"


def test_a_draft_asks_for_the_token(app, as_role, keep):
    editor, key = as_role("editor"), keep(Post)
    sent = {"_do": "keep", "_row": key, "title": "x"}
    assert editor.post("/admin/post/draft/", data=sent, csrf=False).status_code == 400
    assert kept(app) == []


def test_hostile_markup_in_a_draft_stays_text(as_role, keep, type_in):
    editor, key = as_role("editor"), keep(Post, title="Stored")
    hostile = '"><img src=x onerror=alert(1)>'
    type_in(editor, key, title=hostile, version=1)
    for path in (f"edit/?id={key}", f"edit/?id={key}&draft=1"):
        answer = editor.get(f"/admin/post/{path}")
        assert "<img src=x" not in answer.text
    assert filled(answer)["title"] == [hostile]


def test_one_person_has_so_many_drafts_and_no_more(app, as_role, keep, monkeypatch, type_in):
    monkeypatch.setattr(drafts, "MOST", 3)
    editor = as_role("editor")
    keys = [keep(Tag) for _number in range(5)]
    for key in keys:
        type_in(editor, key, model="tag", name="Typed", version=1)
    assert sorted(one[2] for one in kept(app)) == keys[2:]


def test_old_drafts_are_forgotten(app, as_role, keep, type_in):
    editor, key = as_role("editor"), keep(Post)
    type_in(editor, key, title="Typed", version=1)
    with app.app_context():
        drafts.forget_now_and_then(db.session())
    assert len(kept(app)) == 1
    age(app, days=app.config["DRAFT_DAYS"] + 1)
    with app.app_context():
        drafts.forget_now_and_then(db.session())
    assert kept(app) == []


def test_with_an_account_go_its_drafts(app, as_role, keep, type_in):
    editor, key = as_role("editor"), keep(Tag)
    type_in(editor, key, model="tag", name="Typed", version=1)
    with app.app_context():
        db.session.delete(db.session.get(User, editor.user.id))
        db.session.commit()
    assert kept(app) == []


def test_what_was_typed_about_a_row_that_is_gone_is_saved_as_a_new_one(app, as_role, keep, read, type_in):
    first, second, key = as_role("editor"), as_role("editor", name="Mara"), keep(Tag, name="Stored")
    form = filled(first.get(f"/admin/tag/edit/?id={key}"), name="Typed")
    assert second.post("/admin/tag/delete/", data={"id": key}).status_code == 302
    answer = first.post(f"/admin/tag/edit/?id={key}", data=form)
    assert answer.status_code == 410
    assert "Mara deleted this at" in words(answer)
    assert filled(answer)["name"] == ["Typed"]
    new = {**filled(answer), "slug": "typed"}
    assert first.post(shown(answer).xpath('//form[@class="row-form"]/@action')[0], data=new).status_code == 302
    with app.app_context():
        assert db.session.scalars(select(Tag.name)).all() == ["Typed"]


def test_a_row_that_is_gone_is_brought_back_and_changed(as_role, keep, read, changes):
    first, second, key = as_role("administrator"), as_role("editor"), keep(Tag, name="Stored")
    form = filled(first.get(f"/admin/tag/edit/?id={key}"), name="Typed")
    assert second.post("/admin/tag/delete/", data={"id": key}).status_code == 302
    answer = first.post(f"/admin/tag/edit/?id={key}", data=form)
    (button,) = shown(answer).xpath('//button[@name="_restore"]')
    sent = {**filled(answer), "_restore": button.get("value")}
    assert first.post(button.get("formaction"), data=sent).status_code == 302
    assert read(Tag, key, "name") == "Typed"
    assert [one[0] for one in changes(Tag, key)] == ["create", "delete", "undo", "update"]


def test_a_draft_of_a_row_that_is_gone_is_still_there_for_its_writer(as_role, keep, type_in):
    first, second, key = as_role("editor"), as_role("editor"), keep(Tag, name="Stored")
    type_in(first, key, model="tag", name="Typed", version=1)
    assert second.post("/admin/tag/delete/", data={"id": key}).status_code == 302
    answer = first.get(f"/admin/tag/edit/?id={key}")
    assert (answer.status_code, filled(answer)["name"]) == (410, ["Typed"])
    assert second.get(f"/admin/tag/edit/?id={key}").status_code == 404


def test_who_could_not_change_the_row_learns_nothing_of_its_end(as_role, keep):
    editor, key = as_role("editor"), keep(Tag, name="Stored")
    assert editor.post("/admin/tag/delete/", data={"id": key}).status_code == 302
    for role in ("author", "moderator"):
        browser = as_role(role)
        assert browser.post(f"/admin/tag/edit/?id={key}", data={"name": "x", "version": "1"}).status_code == 404
        sent = {"name": "x", "version": "1", "_restore": "1"}
        assert browser.post(f"/admin/tag/edit/?id={key}", data=sent).status_code == 404


def test_an_author_learns_nothing_of_the_end_of_anothers_post(as_role, keep):
    author, editor = as_role("author"), as_role("editor")
    for owner, status in ((editor, 404), (author, 410)):
        key = keep(Post, author_id=owner.user.id, title="Stored")
        assert editor.post(f"/admin/post/delete/?id={key}", data={"confirm": "1"}).status_code == 302
        answer = author.post(f"/admin/post/edit/?id={key}", data={"title": "Typed", "version": "1"})
        assert answer.status_code == status


def test_who_has_a_row_open_is_told_to_the_others(app, as_role, keep, type_in):
    first, second, key = as_role("editor", name="Mara"), as_role("editor", name="Ole"), keep(Post)
    assert type_in(first, key, act="stay").json["present"] == []
    (said,) = type_in(second, key, act="stay").json["present"]
    assert said.startswith("Mara has had this open since ")
    page = second.get(f"/admin/post/edit/?id={key}")
    assert shown(page).xpath('//div[@class="present"][@role="status"]/p/text()') == [said]
    type_in(first, key, act="leave")
    assert type_in(second, key, act="stay").json["present"] == []
    assert [one[0] for one in kept(app)] == [second.user.id]


def test_who_shows_no_sign_for_a_while_has_gone(app, as_role, keep, type_in):
    first, second, key = as_role("editor"), as_role("editor"), keep(Post)
    type_in(first, key, act="stay")
    age(app, seconds=80)
    assert type_in(second, key, act="stay").json["present"] == []
    assert shown(second.get(f"/admin/post/edit/?id={key}")).xpath('//div[@class="present"]/p') == []


def test_a_name_that_one_may_not_know_is_not_told(app, as_role, keep, type_in):
    author, editor = as_role("author"), as_role("editor", name="Mara")
    key = keep(Post, author_id=author.user.id)
    type_in(editor, key, act="stay")
    (said,) = type_in(author, key, act="stay").json["present"]
    assert said.startswith("Someone has had this open since ")


def test_to_leave_takes_no_draft_away(app, as_role, keep, type_in):
    editor, key = as_role("editor"), keep(Post)
    type_in(editor, key, title="Typed", version=1)
    type_in(editor, key, act="leave")
    assert "Typed" in kept(app)[0][3]


def test_the_first_page_leads_to_what_was_typed_and_not_saved(app, as_role, keep, type_in):
    editor, other = as_role("editor"), as_role("editor")
    key, gone = keep(Post, title="Tides"), keep(Tag, name="Gone")
    type_in(editor, key, title="Typed", version=1)
    type_in(editor, gone, model="tag", name="Typed", version=1)
    type_in(editor, model="category", name="Typed")
    assert other.post("/admin/tag/delete/", data={"id": gone}).status_code == 302
    found = shown(editor.get("/admin/")).xpath('//section[@aria-labelledby="unsaved"]//a')
    assert [(one.text, one.get("href")) for one in found] == [
        ("New category", "/admin/category/new/"),
        ("Tides", f"/admin/post/edit/?id={key}"),
    ]
    assert not shown(other.get("/admin/")).xpath('//section[@aria-labelledby="unsaved"]')
    with app.app_context():
        db.session.get(User, editor.user.id).roles = []
        db.session.commit()
    assert not shown(editor.get("/admin/")).xpath('//section[@aria-labelledby="unsaved"]')
