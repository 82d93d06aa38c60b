"""A valid row of any model, made from what its columns say: nothing here knows a model by name."""

from datetime import UTC, datetime
from itertools import count

from sqlalchemy import Boolean, Integer, select

from backoffice.core import resource
from backoffice.core.model import db, required
from backoffice.core.types import Choice, Html, Picture, Slug, Strings, UtcDateTime

# One for all that is made, so that no two rows say the same where they must not.
numbers = count(1)


def make(model, **values):
    """Return a new, stored row of `model` with `values`, the rest filled in; what it must refer to is made too."""
    row = model()
    for name in resource.relations(model):
        if name in values or not needs(model, name):
            continue
        values[name] = _related(resource.relations(model)[name].mapper.class_)
    for name, column in row._columns():
        if name not in values and required(column):
            values[name] = value(column, next(numbers))
    for name, given in values.items():
        setattr(row, name, given)
    db.session.add(row)
    if signature := _signature(row):
        setattr(row, *signature)
    db.session.flush()
    return row


def needs(model, name):
    """Tell whether a row must refer to another by the relation `name`."""
    relation = resource.relations(model)[name]
    return relation.secondary is None and not next(iter(relation.local_columns)).nullable


def value(column, number=7):
    """Return a value that `column` takes; another one for another number."""
    kind, makers = (
        column.type,
        {
            Choice: lambda: kind.values[number % len(kind.values)],
            Boolean: lambda: number % 2 == 0,
            Integer: lambda: number,
            UtcDateTime: lambda: datetime(2026, 1, 1 + number % 28, 12, tzinfo=UTC),
            Html: lambda: f"<p>Text number {number}</p>",
            Slug: lambda: f"word-{number}",
            Strings: list,
            Picture: lambda: f"{number:064x}.png",
        },
    )
    maker = next((maker for known, maker in makers.items() if isinstance(kind, known)), None)
    if maker is not None:
        return maker()
    if column.info.get("kind") == "email":
        return f"person{number}@example.com"
    return f"{column.key} {number}"[: getattr(kind, "length", None) or 200]


def _related(model):
    found = db.session.scalars(select(model).order_by(model.id).limit(1)).first()
    return found or make(model)


def _signature(row):
    """Some rows must say one of several things; the first text column that its rules name is filled."""
    with db.session.no_autoflush:
        problems = {problem.field for problem in row.problems()}
    columns = resource.columns(type(row))
    return next(((name, value(columns[name], next(numbers))) for name in problems if name in columns), None)
