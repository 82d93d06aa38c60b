"""Every model is held to its own declarations: each person, each door, each row and each field of it."""

import re
import runpy
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Boolean

import doors
import matrix
from backoffice.core.resource import actions, columns, searchable
from backoffice.core.types import Choice
from world import people_of

ROOT = Path(__file__).resolve().parent.parent
MODELS = matrix.subjects()
SHUT = {matrix.NOT_FOUND, matrix.LEFT_OUT}
_numbers = count(1)

every_model = pytest.mark.parametrize("name", list(MODELS))
every_person = pytest.mark.parametrize("person", matrix.PEOPLE)
every_member = pytest.mark.parametrize("person", matrix.MEMBERS)


@pytest.fixture(scope="module")
def world(_served):
    made, empty = _served
    empty()
    return people_of(made)


@every_person
@every_model
def test_each_door_does_what_the_declarations_say_and_no_more(world, name, person):
    model = MODELS[name]
    wrong, refused = [], {}
    for probe in matrix.probes(person, model):
        came_of_it, answer, _key = doors.knock(world, probe)
        if came_of_it != probe.expected:
            wrong.append((probe, came_of_it, answer.status_code))
        elif came_of_it in SHUT and not matrix.touches(person, model, "read", probe.whose):
            said = *doors.plain(answer), doors.told(world, probe, answer)
            refused.setdefault(probe.door, set()).add(said)
    assert wrong == []
    told_apart = {door: answers for door, answers in refused.items() if len(answers) > 1}
    assert told_apart == {}, "A row one may not touch must look like one that does not exist."


@every_model
@every_member
def test_the_panel_leads_to_what_one_may_read_and_to_nothing_else(world, name, person):
    model = MODELS[name]
    page = world.people[person].browser.get("/admin/").text
    may = matrix.scope(person, model, "read") != matrix.NONE
    assert (f'href="/admin/{name}/"' in page) == may
    makes = may and matrix.scope(person, model, "create") != matrix.NONE
    assert (re.search(rf'href="/admin/{name}/new/', page) is not None) == makes


def states():
    """Return every (model, column, value) to which an operation, and nothing else, leads."""
    return [
        (name, column, value)
        for name, model in MODELS.items()
        for action in actions(model).values()
        for column, value in (action.sets or {}).items()
        if isinstance(columns(model)[column].type, Choice | Boolean) and not callable(value)
    ]


@pytest.mark.parametrize(("name", "column", "value"), states())
@every_member
def test_a_state_is_set_by_form_only_by_those_who_may_do_the_operation(world, name, column, value, person):
    model = MODELS[name]
    action = next(one for one in actions(model).values() if (one.sets or {}).get(column) == value)
    for whose in (matrix.MINE, matrix.ANOTHERS) if matrix.owned(model) else (matrix.ANOTHERS,):
        key, _mark = world.row(model, whose, person, action)
        before = world.state(model, key)
        sent = {True: "y", False: ""}.get(value, value)
        answer = world.people[person].browser.post(f"/admin/{name}/edit/?id={key}", data={column: sent})
        after = world.state(model, key)
        may = all(matrix.touches(person, model, verb, whose) for verb in ("update", action.name))
        assert answer.status_code in ({302} if may else {302, 404, 422})
        assert after[column] == (value if may else before[column])
        assert may or after == before


def starts():
    """Return every (model, operation, column, state) that an operation does not start from."""
    return [
        (name, action.name, column, state)
        for name, model in MODELS.items()
        for action in actions(model).values()
        for column, states in action.when.items()
        for state in columns(model)[column].type.values
        if state not in states and state != (action.sets or {}).get(column)
    ]


@pytest.mark.parametrize(("name", "verb", "column", "state"), starts())
def test_an_operation_starts_only_where_it_may(world, name, verb, column, state):
    model = MODELS[name]
    browser = world.people[matrix.ADMINISTRATOR].browser
    key = world.row(model, matrix.ANOTHERS, matrix.ADMINISTRATOR, actions(model)[verb])[0]
    world.change(model, key, **{column: state})
    before, since = world.state(model, key), world.latest()
    done = browser.post(f"/admin/{name}/action/", data={"action": verb, "rowid": key, "confirm": "1"})
    typed = browser.post(f"/admin/{name}/edit/?id={key}", data={column: (actions(model)[verb].sets or {}).get(column)})
    refused = 422 if "update" in model.resource.verbs else 404
    assert (done.status_code, typed.status_code) == (302, refused)
    assert world.state(model, key) == before
    assert world.recorded(since) == []


@every_model
@every_member
def test_all_that_match_are_never_more_than_one_may_change(world, name, person):
    model = MODELS[name]
    browser = world.people[person].browser
    if not searchable(model) or matrix.scope(person, model, "read") == matrix.NONE:
        assert browser.post(f"/admin/{name}/action/", data={"action": "delete", "token": "x"}).status_code in {400, 404}
        return
    # More of the first kind than a page holds, so that all that match are more than those in sight.
    whose = {matrix.MINE: 21, matrix.ANOTHERS: 2} if matrix.owned(model) else {matrix.ANOTHERS: 21}
    for action in [*actions(model).values(), None]:
        verb = action.name if action else "delete"
        mark = f"plum{next(_numbers)}z"
        keys = world.rows(
            model, mark, [(one, person, action) for one, number in whose.items() for _at in range(number)]
        )
        before = {key: world.state(model, key) for key in keys}
        token = re.search(
            r'name="token" value="([^"]+)"', browser.get(f"/admin/{name}/?search={mark}&page_size=20").text
        )
        if token:
            browser.post(f"/admin/{name}/action/", data={"action": verb, "token": token[1], "confirm": "1"})
        in_sight = sum(number for one, number in whose.items() if matrix.touches(person, model, "read", one))
        works = any(matrix.scope(person, model, one) != matrix.NONE for one in (*actions(model), "delete"))
        assert bool(token) == (works and in_sight > 20)
        changed = {key for key in before if world.state(model, key) != before[key]}
        assert changed == {key for key, one in keys.items() if token and matrix.touches(person, model, verb, one)}


def test_the_page_about_security_tells_the_rights_and_the_numbers_as_they_are():
    wanted = runpy.run_path(str(ROOT / "docs" / "rights.py"))["page"]()
    assert (ROOT / "docs" / "security.md").read_text() == wanted, "make docs writes it anew."
