"""Hand-made addresses of a row's pages are answered in a sentence, and nothing follows them off this host."""

import pytest

from backoffice.models.content import Post, Tag
from filling import filled

ODD_KEYS = [
    "",
    "abc",
    "0",
    "-1",
    "1,2",
    "1.0",
    "1e3",
    "0x1",
    "%D9%A3",
    "1%20",
    "%2B1",
    "9223372036854775808",
    "9" * 40,
    "1;drop",
    "' or 1=1--",
    "[1]",
    "null",
]


@pytest.mark.parametrize("key", ODD_KEYS)
@pytest.mark.parametrize("page", ["edit", "details", "delete"])
def test_a_key_that_cannot_be_is_not_found(as_role, keep, read, page, key):
    editor, there = as_role("editor"), keep(Post, title="Old")
    assert editor.get(f"/admin/post/{page}/?id={key}").status_code == 404
    if page != "details":
        answer = editor.post(f"/admin/post/{page}/?id={key}", data={"title": "New", "confirm": 1})
        assert answer.status_code == 404
    assert read(Post, there, "title") == "Old"


@pytest.mark.parametrize("page", ["edit", "details", "delete"])
def test_an_address_without_a_key_is_not_found(as_role, page):
    assert as_role("editor").get(f"/admin/post/{page}/").status_code == 404


@pytest.mark.parametrize(
    "query", ["id=1&id=1", "id=1&self=1", "id=1&endpoint=1", "id=1&_method=POST", "id=1&_external=1", "id=1&modal=True"]
)
@pytest.mark.parametrize("page", ["edit", "details", "delete"])
def test_parameters_that_mean_nothing_are_refused(as_role, keep, page, query):
    editor = as_role("editor")
    keep(Post)
    assert editor.get(f"/admin/post/{page}/?{query}").status_code == 400


@pytest.mark.parametrize("query", ["id=%00", "id=%ff", "url=%00"])
def test_an_address_that_is_no_text_is_refused(as_role, query):
    assert as_role("editor").get(f"/admin/post/edit/?{query}").status_code == 400


@pytest.mark.parametrize(
    "url", ["https://evil.example/", "//evil.example", "/\\evil.example", "https:evil.example", "javascript:1", "\n/x"]
)
def test_saving_and_deleting_never_lead_off_this_host(as_role, keep, url):
    editor, key = as_role("editor"), keep(Tag)
    answers = [
        editor.post(f"/admin/tag/edit/?id={key}", data={"name": "New", "url": url}),
        editor.post("/admin/tag/new/", data={"name": "Other", "url": url}),
        editor.post("/admin/tag/delete/", data={"id": key, "url": url}),
    ]
    assert [(one.status_code, one.headers["Location"]) for one in answers] == [(302, "/admin/tag/")] * 3


def test_saving_leads_back_to_where_one_came_from_or_on_as_the_button_says(as_role, keep):
    editor, key = as_role("editor"), keep(Tag)
    grid = "/admin/tag/?search=x&page=0"
    form = filled(editor.get(f"/admin/tag/edit/?id={key}&url=/admin/tag/?search%3Dx%26page%3D0"))
    assert editor.post(f"/admin/tag/edit/?id={key}", data=form).headers["Location"] == grid
    on = editor.post(
        f"/admin/tag/edit/?id={key}",
        data=filled(editor.get(f"/admin/tag/edit/?id={key}"), url=grid) | {"_continue_editing": "1"},
    )
    assert on.headers["Location"].startswith(f"/admin/tag/edit/?id={key}")
    more = editor.post("/admin/tag/new/", data={"name": "One", "_add_another": "1"})
    assert more.headers["Location"] == "/admin/tag/new/"


@pytest.mark.parametrize("page", ["new", "edit", "details", "delete", "ajax/lookup"])
def test_a_stranger_is_sent_to_sign_in(client, keep, page):
    key = keep(Tag)
    answer = client.get(f"/admin/tag/{page}/?id={key}")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login?next=")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"title": "New"}'),
        ("application/json", b"[" * 5000),
        ("text/plain", b"title=New"),
        ("", b""),
    ],
)
def test_content_of_another_kind_changes_nothing(as_role, keep, read, kind, body):
    editor, key = as_role("editor"), keep(Post, title="Old")
    answer = editor.post(f"/admin/post/edit/?id={key}", data=body, content_type=kind)
    assert answer.status_code < 500
    assert read(Post, key, "title", "version") == ["Old", 1]


def test_a_form_without_its_token_changes_nothing(as_role, keep, read):
    editor, key = as_role("editor"), keep(Tag, name="Old")
    assert editor.post(f"/admin/tag/edit/?id={key}", data={"name": "New"}, csrf=False).status_code == 400
    assert editor.post("/admin/tag/delete/", data={"id": key}, csrf=False).status_code == 400
    assert editor.post("/admin/tag/new/", data={"name": "New"}, csrf=False).status_code == 400
    assert read(Tag, key, "name") == "Old"
