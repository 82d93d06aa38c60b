"""The rows that match, as a file: sent at once, or written by a job when there are many."""

from itertools import chain

from flask import Response, abort, request, stream_with_context, url_for
from werkzeug.datastructures import MultiDict

from backoffice.admin import grid
from backoffice.core import history
from backoffice.core.access import can
from backoffice.core.catalogues import gettext as _
from backoffice.core.jobs import Job
from backoffice.core.model import db, now, reading
from backoffice.core.selection import Selection
from backoffice.core.selection.criteria import BadCriteria
from backoffice.core.transfer import FORMS, exports, rows_out

LATER = "later"


def send(view, form):
    """Answer the rows that match the address, in the columns of the grid, and record that they left.

    Many rows are written by a job, then the answer leads to it; `later=1` asks for that for any number of rows, and
    `later=0` for an answer that holds them all.
    """
    if form not in FORMS:
        abort(404)
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        abort(403, _("An export starts from this site's own pages."))
    asked = MultiDict(request.args)
    wished = asked.poplist(LATER)
    if wished not in ([], ["0"], ["1"]):
        abort(400, _("“%(name)s” must be 0 or 1.", name=LATER))
    wanted = grid.ask(view, asked)
    criteria, names = wanted.criteria, grid.names_of(view.user, view.model, wanted)
    job = _record(view, criteria, (names, form), *wished)
    return _stream(view, criteria, names, form) if job is None else _later(view, job)


def _stream(view, criteria, names, form):
    mimetype, suffix = exports.KINDS[form]
    rows = _begun(rows_out(db.session(), view.user, criteria, names, form))
    answer = Response(stream_with_context(rows), mimetype=mimetype)
    name = f"{view.endpoint}-{now():%Y-%m-%d}.{suffix}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _begun(rows):
    """Return the same rows, the first of them at hand: where they cannot be written at all, that is the answer."""
    try:
        first = next(rows, b"")
    except BadCriteria as error:
        abort(400, str(error))
    return chain([first], rows)


def _later(view, job):
    page = url_for("job.details_view", id=job)
    return view.render("admin/accepted.html", job=page), 202, {"Location": page}


def _record(view, criteria, asked, wished=""):
    """Record the export before the first row leaves; return the key of the job that is to write it, or None."""
    session = db.session()
    session.rollback()
    # The address only reads, but this much of it is written: the history must hold who took what.
    reading.set(False)
    chosen = Selection(view.model, criteria=criteria).rows(view.user, "export")
    count = session.scalar(db.select(db.func.count()).select_from(chosen.subquery()))
    by_job = wished == "1" if wished else count > exports.LARGE
    # Who may not see their own jobs could never fetch the file.
    by_job = by_job and can(view.user, "read", Job)
    job = exports.ask(session, view.user, criteria, *asked).id if by_job else None
    history.note(session, "export", model=view.endpoint, count=count, criteria=dict(criteria.pairs()))
    session.commit()
    reading.set(True)
    return job
