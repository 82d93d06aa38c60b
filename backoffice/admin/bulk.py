"""One operation on many rows: first what it would do, then, once confirmed, doing it."""

from dataclasses import dataclass
from typing import Any

from flask import abort, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from sqlalchemy.exc import IntegrityError

from backoffice.admin import removal
from backoffice.admin.messages import tell
from backoffice.admin.page import return_target
from backoffice.core import chunks, counting, operation
from backoffice.core.access import can, parse_key
from backoffice.core.criteria import BadCriteria
from backoffice.core.history import done
from backoffice.core.jobs import Job
from backoffice.core.model import db
from backoffice.core.selection import Selection, seal, unseal

MOST_TICKED = 1000
MOST_REASONS = 3
DELETE = "delete"


@dataclass(frozen=True)
class Work:
    """An operation on a selection as the panel offers it: `rehearse` and `run` take session, user, selection."""

    name: str
    label: Any
    danger: bool
    rehearse: Any
    run: Any


def answer(view):
    """Answer a form that asks for an operation: with the question whether it is meant, or with having done it."""
    work = _work(view, request.form.get("action", ""))
    selection, seen = _chosen(view)
    back = return_target(view.home())
    if selection.keys == ():
        tell(_("Tick the rows that are meant first."), "error")
        return redirect(back)
    meant = _meant(view, selection)
    if meant is None:
        tell(_("There are too many rows to count them in time. Narrow the list by filters first."), "error")
        return redirect(back)
    # Rows that the person was not told the number of, or more than that, are not theirs to change yet.
    told_of = len(selection.keys) if selection.keys is not None else seen
    if request.form.get("confirm") != "1" or told_of is None or meant > told_of:
        return _ask(view, work, selection, (meant, seen))
    if _takes_long(view, work, selection, meant):
        return _later(view, work, selection)
    return _do(view, work, selection, back)


def _takes_long(view, work, selection, meant):
    """Tell whether a job is to do it: there are very many rows, and the person can see what becomes of the job."""
    return selection.keys is None and meant > chunks.LARGE and work.name != DELETE and can(view.user, "read", Job)


def _later(view, work, selection):
    session = db.session()
    key = chunks.ask(session, view.user, work.name, selection, request.form["token"]).id
    session.commit()
    tell(_("There are many rows, so they are changed one part after another. This page shows how far it is."))
    return redirect(url_for("job.details_view", id=key))


def _work(view, name):
    if name == DELETE and view.may(DELETE):
        return Work(name, lazy_gettext("Delete"), danger=True, rehearse=removal.rehearse, run=removal.run)
    action = next((one for one in view.operations() if one.name == name), None)
    if action is None:
        abort(404)

    def bound(function):
        return lambda session, user, selection: function(session, user, name, selection)

    return Work(name, action.label, action.danger, bound(operation.rehearse), bound(operation.run))


def _meant(view, selection):
    """Return how many rows are meant, or None when counting them takes too long."""
    if selection.keys is not None:
        return len(selection.keys)
    return counting.exactly(db.session(), selection.rows(view.user))


def _chosen(view):
    """Return the selection that was sent, and how many rows the person was told it has (None: none was told)."""
    token = request.form.get("token")
    if token:
        try:
            return unseal(view.model, token, view.user)
        except BadCriteria as error:
            abort(400, str(error))
    given = request.form.getlist("rowid")
    keys = {parse_key(key) for key in given}
    if None in keys or len(given) > MOST_TICKED:
        abort(400, _("These are not rows that could have been ticked."))
    return Selection(view.model, keys=tuple(sorted(keys))), None


def _ask(view, work, selection, numbers):
    meant, seen = numbers
    outcome = work.rehearse(db.session(), view.user, selection)
    return view.render(
        "admin/bulk.html",
        title=ngettext("%(label)s: %(num)d row", "%(label)s: %(num)d rows", meant, label=work.label),
        work=work,
        outcome=outcome,
        meant=meant,
        grown=meant - seen if seen is not None and meant > seen else 0,
        keys=selection.keys or (),
        seal=seal(selection, meant, view.user) if selection.keys is None else "",
        back=return_target(view.home()),
    )


def _do(view, work, selection, back):
    session = db.session()
    try:
        outcome = work.run(session, view.user, selection)
        session.commit()
    except IntegrityError:
        session.rollback()
        tell(_("Nothing was changed: meanwhile other rows came to refer to these. Try again."), "error")
        return redirect(back)
    tell(told(work, outcome), "success" if outcome.changed or not outcome.refused else "error", undo=done(session))
    return redirect(back)


def told(work, outcome):
    """Return in one sentence what was done, what was so already, and what was refused and why."""
    parts = [
        ngettext("%(num)d deleted", "%(num)d deleted", outcome.changed)
        if work.name == DELETE
        else ngettext("%(num)d changed", "%(num)d changed", outcome.changed)
    ]
    if outcome.already:
        parts.append(ngettext("%(num)d was already so", "%(num)d were already so", outcome.already))
    if outcome.refused:
        parts.append(ngettext("%(num)d refused", "%(num)d refused", outcome.refused))
    reasons = " ".join(f"{sentence} ({number})" for sentence, number in outcome.reasons[:MOST_REASONS])
    return f"{work.label}: {', '.join(parts)}{': ' if reasons else '.'}{reasons}"
