"""Many new rows of one model written at once, with their links and their history, as one by one they would be."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Table, inspect
from sqlalchemy.orm import Session
from sqlalchemy.sql.schema import CallableColumnDefault, ScalarElementColumnDefault

from backoffice.core import history
from backoffice.core.database import copying
from backoffice.core.model import Model
from backoffice.core.types import Picture

VALUES = (ScalarElementColumnDefault, CallableColumnDefault)


@dataclass(frozen=True)
class Shape:
    """What rows of a model are written as.

    `columns`: (attribute, column); `defaults`: (attribute, what makes it); `references`: (relation, attribute of the
    key, the other's attribute); `links`: (relation, table, its column for this row, its column for the other).
    """

    columns: tuple[tuple[str, str], ...]
    defaults: tuple[tuple[str, Callable[[], Any]], ...]
    references: tuple[tuple[str, str, str], ...]
    links: tuple[tuple[str, Table, str, str], ...]


_shapes: dict[type[Model], Shape | None] = {}


def shape_of(model: type[Model]) -> Shape | None:
    """Return what rows of `model` are written as; None where more follows from it than can be done at once.

    That is: a value that only the database gives, a relation that another keeps in step, a picture's file. Whoever
    listens to a flush does not hear of rows that are poured.
    """
    if model not in _shapes:
        mapper: Any = inspect(model)
        plain = len(mapper.tables) == 1 and not any(one.back_populates or one.backref for one in mapper.relationships)
        held = [(one.key, one.columns[0]) for one in mapper.column_attrs]
        poured = plain and all(_plain(column) for _name, column in held)
        _shapes[model] = _shape(mapper, held) if poured else None
    return _shapes[model]


def _plain(column: Any) -> bool:
    """Tell whether what a new row holds is known beforehand, and is nothing but a value."""
    if column.server_default is not None or isinstance(column.type, Picture):
        return False
    return isinstance(column.default, VALUES) if column.default is not None else not column.type.should_evaluate_none


def _shape(mapper: Any, held: list[tuple[str, Any]]) -> Shape:
    named = tuple((name, column.key) for name, column in held)
    defaults = tuple((name, _maker(column.default)) for name, column in held if column.default is not None)
    return Shape(named, defaults, _references(mapper), _links(mapper))


def _maker(default: Any) -> Callable[[], Any]:
    return partial(default.arg, None) if default.is_callable else lambda: default.arg


def _references(mapper: Any) -> tuple[tuple[str, str, str], ...]:
    found = []
    for relation in mapper.relationships:
        if relation.direction.name == "MANYTOONE" and not relation.viewonly:
            for local, remote in relation.local_remote_pairs:
                other = relation.mapper.get_property_by_column(remote).key
                found.append((relation.key, mapper.get_property_by_column(local).key, other))
    return tuple(found)


def _links(mapper: Any) -> tuple[tuple[str, Table, str, str], ...]:
    held = [one for one in mapper.relationships if one.secondary is not None and not one.viewonly]
    return tuple((one.key, one.secondary, *(pair[1].key for pair in one.local_remote_pairs)) for one in held)


def pour(session: Session, model: type[Model], rows: Sequence[Any]) -> None:
    """Write new rows that are in no session: their model has a shape. Does not commit.

    Raises as a flush does: Invalid where their rules refuse one, SQLAlchemy's errors where the database does.
    """
    shape = shape_of(model)
    if shape is None:
        raise TypeError(model.__tablename__)
    for row in rows:
        for invalid in row.problems():
            raise invalid
    table: Any = model.__table__
    for row, key in zip(rows, copying.keys(session, table, len(rows)), strict=True):
        vars(row)["id"] = key
    copying.put(session, table, [_values(shape, row) for row in rows])
    for name, links, own, other in shape.links:
        found = [{own: row.id, other: one.id} for row in rows for one in getattr(row, name)]
        copying.put(session, links, found)
    history.note_created(session, rows)


def _values(shape: Shape, row: Any) -> dict[str, Any]:
    """Return what the row is stored as, and let it hold the same."""
    # Past all that listens to what is set: it is checked already, and the row was never stored.
    held = vars(row)
    for relation, name, remote in shape.references:
        if relation in held:
            other = held[relation]
            held[name] = None if other is None else getattr(other, remote)
    for name, default in shape.defaults:
        if held.get(name) is None:
            held[name] = default()
    return {key: held.get(name) for name, key in shape.columns}
