"""Ticked rows that others have changed since they were shown are told of before anything is done with them."""

import pytest
from lxml import html
from sqlalchemy import select

from backoffice.core.history import Change
from backoffice.core.jobs import Job
from backoffice.core.model import db
from backoffice.models.comments import Comment
from choosing import choice, confirmation, message, recorded, sent, statuses, store

ACTION = "/admin/comment/action/"


@pytest.fixture
def moderator(as_role):
    return as_role("moderator")


@pytest.fixture
def keys(app):
    return store(app, Comment, 4, status="pending", guest_name="Ann")


def seen(browser, address="/admin/comment/"):
    """Return the word that says when the rows of a list were shown."""
    return html.fromstring(browser.get(address).text).xpath('//form[@id="bulk"]//input[@name="seen"]/@value')[0]


def name_of(app, browser):
    """Return the name under which the history tells what the person of this browser did."""
    with app.app_context():
        return db.session.scalars(select(Change.actor).filter_by(actor_id=browser.user.id).limit(1)).one()


def spam(browser, keys):
    """Mark comments as spam, as somebody else does meanwhile."""
    browser.post(ACTION, data={"action": "spam", "rowid": keys, "confirm": "1"})


def test_who_changed_ticked_rows_since_they_were_shown_is_told_first(app, moderator, as_role, keys):
    word, other = seen(moderator), as_role("moderator")
    spam(other, keys[:2])
    _fields, words = confirmation(moderator.post(ACTION, data={"action": "approve", "rowid": keys, "seen": word}))
    assert "2 of the ticked rows (4 in all) were changed since you saw them. Nothing was done yet." in words
    assert f"{name_of(app, other)} changed 2 rows" in words


def test_confirmed_at_once_it_is_asked_again_and_then_done(app, moderator, as_role, keys):
    word = seen(moderator)
    spam(as_role("moderator"), keys[:1])
    answer = moderator.post(ACTION, data={"action": "approve", "rowid": keys, "seen": word, "confirm": "1"})
    assert answer.status_code == 409
    assert recorded(app, "approve") == []
    fields, words = confirmation(answer)
    assert "1 of the ticked rows (4 in all) was changed since you saw it." in words
    assert "4 changed" in message(moderator, moderator.post(ACTION, data=sent(fields)))


def test_the_rows_that_are_as_they_were_can_be_taken_alone(app, moderator, as_role, keys):
    word = seen(moderator)
    spam(as_role("moderator"), keys[:1])
    answer = moderator.post(ACTION, data={"action": "approve", "rowid": keys, "seen": word})
    assert "Only the 3 that are as they were shown" in answer.text
    form = html.fromstring(answer.text).xpath('//form[.//button[@name="only"]]')[0]
    data = {**choice(answer), "rowid": form.xpath('.//input[@name="rowid"]/@value')}
    fields, words = confirmation(moderator.post(ACTION, data=data))
    assert "Approve: 3 rows" in words
    assert "were changed since" not in words
    assert "3 changed" in message(moderator, moderator.post(ACTION, data=sent(fields)))
    assert sorted(key for key, status in statuses(app).items() if status == "approved") == keys[1:]


def test_what_changes_while_the_question_stands_is_told_too(app, moderator, as_role, keys):
    fields, _words = confirmation(
        moderator.post(ACTION, data={"action": "approve", "rowid": keys, "seen": seen(moderator)})
    )
    spam(as_role("moderator"), keys)
    answer = moderator.post(ACTION, data=sent(fields))
    assert answer.status_code == 409
    assert "Only the" not in answer.text
    assert recorded(app, "approve") == []


def test_a_change_of_many_values_is_asked_about_in_the_same_way(moderator, as_role, keys):
    word = seen(moderator)
    spam(as_role("moderator"), keys[:1])
    asked = {"action": "change", "rowid": keys, "seen": word}
    page = html.fromstring(moderator.post(ACTION, data=asked).text)
    assert page.xpath('//form[contains(@class, "change-form")]//input[@name="seen"]/@value') == [word]
    values = {"step": "values", "do-guest_name": "set", "to-guest_name": "Bob"}
    answer = moderator.post(ACTION, data={**asked, **values})
    assert "1 of the ticked rows (4 in all) was changed since you saw it." in confirmation(answer)[1]


def test_what_one_changed_oneself_is_no_news(moderator, keys):
    word = seen(moderator)
    spam(moderator, keys[:2])
    answer = moderator.post(ACTION, data={"action": "approve", "rowid": keys, "seen": word, "confirm": "1"})
    assert "4 changed" in message(moderator, answer)


def test_that_somebody_signed_in_is_no_change_of_them(app, as_role):
    administrator, other = as_role("administrator"), as_role("author")
    word = seen(administrator, "/admin/user/")
    other.post("/login", data={"email": other.user.email, "password": "a wrong one"})
    asked = {"action": "deactivate", "rowid": [other.user.id], "seen": word}
    assert "since you saw" not in administrator.post("/admin/user/action/", data=asked).text


@pytest.mark.parametrize("word", ["", "-1", "1e9", "9" * 30, "٣", "2026-01-01"])
def test_a_moment_that_no_page_tells_is_refused(word, moderator, keys):
    answer = moderator.post(ACTION, data={"action": "approve", "rowid": keys, "seen": word, "confirm": "1"})
    assert answer.status_code == 400


def test_nothing_is_told_of_rows_that_one_may_not_see(app, as_role):
    (hidden,) = store(app, Job, name="export", user_id=as_role("editor").user.id)
    data = {"action": "cancel", "rowid": [hidden]}
    as_role("administrator").post("/admin/job/action/", data={**data, "confirm": "1"})
    assert recorded(app, "cancel")
    for role, told in (("editor", False), ("administrator", True)):
        answer = as_role(role).post("/admin/job/action/", data={**data, "seen": "0"})
        assert ("since you saw" in answer.text) is told
