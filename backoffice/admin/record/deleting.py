"""How a row is deleted: at once when nothing hangs on it, else after asking what becomes of all that does."""

from flask import redirect, request, url_for
from wtforms.form import BaseForm

from backoffice.admin.forms.pickers import Source, Target
from backoffice.admin.messages import tell
from backoffice.admin.page import return_target
from backoffice.admin.record.hanging import goes_along, hanging
from backoffice.admin.relations.lookup import ITSELF, short
from backoffice.admin.relations.named import Present, option
from backoffice.core import writing
from backoffice.core.access import NotFound
from backoffice.core.catalogues import gettext as _
from backoffice.core.history import done
from backoffice.core.model import db
from backoffice.core.operation.holds import DELETE
from backoffice.core.operation.references import MOVING, resolve
from backoffice.core.writing import Refusal

FIND, TO = "find:", "to:"


class Question:
    """What becomes of some rows that hang on the one to be deleted; `answer` is what was chosen."""

    def __init__(self, found, picker, along=()):
        self.found, self.picker, self.along = found, picker, along
        self.answer = request.form.get(found.key, "")
        self.error = ""

    def word(self):
        """Return the answer as the core takes it; raises Refusal while there is none."""
        if self.answer == MOVING and not self.picker.chosen:
            raise Refusal({self.found.key: _("Choose where they are to move.")})
        if self.answer not in dict(self.found.ways):
            raise Refusal({self.found.key: _("Say what is to become of them.")})
        return f"{MOVING}:{self.picker.chosen[-1].key}" if self.answer == MOVING else self.answer


def answer(view, row):
    """Answer the page that asks, or delete the row."""
    questions = ask(view.user, row)
    # A HEAD asks for nothing more than a GET does, and brings no token.
    if request.method != "POST":
        return show(view, row, questions)
    wanted = [name.removeprefix(FIND) for name in request.form if name.startswith(FIND)]
    if wanted:
        for one in questions:
            if one.picker.name in wanted:
                one.picker.find(request.form.get(f"{one.picker.name}-find", ""))
        return show(view, row, questions)
    if questions and "confirm" not in request.form:
        return show(view, row, questions), 409
    return work(view, row, questions)


def ask(user, row):
    """Return a question for each kind of rows that hang on `row`."""
    found = hanging(user, row)
    label = _("Where they go")
    form = BaseForm({TO + one.key: Target(label, source=Source(user, type(row))) for one in found})
    form.process(request.form if request.method == "POST" else None, data={TO + one.key: Present() for one in found})
    return [Question(one, form[TO + one.key], goes_along(user, row, one)) for one in found]


def work(view, row, questions):
    """Delete the row, and do with the rest as answered; all of it or nothing."""
    session, key, label = db.session(), row.id, option(view.user, row).label
    try:
        answers = _answers(questions)
        if answers:
            resolve(session, view.user, row, answers)
        writing.delete(session, view.user, row)
        session.commit()
    except NotFound:
        # What was answered took away the very right to delete this.
        return _refused(view, key, {"": _("You may not delete this any more once that is done.")})
    except Refusal as refusal:
        return _refused(view, key, refusal.problems)
    tell(_("“%(label)s” was deleted.", label=short(label)), undo=done(session))
    return redirect(_target(view, key))


def _refused(view, key, problems):
    db.session.rollback()
    row = view.row("delete", key)
    questions = ask(view.user, row)
    return show(view, row, questions, problems), 422 if questions else 409


def _answers(questions):
    problems, answers = {}, {}
    for one in questions:
        try:
            answers[one.found.key] = one.word()
        except Refusal as refusal:
            problems |= refusal.problems
    if problems:
        raise Refusal(problems)
    return answers


def _target(view, key):
    """Return where to go: where one came from, unless that is a page of what is gone."""
    gone = tuple(url_for(f".{name}", id=key) for name in ("details_view", "edit_view", "delete_view"))
    target = return_target(view.home())
    return view.home() if target.startswith(gone) else target


def show(view, row, questions, problems=None):
    """Return the page that says what goes and asks about the rest."""
    known = {one.found.key for one in questions}
    for one in questions:
        one.error = (problems or {}).get(one.found.key, "")
    return view.render(
        "admin/delete.html",
        row=row,
        label=option(view.user, row).label,
        questions=questions,
        problems=[sentence for name, sentence in (problems or {}).items() if name not in known],
        lookup=url_for(".ajax_lookup", name=ITSELF),
        back=return_target(url_for(".details_view", id=row.id)),
        move=MOVING,
        danger=DELETE,
    )
