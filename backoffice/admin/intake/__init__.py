"""Bringing rows in from a file in three steps: send it, choose and rehearse, confirm."""

from contextlib import closing

from flask import abort, redirect, request, send_file, url_for

from backoffice.admin.intake.sent import done, opened, show, told
from backoffice.admin.messages import tell
from backoffice.admin.record.editing import only
from backoffice.core import imports
from backoffice.core.access import can, fetch
from backoffice.core.catalogues import gettext as _
from backoffice.core.history.actors import acting, actor
from backoffice.core.imports import Order, mapping, uploads
from backoffice.core.imports.intake import Intake
from backoffice.core.imports.mapping import BadPlan, Plan
from backoffice.core.imports.refused import RefusedLines
from backoffice.core.imports.sheets import ENCODINGS, open_table
from backoffice.core.jobs import ENDED, FINISHED, Job
from backoffice.core.model import db
from backoffice.core.transfer.workbooks import Unreadable


def roomy(function):
    """Let a view take as much as a table may hold, from those who bring in tables."""
    function.largest, function.admits_large = "MAX_IMPORT_LENGTH", takes
    return function


def answer(view):
    """Answer one of the steps."""
    if not takes(view, view.user):
        abort(404)
    try:
        return _post(view) if request.method == "POST" else _get(view)
    except (Unreadable, BadPlan) as error:
        db.session.rollback()
        return _ask(view, str(error)), 422


def takes(view, user):
    """Tell whether `user` can bring in rows at all: make them, or have them recognised and change them."""
    return can(user, "create", view.model) or bool(mapping.keys(user, view.model))


def _get(view):
    only("file", "refused", "job")
    if "job" in request.args:
        return _of_job(view, request.args["job"])
    if "refused" in request.args:
        upload, _about = uploads.unseal(request.args["refused"], view.user)
        return _send(upload.refused)
    if "file" not in request.args:
        return _ask(view)
    sent = opened(view, *uploads.unseal(request.args["file"], view.user))
    chosen = Plan(view.model, mapping.guess(view.user, view.model, sent.table.headers), _usual_key(view, sent))
    return show(view, sent, chosen)


def _post(view):
    step = request.form.get("step")
    if step == "upload":
        return _receive(view)
    upload, about = uploads.unseal(request.form.get("token", ""), view.user)
    if step == "rehearse":
        return _rehearse(view, opened(view, upload, about))
    if step == "confirm":
        return _confirm(view, opened(view, upload, about), about)
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
    with closing(file):
        upload = uploads.receive(file.stream, file.filename)
    try:
        open_table(upload.path, encoding)
    except Unreadable:
        upload.remove()
        raise
    token = uploads.seal(upload, view.user, [view.endpoint, encoding])
    return redirect(url_for(".import_view", file=token))


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
        return show(view, sent, unfit, problem=str(error)), 422
    if imports.is_large(sent.table) and can(view.user, "read", Job):
        return _later(view, Order(sent.upload, sent.encoding, plan, rehearse=True))
    report, _batch = _run(view, sent, plan, rehearse=True)
    db.session.rollback()
    return show(view, sent, plan, **_told(view, sent, report))


def _confirm(view, sent, about):
    if len(about) != 5:
        raise Unreadable(_("Rehearse the import first."))
    plan = Plan(view.model, tuple(about[2]), about[3], about[4])
    mapping.check(view.user, plan, sent.table.headers)
    if imports.is_large(sent.table) and can(view.user, "read", Job):
        return _later(view, Order(sent.upload, sent.encoding, plan, rehearse=False))
    report, batch = _run(view, sent, plan, rehearse=False)
    if not report.kept:
        db.session.rollback()
        problem = _("Nothing was brought in: lines were refused.")
        return show(view, sent, plan, problem, **_told(view, sent, report)), 422
    db.session.commit()
    sent.upload.remove()
    tell(_("The import is done."))
    return done(view, _told(view, sent, report), batch)


def _told(view, sent, report):
    word = uploads.seal(sent.upload, view.user, [view.endpoint]) if report.refused else ""
    return told(view, report, url_for(".import_view", refused=word))


def _later(view, order):
    """Leave a large table to a job; its page says how far it is, and leads back."""
    job = imports.ask(db.session(), view.user, order).id
    db.session.commit()
    return redirect(url_for("job.details_view", id=job), 303)


def _of_job(view, key):
    """Answer what came of the job with this key, for the one who asked for it."""
    row = fetch(db.session(), view.user, "read", Job, key)
    if row.name != imports.NAME or row.user_id != view.user.id:
        abort(404)
    order, report = imports.order_of(row), imports.report_of(row)
    if order.plan.model is not view.model:
        abort(404)
    if "refused" in request.args:
        return _send(imports.refused_of(row))
    if report is None or row.state not in ENDED:
        return redirect(url_for("job.details_view", id=row.id))
    outcome = told(view, report, url_for(".import_view", job=row.id, refused="1"))
    if order.rehearse and row.state in FINISHED:
        return show(view, opened(view, order.upload, [view.endpoint, order.encoding]), order.plan, **outcome)
    if row.state in FINISHED:
        return done(view, outcome, row.batch, "")
    problem = row.error or _("This import was cancelled; what was done till then is kept.")
    return done(view, outcome, row.batch, problem)


def _send(path):
    if path is None or not path.is_file():
        raise Unreadable(_("These lines are no longer kept."))
    return send_file(path, mimetype="text/csv", as_attachment=True, download_name="refused.csv")


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
