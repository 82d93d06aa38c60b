"""In which ways rows can refer to one another, found in the foreign keys of all models; and what goes if one goes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.schema import Column

from backoffice.core.history.links import sides
from backoffice.core.model import Model
from backoffice.core.resource import columns, relation_of, relations, resources
from backoffice.core.trees import ups

DELETE, CLEAR = "delete", "clear"


@dataclass(frozen=True)
class Hold:
    """One way in which rows of `model` can refer to another row.

    `name` is a many-to-one relation, a key's column without one, or (then `column` is None) a many-to-many relation.
    """

    model: type[Model]
    name: str
    column: Column[Any] | None
    nullable: bool

    @property
    def key(self) -> str:
        """The name of this way in forms and addresses: `post.author`."""
        return f"{self.model.__tablename__}.{self.name}"

    def rows(self, keys: Select[Any]) -> Select[Any]:
        """Return a SELECT of the ids of those rows that refer to one of `keys` (a SELECT of ids)."""
        if self.column is not None:
            return select(self.model.id).where(self.column.in_(keys))
        left, right = sides(relations(self.model)[self.name])
        return select(left.label("id")).where(right.in_(keys)).distinct()


@dataclass(frozen=True)
class Step:
    """One write of a cascade: the rows of `model` that are `rows` are deleted, or let go of `keys` by `hold`.

    Both are SELECTs of ids.
    """

    model: type[Model]
    verb: str
    rows: Select[Any]
    keys: Select[Any]
    hold: Hold | None = None


def holds(model: type[Model]) -> Iterator[Hold]:
    """Yield every way in which rows of any model can refer to a row of `model`.

    A row's own many-to-many relations are none: those links go with it. Nor are keys declared to go with what they
    name (`ondelete="CASCADE"`, as sessions with their person): there is nothing to be asked about them.
    """
    for other in resources().values():
        for name, column in columns(other).items():
            asked = (foreign for foreign in column.foreign_keys if foreign.ondelete != "CASCADE")
            if any(foreign.column.table is model.__table__ for foreign in asked):
                yield Hold(other, relation_of(other, name) or name, column, bool(column.nullable))
        for name, relation in relations(other).items():
            if relation.secondary is not None and relation.mapper.class_ is model:
                yield Hold(other, name, None, nullable=True)


def only(row: Model) -> Select[Any]:
    """Return a SELECT of the id of this one row."""
    return select(type(row).id).where(type(row).id == row.id)


def cascade(model: type[Model], rows: Select[Any], spared: Model, path: tuple[type[Model], ...] = ()) -> Iterator[Step]:
    """Yield the steps that delete `rows` (a SELECT of ids) with what cannot do without them, the deepest first.

    What stands below them in a tree goes, too; what can do without them lets go. `spared` is a row that is not
    among them even where rows refer to one another in a circle.
    """
    rows = _with_trees(model, rows)
    if isinstance(spared, model):
        rows = select(model.id).where(model.id.in_(rows), model.id != spared.id)
    for way in holds(model):
        if way.column is not None and (way.model is model or way.model in path):
            continue  # trees are in `rows` already; a circle of kinds that need each other, the database refuses
        if way.nullable:
            yield Step(way.model, CLEAR, way.rows(rows), rows, way)
        else:
            yield from cascade(way.model, way.rows(rows), spared, (*path, model))
    yield Step(model, DELETE, rows, rows)


def _with_trees(model: type[Model], rows: Select[Any]) -> Select[Any]:
    """Return `rows` with all that stands below them, where the model stands in a tree."""
    if not ups(model):
        return rows
    tree = select(rows.subquery().c.id).cte(recursive=True)
    child = model.__table__.alias()
    below = select(child.c.id).join(tree, or_(*(child.c[up.key] == tree.c.id for up in ups(model))))
    return select(tree.union(below).c.id)
