"""Two people who save the same row lose nothing: what does not overlap is merged, what does is shown to choose from."""

import threading

import pytest
from sqlalchemy import select

from backoffice.core.history import Change
from backoffice.core.model import db
from backoffice.core.resource import resources
from backoffice.models.accounts import Role, User
from backoffice.models.content import Category, Post, Tag
from filling import filled, shown, words

LONG = "".join(f"<p>This is paragraph {number} of a text that two people write.</p>" for number in range(6))


@pytest.fixture
def meanwhile(as_role, keep):
    """Return a function that opens a form, lets another save `theirs` in between, and sends the form with `mine`."""

    def meet(held, theirs, mine, model=Post):
        first, second = as_role("editor"), as_role("editor", name="Mara")
        key = keep(model, **held)
        address = f"/admin/{model.__tablename__}/edit/?id={key}"
        form = first.get(address)
        assert second.post(address, data=theirs).status_code == 302
        return first, key, first.post(address, data=filled(form, **mine))

    return meet


def conflicts(answer):
    """Return each choice of a page: its field, and the words of its sides in order."""
    found = shown(answer).xpath('//fieldset[@class="conflict"]')
    return {
        one.xpath('.//input[@name="conflict"]/@value')[0]: [
            " ".join(side.text_content().split()) for side in one.xpath(".//dd")
        ]
        for one in found
    }


def again(browser, key, answer, model="post", **chosen):
    """Send the page of a conflict again."""
    return browser.post(f"/admin/{model}/edit/?id={key}", data=filled(answer, **chosen))


def test_what_does_not_overlap_is_merged_and_said(meanwhile, read, changes):
    held = {"title": "Title", "body": "<p>Body</p>", "excerpt": "Excerpt"}
    editor, key, answer = meanwhile(held, {"body": "<p>Theirs</p>"}, {"title": "Mine"})
    assert answer.status_code == 302, answer.text
    assert read(Post, key, "title", "body", "excerpt") == ["Mine", "<p>Theirs</p>", "Excerpt"]
    assert "Mara changed Text meanwhile; both changes are kept." in editor.get("/admin/post/").text
    assert changes(Post, key)[-1] == ("update", {"title": "Title"}, {"title": "Mine"})
    assert len(changes(Post, key)) == 3


def test_the_same_change_by_both_is_no_conflict(meanwhile, changes):
    _editor, key, answer = meanwhile({"title": "Title"}, {"title": "Same"}, {"title": "Same", "excerpt": "Mine"})
    assert answer.status_code == 302
    assert changes(Post, key)[-1][1:] == ({"excerpt": None}, {"excerpt": "Mine"})


def test_what_overlaps_is_held_back_and_shown_with_what_both_found(meanwhile, read):
    held = {"title": "Title", "excerpt": "Excerpt"}
    _editor, key, answer = meanwhile(held, {"title": "Theirs", "excerpt": "New"}, {"title": "Mine"})
    assert answer.status_code == 409
    assert conflicts(answer) == {"title": ["Title", "Theirs", "Mine"]}
    assert "Mara changed this meanwhile." in words(answer)
    assert filled(answer)["title"] == ["Mine"]
    assert filled(answer)["excerpt"] == ["New"]
    assert read(Post, key, "title", "excerpt") == ["Theirs", "New"]


@pytest.mark.parametrize(("choice", "title"), [("theirs", "Theirs"), ("mine", "Mine")])
def test_each_field_is_chosen(meanwhile, read, changes, choice, title):
    held = {"title": "Title", "excerpt": "Excerpt"}
    editor, key, answer = meanwhile(held, {"title": "Theirs", "excerpt": "New"}, {"title": "Mine", "excerpt": "Own"})
    assert set(conflicts(answer)) == {"title", "excerpt"}
    chosen = {"choose__title": choice, "choose__excerpt": "mine"}
    assert again(editor, key, answer, **chosen).status_code == 302
    assert read(Post, key, "title", "excerpt") == [title, "Own"]
    assert len(changes(Post, key)) == 3


def test_ones_own_value_can_still_be_edited(meanwhile, read):
    editor, key, answer = meanwhile({"title": "Title"}, {"title": "Theirs"}, {"title": "Mine"})
    assert again(editor, key, answer, title="Theirs and mine", choose__title="mine").status_code == 302
    assert read(Post, key, "title") == "Theirs and mine"


@pytest.mark.parametrize("choice", [None, "", "everything", "both"])
def test_without_a_choice_nothing_is_overwritten(meanwhile, read, choice):
    editor, key, answer = meanwhile({"title": "Title"}, {"title": "Theirs"}, {"title": "Mine"})
    answer = again(editor, key, answer, choose__title=choice)
    assert answer.status_code == 409
    assert conflicts(answer) == {"title": ["Title", "Theirs", "Mine"]}
    assert read(Post, key, "title") == "Theirs"


def test_a_third_who_saves_while_one_chooses_is_not_overwritten(meanwhile, as_role, read):
    editor, key, answer = meanwhile({"title": "Title"}, {"title": "Theirs"}, {"title": "Mine"})
    third = as_role("editor", name="Ole")
    assert third.post(f"/admin/post/edit/?id={key}", data={"title": "Third"}).status_code == 302
    answer = again(editor, key, answer, choose__title="mine")
    assert answer.status_code == 409
    assert conflicts(answer) == {"title": ["Theirs", "Third", "Mine"]}
    assert "Ole changed this meanwhile." in words(answer)
    assert again(editor, key, answer, choose__title="mine").status_code == 302
    assert read(Post, key, "title") == "Mine"


def test_a_field_that_followed_the_other_can_be_typed_over(meanwhile, read):
    held = {"title": "Title", "excerpt": "Excerpt"}
    editor, key, answer = meanwhile(held, {"title": "Theirs", "excerpt": "New"}, {"title": "Mine"})
    assert again(editor, key, answer, excerpt="Newer", choose__title="mine").status_code == 302
    assert read(Post, key, "title", "excerpt") == ["Mine", "Newer"]


def test_two_paragraphs_of_one_text_can_be_put_together(meanwhile, read):
    theirs, mine = LONG.replace("paragraph 1", "chapter 1"), LONG.replace("paragraph 4", "section 4")
    editor, key, answer = meanwhile({"body": LONG}, {"body": theirs}, {"body": mine})
    assert answer.status_code == 409
    (sides,) = conflicts(answer).values()
    assert [("chapter" in one, "section" in one) for one in sides] == [(True, False), (False, True)]
    marked = shown(answer).xpath('//fieldset[@class="conflict"]//ins/text()')
    assert marked == ["chapter", "section"]
    assert again(editor, key, answer, choose__body="both").status_code == 302
    assert read(Post, key, "body") == theirs.replace("paragraph 4", "section 4")


def test_the_same_paragraph_is_not_offered_together(meanwhile):
    theirs, mine = LONG.replace("paragraph 1", "chapter 1"), LONG.replace("paragraph 1", "section 1")
    _editor, _key, answer = meanwhile({"body": LONG}, {"body": theirs}, {"body": mine})
    assert shown(answer).xpath('//input[@name="choose-body"]/@value') == ["theirs", "mine"]


def test_hostile_markup_in_a_conflict_stays_text(meanwhile):
    hostile = '<img src=x onerror="alert(1)"><script>alert(2)</script>'
    _editor, _key, answer = meanwhile({"title": "Title"}, {"title": hostile}, {"title": hostile + "!"})
    assert answer.status_code == 409
    assert conflicts(answer)["title"] == ["Title", hostile, hostile + "!"]
    assert not shown(answer).xpath('//fieldset[@class="conflict"]//img | //fieldset//script')


def test_sets_are_merged_by_what_each_added_and_took_away(meanwhile, keep, read):
    one, two, three, four = (keep(Tag, name=name) for name in ("one", "two", "three", "four"))
    first = {"tags": [one, three]}
    editor, key, answer = meanwhile({}, first, {"tags": []})
    assert answer.status_code == 302, answer.text
    form = editor.get(f"/admin/post/edit/?id={key}")
    assert editor.post(f"/admin/post/edit/?id={key}", data={"tags": [one, two]}).status_code == 302
    assert editor.post(f"/admin/post/edit/?id={key}", data=filled(form, tags=[three, four])).status_code == 302
    with editor.application.app_context():
        tags = [tag.name for tag in db.session.get(Post, key).tags]
    assert tags == ["four", "two"]


def test_a_tag_that_is_gone_meanwhile_does_not_stand_in_the_way(as_role, keep, read):
    first, second = as_role("editor"), as_role("editor")
    gone, stays, key = keep(Tag, name="gone"), keep(Tag, name="stays"), keep(Post, title="Title")
    address = f"/admin/post/edit/?id={key}"
    assert first.post(address, data={"tags": [gone, stays]}).status_code == 302
    form = first.get(address)
    sent = {"confirm": "1", "post.tags": "clear"}
    assert second.post(f"/admin/tag/delete/?id={gone}", data=sent).status_code == 302
    assert first.post(address, data=filled(form, title="Mine")).status_code == 302
    assert read(Post, key, "title") == "Mine"


def test_relations_to_one_are_shown_in_words(as_role, keep, read):
    first, second = as_role("editor"), as_role("editor")
    old, new, third = (keep(Category, name=name) for name in ("Sea", "Hills", "Plain"))
    key = keep(Post, category_id=old)
    form = first.get(f"/admin/post/edit/?id={key}")
    second.post(f"/admin/post/edit/?id={key}", data={"category": new})
    answer = first.post(f"/admin/post/edit/?id={key}", data=filled(form, category=third))
    assert answer.status_code == 409
    assert conflicts(answer) == {"category": ["Sea", "Hills", "Plain"]}
    assert again(first, key, answer, choose__category="mine").status_code == 302
    assert read(Post, key, "category_id") == third


def test_lists_of_words_are_values_too(as_role, keep, read):
    first, second = as_role("administrator"), as_role("administrator")
    key = keep(Role, name="titler", rights=["post.read"])
    form = first.get(f"/admin/role/edit/?id={key}")
    second.post(f"/admin/role/edit/?id={key}", data={"rights": "post.read\npost.update"})
    answer = first.post(f"/admin/role/edit/?id={key}", data=filled(form, rights="post.read\ntag.read"))
    assert answer.status_code == 409
    assert set(conflicts(answer)) == {"rights"}
    answer = again(first, key, answer, model="role", choose__rights="theirs")
    assert read(Role, key, "rights") == ["post.read", "post.update"]


def test_a_value_one_may_not_see_is_named_to_nobody(app, as_role, keep, read):
    with app.app_context():
        db.session.add(Role(name="titler", rights=["post.read", "post.update"]))
        db.session.commit()
    titler, editor = as_role("titler"), as_role("editor", name="Mara")
    key, other = keep(Post, title="Title"), keep(User, name="Hidden Person")
    form = titler.get(f"/admin/post/edit/?id={key}")
    changed = {"author": other, "excerpt": "New", "title": "Title"}
    assert editor.post(f"/admin/post/edit/?id={key}", data=changed).status_code == 302
    assert titler.post(f"/admin/post/edit/?id={key}", data=filled(form, title="Mine")).status_code == 302
    page = titler.get("/admin/post/").text
    assert "Someone changed Excerpt meanwhile" in page
    assert "Author" not in page
    assert read(Post, key, "title", "excerpt", "author_id") == ["Mine", "New", other]


@pytest.mark.parametrize("version", [None, "", "abc", "-1", "0", "9" * 9, "9" * 40, "٣", "1e3", "2"])
def test_who_does_not_say_which_version_is_asked_to_compare(as_role, keep, read, changes, version):
    editor, key = as_role("editor"), keep(Post, title="Stored", body="<p>Body</p>")
    sent = {"title": "Sent", "body": "<p>Body</p>", **({} if version is None else {"version": version})}
    answer = editor.post(f"/admin/post/edit/?id={key}", data=sent, version=False)
    assert answer.status_code == 409, answer.text
    assert conflicts(answer) == {"title": ["Stored", "Sent"]}
    assert (read(Post, key, "title"), len(changes(Post, key))) == ("Stored", 1)
    assert again(editor, key, answer, choose__title="mine").status_code == 302
    assert read(Post, key, "title") == "Sent"


@pytest.mark.parametrize("since", ["0", "-1", "abc", "9" * 9, "9" * 40, "7"])
def test_a_forged_earlier_version_only_hides_what_was_before(meanwhile, read, since):
    editor, key, answer = meanwhile({"title": "Title"}, {"title": "Theirs"}, {"title": "Mine"})
    answer = again(editor, key, answer, since=since)
    assert (answer.status_code, conflicts(answer)) == (409, {"title": ["Theirs", "Mine"]})
    assert again(editor, key, answer, choose__title="mine").status_code == 302


def test_a_history_that_does_not_reach_back_leads_to_comparing(app, as_role, keep):
    first, key = as_role("editor"), keep(Post, title="Title", excerpt="Excerpt")
    form = first.get(f"/admin/post/edit/?id={key}")
    with app.app_context():
        unrecorded = Post.__table__.update().values(version=2, excerpt="Unrecorded")
        db.session.execute(unrecorded, execution_options={"recorded": True})
        db.session.commit()
    answer = first.post(f"/admin/post/edit/?id={key}", data=filled(form, title="Mine"))
    assert answer.status_code == 409
    assert conflicts(answer) == {"title": ["Title", "Mine"], "excerpt": ["Unrecorded", "Excerpt"]}


def test_a_cell_without_a_version_is_not_saved_either(as_role, keep, read):
    editor, key = as_role("editor"), keep(Post, title="Stored")
    sent = {"list_form_pk": key, "title": "Sent"}
    answer = editor.post("/admin/post/ajax/update/", data=sent, version=False, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["version"]) == (409, 1)
    assert read(Post, key, "title") == "Stored"


def test_a_cell_of_a_row_changed_elsewhere_is_saved(as_role, keep, read):
    first, second = as_role("editor"), as_role("editor")
    key = keep(Post, title="Title", excerpt="Excerpt")
    assert second.post(f"/admin/post/edit/?id={key}", data={"excerpt": "New"}).status_code == 302
    sent = {"list_form_pk": key, "title": "Mine", "version": 1}
    answer = first.post("/admin/post/ajax/update/", data=sent, version=False, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["version"]) == (200, 3)
    assert read(Post, key, "title", "excerpt") == ["Mine", "New"]


def test_a_program_is_told_all_three_values_of_a_cell(as_role, keep):
    first, second = as_role("editor"), as_role("editor", name="Mara")
    key = keep(Post, title="Title")
    sent = {"list_form_pk": key, "title": "Theirs", "version": 1}
    assert second.post("/admin/post/ajax/update/", data=sent, version=False).status_code == 302
    sent |= {"title": "Mine"}
    answer = first.post("/admin/post/ajax/update/", data=sent, version=False, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.mimetype) == (409, "application/problem+json")
    told = {"base": "Title", "theirs": "Theirs", "yours": "Mine", "who": "Mara"}
    assert answer.json["conflicts"] == {"title": told}


def test_ones_own_account_is_compared_too(as_role, app):
    admin, other = as_role("administrator"), as_role("administrator", name="Mara")
    address = f"/admin/user/edit/?id={admin.user.id}"
    form = admin.get(address)
    assert other.post(address, data={"name": "Theirs"}).status_code == 302
    answer = admin.post(address, data=filled(form, name="Mine"))
    assert answer.status_code == 409, answer.text
    assert conflicts(answer)["name"][-2:] == ["Theirs", "Mine"]


def test_a_save_of_a_row_that_is_gone_writes_nothing_and_loses_nothing(as_role, keep, read):
    first, second = as_role("editor"), as_role("editor")
    key = keep(Tag)
    form = first.get(f"/admin/tag/edit/?id={key}")
    assert second.post("/admin/tag/delete/", data={"id": key}).status_code == 302
    answer = first.post(f"/admin/tag/edit/?id={key}", data=filled(form, name="Typed"))
    assert (answer.status_code, filled(answer)["name"]) == (410, ["Typed"])
    assert read(resources()["tag"], key, "name") is None


def test_writers_at_the_same_moment_lose_nothing(app, as_role, keep, read):
    """Each of four threads changes a field of its own and adds a tag of its own, again and again."""
    fields = ("title", "excerpt", "slug", "body")
    key, browsers = keep(Post, **dict.fromkeys(fields, "start")), [as_role("editor") for _field in fields]
    tags = [keep(Tag, name=f"tag {number}") for number in range(4)]
    start, answers = threading.Barrier(len(fields)), []

    def write(browser, name, tag):
        form = filled(browser.get(f"/admin/post/edit/?id={key}"))
        for turn in range(3):
            start.wait(10)
            value = f"{name}-{turn}"
            sent = {**form, name: [value], "tags": [*form.get("tags", []), str(tag)]}
            answers.append(browser.post(f"/admin/post/edit/?id={key}", data=sent).status_code)
            form = filled(browser.get(f"/admin/post/edit/?id={key}"))

    threads = [threading.Thread(target=write, args=one) for one in zip(browsers, fields, tags, strict=True)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert answers == [302] * 12
    assert read(Post, key, *fields) == ["title-2", "excerpt-2", "slug-2", "body-2"]
    with app.app_context():
        assert sorted(tag.id for tag in db.session.get(Post, key).tags) == tags
        updates = db.session.scalars(select(Change).filter_by(model="post", row_id=key, verb="update")).all()
        assert db.session.get(Post, key).version == 1 + len(updates)
        assert {name for one in updates for name in one.after} == {*fields, "tags"}
