"""Bringing rows in from a file in three steps: send it, choose and rehearse, confirm."""

from dataclasses import dataclass
from itertools import islice
from typing import Any

from flask import abort, redirect, request, send_file, url_for
from flask_babel import gettext as _

from backoffice.admin.editing import only
from backoffice.admin.messages import tell
from backoffice.core import mapping, uploads
from backoffice.core.access import can
from backoffice.core.acting import acting, actor
from backoffice.core.history import Change
from backoffice.core.intake import Intake
from backoffice.core.mapping import BadPlan, Plan
from backoffice.core.model import db
from backoffice.core.refused import RefusedLines
from backoffice.core.resource import labels
from backoffice.core.sheets import ABSENT, ENCODINGS, Table, open_table
from backoffice.core.uploads import Upload
from backoffice.core.workbooks import Unreadable

SAMPLES = 3
LONGEST_SAMPLE = 80


def roomy(function):
    """Let a view take as much as a table may hold."""
    function.largest = "MAX_IMPORT_LENGTH"
    return function


@dataclass(frozen=True)
class Sent:
    """A file that this person sent: where it is kept, the encoding they chose, and the table in it."""

    upload: Upload
    encoding: str
    table: Table


def answer(view):
    """Answer one of the steps."""
    if not takes(view):
        abort(404)
    try:
        return _post(view) if request.method == "POST" else _get(view)
    except (Unreadable, BadPlan) as error:
        db.session.rollback()
        return _ask(view, str(error)), 422


def takes(view):
    """Tell whether the acting person can bring in rows at all: make them, or have them recognised and change them."""
    return can(view.user, "create", view.model) or bool(mapping.keys(view.user, view.model))


def _get(view):
    only("file", "refused")
    if "refused" in request.args:
        upload, _about = uploads.unseal(request.args["refused"], view.user)
        if not upload.refused.is_file():
            raise Unreadable(_("These lines are no longer kept."))
        return send_file(upload.refused, mimetype="text/csv", as_attachment=True, download_name="refused.csv")
    if "file" not in request.args:
        return _ask(view)
    sent = _open(view, *uploads.unseal(request.args["file"], view.user))
    chosen = Plan(view.model, mapping.guess(view.user, view.model, sent.table.headers), _usual_key(view, sent))
    return _show(view, sent, chosen)


def _post(view):
    step = request.form.get("step")
    if step == "upload":
        return _receive(view)
    upload, about = uploads.unseal(request.form.get("token", ""), view.user)
    if step == "rehearse":
        return _rehearse(view, _open(view, upload, about))
    if step == "confirm":
        return _confirm(view, _open(view, upload, about), about)
    return abort(400, _("There is no such step."))


def _ask(view, problem=""):
    may = mapping.fields(view.user, view.model)
    return view.render(
        "admin/intake/upload.html", title=_("Import: %(kind)s", kind=view.plural), problem=problem, may=may
    )


def _receive(view):
    file, encoding = request.files.get("file"), request.form.get("encoding", "")
    if not file or not file.filename or encoding not in ENCODINGS:
        raise Unreadable(_("Choose a file."))
    upload = uploads.receive(file.stream, file.filename)
    try:
        open_table(upload.path, encoding)
    except Unreadable:
        upload.remove()
        raise
    token = uploads.seal(upload, view.user, [view.endpoint, encoding])
    return redirect(url_for(".import_view", file=token))


def _open(view, upload, about):
    if about[0] != view.endpoint or not upload.unchanged():
        raise Unreadable(_("This file is no longer kept; send it again."))
    return Sent(upload, about[1], open_table(upload.path, about[1], inspected=True))


def _usual_key(view, sent):
    known = mapping.guess(view.user, view.model, sent.table.headers)
    return next((name for name in mapping.keys(view.user, view.model) if name in known), "")


def _chosen(view, sent):
    """Return the plan that the form says, which is checked."""
    fields = tuple(request.form.get(f"column-{at}", "") for at in range(len(sent.table.headers)))
    plan = Plan(view.model, fields, request.form.get("key", ""), request.form.get("whole", "1") == "1")
    mapping.check(view.user, plan, sent.table.headers)
    return plan


def _rehearse(view, sent):
    try:
        plan = _chosen(view, sent)
    except BadPlan as error:
        fields = tuple(request.form.get(f"column-{at}", "") for at in range(len(sent.table.headers)))
        unfit = Plan(view.model, fields, request.form.get("key", ""), request.form.get("whole", "1") == "1")
        return _show(view, sent, unfit, problem=str(error)), 422
    report, _batch = _run(view, sent, plan, rehearse=True)
    db.session.rollback()
    return _show(view, sent, plan, report=report)


def _confirm(view, sent, about):
    if len(about) != 5:
        raise Unreadable(_("Rehearse the import first."))
    plan = Plan(view.model, tuple(about[2]), about[3], about[4])
    mapping.check(view.user, plan, sent.table.headers)
    report, batch = _run(view, sent, plan, rehearse=False)
    if not report.kept:
        db.session.rollback()
        return _show(view, sent, plan, report=report, problem=_("Nothing was brought in: lines were refused.")), 422
    db.session.commit()
    sent.upload.remove()
    tell(_("The import is done."))
    history = url_for("change.index_view", batch=batch) if can(view.user, "read", Change) else ""
    title = _("Imported: %(kind)s", kind=view.plural)
    return view.render("admin/intake/done.html", title=title, history=history, **_told(view, sent, report))


def _run(view, sent, plan, *, rehearse):
    session = db.session()
    with (
        acting(view.user, door="import", address=actor().address) as one,
        RefusedLines(sent.upload.refused, sent.table) as sink,
    ):
        work = Intake(session, view.user, plan, sent.table)
        work.sink = sink.add
        *_before, report = work.steps(rehearse=rehearse)
        session.flush()
    return report, one.batch


def _show(view, sent, plan, report=None, problem=""):
    about = [view.endpoint, sent.encoding]
    told = _told(view, sent, report) if report else {}
    return view.render(
        "admin/intake/plan.html",
        title=_("Import: %(kind)s", kind=view.plural),
        sent=sent,
        plan=plan,
        problem=problem,
        columns=_columns(sent, plan),
        fields=mapping.fields(view.user, view.model),
        uniques=mapping.keys(view.user, view.model),
        creates=can(view.user, "create", view.model),
        token=uploads.seal(sent.upload, view.user, about),
        confirm=uploads.seal(sent.upload, view.user, [*about, plan.fields, plan.key, plan.whole]),
        **told,
    )


def _columns(sent, plan):
    """Return for each column of the file its name, the field it fills and a few of its cells."""
    lines = list(islice(sent.table.lines(), SAMPLES))
    found = []
    for at, header in enumerate(sent.table.headers):
        cells = [line.cells[at] if at < len(line.cells) else None for line in lines]
        shown = [_sample(cell) for cell in cells if cell not in (None, "", ABSENT)]
        found.append((at, header, plan.fields[at], shown))
    return found


def _sample(cell: Any):
    text = str(cell)
    return text if len(text) <= LONGEST_SAMPLE else f"{text[:LONGEST_SAMPLE]}…"


def _told(view, sent, report):
    return {
        "report": report,
        "label_of": lambda name: labels(view.model, name) if name else "",
        "refused": uploads.seal(sent.upload, view.user, [view.endpoint]) if report.refused else "",
    }
