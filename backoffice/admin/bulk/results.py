"""What became of the rows of an operation: in one sentence, on a page, and row by row as a file."""

import csv
import io

from flask import Response, request, stream_with_context, url_for

from backoffice.admin.record.editing import only
from backoffice.admin.words import VERBS
from backoffice.core import operation
from backoffice.core.access import NotFound
from backoffice.core.catalogues import gettext as _
from backoffice.core.catalogues import joined, ngettext
from backoffice.core.history.actors import actor
from backoffice.core.jobs import FINISHED, left
from backoffice.core.model import db
from backoffice.core.operation import chunks, reports
from backoffice.core.operation.survey import DONE, SAME
from backoffice.core.resource import actions, resources
from backoffice.core.transfer.rendering import BOM, safe_cell

MOST_REASONS = 3
MOST_AT_ONCE = 500


def kind(outcome):
    """Return what sort of message it is: what was refused in part is no success."""
    if not outcome.refused:
        return "success"
    return "warning" if outcome.changed else "error"


def told(label, outcome, *, gone):
    """Return in one sentence what was done, what was so already, and what was refused and why."""
    parts = [
        ngettext("%(num)d deleted", "%(num)d deleted", outcome.changed)
        if gone
        else ngettext("%(num)d changed", "%(num)d changed", outcome.changed)
    ]
    if outcome.already:
        parts.append(ngettext("%(num)d was already so", "%(num)d were already so", outcome.already))
    if outcome.refused:
        parts.append(ngettext("%(num)d refused", "%(num)d refused", outcome.refused))
    reasons = " ".join(f"{sentence} ({number})" for sentence, number in outcome.reasons[:MOST_REASONS])
    said = _("%(field)s:", field=label) + " " + joined(parts)
    return _("%(field)s:", field=said) + " " + reasons if reasons else f"{said}."


def lead(view, outcome):
    """Return the words and the address that lead to what became of each row, where there is more to say."""
    if not (outcome.refused or outcome.already):
        return None
    return _("See each row"), url_for(f"{view.endpoint}.result_view", batch=actor().batch)


def of_job(user, row):
    """Return the words and the address that lead to what became of the rows of an operation that a job does."""
    model = resources().get(row.arguments.get("model")) if row.name == chunks.NAME else None
    if model is None:
        return ()
    try:
        reports.find(db.session(), user, row.batch, model)
    except NotFound:
        return ()
    return ((_("What became of each row"), url_for(f"{model.__tablename__}.result_view", batch=row.batch)),)


def partly(row):
    """Return what is to be said of a job that ended well, but was refused some rows; else ""."""
    count = left(row.result) if row.state in FINISHED else 0
    return refused_in_part(count) if count else ""


def refused_in_part(count):
    """Return the sentence for work that was refused with so many rows."""
    return ngettext(
        "Done in part: %(num)d row was refused and is as it was.",
        "Done in part: %(num)d rows were refused and are as they were.",
        count,
    )


def show(view):
    """Return the page that says what became of the rows of a batch."""
    one = _report(view)
    title = ngettext(
        "%(label)s: %(num)d row",
        "%(label)s: %(num)d rows",
        one.outcome.changed + one.outcome.already + one.outcome.refused,
        label=_label(view, one),
    )
    return view.render(
        "admin/bulk/result.html",
        title=title,
        report=one,
        kind=kind(one.outcome),
        partly=refused_in_part(one.outcome.refused),
        gone=one.verb == operation.DELETE,
        groups_found=reports.groups(db.session(), view.user, one),
        back=view.home(),
    )


def send(view):
    """Send what became of each row as CSV, row by row as it is read."""
    one = _report(view)
    name = f"{view.endpoint}-{one.verb}-{one.created_at:%Y-%m-%d}.csv"
    answer = Response(stream_with_context(_csv(view.user, one)), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


def _report(view):
    only("batch")
    return reports.find(db.session(), view.user, request.args.get("batch", ""), view.model)


def _label(view, one):
    action = actions(view.model).get(one.verb)
    return action.label if action else str(VERBS.get(one.verb, one.verb)).capitalize()


def _csv(user, one):
    """Yield the lines, some hundreds at a time."""
    came = _words(one)
    text = io.StringIO()
    put = csv.writer(text)
    text.write(BOM)
    put.writerow([_("Row"), _("What"), _("Outcome"), _("Reason")])
    for at, line in enumerate(reports.lines(db.session(), user, one), 1):
        put.writerow([line.row_id, safe_cell(line.label), came(line.kind), safe_cell(line.why)])
        if at % MOST_AT_ONCE == 0:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()


def _words(one):
    done = _("deleted") if one.verb == operation.DELETE else _("changed")
    same, refused = _("already so"), _("refused")
    return lambda came: done if came == DONE else same if came == SAME else refused
