"""Forms are derived from the model, for the person who fills them in, and lose nothing that was typed."""

import pytest
from sqlalchemy import select, text

from backoffice.core.history import Change
from backoffice.core.model import db
from backoffice.core.resource import form_columns, resources
from backoffice.models.accounts import Role, User
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post, Tag
from filling import FORM, errors, filled, shown, words
from make import make

HOSTILE = "\"><img src=x onerror=alert(1)>'<script>alert(2)</script>{{7*7}}"


def test_a_post_is_written_with_its_relations_and_the_history_says_who(app, as_role, keep):
    editor = as_role("editor")
    category, tags = keep(Category), [keep(Tag), keep(Tag)]
    sent = {"title": "Hello", "status": "draft", "body": "<p>Hi</p>", "category": category, "tags": tags}
    answer = editor.post("/admin/post/new/", data=sent)
    assert answer.status_code == 302, answer.text
    with app.app_context():
        post = db.session.scalars(select(Post)).one()
        assert (post.title, post.slug, post.category_id, post.author_id) == ("Hello", "hello", category, editor.user.id)
        assert sorted(tag.id for tag in post.tags) == sorted(tags)
        change = db.session.scalars(select(Change).filter_by(model="post")).one()
        assert (change.verb, change.actor_id, change.door) == ("create", editor.user.id, "panel")


@pytest.mark.parametrize("name", ["category", "comment", "image", "post", "role", "tag", "user"])
def test_sending_a_form_back_as_it_is_changes_nothing(as_role, keep, read, changes, name):
    admin = as_role("administrator")
    model = resources()[name]
    key = keep(model)
    before = changes(model, key), read(model, key, "version")
    answer = admin.post(f"/admin/{name}/edit/?id={key}", data=filled(admin.get(f"/admin/{name}/edit/?id={key}")))
    assert answer.status_code == 302, answer.text
    assert (changes(model, key), read(model, key, "version")) == before


def test_a_moment_is_typed_on_ones_own_clock_and_stored_in_utc(app, as_role, keep, read):
    editor = as_role("editor", timezone="America/New_York")
    key = keep(Post)
    form = editor.get(f"/admin/post/edit/?id={key}")
    assert "America/New_York" in words(form)
    answer = editor.post(f"/admin/post/edit/?id={key}", data=filled(form, publish_at="2026-07-01T10:00"))
    assert answer.status_code == 302
    assert read(Post, key, "publish_at").isoformat() == "2026-07-01T14:00:00+00:00"
    assert 'value="2026-07-01T10:00"' in editor.get(f"/admin/post/edit/?id={key}").text


def test_fields_that_are_not_sent_stay_as_they_are(as_role, keep, read):
    editor = as_role("editor")
    key = keep(Post, title="Old", body="<p>Long</p>", category_id=keep(Category))
    category = read(Post, key, "category_id")
    assert editor.post(f"/admin/post/edit/?id={key}", data={"title": "New"}).status_code == 302
    assert read(Post, key, "title", "body", "category_id") == ["New", "<p>Long</p>", category]


def test_what_is_emptied_on_purpose_is_empty(app, as_role, keep, read):
    editor = as_role("editor")
    key = keep(Post, body="<p>Long</p>", excerpt="Short", category_id=keep(Category))
    form = editor.get(f"/admin/post/edit/?id={key}")
    editor.post(f"/admin/post/edit/?id={key}", data=filled(form, body="", excerpt="", category="none"))
    assert read(Post, key, "body", "excerpt", "category_id") == ["", None, None]


def test_a_box_that_is_not_ticked_says_no(app, as_role, keep, read):
    admin = as_role("administrator")
    key = keep(User, active=True)
    form = admin.get(f"/admin/user/edit/?id={key}")
    answer = admin.post(f"/admin/user/edit/?id={key}", data=filled(form, active=""))
    assert answer.status_code == 302, answer.text
    assert read(User, key, "active") is False


def test_a_failed_save_keeps_all_that_was_typed_and_says_why_beside_the_field(as_role, keep, read, changes):
    editor = as_role("editor")
    taken, key = keep(Post, slug="taken"), keep(Post, title="Old", slug="mine")
    tag = keep(Tag, name="chosen")
    form = editor.get(f"/admin/post/edit/?id={key}")
    sent = filled(form, title="", slug="taken", body="<p>A long evening's work</p>", tags=["", tag], publish_at="soon")
    answer = editor.post(f"/admin/post/edit/?id={key}", data=sent)
    assert answer.status_code == 422
    # What another row holds already is told with what cannot be read, not only once that is put right.
    assert set(errors(answer)) == {"title", "slug", "publish_at"}
    again = filled(answer)
    assert (again["title"], again["slug"], again["publish_at"]) == ([""], ["taken"], ["soon"])
    assert again["body"] == ["<p>A long evening's work</p>"]
    assert again["tags"] == ["", str(tag)]
    assert read(Post, key, "title", "slug", "version") == ["Old", "mine", 1]
    links = [one.get("href") for one in shown(answer).xpath('//*[@id="problems"]//a')]
    assert links == ["#field-title", "#field-slug", "#field-publish_at"]
    second = editor.post(f"/admin/post/edit/?id={key}", data=filled(answer, title="New", publish_at=""))
    assert second.status_code == 422
    assert list(errors(second)) == ["slug"]
    assert "SQL" not in second.text
    assert read(Post, key, "slug") == "mine"
    assert taken != key


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("title", "x" * 301),
        ("slug", "y" * 201),
        ("status", "hacked"),
        ("kind", "essay"),
        ("publish_at", "0001-01-01T00:00+14:00"),
        ("publish_at", "99999-01-01"),
        ("category", "9" * 30),
        ("category", "4711"),
        ("category", "abc"),
        ("author", "none"),
        ("tags", ["4711"]),
        ("tags", [str(number) for number in range(1, 700)]),
    ],
)
def test_a_value_that_cannot_be_is_refused_beside_its_field(as_role, keep, read, field, typed):
    editor = as_role("editor")
    key = keep(Post, title="Old")
    form = editor.get(f"/admin/post/edit/?id={key}")
    answer = editor.post(f"/admin/post/edit/?id={key}", data=filled(form, **{"title": "New", field: typed}))
    assert answer.status_code == 422
    assert list(errors(answer)) == [field]
    assert read(Post, key, "title", "version") == ["Old", 1]


def test_an_author_cannot_publish_by_the_form(as_role, keep, read):
    author = as_role("author")
    key = keep(Post, author_id=author.user.id, status="draft")
    form = author.get(f"/admin/post/edit/?id={key}")
    offered = [one.get("value") for one in shown(form).xpath('//*[@id="field-status"]/option')]
    assert offered == ["draft", "review"]
    answer = author.post(f"/admin/post/edit/?id={key}", data=filled(form, status="published"))
    assert answer.status_code == 422
    assert list(errors(answer)) == ["status"]
    assert read(Post, key, "status", "version") == ["draft", 1]


def test_what_an_author_writes_is_theirs_and_the_owner_is_not_offered(app, as_role, keep):
    author, other = as_role("author"), keep(User)
    form = author.get("/admin/post/new/")
    assert not shown(form).xpath('//*[@name="author"]')
    sent = filled(form, title="Mine", author=other, author_id=other, views=99, id=77, created_at="2001-01-01")
    assert author.post("/admin/post/new/", data=sent).status_code == 302
    with app.app_context():
        post = db.session.scalars(select(Post)).one()
        assert (post.author_id, post.views, post.created_at.year != 2001) == (author.user.id, 0, True)
        assert post.id != 77


@pytest.mark.parametrize("page", ["edit", "details", "delete"])
def test_another_authors_post_is_not_found_and_stays(as_role, keep, read, page):
    author = as_role("author")
    key = keep(Post, title="Theirs", author_id=keep(User))
    assert author.get(f"/admin/post/{page}/?id={key}").status_code == 404
    if page != "details":
        answer = author.post(f"/admin/post/{page}/?id={key}", data={"id": key, "title": "Mine", "confirm": 1})
        assert answer.status_code == 404
    assert read(Post, key, "title") == "Theirs"


def test_fields_of_the_account_that_nobody_types_cannot_be_set(app, as_role, keep, read):
    admin = as_role("administrator")
    key = keep(User, name="Old")
    before = read(User, key, "password", "fs_uniquifier", "last_seen")
    sent = {"name": "New", "password": "x", "fs_uniquifier": "x", "last_seen": "2026-01-01T00:00"}
    assert admin.post(f"/admin/user/edit/?id={key}", data=sent).status_code == 302
    assert read(User, key, "password", "fs_uniquifier", "last_seen") == before
    assert read(User, key, "name") == "New"


def test_nobody_gives_rights_beyond_their_own(app, as_role, keep, read):
    with app.app_context():
        rights = ["user.read", "user.update", "user.pick", "user.grant", "role.pick", "role.read"]
        make(Role, name="clerk", rights=rights)
        db.session.commit()
        mighty = db.session.scalars(select(Role.id).filter_by(name="administrator")).one()
    clerk, key = as_role("clerk"), keep(User)
    answer = clerk.post(f"/admin/user/edit/?id={key}", data={"roles": [mighty]})
    assert answer.status_code == 422
    assert list(errors(answer)) == ["roles"]
    with app.app_context():
        assert db.session.get(User, key).roles == []


def test_a_row_that_one_may_not_see_stays_named_and_is_shown_as_such(app, as_role, keep, read):
    author = as_role("author")
    secret = keep(resources()["image"], title="Not for authors", uploader_id=keep(User))
    key = keep(Post, author_id=author.user.id, cover_id=secret)
    form = author.get(f"/admin/post/edit/?id={key}")
    assert "(not shown)" in form.text
    assert "Not for authors" not in form.text
    author.post(f"/admin/post/edit/?id={key}", data=filled(form, title="New"))
    assert read(Post, key, "title", "cover_id") == ["New", secret]
    author.post(f"/admin/post/edit/?id={key}", data={"cover": ""})
    assert read(Post, key, "cover_id") == secret
    author.post(f"/admin/post/edit/?id={key}", data=filled(form, cover="none", version=None))
    assert read(Post, key, "cover_id") is None


def test_a_picture_of_another_cannot_be_named_by_its_key(as_role, keep, read):
    author = as_role("author")
    secret = keep(resources()["image"], uploader_id=keep(User))
    key = keep(Post, author_id=author.user.id)
    answer = author.post(f"/admin/post/edit/?id={key}", data={"cover": secret})
    assert answer.status_code == 422
    assert list(errors(answer)) == ["cover"]
    assert read(Post, key, "cover_id") is None


def test_rows_are_found_without_a_script_and_nothing_typed_is_lost(as_role, keep, read):
    editor = as_role("editor")
    wanted, key = keep(Tag, name="Seaweed"), keep(Post, title="Old")
    keep(Tag, name="Mountains")
    form = editor.get(f"/admin/post/edit/?id={key}")
    sent = filled(form, title="Half written", tags__find="seaw") | {"find:tags": "1"}
    answer = editor.post(f"/admin/post/edit/?id={key}", data=sent)
    assert answer.status_code == 200
    offered = [one.get("value") for one in shown(answer).xpath('//*[@id="field-tags"]//input[@type="checkbox"]')]
    assert offered == [str(wanted)]
    assert read(Post, key, "title") == "Old"
    again = filled(answer)
    assert again["title"] == ["Half written"]
    assert editor.post(f"/admin/post/edit/?id={key}", data=again | {"tags": ["", wanted]}).status_code == 302
    assert read(Post, key, "title") == "Half written"


def test_what_was_typed_to_be_found_is_not_left_out_in_silence(as_role, keep, read):
    editor = as_role("editor")
    wanted, key = keep(Tag, name="Seaweed"), keep(Post, title="Old")
    address = f"/admin/post/edit/?id={key}"
    answer = editor.post(address, data=filled(editor.get(address), title="New", tags__find="seaw"))
    assert answer.status_code == 422
    assert list(errors(answer)) == ["tags"]
    offered = [one.get("value") for one in shown(answer).xpath('//*[@id="field-tags"]//input[@type="checkbox"]')]
    assert offered == [str(wanted)]
    assert read(Post, key, "title") == "Old"
    # Whoever has seen what there is, and wants none of it, is not asked again.
    assert editor.post(address, data=filled(answer)).status_code == 302
    assert read(Post, key, "title") == "New"


def test_no_form_holds_a_list_of_all_rows(as_role, keep):
    editor = as_role("editor")
    for number in range(30):
        keep(Category, name=f"Subject {number}")
    assert "Subject 1" not in editor.get("/admin/post/new/").text


def test_text_written_to_break_out_is_shown_as_text(as_role, keep):
    admin = as_role("administrator")
    tag = keep(Tag, name=HOSTILE[:100])
    key = keep(
        Post, title=HOSTILE, excerpt=HOSTILE, old_address=HOSTILE, category_id=keep(Category, name=HOSTILE[:100])
    )
    admin.post(f"/admin/post/edit/?id={key}", data={"tags": [tag]})
    pages = [admin.get(f"/admin/post/{page}/?id={key}") for page in ("edit", "details", "delete")]
    pages.append(admin.post(f"/admin/post/edit/?id={key}", data={"slug": HOSTILE * 20, "publish_at": HOSTILE}))
    for answer in pages:
        assert answer.status_code in {200, 422}
        tree = shown(answer)
        assert not tree.xpath("//*[@onerror]")
        assert not [one for one in tree.xpath("//script") if "alert" in (one.text or "")]
        assert "49" not in answer.text.split("</h1>")[0].split("<h1>")[1]


@pytest.mark.parametrize("name", sorted(resources()))
def test_a_form_has_one_heading_and_a_label_for_every_field(as_role, name):
    admin = as_role("administrator")
    answer = admin.get(f"/admin/{name}/new/")
    if answer.status_code == 404:
        assert "create" not in resources()[name].resource.verbs
        return
    tree = shown(answer)
    assert len(tree.xpath("//h1")) == 1
    assert not tree.xpath("//*[@style or @onclick or @onchange]")
    labelled = {one.get("for") for one in tree.xpath("//label[@for]")}
    for one in tree.xpath(f"{FORM}//input | {FORM}//select | {FORM}//textarea"):
        if one.get("type") != "hidden":
            assert one.get("id") in labelled or one.iterancestors("label"), one.get("name")
    for one in tree.xpath("//*[@aria-describedby]"):
        for key in one.get("aria-describedby").split():
            assert tree.xpath(f'//*[@id="{key}"]'), key


@pytest.mark.parametrize("role", ["administrator", "author"])
@pytest.mark.parametrize("linked", [0, 3, 12])
def test_a_form_costs_the_same_few_questions_whatever_hangs_on_it(app, as_role, keep, queries, role, linked):
    person = as_role(role)
    image = keep(resources()["image"], uploader_id=person.user.id)
    key = keep(Post, author_id=person.user.id, cover_id=image, category_id=keep(Category))
    with app.app_context():
        post = db.session.get(Post, key)
        post.tags = [make(Tag) for _number in range(linked)]
        db.session.commit()
    counts = {}
    for page in ("edit", "details"):
        with queries() as sent:
            assert person.get(f"/admin/post/{page}/?id={key}").status_code == 200
        counts[page] = len(sent)
    # Who asks, the row, the names of all that it names, what lies there unsaved, and what waits; and whether one may
    # hand in what is one's own.
    assert counts["edit"] == {"administrator": 5, "author": 6}[role]
    assert counts["details"] <= 7


def test_a_save_costs_the_form_and_what_it_writes(as_role, keep, queries, read):
    person = as_role("editor")
    image = keep(resources()["image"], uploader_id=person.user.id)
    key = keep(Post, author_id=person.user.id, cover_id=image, category_id=keep(Category))
    sent = filled(person.get(f"/admin/post/edit/?id={key}"), title="Another")
    with queries() as asked:
        assert person.post(f"/admin/post/edit/?id={key}", data=sent).status_code == 302
    assert read(Post, key, "title") == "Another"
    assert [one.split()[0] for one in asked] == ["SELECT", "SELECT", "SELECT", "UPDATE", "INSERT", "DELETE"]


@pytest.mark.parametrize("name", sorted(resources()))
def test_no_form_or_page_of_any_resource_costs_more_than_ten_questions(app, as_role, keep, queries, name):
    admin = as_role("administrator")
    key = keep(resources()[name])
    for page in ("new/", f"edit/?id={key}", f"details/?id={key}"):
        with queries() as sent:
            answer = admin.get(f"/admin/{name}/{page}")
        assert answer.status_code in {200, 404}
        assert len(sent) <= 10


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_text_of_five_megabytes_saves(app, as_role, keep, read, kind):
    editor, key = as_role("editor"), keep(Post)
    text = "many words & more " * 300_000
    if kind == "multipart/form-data":
        kind += "; boundary=cut"
        parts = {"version": "1", "body": text}
        lines = (
            f'--cut\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in parts.items()
        )
        data = f"{''.join(lines)}--cut--\r\n".encode()
    else:
        data = {"body": text}
    answer = editor.post(f"/admin/post/edit/?id={key}", data=data, content_type=kind)
    assert answer.status_code == 302, answer.text[:300]
    assert read(Post, key, "body") == text.replace("&", "&amp;")


def test_every_column_of_every_form_has_a_field_or_a_reason(app, as_role):
    admin = as_role("administrator")
    for name, model in resources().items():
        answer = admin.get(f"/admin/{name}/new/")
        if answer.status_code == 200:
            fields = {one.get("name") for one in shown(answer).xpath(f"{FORM}//*[@name]")}
            assert set(form_columns(model)) <= fields, name


def test_a_comment_is_corrected_by_a_moderator_who_may_not_see_its_author(app, as_role, keep, read):
    moderator = as_role("moderator")
    key = keep(Comment, guest_name="Ann", guest_email="ann@example.com", body="<p>Furst</p>")
    form = moderator.get(f"/admin/comment/edit/?id={key}")
    answer = moderator.post(f"/admin/comment/edit/?id={key}", data=filled(form, body="<p>First</p>"))
    assert answer.status_code == 302, answer.text
    assert read(Comment, key, "body", "guest_email") == ["<p>First</p>", "ann@example.com"]


def test_a_time_zone_that_does_not_exist_is_refused(as_role, keep, read):
    admin, key = as_role("administrator"), keep(User)
    answer = admin.post(f"/admin/user/edit/?id={key}", data={"timezone": "Mars/Olympus"})
    assert answer.status_code == 422
    assert list(errors(answer)) == ["timezone"]
    assert read(User, key, "timezone") is None


def test_an_account_has_an_address_to_write_to_and_a_name_that_leads_to_its_page(as_role, keep, read):
    admin, key = as_role("administrator"), keep(User, email="ann@example.com", username="ann")
    answer = admin.post(f"/admin/user/edit/?id={key}", data={"email": "Nonsense ?! x@", "username": "a/b"})
    assert answer.status_code == 422
    assert sorted(errors(answer)) == ["email", "username"]
    assert filled(answer)["email"] == ["Nonsense ?! x@"]
    assert read(User, key, "email", "username") == ["ann@example.com", "ann"]


def test_a_time_zone_that_ceased_to_exist_locks_nobody_out(app, as_role):
    editor = as_role("editor")
    with app.app_context():
        db.session.execute(text("UPDATE \"user\" SET timezone = 'Old/Place'"))
        db.session.commit()
    assert editor.get("/admin/post/new/").status_code == 200


def test_tags_that_are_not_there_yet_are_made_with_the_post(app, as_role, keep, changes):
    editor, sea = as_role("editor"), keep(Tag, name="Sea")
    sent = {"title": "Hello", "body": "", "tags": [sea], "tags-new": " Wind,sea , ,Wind", "tags-made": "Salt, dried"}
    assert editor.post("/admin/post/new/", data=sent | {"category-new": "Coast"}).status_code == 302
    with app.app_context():
        post = db.session.scalars(select(Post)).one()
        assert [tag.name for tag in post.tags] == ["Salt, dried", "Sea", "Wind"]
        assert (post.category.name, post.category.slug) == ("Coast", "coast")
        batches = db.session.scalars(select(Change.batch).where(Change.verb == "create", Change.actor_id.is_not(None)))
        assert len(set(batches)) == 1
        wind = db.session.scalars(select(Tag.id).filter_by(name="Wind")).one()
    key = post_key(app)
    form = editor.get(f"/admin/post/edit/?id={key}")
    assert editor.post(f"/admin/post/edit/?id={key}", data=filled(form, **{"tags-new": "SALT"})).status_code == 302
    with app.app_context():
        assert len(db.session.scalars(select(Post)).one().tags) == 4
    assert [verb for verb, _before, _after in changes(Tag, wind)] == ["create"]


def post_key(app):
    with app.app_context():
        return db.session.scalars(select(Post.id)).one()


def test_who_may_make_no_tags_makes_none_with_a_post(app, as_role):
    author = as_role("author")
    assert "tags-new" not in author.get("/admin/post/new/").text
    assert author.post("/admin/post/new/", data={"title": "Hello", "tags-new": "Wind"}).status_code == 302
    with app.app_context():
        assert db.session.scalars(select(Tag)).all() == []


def test_nothing_is_made_when_the_post_is_refused_and_what_was_typed_stays(app, as_role):
    editor = as_role("editor")
    answer = editor.post("/admin/post/new/", data={"title": "", "tags-new": "Wind, Salt", "category-new": "x" * 121})
    assert answer.status_code == 422
    made = shown(answer).xpath('//input[@name="tags-made"]')
    assert [(one.get("value"), one.get("checked")) for one in made] == [("Wind", "checked"), ("Salt", "checked")]
    again = editor.post("/admin/post/new/", data=filled(answer, title="Hello"))
    assert list(errors(again)) == ["category"]
    with app.app_context():
        assert db.session.scalars(select(Tag)).all() == []
