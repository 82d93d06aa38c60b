"""An operation on many rows is asked about first, does what it said, and says what it did."""

import re

import pytest
from lxml import html
from sqlalchemy import func, select

from backoffice.core import chunks, worker
from backoffice.core.history import Change
from backoffice.core.model import db
from backoffice.models.accounts import Role, User
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post, Tag
from make import make


def store(app, model, number=1, **values):
    """Store `number` rows and return their keys."""
    with app.app_context():
        keys = [make(model, **values).id for _at in range(number)]
        db.session.commit()
        return keys


def statuses(app, model=Comment):
    """Return the status of every row, by key."""
    with app.app_context():
        return dict(map(tuple, db.session.execute(select(model.id, model.status))))


def recorded(app, verb):
    """Return who did what with which row, of all that was recorded under this verb."""
    with app.app_context():
        found = db.session.scalars(select(Change).filter_by(verb=verb).order_by(Change.row_id)).all()
        return [(one.model, one.row_id, one.actor_id, one.door) for one in found]


def message(browser, answer):
    """Follow an answer to the grid and return what it says."""
    assert answer.status_code == 302, answer.text
    page = html.fromstring(browser.get(answer.location).text)
    return " ".join(page.xpath('string(//*[@class="messages"])').split())


def sealed(browser, address):
    """Return the token of "all that match" that the grid at this address carries."""
    page = html.fromstring(browser.get(address).text)
    return page.xpath('//form[@id="bulk"]//input[@name="token"]/@value')[0]


def confirmation(answer):
    """Return the fields of the form by which an operation is confirmed, and the page's words."""
    assert answer.status_code == 200, answer.text
    page = html.fromstring(answer.text)
    assert len(page.xpath("//h1")) == 1
    fields = [(one.get("name"), one.get("value")) for one in page.xpath("//main//form//*[@name]")]
    return [pair for pair in fields if pair[0] != "csrf_token"], " ".join(page.xpath("string(//main)").split())


def sent(fields):
    """Return pairs as a form sends them."""
    found = {}
    for name, value in fields:
        found.setdefault(name, []).append(value)
    return found


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
    fields, words = confirmation(moderator.post("/admin/comment/action/", data=sent_once))
    assert "Since the list was shown, 2 more rows match." in words
    assert set(statuses(app).values()) == {"pending"}
    message(moderator, moderator.post("/admin/comment/action/", data=sent(fields)))
    assert set(statuses(app).values()) == {"approved"}


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
        lone = make(Category)
        make(Post, category=used)
        db.session.commit()
        keys = [used.id, below.id, free.id, lone.id]
    fields, words = confirmation(editor.post("/admin/category/action/", data={"action": "delete", "rowid": keys}))
    assert "Will be deleted 2" in words
    assert "Posts refer to it. (1)" in words
    assert "Categories refer to it. (1)" in words
    said = message(editor, editor.post("/admin/category/action/", data=sent(fields)))
    assert said.startswith("Delete: 2 deleted, 2 refused:")
    with app.app_context():
        assert set(db.session.scalars(select(Category.id))) == {keys[0], keys[2]}
        assert db.session.scalars(select(Post.category_id)).one() == keys[0]
    assert [entry[1] for entry in recorded(app, "delete")] == sorted([keys[1], keys[3]])


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
    expected = {"editor": set(), "moderator": {"approve", "reject", "spam", "hold", "delete"}}
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
