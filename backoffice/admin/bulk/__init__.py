"""One operation on many rows: first what it would do, then, once confirmed, doing it."""

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from flask import abort, current_app, redirect, request, url_for
from sqlalchemy.exc import IntegrityError

from backoffice.admin.bulk import changing, results
from backoffice.admin.messages import tell
from backoffice.admin.page import return_target
from backoffice.admin.words import NOTHING
from backoffice.core import operation
from backoffice.core.access import can, parse_key
from backoffice.core.catalogues import gettext as _
from backoffice.core.catalogues import lazy_gettext, ngettext
from backoffice.core.history import done
from backoffice.core.jobs import Job
from backoffice.core.model import db, now
from backoffice.core.operation import chunks
from backoffice.core.paging import counting
from backoffice.core.selection import Sealed, Selection, glances, seal, unseal
from backoffice.core.selection.criteria import BadCriteria
from backoffice.core.writing.refusals import Refusal

MOST_TICKED = 1000
DELETE, CHANGE = "delete", "change"
# How people write large numbers: with points, commas, apostrophes or narrow spaces in them.
BETWEEN_DIGITS = re.compile(r"[\s.,'\u2019\u00a0\u202f_]")


@dataclass(frozen=True)
class Work:
    """An operation as the panel offers it: `name` in the form, `verb` for the core; `form` holds what is to change."""

    name: str
    verb: str
    label: Any
    danger: bool = False
    form: Any = None

    @property
    def edits(self):
        """What becomes of columns and relations, for the core."""
        return self.form.edits() if self.form else None


@dataclass(frozen=True)
class Asked:
    """What was asked for: a work on the rows that were seen.

    `meant` are there now; `unchanged` of them nobody has touched since they were seen.
    """

    view: Any
    work: Work
    seen: Sealed
    meant: int
    unchanged: int
    back: str
    # Ticked rows that others have changed since they were seen (`glances.Changed`), by key.
    moved: dict = field(default_factory=dict)

    @property
    def selection(self):
        """The rows."""
        return self.seen.selection

    @property
    def movers(self):
        """Who changed ticked rows since they were seen, and how many of them each."""
        return Counter(one.who or NOTHING for one in self.moved.values()).most_common()

    @property
    def as_told(self):
        """Whether the rows that match now are those that the person was told of, and ticked ones are as they were."""
        return self.seen.agrees(self.meant, self.unchanged) and not self.moved


def answer(view):
    """Answer a form that asks for an operation: with the question whether it is meant, or with having done it."""
    work, seen, back = _work(view, request.form.get("action", "")), _seen(view), return_target(view.home())
    if seen.selection.keys == ():
        tell(_("Tick the rows that are meant first."), "error")
        return redirect(back)
    counts = _counts(view, seen)
    if counts is None:
        tell(_("There are too many rows to count them in time. Narrow the list by filters first."), "error")
        return redirect(back)
    asked = Asked(view, work, seen, *counts, back, _moved(view, seen))
    if work.name == CHANGE and (refused := _fill(asked)):
        return refused
    try:
        return _answer(asked)
    except Refusal as refusal:
        if work.form is None:
            raise
        db.session.rollback()
        work.form.tell(refusal.problems)
        return changing.page(view, asked), 422


def _answer(asked):
    view, work = asked.view, asked.work
    if request.form.get("confirm") != "1":
        return _ask(asked)
    # Rows that the person was not told the number of, or others than they saw, are not theirs to change yet.
    if not asked.as_told:
        return _ask(asked), 409
    number = _number(asked)
    if number and BETWEEN_DIGITS.sub("", request.form.get("number", "")) != str(number):
        return _ask(asked, _("Type the number %(num)s to say that so many rows are meant.", num=number)), 422
    session = db.session()
    slow = operation.one_by_one(session, view.user, work.verb, view.model, work.edits)
    if asked.selection.keys is None and chunks.is_large(asked.meant, one_by_one=slow) and can(view.user, "read", Job):
        return _later(asked)
    return _do(asked)


def _number(asked):
    """Return the number of rows that is to be typed, or 0: what destroys much is not done by one wrong key."""
    most = current_app.config["CONFIRM_BY_NUMBER"]
    if not asked.work.danger or asked.meant <= most:
        return 0
    outcome = operation.rehearse(db.session(), asked.view.user, asked.work.verb, asked.selection, asked.work.edits)
    return outcome.changed if outcome.changed > most else 0


def _fill(asked):
    """Read what is to become of the fields; return the page that asks for it, unless all is said."""
    form = asked.work.form
    if "step" not in request.form:
        return changing.page(asked.view, asked)
    form.fill(request.form)
    if form.find(request.form) or "again" in request.form:
        return changing.page(asked.view, asked)
    return None if form.is_right() else (changing.page(asked.view, asked), 422)


def _later(asked):
    session, work, user, word = db.session(), asked.work, asked.view.user, request.form["token"]
    if work.form:
        key = chunks.ask_to_change(session, user, work.edits, asked.selection, word).id
    else:
        key = chunks.ask(session, user, work.verb, asked.selection, word).id
    session.commit()
    tell(_("There are many rows, so they are changed one part after another. This page shows how far it is."))
    return redirect(url_for("job.details_view", id=key))


def _work(view, name):
    if name == DELETE and view.may(DELETE):
        return Work(name, operation.DELETE, lazy_gettext("Delete"), danger=True)
    action = next((one for one in view.operations() if one.name == name), None)
    if action is not None:
        return Work(name, name, action.label, action.danger)
    if name == CHANGE and changing.offered(view):
        return Work(name, operation.UPDATE, lazy_gettext("Change"), form=changing.ChangeForm(view.user, view.model))
    return abort(404)


def _counts(view, seen):
    """Return how many rows are meant, and how many of them are as they were seen; None when that takes too long."""
    if seen.selection.keys is not None:
        return len(seen.selection.keys), len(seen.selection.keys)
    return counting.exact_counts(db.session(), [one.rows(view.user) for one in (seen.selection, seen.as_seen())])


def _seen(view):
    """Return the selection that was sent, as the person saw it."""
    token = request.form.get("token")
    if token:
        try:
            seen = unseal(view.model, token, view.user)
        except BadCriteria as error:
            abort(400, str(error))
        return replace(seen, selection=seen.as_seen()) if request.form.get("only") == "seen" else seen
    given = request.form.getlist("rowid")
    keys = {parse_key(key) for key in given}
    if None in keys or len(given) > MOST_TICKED:
        abort(400, _("These are not rows that could have been ticked."))
    seen = Sealed(Selection(view.model, keys=tuple(sorted(keys))), len(keys), _moment())
    if request.form.get("only") != "seen":
        return seen
    left = tuple(sorted(keys - _moved(view, seen).keys()))
    return replace(seen, selection=Selection(view.model, keys=left), count=len(left))


def _moment():
    """Return when the ticked rows were seen, as their page says; one that does not say so is not to be warned."""
    try:
        return glances.moment_of(request.form["seen"]) if "seen" in request.form else now()
    except ValueError:
        abort(400, _("These are not rows that could have been ticked."))


def _moved(view, seen):
    """Return which of the ticked rows others have changed since they were seen."""
    if not seen.selection.keys or "seen" not in request.form:
        return {}
    return glances.changed(db.session(), view.user, seen.selection, seen.moment)


def _ask(asked, problem=""):
    view, work, seen, meant = asked.view, asked.work, asked.seen, asked.meant
    moment = glances.word()
    preview = operation.preview(db.session(), view.user, work.verb, asked.selection, work.edits)
    every = asked.selection.keys is None
    others = every and seen.count is not None and asked.selection.until is None and not asked.as_told
    return view.render(
        "admin/bulk/ask.html",
        title=ngettext("%(label)s: %(num)d row", "%(label)s: %(num)d rows", meant, label=work.label),
        asked=asked,
        work=work,
        preview=preview,
        before=seen.count if others else None,
        unchanged=asked.unchanged if others and asked.unchanged <= seen.count and asked.unchanged != meant else 0,
        number=work.danger and preview.outcome.changed > current_app.config["CONFIRM_BY_NUMBER"],
        typed=request.form.get("number", ""),
        problem=problem,
        keys=asked.selection.keys or (),
        seal=seal(asked.selection, meant, view.user) if every else "",
        first_seal=request.form.get("token", ""),
        moment="" if every else moment,
        carried=work.form.carried(request.form) if work.form else (),
        back=asked.back,
    )


def _do(asked):
    session, work = db.session(), asked.work
    try:
        outcome = operation.run(session, asked.view.user, work.verb, asked.selection, work.edits)
        session.commit()
    except IntegrityError:
        session.rollback()
        tell(_("Nothing was changed: meanwhile other rows came to refer to these. Try again."), "error")
        return redirect(asked.back)
    category, words = results.kind(outcome), results.told(work.label, outcome, gone=work.name == DELETE)
    tell(words, category, lead=results.lead(asked.view, outcome), undo=done(session))
    return redirect(asked.back)
