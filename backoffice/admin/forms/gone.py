"""A form whose row was deleted meanwhile: what was typed is shown, to be saved anew or after bringing the row back."""

from flask import abort, request, url_for
from werkzeug.datastructures import MultiDict

from backoffice.admin.forms import RowForm, conflicts, drafting
from backoffice.admin.forms.grouping import columns_of
from backoffice.admin.page import return_target
from backoffice.core import undo
from backoffice.core.access import ALL, OWN, NotFound, can, parse_key, rule
from backoffice.core.history import Change, trash
from backoffice.core.model import db
from backoffice.core.resource import resource
from backoffice.core.web.kept import mark
from backoffice.core.writing import drafts

RESTORE = "_restore"


def brought_back(view):
    """Return the key of the row that is to be changed; brings it back first when the person asked for that."""
    key = request.args.get("id")
    change = parse_key(request.form.get(RESTORE, "")) if request.method == "POST" else None
    if change is None:
        return key
    session = db.session()
    found = trash.find(session, view.user, change)
    if found.model != view.model.__tablename__ or str(found.row_id) != key:
        raise NotFound(key)
    undo.undo(session, view.user, found.batch, found.id)
    session.commit()
    return key


def answer(view):
    """Return the page of a row that is gone, with what was typed; answers 404 where there is nothing to show."""
    db.session.rollback()
    key = parse_key(request.args.get("id", ""))
    change = _deletion(view, key)
    sent = _typed(view, key) if change is not None else None
    if sent is None:
        abort(404)
    form = RowForm(view.user, view.model())
    form.fill(sent, request.files)
    form.ask_nothing()
    page = view.render(
        "admin/gone.html",
        form=form,
        groups=columns_of(form),
        change=change,
        who=conflicts.called(view.user, change.actor_id),
        when=drafting.moment(change.created_at),
        version=conflicts.version(sent.get("version", "")),
        restorable=_restorable(view, change),
        action=_action(view, key),
        back=return_target(view.home()),
        whose=mark(view.user),
    )
    return page, 410


def _action(view, key):
    here = url_for(f"{view.endpoint}.edit_view", id=key)
    return {"new": url_for(f"{view.endpoint}.create_view") if view.may("create") else "", "restore": here}


def _deletion(view, key):
    """Return the change by which a row was deleted that the acting person could have changed, or None."""
    found = db.session.scalar(trash.deletion(db.session(), view.model, key)) if key else None
    if found is None or not can(view.user, "update", view.model):
        return None
    owner = (found.before or {}).get(resource(view.model).owner)
    scopes = {rule(view.user, verb, view.model).scope for verb in ("read", "update")}
    return found if scopes == {ALL} or (scopes <= {ALL, OWN} and owner == view.user.id) else None


def _typed(view, key):
    """Return what was typed about a row: what was sent just now, else the draft."""
    if request.method == "POST":
        return request.form
    own = drafts.look(db.session(), view.user, (view.model, key)).own
    if own is None:
        return None
    return MultiDict(
        [("version", str(own.version or "")), *((name, one) for name, all_ in own.content.items() for one in all_)]
    )


def _restorable(view, change):
    """Tell whether the acting person may bring the row back: one may what one did oneself, and what one may read of."""
    known = can(view.user, "read", Change) or change.actor_id == view.user.id
    return known and view.model in trash.kinds(view.user)
