"""What was typed before somebody was signed out, put back into its form: shown to them, and saved by nobody else."""

from flask import request
from werkzeug.datastructures import MultiDict

from backoffice.admin.messages import tell
from backoffice.core.catalogues import gettext as _
from backoffice.core.web import kept

KEPT = "kept"


def put_back(form):
    """Return the form with what was kept of it; without, when it was another's or too long ago."""
    parcel = kept.unseal(request.form.get(KEPT))
    if parcel is None or parcel.key != form.user.id or not _is_of(parcel):
        tell(_("What was typed then is not kept any more, or was typed by somebody else."), "error")
        return form
    form.fill(MultiDict(parcel.fields), MultiDict())
    form.kept = parcel
    return form


def _is_of(parcel):
    """Tell whether it was typed at this very address."""
    query = request.query_string.decode("ascii", "ignore")
    path = f"{request.script_root}{request.path}"
    return parcel.path == (f"{path}?{query}" if query else path)
