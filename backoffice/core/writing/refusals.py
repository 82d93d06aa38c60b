"""What is said when a row cannot be stored, and what a broken constraint means in words."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from backoffice.core.catalogues import gettext as _
from backoffice.core.model import Model
from backoffice.core.resource import columns, labels
from backoffice.core.types import Invalid


class Refusal(Exception):  # noqa: N818 - it names what it is
    """What was asked is refused; `problems` maps a field ("" for the whole row) to a sentence."""

    def __init__(self, problems: Mapping[str, Any]) -> None:
        super().__init__("; ".join(f"{field}: {said}" if field else str(said) for field, said in problems.items()))
        self.problems = {field: str(said) for field, said in problems.items()}


class Stale(Refusal):
    """The row was changed since it was read."""


@contextmanager
def explained(model: type[Model]) -> Iterator[None]:
    """Raise Refusal in words about `model` for what goes wrong inside, and Stale when it was changed meanwhile."""
    try:
        yield
    except Invalid as invalid:
        raise Refusal({invalid.field: invalid.message}) from invalid
    except StaleDataError as error:
        raise Stale({"": _("Someone changed this meanwhile.")}) from error
    except IntegrityError as error:
        raise Refusal(explain(error, model)) from error


@contextmanager
def thorough(session: Session, model: type[Model], values: Mapping[str, Any], key: int | None = None) -> Iterator[None]:
    """Add to what is refused inside what the database would say next: `taken`, for the row `key` or a new one."""
    try:
        yield
    except Refusal as refusal:
        raise Refusal(taken(session, model, values, key, refusal.problems)) from refusal


def taken(
    session: Session, model: type[Model], values: Mapping[str, Any], key: int | None, problems: Mapping[str, str]
) -> dict[str, str]:
    """Return `problems`, and one more for each unique value that another row than `key` holds already."""
    found = dict(problems)
    with session.no_autoflush:
        for name, value in values.items():
            column = columns(model).get(name)
            # What was refused may be no value of its column at all, or one that nobody is to ask for.
            if column is None or not column.unique or not value or name in problems:
                continue
            if session.scalar(select(model.id).where(column == value, model.id != (key or 0)).limit(1)):
                found |= already(model, name)
    return found


def flush(session: Session, model: type[Model]) -> None:
    """Write what is pending; raises Refusal in words about `model`, and Stale when it was changed meanwhile."""
    with explained(model):
        session.flush()


def explain(error: IntegrityError, model: type[Model]) -> dict[str, str]:
    """Return what a broken constraint means for the user: field → sentence, with no SQL in it."""
    said = str(error.orig)
    constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None) or said
    if "foreign key" in said.lower():
        return {"": _("Other rows refer to this, or what it refers to is gone.")}
    for name, column in columns(model).items():
        if constraint == f"uq_{model.__tablename__}_{column.key}" or f"{model.__tablename__}.{column.key}" in said:
            if "unique" in said.lower() or constraint.startswith("uq_"):
                return already(model, name)
            return {name: _("This field is required.")}
    return {"": _("This contradicts what is stored.")}


def already(model: type[Model], name: str) -> dict[str, str]:
    """Return what is said when another row has the same value in a unique column."""
    return {name: _("There is already one with this %(label)s.", label=str(labels(model, name)).lower())}
