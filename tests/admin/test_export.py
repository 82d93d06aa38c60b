"""The rows that match leave as a file: all of them, no more, harmless, and on record."""

import csv
import io

import pytest
from sqlalchemy import select

from backoffice.core.history import Change
from backoffice.core.model import db
from backoffice.models.accounts import Role, User
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post, Tag
from make import make


def rows_of(answer):
    """Return the rows of a file as a spreadsheet reads them."""
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text)))


def exports(app):
    """Return what is on record about exports."""
    with app.app_context():
        found = db.session.scalars(select(Change).filter_by(verb="export")).all()
        return [(one.model, one.actor_id, one.door, one.after) for one in found]


def test_the_rows_that_match_leave_with_all_their_lines(app, as_role):
    editor = as_role("editor")
    with app.app_context():
        tags, news = [make(Tag, name="red"), make(Tag, name="blue")], make(Category, name="News")
        for at in range(1100):
            make(Post, title=f"Post {at}", status="draft", category=news, tags=tags)
        make(Post, title="Other", status="archived")
        db.session.commit()
    answer = editor.get("/admin/post/export/csv/?status=draft&sort=title&page_size=20")
    rows = rows_of(answer)
    assert len(rows) == 1100
    assert rows[0]["title"] == "Post 0"
    assert {row["category"] for row in rows} == {"News"}
    assert {row["tags"] for row in rows} == {"blue; red"}
    assert "body" not in rows[0]
    assert exports(app) == [("post", editor.user.id, "panel", {"count": 1100, "criteria": {"status": "draft"}})]


def test_the_file_is_named_and_kept_from_being_guessed_or_stored(app, as_role):
    answer = as_role("editor").get("/admin/tag/export/csv/")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="tag-20')
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert rows_of(answer) == []


@pytest.mark.parametrize("title", ["東京の朝", "数据库", "تاريخ المكتبات"])
def test_a_file_for_excel_says_how_its_letters_are_written(app, as_role, title):
    editor = as_role("editor")
    with app.app_context():
        make(Post, title=title)
        db.session.commit()
    assert "/admin/post/export/excel/" in editor.get("/admin/post/").text
    answer = editor.get(f"/admin/post/export/excel/?search={title}")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    (row,) = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert row["title"] == title


def test_a_file_of_no_rows_is_empty_where_its_form_has_no_header(as_role):
    answer = as_role("editor").get("/admin/tag/export/jsonl/")
    assert (answer.status_code, answer.data) == (200, b"")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+1", "@SUM(1)", "=cmd|' /C calc'!A0", " =1"])
def test_no_cell_is_a_formula(text, app, as_role):
    editor = as_role("editor")
    with app.app_context():
        make(Tag, name=text)
        db.session.commit()
    (row,) = rows_of(editor.get("/admin/tag/export/csv/"))
    assert row["name"].startswith("'")


def test_an_export_needs_its_right(app, as_role, client):
    with app.app_context():
        make(Post)
        db.session.commit()
    assert as_role("author").get("/admin/post/export/csv/").status_code == 404
    assert as_role("moderator").get("/admin/post/export/csv/").status_code == 404
    assert client.get("/admin/post/export/csv/").status_code == 302
    assert exports(app) == []


def test_the_link_is_shown_to_those_who_may_and_keeps_the_filter(app, as_role):
    with app.app_context():
        make(Post, status="draft")
        db.session.commit()
    link = "/admin/post/export/csv/?status=draft"
    assert f'href="{link}"' in as_role("editor").get("/admin/post/?status=draft&page_size=20").text
    assert "export/csv" not in as_role("moderator").get("/admin/post/?status=draft").text


def test_columns_that_need_a_right_and_names_one_may_not_see_stay_here(app, as_role):
    with app.app_context():
        db.session.add(Role(name="clerk", rights=["user.read", "user.export", "post.read", "post.export"]))
        hidden = make(Category, name="Hidden word"), make(Tag, name="Hidden tag")
        make(Post, title="One", category=hidden[0], tags=[hidden[1]])
        db.session.commit()
    clerk = as_role("clerk", email="clerk.unseen@example.com")
    answer = clerk.get("/admin/user/export/csv/")
    assert rows_of(answer)
    assert "email" not in rows_of(answer)[0]
    assert "clerk.unseen" not in answer.text
    answer = clerk.get("/admin/post/export/csv/")
    assert rows_of(answer)[0]["title"] == "One"
    assert "Hidden" not in answer.text


def test_nobody_exports_a_secret(app, as_role):
    browser = as_role("administrator")
    with app.app_context():
        known = db.session.get(User, browser.user.id)
        secrets = [known.password, known.fs_uniquifier]
    answer = browser.get("/admin/user/export/csv/")
    assert browser.user.email in answer.text
    assert not [secret for secret in secrets if secret in answer.text]


def test_another_site_cannot_start_an_export(app, as_role):
    editor = as_role("editor")
    assert editor.get("/admin/tag/export/csv/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert editor.get("/admin/tag/export/csv/", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200
    assert len(exports(app)) == 1


@pytest.mark.parametrize("address", ["?foo=1", "?status=unknown", "?page=-1", "?search=%00", "?author=abc"])
def test_a_made_up_address_is_refused(address, app, as_role):
    assert as_role("editor").get(f"/admin/post/export/csv/{address}").status_code == 400
    assert exports(app) == []


def test_a_view_and_a_search_narrow_the_file(app, as_role):
    moderator = as_role("moderator")
    with app.app_context():
        for name, status in (("Ann", "pending"), ("Bob", "pending"), ("Ann", "spam")):
            make(Comment, guest_name=name, status=status, body="<p>Hello</p>")
        db.session.commit()
    rows = rows_of(moderator.get("/admin/comment/export/csv/?view=waiting&search=ann"))
    assert [(row["guest_name"], row["status"]) for row in rows] == [("Ann", "pending")]
