"""The document of what programs can do: true, whole, and different for each who may see something else."""

import json
import re

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

import matrix
from backoffice.api.subjects import plural
from backoffice.core.model import db
from make import make
from people import add_user
from programs import Program, token_of

METHODS = {"get", "post", "patch", "delete"}


def document(asked):
    """Return the document as somebody gets it."""
    answer = asked.get("/api/openapi.json")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    return answer.json


def test_the_document_is_sound(program):
    told = document(program("administrator"))
    assert told["openapi"] == "3.1.0"
    refs = set(re.findall(r'"\$ref": "#/components/schemas/([^"]+)"', json.dumps(told)))
    assert refs <= set(told["components"]["schemas"])
    does = [one for way in told["paths"].values() for method, one in way.items() if method in METHODS]
    assert len({one["operationId"] for one in does}) == len(does)
    assert {tag for one in does for tag in one["tags"]} == {one["name"] for one in told["tags"]} | {"auth"}
    for way in told["paths"].values():
        assert set(way) <= METHODS | {"parameters"}
    for name, schema in told["components"]["schemas"].items():
        assert name == "Problem" or schema["additionalProperties"] is False, name


def test_each_person_is_told_what_they_may_do_and_no_name_of_anything_else(app):
    with app.app_context():
        people = {role: add_user(role) for role in (matrix.EDITOR, matrix.MODERATOR, matrix.AUTHOR)}
    for role, known in people.items():
        told = document(Program(app, token_of(app, known.id)))
        for name, model in matrix.subjects().items():
            shown = told["components"]["schemas"].get(name, {"properties": {}})["properties"]
            may = matrix.scope(role, model, "read") != matrix.NONE
            assert (f"/api/v1/{plural(model)}" in told["paths"]) == may, (role, name)
            assert not set(matrix.hidden(role, model)) & set(shown), (role, name)
            new = told["components"]["schemas"].get(f"{name}.new", {"properties": {}})["properties"]
            makes = may and matrix.scope(role, model, "create") != matrix.NONE
            assert set(new) == (set(matrix.sets(role, model)) if makes else set()), (role, name)


def test_secrets_are_named_to_nobody(program):
    told = document(program("administrator"))["components"]["schemas"]
    for name, model in matrix.subjects().items():
        for shape in (name, f"{name}.new", f"{name}.change"):
            assert not set(matrix.secrets(model)) & set(told.get(shape, {"properties": {}})["properties"]), shape


def test_strangers_learn_how_to_sign_in_and_nothing_of_what_there_is(client, as_role):
    for path in ("/api/openapi.json", "/api/docs"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "posts" not in answer.text
        assert "/api/v1/auth/token" in answer.text
    browser = as_role("author")
    page = browser.get("/api/docs")
    assert "/api/v1/posts/{key}" in page.text
    assert "/api/v1/roles" not in page.text
    assert (page.headers["Cache-Control"], "Access-Control-Allow-Origin" in page.headers) == ("no-store", False)
    assert not re.search(r"<script(?! [^>]*src=)|style=|\son\w+=", page.text)


def test_answers_hold_what_the_document_says_and_nothing_else(program, as_role):
    asked = program("administrator")
    told = document(asked)
    for path, way in told["paths"].items():
        if "{" in path or "get" not in way or "/auth/" in path:
            continue
        name = way["get"]["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["data"]["items"]
        schema = told["components"]["schemas"][name["$ref"].rpartition("/")[2]]
        answer = asked.get(path)
        assert answer.status_code == 200, path
        for row in answer.json["data"]:
            assert set(row) == set(schema["properties"]), path


@pytest.mark.parametrize("role", ["administrator", "editor", "moderator", "author", None])
def test_the_document_is_one_by_the_rules_of_openapi(client, program, role):
    told = document(program(role)) if role else client.get("/api/openapi.json").json
    validate(told)


def test_what_is_answered_is_what_the_document_describes(app, program):
    with app.app_context():
        for model in matrix.subjects().values():
            make(model)
        db.session.commit()
    asked = program("administrator")
    told = document(asked)
    seen = 0
    for path, way in told["paths"].items():
        if "{" in path or "get" not in way or "/auth/" in path:
            continue
        schema = way["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        answer = asked.get(path).json
        wrong = [
            error.message for error in OAS31Validator({**schema, "components": told["components"]}).iter_errors(answer)
        ]
        assert wrong == [], path
        seen += len(answer["data"])
    assert seen > 10
