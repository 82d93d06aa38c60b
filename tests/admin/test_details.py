"""The page of one row shows what its reader may see, all of it, and what one may do with it."""

import pytest
from sqlalchemy import select

from backoffice.core.model import db
from backoffice.core.resource import resources
from backoffice.models.accounts import Role, User
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post
from filling import shown, words
from make import make


@pytest.fixture
def auditor(app, as_role):
    """Return the browser of someone who may read comments and the history, but not who guests are."""
    with app.app_context():
        make(Role, name="auditor", rights=["comment.read", "change.read"])
        db.session.commit()
    return as_role("auditor")


def test_a_post_is_shown_with_what_it_names_and_its_text_as_it_reads(as_role, keep):
    editor = as_role("editor")
    category = keep(Category, name="Sea & shore")
    key = keep(Post, title="Tides", body="<h1>High</h1><p onclick=x>water</p><script>1</script>", category_id=category)
    answer = editor.get(f"/admin/post/details/?id={key}")
    tree = shown(answer)
    assert [one.text for one in tree.xpath("//h1")] == ["Tides"]
    assert [one.text for one in tree.xpath('//*[@class="row-html"]/h2')] == ["High"]
    assert not tree.xpath("//*[@onclick]")
    links = {one.text: one.get("href") for one in tree.xpath("//dl//a")}
    assert links["Sea & shore"] == f"/admin/category/details/?id={category}"


def test_words_that_a_list_cuts_stand_whole_on_the_page_of_the_row(as_role, keep):
    title = "A title that goes on " * 9
    page = shown(as_role("editor").get(f"/admin/post/details/?id={keep(Post, title=title)}"))
    assert title.strip() in page.xpath('string(//dl[@class="card row-values"])')


def test_what_needs_a_right_of_its_own_is_shown_with_it_alone(as_role, keep):
    key = keep(Comment, guest_name="Ann", guest_email="ann@example.com", post_id=keep(Post))
    assert "ann@example.com" in as_role("moderator").get(f"/admin/comment/details/?id={key}").text
    answer = as_role("editor").get(f"/admin/comment/details/?id={key}")
    assert answer.status_code == 200
    assert "ann@example.com" not in answer.text


def test_no_page_shows_a_secret(app, as_role):
    admin = as_role("administrator")
    with app.app_context():
        user = db.session.get(User, admin.user.id)
        secrets = [user.password, user.fs_uniquifier]
    for page in ("details", "edit"):
        text = admin.get(f"/admin/user/{page}/?id={admin.user.id}").text
        assert not [secret for secret in secrets if secret in text]


def test_the_history_says_who_changed_what(as_role, keep):
    admin, editor = as_role("administrator"), as_role("editor", name="Edna")
    key = keep(Post, title="Old")
    editor.post(f"/admin/post/edit/?id={key}", data={"title": "New"})
    told = words(admin.get(f"/admin/post/details/?id={key}"))
    assert "Edna: change (panel) Title: Old → New" in told
    assert "Latest changes" not in words(editor.get(f"/admin/post/details/?id={key}"))


def test_the_history_tells_nobody_more_than_the_row_does(app, as_role, auditor, keep):
    key = keep(Comment, guest_name="Ann", guest_email="old@example.com", post_id=keep(Post))
    sent = {"guest_email": "new@example.com", "body": "<p>Changed words</p>"}
    assert as_role("moderator").post(f"/admin/comment/edit/?id={key}", data=sent).status_code == 302
    answer = auditor.get(f"/admin/comment/details/?id={key}")
    assert "Changed words" in words(answer).split("Latest changes")[1]
    assert "old@example.com" not in answer.text
    assert "new@example.com" not in answer.text


def test_what_refers_to_a_row_is_counted_with_a_link_to_it(as_role, keep):
    editor, category = as_role("editor"), keep(Category)
    for _number in range(3):
        keep(Post, category_id=category)
    tree = shown(editor.get(f"/admin/category/details/?id={category}"))
    links = {one.get("href"): one.text for one in tree.xpath('//section[@aria-labelledby="hanging"]//a')}
    assert links == {f"/admin/post/?category={category}": "3"}


@pytest.mark.parametrize(
    ("role", "offered"),
    [
        ("editor", {"publish", "schedule", "submit", "archive", "redraft"}),
        ("author", {"submit"}),
        ("moderator", set()),
    ],
)
def test_buttons_are_there_for_what_one_may_do(as_role, keep, role, offered):
    person = as_role(role)
    key = keep(Post, author_id=person.user.id)
    tree = shown(person.get(f"/admin/post/details/?id={key}"))
    assert {one.get("value") for one in tree.xpath('//button[@name="action"]')} == offered
    assert bool(tree.xpath(f'//main//a[starts-with(@href, "/admin/post/edit/?id={key}")]')) is (role != "moderator")
    assert bool(tree.xpath(f'//main//a[starts-with(@href, "/admin/post/delete/?id={key}")]')) is (role != "moderator")


def test_only_operations_that_have_something_to_do_are_offered(as_role, keep):
    editor, key = as_role("editor"), keep(Post, status="published")
    form = shown(editor.get(f"/admin/post/details/?id={key}"))
    offered = {one.get("value") for one in form.xpath('//button[@name="action"]')}
    assert offered == {"archive", "publish", "redraft"}


def test_a_button_leads_to_its_operation(as_role, keep, read):
    editor = as_role("editor")
    key = keep(Post, status="draft")
    form = shown(editor.get(f"/admin/post/details/?id={key}")).xpath('//form[@class="row-actions"]')[0]
    sent = {one.get("name"): one.get("value") for one in form.xpath(".//input")}
    answer = editor.post(form.get("action"), data=sent | {"action": "publish", "confirm": "1"})
    assert answer.status_code == 302, answer.text
    assert answer.headers["Location"] == f"/admin/post/details/?id={key}"
    assert read(Post, key, "status") == "published"


def test_a_linked_row_that_one_may_not_read_is_named_without_a_link(as_role, keep):
    editor, person = as_role("editor"), keep(User, name="Ada")
    tree = shown(editor.get(f"/admin/post/details/?id={keep(Post, author_id=person)}"))
    assert "Ada" in tree.xpath("string(//dl)")
    assert not [one for one in tree.xpath("//dl//a") if one.text == "Ada"]


def test_a_linked_row_that_one_may_not_name_is_not_named(as_role, keep):
    author = as_role("author")
    image = keep(resources()["image"], title="Hidden picture", uploader_id=keep(User))
    answer = author.get(f"/admin/post/details/?id={keep(Post, author_id=author.user.id, cover_id=image)}")
    assert "Hidden picture" not in answer.text
    assert "(not shown)" in words(answer)


@pytest.mark.parametrize("role", ["editor", "moderator", "author"])
def test_rows_of_resources_one_may_not_read_are_not_found(app, as_role, keep, role):
    person = as_role(role)
    with app.app_context():
        key = db.session.scalars(select(Role.id)).first()
    for address in (
        f"role/details/?id={key}",
        f"role/edit/?id={key}",
        "role/new/",
        f"user/details/?id={person.user.id}",
    ):
        assert person.get(f"/admin/{address}").status_code == 404
