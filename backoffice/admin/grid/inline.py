"""One cell of a grid as a form: opened by its address, saved where it stands."""

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, urlsplit

from flask import abort, jsonify, redirect, request
from werkzeug.datastructures import MultiDict

from backoffice.admin import cells
from backoffice.admin.forms import FIND, RowForm, saving
from backoffice.admin.forms.conflicts import CHOOSE
from backoffice.admin.messages import tell
from backoffice.admin.page import return_target, wants_json
from backoffice.core.access import parse_key, person
from backoffice.core.catalogues import gettext as _
from backoffice.core.history import done
from backoffice.core.model import db
from backoffice.core.resource import resource
from backoffice.core.writing import Refusal, Stale, writable

KEY = "list_form_pk"
AROUND = frozenset({KEY, "csrf_token", "url", "version", "since", "conflict"})


@dataclass(frozen=True)
class OpenCell:
    """The cell that is shown as a form; `field` is the one field of the row's form that it is about."""

    key: int
    name: str
    form: RowForm

    @property
    def field(self):
        """The field that is typed into."""
        return self.form[self.name]

    @property
    def problems(self):
        """What stands against saving it and is not said beside the field."""
        return [sentence for field, sentence in self.form.problems if field is not self.field]


def editable(user, model):
    """Return the columns that `user` may change in the grid."""
    return _editable(person(user), model, resource(model))


@lru_cache(maxsize=500)
def _editable(someone, model, said):
    return frozenset(said.inline) & set(writable(someone, model))


def opened(view, asked):
    """Return the cell that the address opens, or None; one that may not be changed is not found."""
    if asked.cell is None:
        return None
    key, name = asked.cell
    if not view.may("update") or name not in editable(view.user, view.model):
        abort(404)
    form = RowForm(view.user, view.row("update", key))
    return OpenCell(key, name, form) if name in form else abort(404)


def save(view):
    """Store the cell that was sent; return the answer, or the cell to show again and the status to do it with."""
    key, name = _sent(view)
    row = view.row("update", key)
    form = RowForm(view.user, row)
    if name not in form:
        abort(404)
    form.fill(request.form, request.files)
    if form.find(request.form):
        form.ask_nothing()
        return OpenCell(key, name, form), 200
    if form.seek(request.form):
        return _again(OpenCell(key, name, form), 422)
    try:
        saved, form = saving.store(form, row)
        db.session.commit()
    except Refusal as refusal:
        form = saving.show_again(view.user, view.model, key, refusal)
        return _again(OpenCell(key, name, form), 409 if isinstance(refusal, Stale) else 422)
    if wants_json():
        return jsonify(key=key, column=name, version=saved.version), 200
    said = [_("“%(label)s” was saved.", label=cells.words_of(view.user, saved)), *saving.told(form)]
    tell(" ".join(said), undo=done(db.session()))
    return redirect(f"{return_target(view.home())}#row-{key}"), 302


def _again(cell, status):
    if not wants_json():
        return cell, status
    problems = [str(sentence) for _field, sentence in cell.form.problems]
    told = {"key": cell.key, "column": cell.name, "version": cell.form.version, "problems": problems}
    if cell.form.conflicts:
        told["conflicts"] = {name: one.told() for name, one in cell.form.conflicts.items()}
    answer = jsonify(type="about:blank", title=" ".join(problems), status=status, **told)
    answer.mimetype = "application/problem+json"
    return answer, status


def came_from(view):
    """Return the parameters of the grid that a form was sent from, as far as it was this one."""
    parts = urlsplit(return_target(""))
    return MultiDict(parse_qsl(parts.query)) if parts.path == view.home() else MultiDict()


def _sent(view):
    """Return the key and the column of the one cell that was sent; anything else beside it is refused."""
    key = parse_key(request.form.get(KEY, ""))
    if key is None:
        abort(400, _("Say which row is meant."))
    may = editable(view.user, view.model)
    # A picker of rows sends more than its name: the words looked for, and the button that looks.
    about = {_column(name.removeprefix(CHOOSE)) for name in set(request.form) - AROUND}
    if len(about) != 1 or not about <= may:
        abort(400, _("One cell is saved at a time, and only one that can be changed in the list."))
    return key, about.pop()


def _column(name):
    return name.removeprefix(FIND).partition("-")[0]
