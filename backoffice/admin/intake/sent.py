"""What somebody sent to be brought in, and the pages about it: choices, rehearsal, outcome."""

from dataclasses import dataclass
from itertools import islice
from typing import Any

from flask import url_for

from backoffice.core.access import can
from backoffice.core.catalogues import gettext as _
from backoffice.core.history import Change
from backoffice.core.imports import mapping, uploads
from backoffice.core.imports.sheets import ABSENT, Table, open_table
from backoffice.core.imports.uploads import Upload
from backoffice.core.resource import labels
from backoffice.core.transfer.workbooks import Unreadable

SAMPLES = 3
LONGEST_SAMPLE = 80


@dataclass(frozen=True)
class Sent:
    """A file that this person sent: where it is kept, the encoding they chose, and the table in it."""

    upload: Upload
    encoding: str
    table: Table


def opened(view, upload, about):
    if about[0] != view.endpoint or not upload.unchanged():
        raise Unreadable(_("This file is no longer kept; send it again."))
    return Sent(upload, about[1], open_table(upload.path, about[1], inspected=True))


def show(view, sent, plan, problem="", **outcome):
    """Answer the page of choices; `outcome` says what a rehearsal told, see `told`."""
    about = [view.endpoint, sent.encoding]
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
        **outcome,
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


def told(view, report, refused):
    """Return what pages say about an outcome; `refused` is the address of the refused lines."""
    return {"report": report, "label_of": lambda name: labels(view.model, name) if name else "", "refused": refused}


def done(view, outcome, batch, problem=""):
    """Answer what was done, with a way to what was written if one may read it."""
    history = url_for("change.index_view", batch=batch) if can(view.user, "read", Change) else ""
    title = _("Imported: %(kind)s", kind=view.plural)
    return view.render("admin/intake/done.html", title=title, history=history, problem=problem, **outcome)
