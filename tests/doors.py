"""How each door of the panel is knocked at, and what can be seen to have come of it."""

import io
import re

from PIL import Image

import matrix
from backoffice.core.model import required
from backoffice.core.resource import columns, relation_of, relations, resources, searchable
from backoffice.core.types import Picture, Slug
from make import needs, numbers, value


def knock(world, probe):
    """Carry out a probe; return what came of it, and the answer with the key of the row."""
    model = resources()[probe.model]
    kind, _colon, name = probe.door.partition(":")
    return KNOCKS.get(probe.door, KNOCKS.get(kind))(world, probe, model, name)


def _get(world, probe, model, _name):
    door = {"details": "details", "edit page": "edit", "delete page": "delete"}[probe.door]
    key, mark = world.row(model, probe.whose, probe.person)
    answer = browser(world, probe).get(f"/admin/{probe.model}/{door}/?id={key}")
    return _came_of(answer, shown=mark in answer.text), answer, key


def _list(world, probe, model, _name):
    key, mark = world.row(model, probe.whose, probe.person)
    words = f"?search={mark}" if searchable(model) else ""
    answer = browser(world, probe).get(f"/admin/{probe.model}/{words}")
    return _came_of(answer, shown=f'id="row-{key}"' in answer.text), answer, key


def _export(world, probe, model, _name):
    key, mark = world.row(model, probe.whose, probe.person)
    answer = browser(world, probe).get(f"/admin/{probe.model}/export/csv/")
    return _came_of(answer, shown=mark in answer.text), answer, key


def _lookup(world, probe, model, name):
    key, mark = world.row(matrix.target_of(model, probe.door), probe.whose, probe.person)
    address = f"/admin/{probe.model}/ajax/lookup/?name={name}&query={mark}"
    answer = browser(world, probe).get(address)
    shown = answer.status_code == 200 and key in [one["id"] for one in answer.json]
    return _came_of(answer, shown=shown), answer, key


def _new(world, probe, model, _name):
    answer = browser(world, probe).get(f"/admin/{probe.model}/new/")
    return _came_of(answer, shown='name="csrf_token"' in answer.text), answer, None


def _create(world, probe, model, _name):
    data = filled(world, probe, model)
    before, since = world.count(model), world.latest()
    answer = browser(world, probe).post(f"/admin/{probe.model}/new/", data=data)
    made = world.count(model) - before
    mine = [one for one in world.recorded(since) if one[1:3] == ("create", probe.model)]
    written = made == 1 and [(one[0], one[4]) for one in mine] == [(world.people[probe.person].id, "panel")]
    return _came_of(answer, wrote=written, kept=made == 0 and not world.recorded(since)), answer, None


def filled(world, probe, model):
    """Return what a form for a new row must hold."""
    data = {}
    for name in matrix.sets(probe.person, model):
        if name in relations(model):
            if needs(model, name) and relation_of(model, model.resource.owner) != name:
                data[name] = world.row(relations(model)[name].mapper.class_, _own(model, probe), probe.person)[0]
        elif isinstance(columns(model)[name].type, Picture):
            data[name] = (picture(next(numbers)), "picture.png")
        elif required(columns(model)[name]) and not isinstance(columns(model)[name].type, Slug):
            data[name] = value(columns(model)[name], next(numbers))
    return data


def _own(model, probe):
    return matrix.MINE if probe.person == matrix.KEEPER else matrix.ANOTHERS


def picture(number):
    """Return a small picture unlike any other."""
    stream = io.BytesIO()
    Image.new("RGB", (2, 2), (number % 256, number // 256 % 256, 7)).save(stream, "PNG")
    stream.seek(0)
    return stream


def _import_page(world, probe, model, _name):
    answer = browser(world, probe).get(f"/admin/{probe.model}/import/")
    return _came_of(answer, shown='name="file"' in answer.text), answer, None


def _import(world, probe, model, _name):
    told = {name: held for name, held in filled(world, probe, model).items() if not isinstance(held, tuple)}
    cells = {name: f"#{held}" if name in relations(model) else held for name, held in told.items()}
    before, since = world.count(model), world.latest()
    answer = _brought(world, probe, cells, "")
    made, recorded = world.count(model) - before, world.recorded(since)
    mine = [one for one in recorded if one[1:3] == ("create", probe.model)]
    written = made == 1 and [(one[0], one[4]) for one in mine] == [(world.people[probe.person].id, "import")]
    return _came_of(answer, shown=written, kept=made == 0 and not recorded), answer, None


def _import_over(world, probe, model, _name):
    key, _mark = world.row(model, probe.whose, probe.person)
    known = matrix.recognises(probe.person, model) or matrix.recognises(matrix.ADMINISTRATOR, model)
    names = [name for name in matrix.sets(matrix.ADMINISTRATOR, model) if name != known]
    before, since = world.state(model, key), world.latest()
    cells = {known: before[known], matrix.typed(model, names): f"changed {next(numbers)}"}
    answer = _brought(world, probe, cells, known)
    after, told = world.state(model, key), world.recorded(since)
    written = before != after and told == [(world.people[probe.person].id, "update", probe.model, key, "import")]
    return _came_of(answer, shown=written, kept=before == after and not told), answer, key


def _brought(world, probe, cells, key):
    """Send a table of one line, rehearse it and confirm it, as far as that is offered; return the last answer."""
    address, own = f"/admin/{probe.model}/import/", browser(world, probe)
    lines = ",".join(cells) + "\n" + ",".join(f'"{cell}"' for cell in cells.values())
    file = (io.BytesIO(lines.encode()), "rows.csv")
    answer = own.post(address, data={"step": "upload", "file": file})
    if answer.status_code != 302 or answer.location.startswith("/login"):
        return answer
    page = own.get(answer.location).text
    chosen = {f"column-{at}": name for at, name in enumerate(cells)}
    words = {"step": "rehearse", "token": _token(page), "key": key, "whole": "1"}
    answer = own.post(address, data={**words, **chosen})
    if 'value="confirm"' in answer.text:
        answer = own.post(address, data={"step": "confirm", "token": re.search(_TOKEN, answer.text)[1]})
    if answer.status_code == 422:
        # The page of choices says what stands against it.
        answer.status_code = 200
    return answer


_TOKEN = r'name="token" value="([^"]+)"'


def _token(page):
    return re.findall(_TOKEN, page)[-1]


def _edit(world, probe, model, _name):
    name = matrix.typed(model, matrix.sets(probe.person, model)) or model.resource.label
    return _write(world, probe, model, ("edit/?id={key}", {name: f"changed {next(numbers)}"}, "update"))


def _cell(world, probe, model, _name):
    name = matrix.typed(model, model.resource.inline)
    data = {name: f"changed {next(numbers)}", "list_form_pk": "{key}"}
    return _write(world, probe, model, ("ajax/update/", data, "update"))


def _delete(world, probe, model, _name):
    return _write(world, probe, model, ("delete/", {"id": "{key}"}, "delete"))


def _bulk(world, probe, model, name):
    data = {"action": name, "rowid": "{key}", "confirm": "1"}
    return _write(world, probe, model, ("action/", data, name))


def _bulk_change(world, probe, model, _name):
    name = matrix.changed_in_bulk(model)
    data = {"action": "change", "rowid": "{key}", "confirm": "1", "step": "values"}
    words = f"changed {next(numbers)}"
    return _write(world, probe, model, ("action/", {**data, f"do-{name}": "set", f"to-{name}": words}, "update"))


def _write(world, probe, model, sending):
    """Send a form about a row; it is done when the row is another, and the history says who did it and how."""
    address, data, verb = sending
    action = next((one for one in model.resource.actions if one.name == verb), None)
    key, _mark = world.row(model, probe.whose, probe.person, action)
    before, since = world.state(model, key), world.latest()
    sent = {name: text.format(key=key) for name, text in data.items()}
    answer = browser(world, probe).post(f"/admin/{probe.model}/{address.format(key=key)}", data=sent)
    after, told = world.state(model, key), world.recorded(since)
    written = before != after and told == [(world.people[probe.person].id, verb, probe.model, key, "panel")]
    return _came_of(answer, wrote=written, kept=before == after and not told), answer, key


def _came_of(answer, *, shown=None, wrote=None, kept=True):
    """Return the name of what came of it, or a sentence about what should never be."""
    if answer.status_code == 302 and answer.location.startswith("/login") and kept and not shown:
        return matrix.SIGN_IN
    if answer.status_code == 404 and kept and not shown:
        return matrix.NOT_FOUND
    if answer.status_code == (302 if shown is None else 200):
        if shown or wrote:
            return matrix.ALLOWED
        if kept:
            return matrix.LEFT_OUT
    return f"{answer.status_code}, shown: {shown}, wrote: {wrote}, kept: {kept}"


def browser(world, probe):
    """Return the browser of the person who knocks."""
    return world.people[probe.person].browser


def plain(answer, word=""):
    """Return an answer without what differs between any two: the nonce, the request's number, and `word`."""
    text = re.sub(r"request [0-9a-f]{8,}|nonce=\"[^\"]+\"|name=\"csrf_token\" value=\"[^\"]+\"", "", answer.text)
    return answer.status_code, text.replace(word, "WORD") if word else text, answer.location


def told(world, probe, answer):
    """Return what the next page says last about an operation."""
    if probe.expected != matrix.LEFT_OUT or not probe.door.startswith("bulk:"):
        return ""
    page = browser(world, probe).get(answer.location).text
    (message,) = re.findall(r'<(?:p|div) class="alert[^>]*>.*?<span>(.*?)</span>', page, re.DOTALL)[-1:]
    return re.sub(r"batch=[0-9a-f-]{36}", "", message)


KNOCKS = {
    "details": _get,
    "edit page": _get,
    "delete page": _get,
    "list": _list,
    "export": _export,
    "lookup": _lookup,
    "new page": _new,
    "create": _create,
    "edit": _edit,
    "cell": _cell,
    "delete": _delete,
    "bulk": _bulk,
    "bulk:change": _bulk_change,
    "import page": _import_page,
    "import": _import,
    "import over": _import_over,
}
