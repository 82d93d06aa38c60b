"""In which groups the fields of a form stand: as its model declares, else what is written beside what is chosen."""

from dataclasses import dataclass
from typing import Any

from backoffice.admin.forms import fields
from backoffice.core.catalogues import gettext as _
from backoffice.core.resource import resource

# What is written, and needs the room; the rest is chosen.
WRITTEN = (fields.Line, fields.Address, fields.Paragraphs)


@dataclass(frozen=True)
class Shown:
    """A group as a form shows it: its place on the page, its words, and its fields."""

    key: str
    title: Any
    help: Any
    fields: list[Any]


@dataclass(frozen=True)
class Columns:
    """The groups of a form: those of the main column, and those beside it."""

    main: list[Shown]
    side: list[Shown]


def columns_of(form):
    """Return the groups of `form` that hold a field this person may set."""
    declared = resource(form.model).groups
    return _declared(form, declared) if declared else _derived(form)


def _declared(form, declared):
    shown = [
        (group.side, Shown(f"group-{number}", group.title, group.help, [form[name] for name in held]))
        for number, group in enumerate(declared)
        if (held := [name for name in group.fields if name in form])
    ]
    main, side = ([one for beside, one in shown if beside is wanted] for wanted in (False, True))
    # With nothing to stand beside, there is no side.
    return Columns(main, side) if main else Columns(side, [])


def _derived(form):
    """Put what is chosen beside what is written, where something long is; else all in one column."""
    every = list(form)
    written = [field for field in every if isinstance(field, WRITTEN)]
    chosen = [field for field in every if not isinstance(field, WRITTEN)]
    if not chosen or not any(isinstance(field, fields.Paragraphs) for field in written):
        return Columns([Shown("group-0", "", "", every)] if every else [], [])
    return Columns([Shown("group-0", "", "", written)], [Shown("group-1", _("About it"), "", chosen)])
