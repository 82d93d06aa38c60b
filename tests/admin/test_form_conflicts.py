"""Two people who save the same row do not overwrite each other unknowingly."""

import pytest

from backoffice.core.resource import resources
from backoffice.models.content import Category, Post, Tag
from filling import filled, shown, words


@pytest.fixture
def meanwhile(as_role, keep):
    """Return the form of one editor, filled in, for a post that another has saved in between; and its key."""
    first, second = as_role("editor"), as_role("editor")
    key = keep(Post, title="Title", body="<p>Body</p>", excerpt="Excerpt")
    form = first.get(f"/admin/post/edit/?id={key}")
    assert second.post(f"/admin/post/edit/?id={key}", data={"body": "<p>Theirs</p>"}).status_code == 302
    return first, key, filled(form, title="Mine")


def test_the_later_save_is_held_back_and_shows_both(meanwhile, read):
    editor, key, sent = meanwhile
    answer = editor.post(f"/admin/post/edit/?id={key}", data=sent)
    assert answer.status_code == 409
    assert read(Post, key, "title", "body") == ["Title", "<p>Theirs</p>"]
    assert filled(answer)["title"] == ["Mine"]
    assert filled(answer)["body"] == ["<p>Body</p>"]
    stored = [one.text for one in shown(answer).xpath('//*[@class="form-stored"]/pre')]
    assert stored == ["Title", "<p>Theirs</p>"]
    assert "Save over what is stored" in words(answer)


def test_saving_again_knowingly_overwrites(meanwhile, read, changes):
    editor, key, sent = meanwhile
    answer = editor.post(f"/admin/post/edit/?id={key}", data=sent)
    assert editor.post(f"/admin/post/edit/?id={key}", data=filled(answer)).status_code == 302
    assert read(Post, key, "title", "body") == ["Mine", "<p>Body</p>"]
    assert [verb for verb, _before, _after in changes(Post, key)] == ["create", "update", "update"]


def test_what_another_wrote_can_be_taken_over_field_by_field(meanwhile, read):
    editor, key, sent = meanwhile
    answer = editor.post(f"/admin/post/edit/?id={key}", data=sent)
    assert editor.post(f"/admin/post/edit/?id={key}", data=filled(answer, take="body")).status_code == 302
    assert read(Post, key, "title", "body") == ["Mine", "<p>Theirs</p>"]


def test_relations_that_differ_are_shown_in_words(as_role, keep, read):
    first, second = as_role("editor"), as_role("editor")
    old, new = keep(Category, name="Sea"), keep(Category, name="Hills")
    key, tag = keep(Post, category_id=old), keep(Tag, name="wind")
    form = first.get(f"/admin/post/edit/?id={key}")
    second.post(f"/admin/post/edit/?id={key}", data={"category": new, "tags": [tag]})
    answer = first.post(f"/admin/post/edit/?id={key}", data=filled(form))
    assert answer.status_code == 409
    stored = [one.text for one in shown(answer).xpath('//*[@class="form-stored"]/pre')]
    assert stored == ["Hills", "wind"]
    assert read(Post, key, "category_id") == new


@pytest.mark.parametrize("version", [None, "", "abc", "-1", "9" * 40, "٣"])
def test_who_does_not_say_which_version_is_asked_to_compare(as_role, keep, read, changes, version):
    editor, key = as_role("editor"), keep(Post, title="Stored", body="<p>Body</p>")
    sent = {"title": "Sent", "body": "<p>Body</p>", **({} if version is None else {"version": version})}
    answer = editor.post(f"/admin/post/edit/?id={key}", data=sent, version=False)
    assert answer.status_code == 409, answer.text
    assert "which version" in words(answer)
    assert [one.text for one in shown(answer).xpath('//*[@class="form-stored"]/pre')] == ["Stored"]
    assert (read(Post, key, "title"), len(changes(Post, key))) == ("Stored", 1)
    assert editor.post(f"/admin/post/edit/?id={key}", data=filled(answer)).status_code == 302
    assert read(Post, key, "title") == "Sent"


def test_a_cell_without_a_version_is_not_saved_either(as_role, keep, read):
    editor, key = as_role("editor"), keep(Post, title="Stored")
    sent = {"list_form_pk": key, "title": "Sent"}
    answer = editor.post("/admin/post/ajax/update/", data=sent, version=False, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["version"]) == (409, 1)
    assert read(Post, key, "title") == "Stored"


def test_a_save_of_a_row_that_is_gone_finds_nothing(as_role, keep, read):
    first, second = as_role("editor"), as_role("editor")
    key = keep(Tag)
    form = first.get(f"/admin/tag/edit/?id={key}")
    assert second.post("/admin/tag/delete/", data={"id": key}).status_code == 302
    assert first.post(f"/admin/tag/edit/?id={key}", data=filled(form)).status_code == 404
    assert read(resources()["tag"], key, "name") is None
