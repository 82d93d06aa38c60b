"""A list answers a page that stands already with itself alone, and everything else as ever."""

import pytest

from backoffice.core.model import db
from backoffice.core.resource import resources
from backoffice.models.content import Post
from make import make

PART = {"HX-Request": "true"}


@pytest.fixture
def editor(app, as_role):
    with app.app_context():
        for at in range(25):
            make(Post, title=f"Boat {at}", status="draft")
        db.session.commit()
    return as_role("editor")


def write(app):
    with app.app_context():
        make(Post, title="One more", status="draft")
        db.session.commit()


def test_one_address_has_two_answers_and_says_so(editor):
    address = "/admin/post/?sort=title&page_size=20"
    whole, part = editor.get(address), editor.get(address, headers=PART)
    assert "HX-Request" in whole.vary
    assert "HX-Request" in part.vary
    assert part.headers["X-Part"] == "list"
    assert "X-Part" not in whole.headers
    assert "<html" in whole.text
    assert "<html" not in part.text
    inside = whole.text.partition('<div id="list"')[2]
    table = part.text.partition("<tbody>")[2].partition("</tbody>")[0]
    assert table
    assert table.split("<td")[1:] == inside.partition("<tbody>")[2].partition("</tbody>")[0].split("<td")[1:]


def test_a_page_that_the_browser_goes_back_to_is_whole(editor):
    answer = editor.get("/admin/post/", headers={**PART, "HX-History-Restore-Request": "true"})
    assert "<html" in answer.text


def test_the_list_alone_asks_less_of_the_database(app, editor, queries):
    # What was asked before is asked anew once something was written, so both pages start from nothing kept.
    editor.get("/admin/post/")
    write(app)
    with queries() as whole:
        editor.get("/admin/post/?status=draft")
    write(app)
    with queries() as part:
        editor.get("/admin/post/?status=draft", headers=PART)
    assert len(part) < len(whole)
    assert len(part) <= 8, part


@pytest.mark.parametrize("name", sorted(resources()))
def test_every_list_can_be_sent_alone(name, as_role):
    answer = as_role("administrator").get(f"/admin/{name}/", headers=PART)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert 'id="tools"' in answer.text


@pytest.mark.parametrize("query", ["sort=nonsense", "where=any(", "page=77", "status=draft&wonky=1"])
def test_what_is_refused_gives_way_to_a_page_that_says_why(editor, query):
    answer = editor.get(f"/admin/post/?{query}", headers=PART)
    assert (answer.status_code, answer.text) == (204, "")
    assert answer.headers["HX-Redirect"] == f"/admin/post/?{query}"
    assert editor.get(answer.headers["HX-Redirect"]).status_code in {400, 404}


def test_whoever_was_signed_out_signs_in_on_a_whole_page(client):
    answer = client.get("/admin/post/?sort=title", headers=PART)
    assert (answer.status_code, answer.text) == (204, "")
    assert answer.headers["HX-Redirect"] == "/login?next=/admin/post/?sort%3Dtitle"
    assert client.get("/admin/post/").status_code == 302
