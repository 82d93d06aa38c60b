"""The pages of the history: a change, a batch and how it goes back, and what was deleted."""

from dataclasses import dataclass
from typing import Any

from flask import abort, redirect, request, url_for
from flask_admin import expose
from sqlalchemy import func, select

from backoffice.admin.diffs import differences
from backoffice.admin.messages import tell
from backoffice.admin.page import return_target
from backoffice.admin.view import ResourceView
from backoffice.admin.words import VERBS, plural, singular
from backoffice.core import undo
from backoffice.core.access import ALL, NotFound, can, fetch, may_see, parse_key, rule, visible
from backoffice.core.catalogues import gettext as _
from backoffice.core.catalogues import joined, ngettext
from backoffice.core.history import Change, done, trash
from backoffice.core.history.deeds import deed, door
from backoffice.core.jobs import Job, later
from backoffice.core.model import db
from backoffice.core.resource import actions, resources
from backoffice.core.undo import fields as undo_fields
from backoffice.core.writing.refusals import Refusal

SHOWN = 50
READS = ("details_view", "batch_view", "field_view", "trash_view", "purge_view")


@dataclass(frozen=True)
class Line:
    """One kind of what a batch did: so many rows of a model under one verb."""

    kind: Any
    verb: Any
    count: int


class HistoryView(ResourceView):
    """The pages of changes, of the batches they belong to, and of the rows that can come back."""

    def admits(self, name):
        """Tell whether the acting person may come in; what they did themselves, everybody may take back."""
        if name == "undo_view":
            return True
        return super().admits("details_view" if name in READS else name)

    def links(self, row):
        """Return where a change leads: to its row, while it is there, to all that became of that, and to its batch."""
        found = [(_("The whole batch"), url_for("change.batch_view", batch=row.batch))]
        if row.row_id is None:
            return tuple(found)
        every = url_for("change.index_view", model=row.model, row_id=row.row_id)
        return (*self._row(row), (_("All changes of it"), every), *found)

    def _row(self, change):
        model = resources().get(change.model)
        try:
            fetch(db.session(), self.user, "read", model, change.row_id) if model else None
        except NotFound:
            return ()
        return ((_("What was changed"), url_for(f"{change.model}.details_view", id=change.row_id)),) if model else ()

    def differences(self, change):
        """Return what a change did, as far as the acting person may see it."""
        model = resources().get(change.model)
        if model is None or not (may_see(self.user, Change, "before") or rule(self.user, "read", model).scope == ALL):
            return []
        return differences(self.user, model, change)

    @expose("/batch/")
    def batch_view(self):
        """Show what was done together, and whether it was taken back."""
        batch = request.args.get("batch", "")
        own = Change.batch == batch
        found = db.session.scalars(visible(self.user, "read", Change).where(own).order_by(Change.id).limit(SHOWN)).all()
        if not found:
            abort(404)
        counted = select(Change.model, Change.verb, func.count()).where(own).group_by(Change.model, Change.verb)
        lines = [Line(*self._called(model, verb), count) for model, verb, count in db.session.execute(counted)]
        return self.render(
            "admin/history/batch.html",
            first=found[0],
            door=door,
            changes=found,
            lines=lines,
            total=sum(line.count for line in lines),
            size=undo.size(db.session(), self.user, batch),
            undone=undo.undone(db.session(), batch),
        )

    def _called(self, model, verb):
        known = resources().get(model)
        action = actions(known).get(verb) if known else None
        words = {"undo": _("take back"), **VERBS}
        return plural(known) if known else model, action.label if action else words.get(verb) or deed(verb)

    @expose("/undo/", methods=("GET", "POST"))
    def undo_view(self):
        """Say what taking a batch back would do; once confirmed, do it."""
        batch = request.values.get("batch", "")[:36]
        session = db.session()
        size = undo.size(session, self.user, batch)
        if request.method == "POST" and request.form.get("confirm") == "1":
            alone = self._change()
            return self._later(batch) if size > undo.AT_ONCE and alone is None else self._undo(batch, alone)
        result = undo.rehearse(session, self.user, batch)
        session.rollback()
        return self.render("admin/history/undo.html", batch=batch, result=result, back=return_target(self.admin.url))

    def _change(self):
        """Return the key of the one change that is meant, or None where the whole batch is."""
        if "change" not in request.form:
            return None
        # What names no change must not be taken for all of them.
        return parse_key(request.form["change"]) or abort(404)

    def _undo(self, batch, only):
        session = db.session()
        result = undo.undo(session, self.user, batch, only)
        session.commit()
        said = ngettext("%(num)d row is as it was before.", "%(num)d rows are as they were before.", result.done)
        if not result.done and not result.stayed:
            said = _("Nothing was changed.")
        if result.stayed:
            stay = ngettext("%(num)d row stays as it is: ", "%(num)d rows stay as they are: ", result.stayed)
            said = f"{said} {stay}{self._reasons(result)}"
        tell(said, "success" if result.done else "error", undo=done(session) if result.done else None)
        return redirect(return_target(self.admin.url))

    def _reasons(self, result):
        named = [f"“{one.label}”" + (f" ({one.who})" if one.who else "") for one in result.kept[:3]]
        return " ".join([*result.reasons, joined(named)])

    def _later(self, batch):
        session = db.session()
        asked = later(session, "undo", self.user, batch=batch)
        session.commit()
        tell(_("There are many rows, so they are changed one part after another. This page shows how far it is."))
        may = can(self.user, "read", Job)
        return redirect(url_for("job.details_view", id=asked.id) if may else return_target(self.admin.url))

    @expose("/field/", methods=("POST",))
    def field_view(self):
        """Take one value of one change back."""
        change = self.row("read", request.form.get("id"))
        session = db.session()
        back = url_for("change.details_view", id=change.id)
        try:
            undo_fields.take_back(session, self.user, change, request.form.get("name", ""))
            session.commit()
        except Refusal as refusal:
            session.rollback()
            tell(" ".join(refusal.problems.values()), "error")
        else:
            tell(_("It is as it was before."), undo=done(session))
        return redirect(return_target(back))

    @expose("/trash/")
    def trash_view(self):
        """Show the rows of one kind that were deleted and can come back."""
        session, kinds = db.session(), trash.kinds(self.user)
        wanted = request.args.get("kind", "")
        model = next((one for one in kinds if one.__tablename__ == wanted), None)
        if not kinds or (wanted and model is None):
            abort(404)
        model = model or kinds[0]
        before = parse_key(request.args.get("before", ""))
        found = trash.deleted(session, model)
        found = found.where(Change.id < before) if before else found
        rows = session.scalars(found.limit(SHOWN + 1)).all()
        return self.render(
            "admin/history/trash.html",
            kinds=[(one.__tablename__, plural(one), trash.count(session, one)) for one in kinds],
            kind=model.__tablename__,
            rows=rows[:SHOWN],
            more=rows[SHOWN - 1].id if len(rows) > SHOWN else None,
            may_remove=trash.may_remove(self.user),
        )

    @expose("/purge/", methods=("GET", "POST"))
    def purge_view(self):
        """Ask for the name of a deleted row, and then take it out of the history for good."""
        session = db.session()
        change = trash.find(session, self.user, parse_key(request.values.get("id", "")))
        if not trash.may_remove(self.user):
            raise NotFound("change")
        wrong = request.method == "POST" and request.form.get("label", "").strip() != change.label.strip()
        if request.method != "POST" or wrong:
            kind = singular(resources()[change.model])
            page = self.render("admin/history/purge.html", change=change, kind=kind, wrong=wrong)
            return (page, 422) if wrong else page
        kind = change.model
        trash.remove(session, self.user, change)
        session.commit()
        tell(_("It is gone for good."))
        return redirect(url_for("change.trash_view", kind=kind))
