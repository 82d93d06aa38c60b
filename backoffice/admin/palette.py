"""What a person can go to or do, found by a few words: pages, views, new rows, and rows by their names."""

from dataclasses import asdict, dataclass, field
from typing import Any

from flask import abort, request, url_for
from sqlalchemy import literal, select, union_all

from backoffice.admin.cells import Named, opened, words
from backoffice.admin.figures import place
from backoffice.admin.menu import readable
from backoffice.admin.parameters import address
from backoffice.admin.query import label_of
from backoffice.admin.words import named_views, plural, singular
from backoffice.core import search
from backoffice.core.access import can, condition, may_see
from backoffice.core.catalogues import gettext as _
from backoffice.core.catalogues import inside
from backoffice.core.model import db
from backoffice.core.resource import resource

LONGEST = 100
CANDIDATES = 200  # rows of one kind that are looked at, and of these
MOST = 5  # that are shown


@dataclass(frozen=True)
class Entry:
    """One place to go to: its words, what kind it is, its address, its icon."""

    label: str
    hint: str
    url: str
    icon: str


@dataclass
class Group:
    """A heading and the entries under it."""

    label: Any
    entries: list[Entry] = field(default_factory=list)


def asked():
    """Return the words that are looked for; answers 400 when they are too long."""
    text = request.args.get("q", "").strip()
    if len(text) > LONGEST:
        abort(400, _("Look for at most %(most)d characters.", most=LONGEST))
    return text


def found(user, text):
    """Return all that `user` may go to and that holds each word of `text`, in groups; everything but rows for ""."""
    models = readable(user)
    groups = [
        Group(_("Pages"), _holding(text, _pages(user, models))),
        Group(_("Actions"), _holding(text, _deeds(user, models))),
        Group(_("Rows"), _rows(user, models, text) if text else []),
        Group(_("Search in"), _lists(models, text) if text else []),
    ]
    return [group for group in groups if group.entries]


def told(groups):
    """Return what was found as plain values, for a script."""
    return [{"label": str(group.label), "entries": [asdict(one) for one in group.entries]} for group in groups]


def _holding(text, entries):
    asked_for = text.casefold().split()
    return [one for one in entries if all(word in f"{one.label} {one.hint}".casefold() for word in asked_for)]


def _pages(user, models):
    yield Entry(_("Dashboard"), "", url_for("admin.index"), "layout-dashboard")
    for model in models:
        yield Entry(str(plural(model)), "", place(model), resource(model).icon)
        for word, label in named_views(user, model):
            yield Entry(
                _("%(field)s:", field=plural(model)) + f" {label}", "", place(model, word), resource(model).icon
            )


def _deeds(user, models):
    for model in models:
        if can(user, "create", model):
            new = _("New %(kind)s", kind=inside(singular(model)))
            yield Entry(new, "", url_for(f"{model.__tablename__}.create_view"), "plus")
    yield Entry(_("Change password"), "", url_for("security.change_password"), "lock")
    yield Entry(_("Public site"), "", f"{request.script_root}/", "external-link")


def _rows(user, models, text):
    """Return the rows whose names hold the words: one statement, few candidates of each kind."""
    looked = [model for model in models if resource(model).search and may_see(user, model, resource(model).label)]
    if not looked:
        return []
    named = db.session.execute(union_all(*(_named(user, model, text) for model in looked))).all()
    # The parts of a union come in any order; they are shown in that of the menu.
    return [_row(model, one) for model in looked for one in named if one.kind == model.__tablename__]


def _named(user, model, text):
    meant = condition(user, "read", model) & search.named(model, text)
    some = select(model.id).where(meant).limit(CANDIDATES).subquery()
    shown = select(
        literal(model.__tablename__).label("kind"), model.id.label("key"), label_of(user, model).label("label")
    )
    return select(shown.where(model.id.in_(select(some))).order_by(model.id.desc()).limit(MOST).subquery())


def _row(model, one):
    return Entry(
        words(model, Named(one.key, one.label)), str(singular(model)), opened(model, one.key), resource(model).icon
    )


def _lists(models, text):
    return [
        Entry(str(plural(model)), text, address(place(model), [("search", text)]), "search")
        for model in models
        if resource(model).search
    ]
