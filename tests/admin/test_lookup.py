"""Rows are found for a relation by whoever may name them there, by nobody else, and by nothing but their names."""

from dataclasses import replace

import pytest

from backoffice.core.resource import resources
from backoffice.models.accounts import User
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post, Tag


def found(browser, address):
    answer = browser.get(address, headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    return [one["text"] for one in answer.get_json()]


def test_rows_are_found_by_a_part_of_their_name(as_role, keep):
    editor = as_role("editor")
    key = keep(Tag, name="Salt water")
    keep(Tag, name="Mountains")
    answer = editor.get("/admin/post/ajax/lookup/?name=tags&query=T+WAT")
    assert answer.get_json() == [{"id": key, "text": "Salt water"}]


@pytest.mark.parametrize("query", ["%25", "_", "a%25b", "/", "\\"])
def test_signs_with_a_meaning_in_sql_are_taken_as_they_are(as_role, keep, query):
    editor = as_role("editor")
    keep(Tag, name="plain")
    assert found(editor, f"/admin/post/ajax/lookup/?name=tags&query={query}") == []
    keep(Tag, name="has 100% and a_b and a%b and / and \\")
    assert found(editor, f"/admin/post/ajax/lookup/?name=tags&query={query}") == [
        "has 100% and a_b and a%b and / and \\"
    ]


def test_at_most_twenty_are_told(as_role, keep):
    editor = as_role("editor")
    for number in range(25):
        keep(Category, name=f"Subject {number:02}")
    names = found(editor, "/admin/post/ajax/lookup/?name=category&query=subject")
    assert names == [f"Subject {number:02}" for number in range(20)]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        (f"name=tags&query={'x' * 101}", 400),
        ("name=tags&query=a&limit=1000000000", 400),
        ("name=tags&query=a&offset=-5", 400),
        ("name=tags&name=author", 400),
        ("name=tags&query=%00", 400),
        ("", 404),
        ("name=title", 404),
        ("name=password", 404),
        ("name=nothing", 404),
        ("name=__class__", 404),
    ],
)
def test_other_questions_are_refused(as_role, query, status):
    assert as_role("editor").get(f"/admin/post/ajax/lookup/?{query}").status_code == status


def test_only_rows_that_one_may_name_are_told(as_role, keep):
    author, image = as_role("author"), resources()["image"]
    keep(image, title="Mine", uploader_id=author.user.id)
    keep(image, title="Theirs", uploader_id=keep(User))
    assert found(author, "/admin/post/ajax/lookup/?name=cover") == ["Mine"]


def test_a_field_that_one_may_not_set_has_nothing_to_find(as_role):
    author = as_role("author")
    assert author.get("/admin/post/ajax/lookup/?name=author").status_code == 404
    assert author.get("/admin/comment/ajax/lookup/?name=post").status_code == 404
    assert as_role("moderator").get("/admin/post/ajax/lookup/?name=tags").status_code == 404


def test_people_are_found_by_their_names_alone(app, as_role, keep):
    editor = as_role("editor")
    keep(User, name="Ada", username="secretname", email="hidden@example.com")
    assert found(editor, "/admin/post/ajax/lookup/?name=author&query=ada") == ["Ada"]
    for word in ("secretname", "hidden", "argon2"):
        assert found(editor, f"/admin/post/ajax/lookup/?name=author&query={word}") == []


def test_a_label_of_rich_text_is_told_without_its_tags(as_role, keep):
    moderator = as_role("moderator")
    keep(Comment, body="<p>Fine <b>words</b> &amp; more</p>", post_id=keep(Post), guest_name="Ann")
    assert found(moderator, "/admin/comment/ajax/lookup/?name=parent&query=words") == ["Fine words & more"]


def test_whoever_deletes_finds_where_the_rest_may_move(as_role, keep):
    keep(Category, name="Sea")
    assert found(as_role("editor"), "/admin/category/ajax/lookup/?name=id&query=se") == ["Sea"]
    assert as_role("author").get("/admin/category/ajax/lookup/?name=id").status_code == 404


def test_a_search_costs_two_questions(as_role, keep, queries):
    editor = as_role("editor")
    for _number in range(15):
        keep(Tag)
    with queries() as sent:
        editor.get("/admin/post/ajax/lookup/?name=tags&query=a")
    assert len(sent) <= 4, sent


def test_names_that_one_may_not_see_are_told_neither_by_words_nor_by_order(as_role, keep, monkeypatch):
    author = as_role("author")
    keys = [keep(Tag, name=name) for name in ("Zebra", "Ant", "Mole")]
    monkeypatch.setattr(Tag, "resource", replace(Tag.resource, fields={"name": "trace"}))
    for query in ("", "ant", "zzz"):
        assert found(author, f"/admin/post/ajax/lookup/?name=tags&query={query}") == [f"#{key}" for key in keys]
