"""An operation on many rows is asked about first, does what it said, and says what it did."""

import csv
import re

import pytest
from lxml import html
from sqlalchemy import func, select

from backoffice.core.history import Change
from backoffice.core.jobs import worker
from backoffice.core.model import db
from backoffice.core.operation import chunks
from backoffice.models.accounts import Role, User
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post, Tag
from choosing import choice, confirmation, message, recorded, sealed, sent, statuses, store
from make import make


def test_ticked_rows_are_asked_about_and_then_changed_with_their_history(app, as_role):
    moderator = as_role("moderator")
    keys = store(app, Comment, 3, status="pending", guest_name="Ann")
    done = store(app, Comment, 1, status="approved", guest_name="Ann")
    fields, words = confirmation(
        moderator.post("/admin/comment/action/", data={"action": "approve", "rowid": [*keys[:2], *done, 999]})
    )
    assert "Approve: 4 rows" in words
    assert "Will change 2" in words
    assert "so already and stay untouched 1" in words
    assert "Will be refused 1" in words
    assert set(statuses(app).values()) == {"pending", "approved"}
    assert recorded(app, "approve") == []
    answer = moderator.post("/admin/comment/action/", data=sent(fields))
    said = message(moderator, answer)
    assert said.startswith("Approve: 2 changed, 1 was already so, 1 refused:")
    assert statuses(app) == {keys[0]: "approved", keys[1]: "approved", keys[2]: "pending", done[0]: "approved"}
    assert recorded(app, "approve") == [("comment", key, moderator.user.id, "panel") for key in keys[:2]]


@pytest.mark.parametrize(
    "case",
    [
        (Comment, "moderator", "approve", "pending", "approved"),
        (Comment, "moderator", "reject", "pending", "rejected"),
        (Comment, "moderator", "spam", "approved", "spam"),
        (Comment, "moderator", "hold", "spam", "pending"),
        (Post, "editor", "publish", "draft", "published"),
        (Post, "editor", "archive", "published", "archived"),
        (Post, "editor", "redraft", "archived", "draft"),
        (Post, "editor", "submit", "draft", "review"),
    ],
)
def test_each_operation_works_at_once_when_confirmed(case, app, as_role):
    model, role, action, before, after = case
    browser = as_role(role)
    values = {"guest_name": "Ann"} if model is Comment else {}
    keys = store(app, model, 2, status=before, **values)
    data = {"action": action, "rowid": keys, "confirm": "1"}
    answer = browser.post(f"/admin/{model.__tablename__}/action/", data=data)
    assert "2 changed" in message(browser, answer)
    assert set(statuses(app, model).values()) == {after}
    assert len(recorded(app, action)) == 2


def test_all_that_match_are_changed_and_no_others(app, as_role):
    moderator = as_role("moderator")
    store(app, Comment, 60, status="pending", guest_name="Ann")
    others = store(app, Comment, 5, status="pending", guest_name="Bob")
    token = sealed(moderator, "/admin/comment/?guest_name__contains=Ann&page_size=20")
    fields, words = confirmation(moderator.post("/admin/comment/action/", data={"action": "spam", "token": token}))
    assert "Mark as spam: 60 rows" in words
    assert "60 changed" in message(moderator, moderator.post("/admin/comment/action/", data=sent(fields)))
    left = [key for key, status in statuses(app).items() if status == "pending"]
    assert sorted(left) == others
    assert len(recorded(app, "spam")) == 60


def test_a_large_selection_takes_a_few_statements(app, as_role, queries):
    moderator = as_role("moderator")
    taken = []
    for number in (60, 300):
        store(app, Comment, number, status="pending", guest_name="Ann")
        token = sealed(moderator, "/admin/comment/?view=waiting&page_size=20")
        with queries() as statements:
            answer = moderator.post("/admin/comment/action/", data={"action": "spam", "token": token, "confirm": "1"})
        assert f"{number} changed" in message(moderator, answer)
        taken.append(len(statements))
    assert taken[0] == taken[1]
    assert taken[1] <= 15


def test_rows_that_came_to_match_meanwhile_are_asked_about_again(app, as_role):
    moderator = as_role("moderator")
    store(app, Comment, 30, status="pending", guest_name="Ann")
    token = sealed(moderator, "/admin/comment/?view=waiting&page_size=20")
    store(app, Comment, 2, status="pending", guest_name="Late")
    sent_once = {"action": "approve", "token": token, "confirm": "1"}
    answer = moderator.post("/admin/comment/action/", data=sent_once)
    assert answer.status_code == 409
    fields, words = confirmation(answer)
    assert "When the list was shown, 30 rows matched; now 32 match. Nothing was done yet." in words
    assert set(statuses(app).values()) == {"pending"}
    message(moderator, moderator.post("/admin/comment/action/", data=sent(fields)))
    assert set(statuses(app).values()) == {"approved"}


def test_only_the_rows_that_were_seen_can_be_chosen_when_more_have_come(app, as_role):
    moderator = as_role("moderator")
    seen = store(app, Comment, 30, status="pending", guest_name="Ann")
    token = sealed(moderator, "/admin/comment/?view=waiting&page_size=20")
    store(app, Comment, 2, status="pending", guest_name="Late")
    answer = moderator.post("/admin/comment/action/", data={"action": "approve", "token": token})
    assert "Only the 30 that are as they were shown" in answer.text
    fields, words = confirmation(moderator.post("/admin/comment/action/", data=choice(answer)))
    assert "Approve: 30 rows" in words
    # Others go on writing; that is no reason to ask once more.
    store(app, Comment, 1, status="pending", guest_name="Later")
    assert "30 changed" in message(moderator, moderator.post("/admin/comment/action/", data=sent(fields)))
    assert sorted(key for key, status in statuses(app).items() if status == "approved") == seen


def test_rows_that_no_longer_match_are_told_before_anything_is_done(app, as_role):
    moderator = as_role("moderator")
    keys = store(app, Comment, 30, status="pending", guest_name="Ann")
    token = sealed(moderator, "/admin/comment/?view=waiting&page_size=20")
    other = as_role("moderator")
    other.post("/admin/comment/action/", data={"action": "spam", "rowid": keys[:4], "confirm": "1"})
    asked = {"action": "approve", "token": token, "confirm": "1"}
    answer = moderator.post("/admin/comment/action/", data=asked)
    assert answer.status_code == 409
    assert "When the list was shown, 30 rows matched; now 26 match." in confirmation(answer)[1]
    assert recorded(app, "approve") == []


def test_as_many_rows_that_are_others_are_told_before_anything_is_done(app, as_role):
    moderator = as_role("moderator")
    keys = store(app, Comment, 30, status="pending", guest_name="Ann")
    token = sealed(moderator, "/admin/comment/?view=waiting&page_size=20")
    as_role("moderator").post("/admin/comment/action/", data={"action": "spam", "rowid": keys[:1], "confirm": "1"})
    store(app, Comment, 1, status="pending", guest_name="Late")
    answer = moderator.post("/admin/comment/action/", data={"action": "approve", "token": token, "confirm": "1"})
    assert answer.status_code == 409
    assert "not all of them are as they were then" in confirmation(answer)[1]
    fields, _words = confirmation(moderator.post("/admin/comment/action/", data=choice(answer)))
    assert "29 changed" in message(moderator, moderator.post("/admin/comment/action/", data=sent(fields)))
    assert sorted(key for key, status in statuses(app).items() if status == "approved") == keys[1:]


def test_above_a_number_of_rows_one_types_it_before_they_are_destroyed(app, as_role):
    editor = as_role("editor")
    app.config["CONFIRM_BY_NUMBER"] = 25
    try:
        store(app, Tag, 30)
        with app.app_context():
            make(Post, tags=[make(Tag)])
            db.session.commit()
        # What is refused anyway is not counted: the number is that of the rows that would be gone.
        token = sealed(editor, "/admin/tag/?page_size=20")
        answer = editor.post("/admin/tag/action/", data={"action": "delete", "token": token})
        fields, words = confirmation(answer)
        assert "To confirm, type how many rows are meant: 30" in words
        for typed in ("", "3", "31", "all"):
            wrong = editor.post("/admin/tag/action/", data={**sent(fields), "number": typed})
            assert wrong.status_code == 422
            assert html.fromstring(wrong.text).xpath('//input[@name="number"]/@value') == [typed]
            assert "Type the number 30" in confirmation(wrong)[1]
        with app.app_context():
            assert db.session.scalar(select(func.count()).select_from(Tag)) == 31
        done = editor.post("/admin/tag/action/", data={**sent(fields), "number": " 30. "})
        assert "30 deleted" in message(editor, done)
    finally:
        app.config["CONFIRM_BY_NUMBER"] = 1000


def test_what_destroys_nothing_asks_for_no_number(app, as_role):
    moderator = as_role("moderator")
    app.config["CONFIRM_BY_NUMBER"] = 1
    try:
        keys = store(app, Comment, 3, status="pending", guest_name="Ann")
        answer = moderator.post("/admin/comment/action/", data={"action": "approve", "rowid": keys})
        assert 'name="number"' not in answer.text
        assert (
            'name="number"' in moderator.post("/admin/comment/action/", data={"action": "delete", "rowid": keys}).text
        )
    finally:
        app.config["CONFIRM_BY_NUMBER"] = 1000


def test_a_rehearsal_names_the_first_rows_of_each_kind(app, as_role):
    editor = as_role("editor")
    store(app, Post, 7, status="draft", title="Fit for it")
    store(app, Post, 1, status="archived", title="Too late")
    keys = list(statuses(app, Post))
    answer = editor.post("/admin/post/action/", data={"action": "submit", "rowid": keys})
    page = html.fromstring(answer.text)
    done = page.xpath('//section[@class="outcome-done"]//li/text()')
    assert done[:5] == ["Fit for it"] * 5
    assert "and 2 more" in done[5]
    refused = page.xpath('//section[@class="outcome-refused"]')[0]
    assert "Its current state does not allow it. (1)" in refused.text_content()
    assert refused.xpath(".//li/text()") == ["Too late"]


def result(browser, answer):
    """Follow an answer to what became of each row; return the page, its words, and the lines of the file."""
    page = html.fromstring(browser.get(answer.location).text)
    address = page.xpath('//*[@class="messages"]//a/@href')[-1]
    shown = browser.get(address)
    assert shown.status_code == 200
    told = html.fromstring(shown.text)
    (file,) = told.xpath('//a[contains(@href, "/result/csv/")]/@href')
    sent_file = browser.get(file)
    assert sent_file.mimetype == "text/csv"
    lines = list(csv.reader(sent_file.get_data(as_text=True).removeprefix("\ufeff").splitlines()))
    return address, " ".join(told.xpath("string(//main)").split()), lines


def test_what_became_of_each_row_is_told_afterwards_and_as_a_file(app, as_role):
    editor = as_role("editor")
    free = store(app, Post, 1, status="draft", title="=SUM(1)")
    there = store(app, Post, 1, status="review", title="There")
    late = store(app, Post, 1, status="archived", title="Late")
    keys = [*free, *there, *late, 999]
    answer = editor.post("/admin/post/action/", data={"action": "submit", "rowid": keys, "confirm": "1"})
    page = html.fromstring(editor.get(answer.location).text)
    assert page.xpath('//*[@class="messages"]/div/@class') == ["alert alert-warning"]
    editor.post("/admin/post/action/", data={"action": "submit", "rowid": keys, "confirm": "1"})
    answer = editor.post("/admin/post/action/", data={"action": "redraft", "rowid": [*there, 999], "confirm": "1"})
    address, words, lines = result(editor, answer)
    assert "Back to draft: 2 rows" in words
    assert "Done in part: 1 row was refused and is as it was." in words
    assert lines == [
        ["Row", "What", "Outcome", "Reason"],
        [str(there[0]), "There", "changed", ""],
        ["999", "", "refused", "It does not exist any more, or is not yours to see."],
    ]
    again = editor.post("/admin/post/action/", data={"action": "submit", "rowid": keys, "confirm": "1"})
    _address, words, lines = result(editor, again)
    assert [line[2] for line in lines[1:]] == ["changed", "already so", "refused", "refused"]
    assert [line[1] for line in lines[1:]] == ["There", "'=SUM(1)", "Late", ""]
    # It is for whoever asked for it, and for those who may read the history; and for nobody who may not see the rows.
    for role, status in (("author", 404), ("moderator", 404), ("administrator", 200)):
        assert as_role(role).get(address).status_code == status
        assert as_role(role).get(address.replace("/result/", "/result/csv/")).status_code == status
    assert editor.get("/admin/tag" + address.removeprefix("/admin/post")).status_code == 404
    assert editor.get("/admin/post/result/?batch=x").status_code == 404


def test_nothing_done_is_not_told_as_success(app, as_role):
    editor = as_role("editor")
    keys = store(app, Post, 2, status="archived")
    answer = editor.post("/admin/post/action/", data={"action": "submit", "rowid": keys, "confirm": "1"})
    page = html.fromstring(editor.get(answer.location).text)
    assert page.xpath('//*[@class="messages"]/div/@class') == ["alert alert-danger"]
    assert (
        "Nothing was done"
        in result(editor, editor.post("/admin/post/action/", data={"action": "submit", "rowid": keys, "confirm": "1"}))[
            1
        ]
    )


def test_very_many_rows_are_deleted_by_a_job_and_come_back(app, as_role, monkeypatch):
    monkeypatch.setattr(chunks, "LARGE", 2)
    monkeypatch.setattr(chunks, "PART", 4)
    with app.app_context():
        used, *_others = [make(Tag) for _at in range(23)]
        make(Post, tags=[used])
        db.session.commit()
    editor = as_role("editor")
    token = sealed(editor, "/admin/tag/?page_size=20")
    fields, words = confirmation(editor.post("/admin/tag/action/", data={"action": "delete", "token": token}))
    assert "Will be deleted 22" in words
    page = editor.post("/admin/tag/action/", data=sent(fields)).location
    assert page.startswith("/admin/job/details/?id=")
    assert worker.turn(app)
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Tag)) == 1
        (batch,) = set(db.session.scalars(select(Change.batch).filter_by(verb="delete")))
    told = html.fromstring(editor.get(page).text)
    assert "22 rows deleted, 1 refused: Posts refer to it. (1)" in told.text_content()
    assert "Done in part: 1 row was refused and is as it was." in told.xpath('string(//*[@id="row"]/p)')
    assert told.xpath(f'//a[contains(@href, "/admin/tag/result/?batch={batch}")]')
    line = html.fromstring(editor.get("/admin/job/").text).xpath("//tbody/tr")[0]
    assert line.xpath('string(.//*[contains(@class, "choice")])') == "Done in part"
    assert "1 refused" in line.text_content()
    card = html.fromstring(editor.get("/admin/").text).xpath('//a[@href="/admin/job/?view=done-in-part"]')
    assert card[0].xpath("string(..)").split()[-1] == "1"
    assert "Deleted 22" in " ".join(
        html.fromstring(editor.get(f"/admin/tag/result/?batch={batch}").text).text_content().split()
    )
    editor.post("/admin/change/undo/", data={"batch": batch, "confirm": "1"})
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Tag)) == 23


def test_one_returns_to_the_grid_one_came_from(app, as_role):
    moderator = as_role("moderator")
    (key,) = store(app, Comment, 1, status="pending", guest_name="Ann")
    back = "/admin/comment/?view=waiting&page_size=20"
    fields, _words = confirmation(
        moderator.post("/admin/comment/action/", data={"action": "spam", "rowid": key, "url": back})
    )
    assert moderator.post("/admin/comment/action/", data=sent(fields)).location == back


@pytest.mark.parametrize("url", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"])
def test_nobody_is_led_off_this_site(url, app, as_role):
    moderator = as_role("moderator")
    (key,) = store(app, Comment, 1, status="pending", guest_name="Ann")
    data = {"action": "spam", "rowid": key, "url": url}
    first = moderator.post("/admin/comment/action/", data=data)
    assert "evil" not in first.text
    assert moderator.post("/admin/comment/action/", data={**data, "confirm": "1"}).location == "/admin/comment/"


def test_nothing_ticked_is_said_and_nothing_done(app, as_role):
    moderator = as_role("moderator")
    store(app, Comment, 1, status="pending", guest_name="Ann")
    said = message(moderator, moderator.post("/admin/comment/action/", data={"action": "spam", "confirm": "1"}))
    assert "Tick the rows" in said
    assert set(statuses(app).values()) == {"pending"}


def test_an_operation_one_has_no_right_to_is_neither_offered_nor_done(app, as_role):
    (key,) = store(app, Post, 1, status="draft")
    for role in ("moderator", "author"):
        browser = as_role(role)
        page = html.fromstring(browser.get("/admin/post/").text)
        assert "publish" not in page.xpath('//button[@name="action"]/@value')
        data = {"action": "publish", "rowid": key, "confirm": "1"}
        assert browser.post("/admin/post/action/", data=data).status_code == 404
    assert statuses(app, Post) == {key: "draft"}
    assert recorded(app, "publish") == []


def test_an_author_changes_only_their_own_rows_in_bulk(app, as_role):
    author = as_role("author")
    with app.app_context():
        mine = make(Post, status="draft", author=db.session.get(User, author.user.id)).id
        other = make(Post, status="draft", author=make(User)).id
        db.session.commit()
    data = {"action": "submit", "rowid": [mine, other], "confirm": "1"}
    said = message(author, author.post("/admin/post/action/", data=data))
    assert said.startswith("Hand in for review: 1 changed, 1 refused")
    assert statuses(app, Post) == {mine: "review", other: "draft"}


def test_a_token_is_good_for_its_owner_and_its_list_alone(app, as_role):
    moderator = as_role("moderator")
    store(app, Comment, 30, status="pending", guest_name="Ann")
    token = sealed(moderator, "/admin/comment/?page_size=20")
    another = as_role("moderator")
    for browser, given in ((another, token), (moderator, token + "x"), (moderator, "x"), (moderator, "a.b.c")):
        data = {"action": "spam", "token": given, "confirm": "1"}
        assert browser.post("/admin/comment/action/", data=data).status_code == 400
    data = {"action": "archive", "token": token, "confirm": "1"}
    assert as_role("administrator").post("/admin/post/action/", data=data).status_code == 400
    assert set(statuses(app).values()) == {"pending"}


@pytest.mark.parametrize("rowid", ["abc", "1,2", "-1", "99999999999999999999", "1.0", "", " 1", "٣", "1;drop"])
def test_a_made_up_key_is_refused(rowid, app, as_role):
    moderator = as_role("moderator")
    (key,) = store(app, Comment, 1, status="pending", guest_name="Ann")
    data = {"action": "approve", "rowid": [key, rowid], "confirm": "1"}
    assert moderator.post("/admin/comment/action/", data=data).status_code == 400
    assert statuses(app) == {key: "pending"}


@pytest.mark.parametrize("action", ["", "unknown", "read", "__init__", "delete_rows", "update"])
def test_an_operation_that_does_not_exist_is_not_found(action, app, as_role):
    browser = as_role("administrator")
    assert browser.post("/admin/post/action/", data={"action": action, "rowid": 1}).status_code == 404


def test_without_its_token_a_form_is_refused(app, as_role):
    moderator = as_role("moderator")
    (key,) = store(app, Comment, 1, status="pending", guest_name="Ann")
    data = {"action": "approve", "rowid": key, "confirm": "1"}
    assert moderator.post("/admin/comment/action/", data=data, csrf=False).status_code == 400
    assert moderator.get("/admin/comment/action/?action=approve&rowid=1&confirm=1").status_code == 405
    assert statuses(app) == {key: "pending"}


def test_rows_that_nothing_hangs_on_are_deleted_and_the_others_kept(app, as_role):
    editor = as_role("editor")
    with app.app_context():
        used, below, free = make(Category), make(Category), make(Category)
        below.parent = free
        # What stands below it is not chosen, so it stays.
        above = make(Category)
        make(Category, parent=above)
        make(Post, category=used)
        db.session.commit()
        keys = [used.id, below.id, free.id, above.id]
        kept = set(db.session.scalars(select(Category.id))) - {below.id, free.id}
    fields, words = confirmation(editor.post("/admin/category/action/", data={"action": "delete", "rowid": keys}))
    assert "Will be deleted 2" in words
    assert "Posts refer to it. (1)" in words
    assert "Categories refer to it. (1)" in words
    said = message(editor, editor.post("/admin/category/action/", data=sent(fields)))
    assert said.startswith("Delete: 2 deleted, 2 refused:")
    with app.app_context():
        assert set(db.session.scalars(select(Category.id))) == kept
        assert db.session.scalars(select(Post.category_id)).one() == keys[0]
    assert [entry[1] for entry in recorded(app, "delete")] == sorted([keys[1], keys[2]])


def test_a_post_is_deleted_with_its_links_but_not_with_its_comments(app, as_role):
    editor = as_role("editor")
    with app.app_context():
        tag = make(Tag)
        alone, spoken = make(Post, tags=[tag]), make(Post, tags=[tag])
        make(Comment, post=spoken, guest_name="Ann")
        db.session.commit()
        keys = [alone.id, spoken.id]
    data = {"action": "delete", "rowid": keys, "confirm": "1"}
    assert "1 deleted, 1 refused: Comments refer to it." in message(
        editor, editor.post("/admin/post/action/", data=data)
    )
    with app.app_context():
        assert [post.id for post in db.session.scalars(select(Post))] == [keys[1]]
        assert len(db.session.scalars(select(Post)).one().tags) == 1
        assert db.session.scalar(select(func.count()).select_from(Comment)) == 1


def test_rows_that_the_model_has_something_to_say_about_are_kept_with_its_reason(app, as_role):
    with app.app_context():
        db.session.add(Role(name="clerk", rights=["role.read", "role.delete"]))
        mightier, lesser = make(Role, rights=["post.delete"]), make(Role, rights=["role.read"])
        db.session.commit()
        keys = [mightier.id, lesser.id]
    clerk = as_role("clerk")
    fields, words = confirmation(clerk.post("/admin/role/action/", data={"action": "delete", "rowid": keys}))
    assert "Will be deleted 1" in words
    assert "Will be refused 1 You can change only roles with rights that you hold yourself. (1)" in words
    said = message(clerk, clerk.post("/admin/role/action/", data=sent(fields)))
    assert said.startswith("Delete: 1 deleted, 1 refused: You can change only roles")
    with app.app_context():
        assert db.session.get(Role, keys[0])
        assert not db.session.get(Role, keys[1])
    assert recorded(app, "delete") == [("role", keys[1], clerk.user.id, "panel")]


def test_accounts_are_deleted_with_their_sessions_but_never_ones_own(app, as_role):
    browser, other = as_role("administrator"), as_role("editor")
    keys = [browser.user.id, other.user.id]
    fields, words = confirmation(browser.post("/admin/user/action/", data={"action": "delete", "rowid": keys}))
    assert "You cannot delete your own account. (1)" in words
    assert "1 deleted, 1 refused" in message(browser, browser.post("/admin/user/action/", data=sent(fields)))
    with app.app_context():
        assert list(db.session.scalars(select(User.id))) == [browser.user.id]
    assert other.get("/admin/").status_code == 302


def test_nobody_deactivates_themselves_or_the_last_administrator(app, as_role):
    browser = as_role("administrator")
    (other,) = store(app, User, 1, active=True)
    data = {"action": "deactivate", "rowid": [browser.user.id, other], "confirm": "1"}
    said = message(browser, browser.post("/admin/user/action/", data=data))
    assert said.startswith("Deactivate: 1 changed, 1 refused: You cannot deactivate yourself.")
    with app.app_context():
        assert db.session.get(User, browser.user.id).active
        assert not db.session.get(User, other).active


def test_deleting_in_bulk_needs_the_right(app, as_role):
    (key,) = store(app, Post, 1)
    for role in ("moderator", "author"):
        browser = as_role(role)
        answer = browser.post("/admin/post/action/", data={"action": "delete", "rowid": key, "confirm": "1"})
        assert answer.status_code in {302, 404}
    with app.app_context():
        assert db.session.get(Post, key)


def test_an_outcome_fits_into_the_cookie_and_tells_no_secret(app, as_role):
    browser = as_role("administrator")
    store(app, Post, 3, status="draft")
    for _at in range(30):
        browser.post("/admin/post/action/", data={"action": "schedule", "rowid": [1, 2, 3, 4], "confirm": "1"})
    with browser.session_transaction() as session:
        assert len(session["_flashes"]) <= 3
    cookie = browser.get_cookie("session")
    assert len(cookie.value) < 4096
    assert not re.search("SELECT|UPDATE", browser.get("/admin/post/").text)


def test_every_button_of_the_bar_is_one_the_person_may_press(app, as_role):
    store(app, Comment, 1, status="pending", guest_name="Ann")
    expected = {"editor": set(), "moderator": {"approve", "reject", "spam", "hold", "change", "delete"}}
    expected["administrator"] = expected["moderator"]
    for role, words in expected.items():
        page = html.fromstring(as_role(role).get("/admin/comment/").text)
        assert set(page.xpath('//button[@name="action"]/@value')) == words
        assert bool(page.xpath('//input[@name="rowid"]')) is bool(words)


def test_very_many_rows_are_changed_by_a_job_and_its_page_is_shown(app, as_role, monkeypatch):
    monkeypatch.setattr(chunks, "LARGE", 2)
    monkeypatch.setattr(chunks, "PART", 2)
    store(app, Comment, 23, status="pending", guest_name="Ann")
    moderator = as_role("moderator")
    token = sealed(moderator, "/admin/comment/?page_size=20")
    fields, words = confirmation(moderator.post("/admin/comment/action/", data={"action": "approve", "token": token}))
    assert "Approve: 23 rows" in words
    pages = {moderator.post("/admin/comment/action/", data=sent(fields)).location for _time in range(2)}
    assert set(statuses(app).values()) == {"pending"}
    (page,) = pages
    assert page.startswith("/admin/job/details/?id=")
    assert "one part after another" in moderator.get(page).text
    assert worker.turn(app)
    assert set(statuses(app).values()) == {"approved"}
    assert {(actor, door) for _model, _key, actor, door in recorded(app, "approve")} == {(moderator.user.id, "job")}
    assert "23 rows changed." in moderator.get(page).text


def test_ticked_rows_and_few_that_match_are_changed_at_once(app, as_role, monkeypatch):
    monkeypatch.setattr(chunks, "LARGE", 23)
    keys = store(app, Comment, 23, status="pending", guest_name="Ann")
    moderator = as_role("moderator")
    asked = {"action": "approve", "token": sealed(moderator, "/admin/comment/?page_size=20")}
    fields, _words = confirmation(moderator.post("/admin/comment/action/", data=asked))
    moderator.post("/admin/comment/action/", data=sent(fields))
    assert set(statuses(app).values()) == {"approved"}
    monkeypatch.setattr(chunks, "LARGE", 1)
    moderator.post("/admin/comment/action/", data={"action": "spam", "rowid": keys, "confirm": "1"})
    assert set(statuses(app).values()) == {"spam"}


def test_who_could_not_see_the_job_has_it_done_at_once(app, as_role, monkeypatch):
    monkeypatch.setattr(chunks, "LARGE", 1)
    store(app, Comment, 23, status="pending", guest_name="Ann")
    with app.app_context():
        db.session.add(Role(name="clerk", rights=["comment.read", "comment.approve"]))
        db.session.commit()
    clerk = as_role("clerk")
    asked = {"action": "approve", "token": sealed(clerk, "/admin/comment/?page_size=20")}
    fields, _words = confirmation(clerk.post("/admin/comment/action/", data=asked))
    clerk.post("/admin/comment/action/", data=sent(fields))
    assert set(statuses(app).values()) == {"approved"}
