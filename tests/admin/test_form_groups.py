"""The fields of a form stand in groups: as the model says, for whoever fills it in, else as is sensible."""

import pytest

from backoffice.core.resource import form_columns, resource, resources
from backoffice.models.content import Post, Tag
from filling import shown

LEGEND = "./legend"


def groups(page):
    """Return the groups of a form: their titles, and the names of the fields in each."""
    found = {}
    for group in shown(page).xpath('//fieldset[@class="form-group"]'):
        title = "".join(one.text_content().strip() for one in group.xpath(LEGEND))
        fields = [one.get("id") for one in group.xpath('.//*[starts-with(@id, "field-")]')]
        found[title] = {one.removeprefix("field-").partition("-")[0] for one in fields}
    return found


def test_what_is_said_about_a_post_stands_beside_what_it_says(as_role):
    page = as_role("editor").get("/admin/post/new/")
    found = groups(page)
    assert found["Content"] == {"title", "slug", "excerpt", "body"}
    assert found["Subjects"] == {"category", "more_categories", "tags"}
    side = shown(page).xpath('//div[@class="form-side"]//legend[not(ancestor::fieldset[2])]')
    assert [one.text_content().strip() for one in side] == ["Publishing", "Subjects", "Picture"]


def test_a_group_without_a_field_that_one_may_set_is_not_there(as_role):
    found = groups(as_role("author").get("/admin/post/new/"))
    assert "author" not in found["Publishing"]
    author, editor = as_role("author"), as_role("administrator")
    assert "roles" in groups(editor.get("/admin/user/new/"))["Access"]
    assert author.get("/admin/user/new/").status_code == 404


@pytest.mark.parametrize("name", ["category", "comment", "image", "post", "role", "tag", "user"])
def test_each_field_stands_in_one_group_and_each_group_has_a_title(as_role, name):
    model = resources()[name]
    found = groups(
        as_role("administrator").get(f"/admin/{name}/edit/?id=1" if name == "user" else f"/admin/{name}/new/")
    )
    assert all(found)
    every = [field for fields in found.values() for field in fields]
    assert sorted(every) == sorted(set(every))
    assert set(every) <= set(form_columns(model))


@pytest.mark.parametrize(("model", "beside"), [(Post, {"status", "kind", "tags"}), (Tag, set())])
def test_a_model_that_says_nothing_has_what_is_chosen_beside_what_is_written(as_role, monkeypatch, model, beside):
    said = resource(model)
    monkeypatch.setattr(model, "resource", type(said)(**{**vars(said), "groups": ()}))
    page = as_role("editor").get(f"/admin/{model.__tablename__}/new/")
    found = groups(page)
    assert beside <= found.get("About it", set())
    assert {"title", "body"} <= found[""] if beside else found == {"": {"name", "slug"}}


def test_the_help_of_a_group_is_told_with_its_fields(as_role):
    page = shown(as_role("editor").get("/admin/tag/new/"))
    (group,) = page.xpath('//fieldset[@class="form-group"]')
    (help_,) = page.xpath(f'//*[@id="{group.get("aria-describedby")}"]')
    assert "listed together" in help_.text_content()
