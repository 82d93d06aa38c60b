"""A declaration that cannot be meant stops the start-up, and says where it stands."""

from dataclasses import replace
from inspect import getsourcefile

import pytest

from backoffice import create_app
from backoffice.core import declarations
from backoffice.core.grouping import Group
from backoffice.core.resource import Action, Contradiction, Resource, resources
from backoffice.models.content import Post

SAID = Post.resource


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"columns": ("title", "headline")}, "headline"),
        ({"search": ("nonsense",)}, "nonsense"),
        ({"filters": ("nonsense",)}, "nonsense"),
        ({"inline": ("nonsense",)}, "nonsense"),
        ({"form": ("nonsense",), "groups": ()}, "nonsense"),
        ({"groups": (Group("Odd", ("nonsense",)),)}, "nonsense"),
        ({"groups": (Group("One", ("title", "body")), Group("Two", ("title",)))}, "'title' twice"),
        ({"form": ("title",)}, "one of them is enough"),
        ({"fixed": ("nonsense",)}, "nonsense"),
        ({"fields": {"nonsense": "read"}}, "nonsense"),
        ({"owner": "nonsense"}, "nonsense"),
        ({"label": "nonsense"}, "nonsense"),
        ({"order": "-nonsense"}, "nonsense"),
        ({"fields": {"author_id": "assign", "title": "assign"}}, "names a row"),
        ({"layout": "kanban"}, "kanban"),
        ({"by_name": True, "label": "slug"}, "more than its label: title"),
        ({"waits": "nonsense"}, "nonsense"),
        ({"unfinished": "nonsense"}, "nonsense"),
        ({"owner": "", "grants": {}}, "unfinished"),
        ({"trend": "nonsense"}, "nonsense"),
        ({"views": {"Odd": {"nonsense": 1}}, "waits": "", "unfinished": ""}, "nonsense"),
        ({"views": {"Odd": {"status": "nonsense"}}, "waits": "", "unfinished": ""}, "nonsense"),
        ({"grants": {"editor": "fly"}}, "fly"),
        ({"grants": {"editor": "read:all"}}, ":own"),
        ({"grants": {"editor": "read:own"}, "owner": ""}, "owner"),
        ({"actions": (Action("read", "Read", sets={"status": "draft"}),), "grants": {}}, "basic verb"),
        ({"actions": (Action("odd", "Odd"),), "grants": {}}, "sets or run"),
        ({"actions": (Action("odd", "Odd", sets={"nonsense": 1}),), "grants": {}}, "nonsense"),
        ({"actions": (Action("odd", "Odd", sets={"status": "nonsense"}),), "grants": {}}, "nonsense"),
        (
            {"actions": (Action("odd", "Odd", sets={"status": "draft"}, when={"nonsense": ()}),), "grants": {}},
            "nonsense",
        ),
        (
            {"actions": (Action("odd", "A", sets={"views": 1}), Action("odd", "B", sets={"views": 2})), "grants": {}},
            "same name",
        ),
    ],
)
def test_what_cannot_be_meant_stops_the_start_and_names_the_file(app, monkeypatch, change, word):
    monkeypatch.setattr(Post, "resource", replace(SAID, **change))
    with pytest.raises(Contradiction) as caught:
        create_app()
    assert str(caught.value).startswith(f"{getsourcefile(Post)}: ")
    assert word in str(caught.value)


def test_no_model_of_ours_contradicts_itself(app):
    assert [problem for model in resources().values() for problem in declarations.problems(model)] == []


def test_a_secret_cannot_be_declared_to_be_shown(app, monkeypatch):
    user = resources()["user"]
    monkeypatch.setattr(user, "resource", Resource(columns=("password",)))
    assert any("password" in problem for problem in declarations.problems(user))


def test_no_filter_has_the_name_of_a_place_in_a_list(app, monkeypatch):
    change = resources()["change"]
    assert list(declarations.problems(change)) == []
    monkeypatch.setattr(change, "resource", replace(change.resource, filters=("before",)))
    assert list(declarations.problems(change)) == ["rows cannot be filtered by 'before': addresses use that word"]
