"""The history in the panel: what was done together, how it goes back, and what was deleted."""

import re

import pytest
from sqlalchemy import func, select

from backoffice.core.history import Change, acting
from backoffice.core.history.audit import audit
from backoffice.core.history.seals import seal_all
from backoffice.core.model import db
from backoffice.models.accounts import Role
from backoffice.models.comments import Comment
from backoffice.models.content import Post, Tag
from filling import shown, words
from make import make


@pytest.fixture
def waiting(app):
    """Store five pending comments; return their keys."""
    with app.app_context():
        keys = [make(Comment, status="pending", guest_name=f"Guest {at}").id for at in range(5)]
        db.session.commit()
        return keys


def approve(browser, keys):
    sent = {"action": "approve", "rowid": keys, "confirm": "1", "url": "/admin/comment/"}
    return browser.post("/admin/comment/action/", data=sent)


def button(answer):
    """Return the address and the fields of the button that takes something back."""
    form = shown(answer).xpath('//form[contains(@action, "/admin/change/undo/")]')[0]
    return form.get("action"), {one.get("name"): one.get("value") for one in form.xpath(".//input")}


def statuses(app):
    with app.app_context():
        return dict(db.session.execute(select(Comment.status, func.count()).group_by(Comment.status)).all())


def latest(app, **wanted):
    with app.app_context():
        found = select(Change).filter_by(**wanted).order_by(Change.id.desc()).limit(1)
        return db.session.scalars(found).one()


def test_the_message_after_an_operation_takes_it_back_and_again(app, as_role, waiting):
    moderator = as_role("moderator")
    assert approve(moderator, waiting).status_code == 302
    page = moderator.get("/admin/comment/")
    assert "5 changed" in words(page)
    address, fields = button(page)
    answer = moderator.post(address, data=fields)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/comment/")
    assert statuses(app) == {"pending": 5}
    page = moderator.get("/admin/comment/")
    assert "5 rows are as they were before." in words(page)
    address, fields = button(page)
    moderator.post(address, data=fields)
    assert statuses(app) == {"approved": 5}


def test_what_changed_since_stays_and_is_named(app, as_role, waiting):
    moderator, other = as_role("moderator"), as_role("moderator", name="Ada")
    approve(moderator, waiting)
    word = latest(app, verb="approve").batch
    for key in waiting[:2]:
        other.post(f"/admin/comment/edit/?id={key}", data={"guest_name": "Somebody"})
    page = moderator.get(f"/admin/change/undo/?batch={word}")
    assert page.status_code == 200
    told = words(page)
    assert "Will be as they were before 3" in told
    assert "It was changed since. (2)" in told
    assert "Ada" in told
    assert statuses(app) == {"approved": 5}
    address, fields = button(page)
    moderator.post(address, data=fields | {"confirm": "1"})
    assert statuses(app) == {"approved": 2, "pending": 3}
    assert "Ada" in words(moderator.get("/admin/comment/"))


def test_a_save_and_a_deletion_offer_to_be_taken_back(app, as_role, keep, read):
    editor = as_role("editor")
    key = keep(Post, title="Old")
    editor.post(f"/admin/post/edit/?id={key}", data={"title": "New"})
    address, fields = button(editor.get("/admin/post/"))
    editor.post(address, data=fields)
    assert read(Post, key, "title") == "Old"
    editor.get("/admin/post/")
    editor.post("/admin/post/delete/", data={"id": key, "confirm": "1"})
    address, fields = button(editor.get("/admin/post/"))
    editor.post(address, data=fields)
    assert read(Post, key, "title") == "Old"


def test_a_save_that_changed_nothing_offers_nothing(as_role, keep):
    editor = as_role("editor")
    key = keep(Post, title="Same")
    editor.post(f"/admin/post/edit/?id={key}", data={"title": "Same"})
    assert "/admin/change/undo/" not in editor.get("/admin/post/").text


def test_what_others_did_is_not_there_without_the_history(app, as_role, waiting):
    approve(as_role("moderator"), waiting)
    word = latest(app, verb="approve").batch
    other = as_role("moderator")
    for answer in (
        other.get(f"/admin/change/undo/?batch={word}"),
        other.post("/admin/change/undo/", data={"batch": word, "confirm": "1"}),
        other.get(f"/admin/change/batch/?batch={word}"),
        other.get("/admin/change/trash/"),
        other.post("/admin/change/field/", data={"id": 1, "name": "status"}),
    ):
        assert answer.status_code == 404
    assert statuses(app) == {"approved": 5}


@pytest.mark.parametrize("batch", ["", "x", "0" * 36, "' OR 1=1", "%00"])
def test_a_batch_that_does_not_exist_is_not_found(as_role, batch):
    admin = as_role("administrator")
    for door in ("undo", "batch"):
        assert admin.get(f"/admin/change/{door}/?batch={batch}").status_code in {400, 404}


def test_looking_takes_nothing_back(app, as_role, waiting):
    moderator = as_role("moderator")
    approve(moderator, waiting)
    word = latest(app, verb="approve").batch
    assert moderator.get(f"/admin/change/undo/?batch={word}&confirm=1").status_code == 200
    assert moderator.post("/admin/change/undo/", data={"batch": word}).status_code == 200
    assert moderator.post("/admin/change/undo/", data={"batch": word, "confirm": "1"}, csrf=False).status_code == 400
    assert statuses(app) == {"approved": 5}


def test_a_batch_is_shown_with_who_and_what(app, as_role, waiting):
    moderator, admin = as_role("moderator", name="Mo"), as_role("administrator")
    approve(moderator, waiting)
    change = latest(app, verb="approve")
    page = admin.get(f"/admin/change/batch/?batch={change.batch}")
    assert page.status_code == 200
    told = words(page)
    assert "Mo" in told
    assert "Comments: Approve (5)" in told
    assert "Pending → Approved" in told
    admin.post("/admin/change/undo/", data={"batch": change.batch, "confirm": "1"})
    assert "It was taken back by" in words(admin.get(f"/admin/change/batch/?batch={change.batch}"))


def test_long_texts_show_the_words_that_differ(app, as_role, keep):
    admin, editor = as_role("administrator"), as_role("editor")
    text = "The tide comes in twice a day, and nobody in the harbour has ever thought of asking it not to. " * 4
    key = keep(Post, title="Tides", body=f"<p>{text}</p>")
    editor.post(
        f"/admin/post/edit/?id={key}", data={"title": "Tides", "body": f"<p>{text.replace('twice', 'once', 1)}</p>"}
    )
    tree = shown(admin.get(f"/admin/post/details/?id={key}"))
    assert tree.xpath('//p[@class="difference"]/del/text()') == ["twice"]
    assert tree.xpath('//p[@class="difference"]/ins/text()') == ["once"]
    assert "…" in tree.xpath('string(//p[@class="difference"])')


def test_one_value_of_a_change_goes_back_alone(app, as_role, keep, read):
    admin = as_role("administrator")
    tag = keep(Tag)
    key = keep(Post, title="Old", excerpt="Before")
    admin.post(f"/admin/post/edit/?id={key}", data={"title": "New", "excerpt": "After", "tags": tag})
    change = latest(app, verb="update", model="post")
    page = admin.get(f"/admin/change/details/?id={change.id}")
    assert "Old → New" in words(page)
    for name in ("excerpt", "tags"):
        answer = admin.post("/admin/change/field/", data={"id": change.id, "name": name})
        assert answer.status_code == 302
    assert (read(Post, key, "title"), read(Post, key, "excerpt")) == ("New", "Before")
    with app.app_context():
        assert db.session.get(Post, key).tags == []
    admin.post("/admin/change/field/", data={"id": change.id, "name": "excerpt"})
    assert "It was changed since." in words(admin.get("/admin/change/"))
    assert admin.post("/admin/change/field/", data={"id": change.id, "name": "nothing"}).status_code == 404


def test_what_was_deleted_comes_back_from_the_trash(app, as_role, keep, read):
    admin = as_role("administrator")
    first, second = keep(Tag, name="red"), keep(Tag, name="blue")
    sent = {"action": "delete", "rowid": [first, second], "confirm": "1"}
    assert admin.post("/admin/tag/action/", data=sent).status_code == 302
    admin.get("/admin/tag/")
    page = admin.get("/admin/change/trash/?kind=tag")
    assert {"red", "blue"} <= {one.text for one in shown(page).xpath("//td/a")}
    forms = shown(page).xpath('//form[contains(@action, "/admin/change/undo/")]')
    fields = [{one.get("name"): one.get("value") for one in form.xpath(".//input")} for form in forms]
    wanted = next(
        one for one in fields if int(one["change"]) == latest(app, model="tag", row_id=first, verb="delete").id
    )
    assert admin.post("/admin/change/undo/", data=wanted).status_code == 302
    assert read(Tag, first, "name") == "red"
    with app.app_context():
        assert db.session.get(Tag, second) is None
    told = words(admin.get("/admin/change/trash/?kind=tag"))
    assert "blue" in told
    assert "red" not in told.split("What can be done")[1]


def test_a_row_is_removed_for_good_when_its_name_is_typed(app, as_role, keep):
    admin = as_role("administrator")
    key = keep(Tag, name="A secret word")
    admin.post(f"/admin/tag/edit/?id={key}", data={"name": "A secret word again"})
    admin.post("/admin/tag/delete/", data={"id": key, "confirm": "1"})
    admin.get("/admin/tag/")
    change = latest(app, model="tag", row_id=key, verb="delete")
    page = admin.get(f"/admin/change/purge/?id={change.id}")
    assert "A secret word again" in words(page)
    wrong = admin.post("/admin/change/purge/", data={"id": change.id, "label": "A secret"})
    assert wrong.status_code == 422
    assert admin.post("/admin/change/purge/", data={"id": change.id, "label": "A secret word again"}).status_code == 302
    with app.app_context():
        held = db.session.scalars(select(Change).filter_by(model="tag", row_id=key).order_by(Change.id)).all()
        assert "secret" not in str([(one.label, one.before, one.after) for one in held])
        assert [one.verb for one in held] == ["create", "update", "delete", "redact"]
        seal_all(db.session)
        assert audit(db.session).faults == []
    assert "secret" not in admin.get("/admin/change/trash/?kind=tag").text
    assert admin.get(f"/admin/change/purge/?id={change.id}").status_code == 404
    assert admin.post("/admin/change/undo/", data={"batch": change.batch, "confirm": "1"}).status_code == 302
    with app.app_context():
        assert db.session.get(Tag, key) is None


def test_final_removal_asks_for_a_right_of_its_own(app, as_role, keep):
    with app.app_context():
        make(Role, name="keeper", rights=["change.read", "tag.read", "tag.delete"])
        db.session.commit()
    keeper = as_role("keeper")
    key = keep(Tag, name="red")
    keeper.post("/admin/tag/delete/", data={"id": key, "confirm": "1"})
    keeper.get("/admin/tag/")
    change = latest(app, model="tag", row_id=key, verb="delete")
    assert "red" in keeper.get("/admin/change/trash/").text
    assert "/admin/change/purge/" not in keeper.get("/admin/change/trash/").text
    assert keeper.get(f"/admin/change/purge/?id={change.id}").status_code == 404
    assert keeper.post("/admin/change/purge/", data={"id": change.id, "label": "red"}).status_code == 404
    assert keeper.get("/admin/change/trash/?kind=post").status_code == 404


def test_the_button_is_not_a_link(as_role, waiting):
    moderator = as_role("moderator")
    approve(moderator, waiting)
    assert not re.search(r'href="/admin/change/undo/[^"]*confirm', moderator.get("/admin/comment/").text)


def test_the_history_is_narrowed_by_the_door_through_which_changes_came(app, as_role):
    admin = as_role("administrator")
    with app.app_context():
        with acting(None, door="import"):
            make(Tag, name="From a file")
            db.session.commit()
        with acting(None, door="command"):
            make(Tag, name="From a terminal")
            db.session.commit()
    page = admin.get("/admin/change/?door=import")
    assert "From a file" in page.text
    assert "From a terminal" not in page.text
    for name, value in (("door", "import"), ("verb", "sign-in-failed"), ("model", "role")):
        assert shown(page).xpath(f'//select[@name="{name}"]/option[@value="{value}"]'), name


def test_a_change_leads_to_its_row_and_to_all_that_became_of_it(app, as_role):
    admin = as_role("administrator")
    with app.app_context():
        key = make(Tag, name="Sea").id
        db.session.commit()
    page = admin.get(f"/admin/tag/details/?id={key}")
    (change,) = re.findall(r'href="(/admin/change/details/\?id=\d+)"', page.text)
    told = admin.get(change).text
    every = f"/admin/change/?model=tag&amp;row_id={key}"
    assert every in page.text
    assert every in told
    assert f'href="/admin/tag/details/?id={key}"' in told
    assert "Sea" in admin.get(every.replace("&amp;", "&")).text
    assert admin.post("/admin/tag/delete/", data={"id": key}).status_code == 302
    assert f'href="/admin/tag/details/?id={key}"' not in admin.get(change).text


def test_the_page_of_a_change_tells_each_value_that_there_was(app, as_role):
    with app.app_context():
        make(Post, title="Fog", excerpt=None)
        db.session.commit()
    told = shown(as_role("administrator").get(f"/admin/change/details/?id={latest(app, model='post').id}"))
    values = dict(zip(told.xpath('//*[@class="card history-changes"]/dl/dt/text()'), told.xpath("//ins"), strict=True))
    assert values["Title"].text == "Fog"
    assert "Excerpt" not in values
    assert "Before" not in told.xpath("//dt/text()")
