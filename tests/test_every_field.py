"""Every column that is not for everybody stays with those it is for: shown, found, sorted, filtered or saved."""

import re
from functools import cache
from itertools import count

import pytest
from sqlalchemy import Boolean, Integer, inspect, select

import doors
import matrix
from backoffice.core.history import Change
from backoffice.core.model import db
from backoffice.core.resource import PLACES, columns, key_of, relations, sortable
from backoffice.core.types import Choice, Strings, UtcDateTime
from make import make
from world import people_of

MODELS = matrix.subjects()
HIDING = [name for name, model in MODELS.items() if matrix.guarded(model) or matrix.secrets(model)]
# Names that have given people rights elsewhere, whatever the model.
TEMPTING = {"is_admin": "1", "admin": "1", "rights": "*", "role": "1", "_method": "DELETE", "fs_token_uniquifier": "x"}
# What every save of the row itself moves on.
MOVING = {"updated_at", "version"}
_numbers = count(1)

every_member = pytest.mark.parametrize("person", matrix.MEMBERS)
every_model = pytest.mark.parametrize("name", list(MODELS))


@pytest.fixture(scope="module")
def world(_served):
    made, empty = _served
    empty()
    return people_of(made)


def planted(world, model, person):
    """Store a row of this person's with a word of its own in each column that not everybody may see.

    Returns its key, the words by column, and the keys of what the history tells of it.
    """
    names = [*matrix.guarded(model), *matrix.secrets(model)]
    words = {name: f"canary{next(_numbers)}x" for name in names}
    with world.app.app_context():
        values = {name: f"{word}@example.com" if "email" in name else word for name, word in words.items()}
        row = make(model, **values, **world.belonging(model, matrix.MINE, person))
        db.session.flush()
        # What is changed afterwards stands in the history twice; the history itself is never changed.
        for name in matrix.guarded(model) if model is not Change else ():
            setattr(row, name, f"{getattr(row, name)}2")
        db.session.commit()
        told = db.session.scalars(select(Change.id).filter_by(model=model.__tablename__, row_id=row.id)).all()
        return row.id, words, told


def pages(person, rows):
    """Yield the addresses of every page, file and answer that one of these rows, each of its model, could stand in."""
    yield "/admin/"
    for name, other in MODELS.items():
        chosen = ",".join(one for one in columns(other) if one != "version" and matrix.sees(person, other, one))
        yield from (f"/admin/{name}/", f"/admin/{name}/new/", f"/admin/{name}/export/csv/")
        yield f"/admin/{name}/?columns={chosen}&page_size=200"
        yield from (f"/admin/{name}/?sort={column}&desc=1&page_size=200" for column in sortable(other))
        yield from (f"/admin/{name}/ajax/lookup/?name={relation}" for relation in matrix.lookups(other))
    for name, (key, _words, told) in rows.items():
        yield from (f"/admin/{name}/{door}/?id={key}" for door in ("details", "edit", "delete"))
        yield from (f"/admin/change/details/?id={one}" for one in told)


@every_member
def test_a_hidden_column_stands_in_no_answer(world, person):
    browser = world.people[person].browser
    rows = {name: planted(world, MODELS[name], person) for name in HIDING}
    meant = {word: (name, column) for name, row in rows.items() for column, word in row[1].items()}
    hidden = {word for word, (name, column) in meant.items() if column not in seen(person, MODELS[name])}
    found = {}
    for address in pages(person, rows):
        text = browser.get(address).text
        found |= {word: address for word in meant if word in text}
    assert {meant[word]: address for word, address in found.items() if word in hidden} == {}
    assert person != matrix.ADMINISTRATOR or set(found) == set(meant) - hidden


def seen(person, model):
    return [name for name in matrix.guarded(model) if matrix.sees(person, model, name)]


GRID_ONLY = ("sort={}", "sort={}&desc=1", "cell=1:{}", "{}=", "{}__find=a", "{}__=")
QUERIES = ("{}={}", "{}__contains={}", "{}__not={}", "{}__in={}", "{}__from={}", "{}__empty=no", "{}__lacks={}")


@every_model
@every_member
def test_a_hidden_column_is_refused_like_one_that_does_not_exist(world, person, name):
    model = MODELS[name]
    browser = world.people[person].browser
    _key, words, _told = planted(world, model, person)
    answered = cache(browser.get)
    for column in matrix.hidden(person, model):
        # A file is never sorted, and its cells are not opened.
        addresses = [("", query) for query in GRID_ONLY] + [
            (path, one) for path in ("", "export/csv/") for one in QUERIES
        ]
        for path, query in addresses:
            if column in PLACES and query in {"{}=", "{}={}"}:
                continue  # the word means a place in the list, whatever a column is called
            typed = [query.format(one, words.get(column, "1")) for one in (column, "nothing")]
            asked = [answered(f"/admin/{name}/{path}?{one}") for one in typed]
            assert {answer.status_code for answer in asked} <= {400, 404}, (column, query, path)
            alike = {doors.plain(answer, column)[1].replace("nothing", "WORD") for answer in asked}
            assert len(alike) == 1, (column, query, path)


@pytest.mark.parametrize("name", HIDING)
@every_member
def test_no_search_and_no_lookup_finds_by_a_hidden_column(world, person, name):
    model = MODELS[name]
    browser = world.people[person].browser
    _key, words, _told = planted(world, model, person)
    hidden = [word for column, word in words.items() if column not in seen(person, model)]
    for word in hidden:
        answer = browser.get(f"/admin/{name}/?search={word}")
        assert not re.search(r'id="row-\d+"', answer.text)
        for other, source in MODELS.items():
            for relation in matrix.lookups(source):
                found = browser.get(f"/admin/{other}/ajax/lookup/?name={relation}&query={word}")
                assert found.status_code == 404 or found.json == [], (other, relation)


def forged(world, model, row, person):
    """Return a field for each column and relation, none of which may hold what is sent: as a form, and as stored."""
    sent, moment = dict(TEMPTING), "2001-02-03T04:05"
    for one in inspect(model).column_attrs:
        kind, name = one.columns[0].type, one.key
        target = next((key.column.table.name for key in one.columns[0].foreign_keys), None)
        if target:
            sent[name] = str(world.row(MODELS[target], matrix.ANOTHERS, person)[0])
        elif isinstance(kind, Boolean):
            sent[name] = "" if row is not None and row[name] else "y"
        elif isinstance(kind, Choice):
            sent[name] = next(value for value in kind.values if row is None or value != row[name])
        elif isinstance(kind, UtcDateTime):
            sent[name] = moment
        elif isinstance(kind, Integer) or name == "id":
            sent[name] = "987650"
        else:
            sent[name] = "*" if isinstance(kind, Strings) else f"forged{next(_numbers)}"
    for name, relation in relations(model).items():
        sent[name] = str(world.row(relation.mapper.class_, matrix.ANOTHERS, person)[0])
    return sent


@every_model
@every_member
def test_what_a_person_may_not_set_stays_as_it_is_whatever_a_form_holds(world, name, person):
    model = MODELS[name]
    free = matrix.sets(person, model)
    text = matrix.typed(model, free)
    whose = (
        matrix.MINE if matrix.scope(person, model, "update") == matrix.OWN and matrix.owned(model) else matrix.ANOTHERS
    )
    key, _mark = world.row(model, whose, person)
    before, since = world.state(model, key), world.latest()
    fields = {one: word for one, word in forged(world, model, before, person).items() if one not in {*free, "version"}}
    own = {text: f"changed {next(_numbers)}"} if text else {}
    since = world.latest()
    answer = world.people[person].browser.post(f"/admin/{name}/edit/?id={key}", data={**fields, **own})
    after = world.state(model, key)
    done = bool(own) and matrix.touches(person, model, "update", whose)
    assert answer.status_code == (302 if done else 404)
    assert {one for one in before if before[one] != after[one]} <= (MOVING | set(own) if done else set())
    assert len(world.recorded(since)) == int(done)


@every_model
@every_member
def test_a_new_row_takes_nothing_that_its_maker_may_not_set(world, name, person):
    model = MODELS[name]
    free = set(matrix.sets(person, model))
    probe = matrix.Probe(person, name, "create", matrix.ANY, "")
    own = doors.filled(world, probe, model)
    fields = {one: word for one, word in forged(world, model, None, person).items() if one not in free}
    before, since = world.count(model), world.latest()
    answer = world.people[person].browser.post(f"/admin/{name}/new/", data={**fields, **own})
    may = matrix.scope(person, model, "create") != matrix.NONE
    assert answer.status_code == (302 if may else 404), answer.text
    assert world.count(model) - before == int(may)
    if not may:
        return
    key = next(one[3] for one in world.recorded(since) if one[1:3] == ("create", name))
    stored = world.state(model, key)
    for field in set(fields) & set(stored) - {model.resource.owner}:
        assert not _same(stored[field], fields[field]), f"{field} was taken"
    if matrix.owned(model) and key_of(model, model.resource.owner) not in {key_of(model, one) for one in free}:
        assert stored[model.resource.owner] == world.people[person].id


def _same(stored, sent):
    if isinstance(stored, bool):
        return stored is bool(sent) and sent == ""
    if hasattr(stored, "isoformat"):
        return stored.isoformat().startswith(sent)
    return [sent] == [str(one) for one in stored] if isinstance(stored, list) else str(stored) == sent


@every_model
@every_member
def test_a_cell_takes_only_columns_of_the_list_that_its_person_may_set(world, name, person):
    model = MODELS[name]
    cells = set(model.resource.inline) & set(matrix.sets(person, model))
    key, _mark = world.row(model, matrix.ANOTHERS, person)
    before = world.state(model, key)
    fields = {one: word for one, word in forged(world, model, before, person).items() if one not in cells}
    since = world.latest()
    open_to = matrix.scope(person, model, "update") != matrix.NONE
    # Whoever may change nothing at all is refused before anybody asks which column; each sends another quarter of them.
    sent = list(fields.items()) if open_to else list(fields.items())[matrix.MEMBERS.index(person) % 4 :: 4]
    for field, word in sent:
        data = {"list_form_pk": key, field: word}
        answer = world.people[person].browser.post(f"/admin/{name}/ajax/update/", data=data)
        assert answer.status_code == (400 if open_to else 404), field
    assert world.state(model, key) == before
    assert world.recorded(since) == []
