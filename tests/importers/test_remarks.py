"""Comments arrive as threads, with their states and kinds, and never more visible than they were."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from backoffice.core.model import db
from backoffice.importers import remarks
from backoffice.models.accounts import User
from backoffice.models.comments import Comment
from importers.exports import author, comment, export, item


def said():
    """Return all comments by what they say."""
    return {one.body: one for one in db.session.scalars(select(Comment).order_by(Comment.id))}


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("1", "approved"),
        ("0", "pending"),
        ("spam", "spam"),
        ("trash", "rejected"),
        ("post-trashed", "rejected"),
        ("", "pending"),
        ("odd", "pending"),
    ],
)
def test_a_comment_keeps_its_state(app, bring, state, status):
    told = bring(export(item("A post", comment(5, status=state))))
    assert ("comments in the state “odd”: kept as pending: 1" in told.stdout) == (state == "odd")
    with app.app_context():
        assert db.session.scalars(select(Comment.status)).all() == [status]


@pytest.mark.parametrize(
    ("kind", "taken"),
    [
        ("", "comment"),
        ("comment", "comment"),
        ("pingback", "pingback"),
        ("trackback", "pingback"),
        ("order_note", None),
    ],
)
def test_a_comment_keeps_its_kind_and_private_kinds_stay_out(app, bring, kind, taken):
    told = bring(export(item("A post", comment(5, kind=kind))))
    left = "comments of the kind “order_note”: 1\n    line 15: comment 5 under post 1"
    assert (left in told.stdout) == (taken is None)
    with app.app_context():
        assert db.session.scalars(select(Comment.kind)).all() == [taken] * (taken is not None)


def test_a_guest_keeps_name_address_and_date(app, bring):
    fields = {"name": "Bo &amp; Co", "email": "bo@old.example", "url": "https://bo.example/", "address": "192.0.2.7"}
    bring(export(item("A post", comment(5, "First.\n\nSecond.", agent="Lynx", **fields))))
    with app.app_context():
        one = db.session.scalars(select(Comment)).one()
        assert (one.guest_name, one.guest_email, one.guest_url) == ("Bo & Co", "bo@old.example", "https://bo.example/")
        assert (one.address, one.agent, one.author_id) == ("192.0.2.7", "Lynx", None)
        assert one.created_at == datetime(2015, 2, 1, 12, tzinfo=UTC)
        assert one.body == "<p>First.</p>\n<p>Second.</p>"


def test_what_is_no_site_and_no_address_is_not_kept(app, bring):
    odd = {"url": "javascript:alert(1)", "address": "unknown", "email": "x" * 300, "name": ""}
    bring(export(item("A post", comment(5, **odd), comment(6, url="http://[broken"))))
    with app.app_context():
        first, second = db.session.scalars(select(Comment).order_by(Comment.id))
        assert (first.guest_name, first.guest_url, first.address, first.guest_email) == ("Anonymous", None, None, None)
        assert second.guest_url is None


def test_a_comment_of_a_member_is_the_members(app, bring):
    bring(export(author("ann", id=7), item("A post", comment(5, member=7), comment(6, "Other.", member=8))))
    with app.app_context():
        ann = db.session.scalars(select(User.id)).one()
        assert [(one.author_id, one.guest_name) for one in said().values()] == [(ann, None), (None, "Guest")]


def test_answers_stand_below_what_they_answer_wherever_it_is_in_the_file(app, bring):
    bring(export(item(
        "A post", comment(3, "Third.", parent=2), comment(2, "Second.", parent=1), comment(1, "First."),
        comment(4, "Fourth.", parent=1),
    )))  # fmt: skip
    with app.app_context():
        one = said()
        assert one["Third."].parent is one["Second."]
        assert one["Second."].parent is one["First."]
        assert one["Fourth."].parent is one["First."]
        assert one["First."].parent is None


def test_a_thread_of_hundreds_is_taken_in_parts(app, bring, monkeypatch):
    monkeypatch.setattr(remarks, "AT_ONCE", 7)
    thread = [comment(number, f"Number {number}.", parent=(number - 1) // 2) for number in range(1, 101)]
    bring(export(item("A post", *reversed(thread))))
    with app.app_context():
        one = said()
        assert len(one) == 100
        for number in range(3, 101):
            assert one[f"Number {number}."].parent is one[f"Number {(number - 1) // 2}."]


@pytest.mark.parametrize("parent", ["77", "9", "5"])
def test_an_answer_to_what_is_not_there_stands_alone(app, bring, parent):
    elsewhere = item("Other", comment(9, "Elsewhere."), key=2, slug="other")
    told = bring(export(elsewhere, item("A post", comment(5, "Alone.", parent=parent))))
    assert "answers nothing: 1\n    line 25: comment 5 under post 1" in told.stdout
    with app.app_context():
        assert said()["Alone."].parent_id is None


def test_answers_in_a_circle_are_taken_all_the_same(app, bring):
    told = bring(
        export(item("A post", comment(1, "A.", parent=2), comment(2, "B.", parent=1), comment(3, "C.", parent=2)))
    )
    assert "an answer to itself, by way of others" in told.stdout
    with app.app_context():
        assert len(said()) == 3


def test_a_comment_that_says_nothing_is_left_out_and_its_answers_stay(app, bring):
    told = bring(export(item("A post", comment(1, "<script></script>"), comment(2, "Indeed.", parent=1))))
    assert "not valid here (body: This field is required.): 1\n    line 15: comment 1 under post 1" in told.stdout
    with app.app_context():
        assert list(said()) == ["Indeed."]


def test_comments_without_numbers_are_told_apart_and_found_again(app, bring):
    entry = item("A post", comment("", "One."), comment("", "Two."))
    bring(export(entry))
    told = bring(export(entry))
    assert "comments                   0               2" in told.stdout
    with app.app_context():
        assert list(said()) == ["One.", "Two."]


def test_two_comments_of_one_number_are_told(app, bring):
    told = bring(export(item("A post", comment(1, "One."), comment(1, "Two."))))
    assert "comments with a number that another has: 1\n    line 16: comment 1" in told.stdout
    with app.app_context():
        assert list(said()) == ["One."]


def test_scripts_in_comments_do_not_run(app, bring):
    bring(export(item("A post", comment(1, '<img src=x onerror=alert(1)><a href="javascript:alert(1)">x</a>'))))
    with app.app_context():
        body = db.session.scalars(select(Comment.body)).one()
        assert "onerror" not in body
        assert "javascript" not in body
