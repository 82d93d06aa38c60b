"""One cell of a grid is changed where it stands, by those who may, and nothing typed is lost."""

from urllib.parse import urlencode

import pytest
from lxml import html
from sqlalchemy import select

from backoffice.core.history import Change
from backoffice.core.model import db
from backoffice.models.accounts import Role, User
from backoffice.models.content import Category, Post, Tag
from make import make

UPDATE = "/admin/post/ajax/update/"


def store(app, model, **values):
    """Store a row and return its key."""
    with app.app_context():
        key = make(model, **values).id
        db.session.commit()
        return key


def held(app, model, key, name):
    """Return what a row holds now."""
    with app.app_context():
        return getattr(db.session.get(model, key), name)


def updates(app, model="post"):
    """Return who changed which rows of a model."""
    with app.app_context():
        found = db.session.scalars(select(Change).filter_by(model=model, verb="update")).all()
        return [(one.row_id, one.actor_id, one.before, one.after) for one in found]


def cell_form(answer, status=200):
    """Return the one open cell of a page: its form's fields, and its element."""
    assert answer.status_code == status, answer.text
    page = html.fromstring(answer.text)
    (form,) = page.xpath('//form[@id="open-cell"]')
    assert len(page.xpath("//h1")) == 1
    fields = {one.get("name"): one.get("value", "") for one in form.xpath(".//input[@type='hidden' or @type='text']")}
    return {name: value for name, value in fields.items() if name != "csrf_token"}, form


def opener(page, cell):
    """Return the address that the button of a closed cell leads to, as a browser makes it of the button's form."""
    (button,) = page.xpath(f'//td/button[@name="cell"][@value="{cell}"]')
    (form,) = page.xpath(f'//form[@id="{button.get("form")}"][@method="get"]')
    pairs = [(one.get("name"), one.get("value")) for one in form.xpath(".//input")] + [("cell", cell)]
    path, _hash, fragment = form.get("action").partition("#")
    return f"{path}?{urlencode(pairs)}#{fragment}"


def test_a_cell_is_opened_typed_into_and_saved_without_a_script(app, as_role):
    editor = as_role("editor")
    key = store(app, Post, title="Old")
    page = html.fromstring(editor.get("/admin/post/?sort=title&status__not=archived").text)
    fields, form = cell_form(editor.get(opener(page, f"{key}:title").partition("#")[0]))
    assert fields["title"] == "Old"
    assert fields["url"] == "/admin/post/?status__not=archived&sort=title"
    answer = editor.post(form.get("action"), data={**fields, "title": "New"})
    assert answer.status_code == 302
    assert answer.location == f"/admin/post/?status__not=archived&sort=title#row-{key}"
    assert held(app, Post, key, "title") == "New"
    assert updates(app) == [(key, editor.user.id, {"title": "Old"}, {"title": "New"})]
    assert "“New” was saved." in editor.get("/admin/post/").text


def test_a_program_is_answered_in_json(app, as_role):
    editor = as_role("editor")
    key = store(app, Tag, name="Old")
    headers = {"Accept": "application/json"}
    data = {"list_form_pk": key, "name": "New"}
    answer = editor.post("/admin/tag/ajax/update/", data=data, headers=headers)
    assert answer.json == {"key": key, "column": "name", "version": 2}
    answer = editor.post("/admin/tag/ajax/update/", data={**data, "name": ""}, headers=headers)
    assert answer.status_code == 422
    assert answer.json["problems"] == ["This field is required."]
    assert held(app, Tag, key, "name") == "New"


def test_a_wrong_value_is_shown_again_with_the_reason(app, as_role):
    editor = as_role("editor")
    key = store(app, Post, title="Old")
    back = "/admin/post/?sort=title&page_size=20"
    data = {"list_form_pk": key, "title": "x" * 400, "version": 1, "url": back}
    fields, form = cell_form(editor.post(UPDATE, data=data), 422)
    assert fields["title"] == "x" * 400
    assert "At most 300 characters" in form.text_content()
    assert fields["url"] == back
    assert held(app, Post, key, "title") == "Old"
    assert updates(app) == []


def test_a_name_that_is_taken_is_said_in_a_sentence(app, as_role):
    editor = as_role("editor")
    store(app, Tag, name="Taken")
    key = store(app, Tag, name="Mine")
    _fields, form = cell_form(editor.post("/admin/tag/ajax/update/", data={"list_form_pk": key, "name": "Taken"}), 422)
    assert "There is already one with this name." in form.text_content()
    assert "UNIQUE" not in form.text_content()
    assert held(app, Tag, key, "name") == "Mine"


def test_what_another_changed_meanwhile_is_not_overwritten(app, as_role):
    first, second = as_role("editor"), as_role("editor")
    key = store(app, Post, title="Old")
    seen, _form = cell_form(first.get(f"/admin/post/?cell={key}:title"))
    second.post(UPDATE, data={"list_form_pk": key, "title": "Theirs", "version": 1})
    fields, form = cell_form(first.post(UPDATE, data={**seen, "title": "Mine"}), 409)
    assert fields["title"] == "Mine"
    assert "Theirs" in form.text_content()
    assert held(app, Post, key, "title") == "Theirs"
    assert first.post(UPDATE, data={**fields, "title": "Mine"}).status_code == 409
    assert first.post(UPDATE, data={**fields, "title": "Mine", "choose-title": "mine"}).status_code == 302
    assert held(app, Post, key, "title") == "Mine"


def test_a_relation_is_found_and_chosen_in_its_cell(app, as_role):
    editor = as_role("editor")
    news, key = store(app, Category, name="News"), store(app, Post, title="One")
    seen, _form = cell_form(editor.get(f"/admin/post/?cell={key}:category"))
    looking = {**seen, "category-find": "New", "find:category": "1"}
    _fields, form = cell_form(editor.post(UPDATE, data=looking))
    assert str(news) in form.xpath('.//input[@name="category"]/@value')
    assert held(app, Post, key, "category_id") is None
    # Words that nobody looked for are looked for first.
    del looking["find:category"]
    answer = editor.post(UPDATE, data=looking)
    assert answer.status_code == 422
    assert "Not saved yet" in answer.text
    assert f'name="category" value="{news}"' in answer.text
    assert editor.post(UPDATE, data={**seen, "category": news}).status_code == 302
    assert held(app, Post, key, "category_id") == news


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"title": "x"},
        {"list_form_pk": "1"},
        {"list_form_pk": "abc", "title": "x"},
        {"list_form_pk": "1,2", "title": "x"},
        {"list_form_pk": "-1", "title": "x"},
        {"list_form_pk": "", "title": "x"},
        {"list_form_pk": "99999999999999999999", "title": "x"},
        {"list_form_pk": "1", "body": "x"},
        {"list_form_pk": "1", "status": "published"},
        {"list_form_pk": "1", "author": "1"},
        {"list_form_pk": "1", "author_id": "1"},
        {"list_form_pk": "1", "id": "7"},
        {"list_form_pk": "1", "version_": "7"},
        {"list_form_pk": "1", "title": "x", "status": "published"},
        {"list_form_pk": "1", "title": "x", "category": "1"},
        {"list_form_pk": "1", "find:author": "1"},
        {"list_form_pk": "1", "__class__": "x"},
    ],
)
def test_what_is_no_cell_is_refused(data, app, as_role):
    editor = as_role("administrator")
    key = store(app, Post, title="Old", status="draft")
    assert key == 1
    assert editor.post(UPDATE, data=data).status_code == 400
    assert (held(app, Post, key, "title"), held(app, Post, key, "status")) == ("Old", "draft")
    assert updates(app) == []


def test_a_row_that_does_not_exist_is_not_found(app, as_role):
    editor = as_role("editor")
    assert editor.post(UPDATE, data={"list_form_pk": 77, "title": "x"}).status_code == 404
    assert editor.get("/admin/post/?cell=77:title").status_code == 404


def test_a_row_or_a_list_one_may_not_change_is_not_found(app, as_role):
    with app.app_context():
        key = make(Post, title="Old", author=make(User)).id
        category = make(Category, name="Old").id
        db.session.commit()
    for role in ("author", "moderator"):
        browser = as_role(role)
        assert browser.get(f"/admin/post/?cell={key}:title").status_code == 404
        assert browser.post(UPDATE, data={"list_form_pk": key, "title": "x"}).status_code == 404
        data = {"list_form_pk": category, "name": "x"}
        assert browser.post("/admin/category/ajax/update/", data=data).status_code == 404
    assert held(app, Post, key, "title") == "Old"
    assert held(app, Category, category, "name") == "Old"
    assert updates(app) == updates(app, "category") == []


def test_an_author_changes_the_cells_of_their_own_posts_alone(app, as_role):
    author = as_role("author")
    with app.app_context():
        mine = make(Post, title="Mine", author=db.session.get(User, author.user.id)).id
        db.session.commit()
    assert author.post(UPDATE, data={"list_form_pk": mine, "title": "Still mine"}).status_code == 302
    assert held(app, Post, mine, "title") == "Still mine"


def test_a_column_without_its_right_has_no_form(app, as_role):
    with app.app_context():
        db.session.add(Role(name="titler", rights=["post.read", "post.update"]))
        db.session.commit()
    titler = as_role("titler")
    key, news = store(app, Post, title="Old"), store(app, Category)
    page = html.fromstring(titler.get("/admin/post/").text)
    assert page.xpath('//button[@name="cell"]/@value') == [f"{key}:title"]
    assert titler.get(f"/admin/post/?cell={key}:category").status_code == 404
    assert titler.post(UPDATE, data={"list_form_pk": key, "category": news}).status_code == 400
    assert held(app, Post, key, "category_id") is None


def test_hostile_text_stays_text_in_the_form(app, as_role):
    editor = as_role("editor")
    key = store(app, Post, title='"><img src=x onerror=alert(1)>')
    answer = editor.get(f"/admin/post/?cell={key}:title")
    fields, _form = cell_form(answer)
    assert fields["title"] == '"><img src=x onerror=alert(1)>'
    assert "<img src=x" not in answer.text
    again = editor.post(UPDATE, data={"list_form_pk": key, "title": "<script>alert(1)</script>" * 40})
    assert again.status_code == 422
    assert "<script>alert" not in again.text


def test_without_its_token_a_cell_is_not_saved(app, as_role):
    editor = as_role("editor")
    key = store(app, Post, title="Old")
    assert editor.post(UPDATE, data={"list_form_pk": key, "title": "x"}, csrf=False).status_code == 400
    assert editor.get(f"{UPDATE}?list_form_pk={key}&title=x").status_code == 405
    assert held(app, Post, key, "title") == "Old"


@pytest.mark.parametrize("url", ["//evil.example/", "https://evil.example/", "/\\evil.example", "/admin/post/?page=-1"])
def test_a_strange_way_back_leads_nowhere_strange(url, app, as_role):
    editor = as_role("editor")
    key = store(app, Post, title="Old")
    answer = editor.post(UPDATE, data={"list_form_pk": key, "title": "New", "url": url})
    assert answer.location.startswith("/admin/post/")
    wrong = editor.post(UPDATE, data={"list_form_pk": key, "title": "", "url": url})
    assert wrong.status_code in {400, 422}
    assert "evil" not in wrong.text
