"""How many rows stand in a view: many such numbers in one statement, counted no further than matters."""

from functools import lru_cache
from typing import NamedTuple

from flask import request, url_for
from sqlalchemy import func, select

from backoffice.admin.parameters import address
from backoffice.core import catalogues, moments
from backoffice.core.access import condition, person
from backoffice.core.catalogues import gettext as _
from backoffice.core.model import db
from backoffice.core.selection.criteria import Criteria


class Figure(NamedTuple):
    """How many rows there are, in words, and where they are shown."""

    label: str
    value: int
    number: str
    url: str


def figures(user, asked, most):
    """Return a figure for each triple of model, word of a view ("" for all rows) and label, none beyond `most`."""
    if not asked:
        return []
    statement = _statement(person(user), tuple((model, word) for model, word, _label in asked), most)
    session = db.session()
    numbers = moments.kept(session, statement, lambda: tuple(session.execute(statement).one()))
    named = tuple((model, word, str(label)) for model, word, label in asked)
    return list(_figures(named, numbers, most, catalogues.language(), request.script_root))


@lru_cache(maxsize=200)
def _figures(asked, numbers, most, _language, _root):
    return tuple(
        Figure(label, number, told(number, most), place(model, word))
        for (model, word, label), number in zip(asked, numbers, strict=True)
    )


def told(number, most):
    """Return a number of rows in words; beyond `most` it says that there are more."""
    if number <= most:
        return catalogues.number(number)
    return _("%(number)s+", number=catalogues.number(most))


def place(model, word=""):
    """Return the address of the rows of a view."""
    path = url_for(f"{model.__tablename__}.index_view")
    return address(path, [("view", word)]) if word else path


@lru_cache(maxsize=200)
def _statement(someone, asked, most):
    # Every page asks for some, and putting the statement together takes longer than having it answered.
    return select(*(_counted(someone, model, word, most) for model, word in asked))


def _counted(user, model, word, most):
    meant = condition(user, "read", model) & Criteria(model, view=word).condition(user)
    some = select(model.id).where(meant).limit(most + 1).subquery()
    return select(func.count()).select_from(some).scalar_subquery()
