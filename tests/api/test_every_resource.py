"""Every resource through the door of programs: each person, each verb, each row, and nothing of what is hidden."""

import base64
import html
from datetime import date, datetime
from itertools import count

import pytest
from sqlalchemy import String

import doors
import matrix
from backoffice.api.subjects import plural
from backoffice.core.resource import columns, form_columns
from programs import Program, token_of
from world import people_of

MODELS = matrix.subjects()
# Somebody with all rights, with wide and with narrow ones, with all to their own rows, and one who reads all besides.
PEOPLE = (matrix.ADMINISTRATOR, matrix.EDITOR, matrix.AUTHOR, matrix.KEEPER, matrix.CONTRIBUTOR)
STATUS = {matrix.ALLOWED: {200, 201, 204}, matrix.NOT_FOUND: {404}, matrix.LEFT_OUT: {200}}
_numbers = count(1)

every_model = pytest.mark.parametrize("name", list(MODELS))


@pytest.fixture(scope="module")
def world(_served):
    made, empty = _served
    empty()
    world = people_of(made)
    for person in PEOPLE:
        known = world.people[person]
        known.program = Program(made, token_of(made, known.id), known)
    return world


def knock(world, person, model, door, whose):
    """Send one request; return its answer, and whether the database is as the answer says."""
    asked, path = world.people[person].program, plural(model)
    if door == "create":
        before = world.count(model)
        answer = asked.post(path, sent(world, person, model))
        return answer, world.count(model) - before == (answer.status_code == 201)
    action = next((one for one in model.resource.actions if f"bulk:{one.name}" == door), None)
    key, _mark = world.row(model, whose, person, action)
    before, since = world.state(model, key), world.latest()
    version = before["version"] if before else 1
    if door == "details":
        answer = asked.get(f"{path}/{key}")
        return answer, answer.status_code != 200 or answer.json["id"] == key
    if door == "edit":
        name = matrix.typed(model, matrix.sets(person, model)) or model.resource.label
        answer = asked.patch(f"{path}/{key}", {name: f"changed {next(_numbers)}", "version": version})
    elif door == "delete":
        answer = asked.delete(f"{path}/{key}", headers={"If-Match": f'"{version}"'})
    else:
        answer = asked.post(f"{path}/actions/{action.name}", {"ids": [key]})
    return answer, agrees(world, person, (model, key, before, since), answer)


def agrees(world, person, stood, answer):
    """Tell whether a row was changed, and that recorded, exactly when the answer says so."""
    model, key, before, since = stood
    told = answer.json if answer.data else {}
    done = answer.status_code in {200, 204} and told.get("changed", 1) == 1
    changed, recorded = world.state(model, key) != before, world.recorded(since)
    mine = [(one[0], one[4]) for one in recorded] == [(world.people[person].id, "api")]
    return changed == done and (mine if done else recorded == [])


def sent(world, person, model):
    """Return what makes a row."""
    made = doors.filled(world, matrix.Probe(person, model.__tablename__, "create", matrix.ANY, ""), model)
    for name, value in made.items():
        if isinstance(value, tuple):
            made[name] = f"data:image/png;base64,{base64.b64encode(value[0].read()).decode()}"
        elif isinstance(value, datetime | date):
            made[name] = value.isoformat()
    return made


@every_model
def test_each_verb_does_what_the_declarations_say_and_no_more(world, name):
    model, wrong = MODELS[name], []
    several = [f"bulk:{one.name}" for one in model.resource.actions][:2]
    for person in PEOPLE:
        for door in ("details", "create", "edit", "delete", *several):
            for whose in matrix.objects(model, door, person):
                expected = matrix.expected(person, model, door, whose)
                answer, right = knock(world, person, model, door, whose)
                if answer.status_code not in STATUS[expected] or not right:
                    wrong.append((person, door, whose, expected, answer.status_code, answer.text))
    assert wrong == []


@every_model
def test_a_list_holds_the_rows_that_one_may_read_and_their_number_no_others(world, name):
    model = MODELS[name]
    for person in PEOPLE:
        scope = matrix.scope(person, model, "read")
        answer = world.people[person].program.get(f"{plural(model)}?page_size=200&count=exact")
        assert (answer.status_code == 200) == (scope != matrix.NONE)
        if scope != matrix.NONE:
            rows, number = answer.json["data"], answer.json["count"]
            assert number["value"] == len(rows) or answer.json["next"]
            assert scope != matrix.ALL or number["value"] == world.count(model)
            assert not rows or not set(rows[0]) & set(matrix.hidden(person, model))


@every_model
def test_what_is_hidden_is_told_sorted_filtered_and_set_as_little_as_what_is_not_there(world, name):
    model = MODELS[name]
    for person in (matrix.EDITOR, matrix.ADMINISTRATOR):
        if matrix.scope(person, model, "read") == matrix.NONE:
            continue
        asked, path = world.people[person].program, plural(model)
        queries = ("{0}=a", "{0}__contains=a", "sort={0}", "fields={0}", "where=all({0}:a)")
        unknown = {query: asked.get(f"{path}?{query.format('nothing')}") for query in queries}
        for hidden in matrix.hidden(person, model):
            for query, unreal in unknown.items():
                real = asked.get(f"{path}?{query.format(hidden)}")
                assert real.status_code == unreal.status_code == 400, (query, hidden)
                assert real.json["detail"].replace(hidden, "nothing") == unreal.json["detail"], (query, hidden)
            if matrix.scope(person, model, "update") == matrix.ALL:
                key = world.row(model, matrix.ANOTHERS, person)[0]
                before = world.state(model, key)
                answer = asked.patch(f"{path}/{key}", {hidden: "a", "version": before["version"]})
                assert answer.status_code == 422
                assert world.state(model, key) == before


@every_model
def test_the_same_value_is_refused_in_the_same_words_as_in_the_panel(world, name):
    model, boss = MODELS[name], world.people[matrix.ADMINISTRATOR]
    if matrix.scope(matrix.ADMINISTRATOR, model, "update") == matrix.NONE:
        return
    key = world.row(model, matrix.ANOTHERS, matrix.ADMINISTRATOR)[0]
    before = world.state(model, key)
    for field in (one for one in form_columns(model) if one in matrix.sets(matrix.ADMINISTRATOR, model)):
        kind = columns(model)[field].type if field in columns(model) else None
        if type(kind) is not String or not kind.length:
            continue
        value = "x" * (kind.length + 1)
        program = boss.program.patch(f"{plural(model)}/{key}", {field: value, "version": before["version"]})
        panel = boss.browser.post(f"/admin/{name}/edit/?id={key}", data={field: value})
        assert (program.status_code, panel.status_code) == (422, 422), field
        assert program.json["errors"][field][0] in html.unescape(panel.text), field
    assert world.state(model, key) == before
