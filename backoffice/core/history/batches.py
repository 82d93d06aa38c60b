"""Which changes belong to a batch, and which others of the same rows stand beside or behind them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, case, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from backoffice.core.history import Change
from backoffice.core.history.actors import actor
from backoffice.core.history.decoding import is_object, sql_value
from backoffice.core.model import Model

# What is done to a row to take a change of it back.
RESTORE, UPDATE, REMOVE = KINDS = ("restore", "update", "remove")
CHANGE: Table = Change.__table__


@dataclass(frozen=True)
class Work:
    """A batch that `user` takes back, as far as its changes lie behind `low` and not behind `high`."""

    session: Session
    user: Any
    batch: str
    first: int
    low: int = 0
    high: int = 2**62

    @property
    def dialect(self) -> str:
        """Which database it is."""
        return str(self.session.get_bind().dialect.name)


@dataclass(frozen=True)
class Group:
    """Changes of one batch that are alike: of one model, under one verb, to be taken back in one way.

    `sole`: no other changes of the batch are of that model under that verb.
    """

    model: type[Model]
    verb: str
    kind: str
    count: int
    names: tuple[str, ...] = ()
    sole: bool = False


def kind_of(dialect: str, change: Any) -> ColumnElement[str]:
    """Return the SQL expression for what takes a change back; "" for what changed no row (a sign-in)."""
    before, after = is_object(dialect, change.c.before), is_object(dialect, change.c.after)

    def whole(values: ColumnElement[Any]) -> ColumnElement[bool]:
        said: ColumnElement[bool] = sql_value(dialect, CHANGE.c.row_id, values, "id") == change.c.row_id
        return said

    return case(
        (and_(before, after), literal(UPDATE)),
        (and_(before, whole(change.c.before)), literal(RESTORE)),
        (and_(after, whole(change.c.after)), literal(REMOVE)),
        else_=literal(""),
    )


def within(work: Work, change: Any) -> ColumnElement[bool]:
    """Return the condition for the changes of the batch in this part of it."""
    return and_(change.c.batch == work.batch, change.c.id > work.low, change.c.id <= work.high)


def members(work: Work, group: Group, change: Any) -> ColumnElement[bool]:
    """Return the condition for the changes of `group` in this part of the batch."""
    return and_(within(work, change), alike(work, group, change))


def alike(work: Work, group: Group, change: Any) -> ColumnElement[bool]:
    """Return the condition for changes of a batch to be those of `group`."""
    # As expressions: a batch is read by its own index, never all that was ever done under a verb.
    model, verb = (func.coalesce(change.c[name], "") for name in ("model", "verb"))
    same = and_(model == group.model.__tablename__, verb == group.verb)
    # What takes a change back is read from its values, which is most of the work: not where all are alike anyway.
    return same if group.sole else and_(same, kind_of(work.dialect, change) == group.kind)


def alone(work: Work, change: Any) -> ColumnElement[bool]:
    """Return the condition for a change to be the only one of its row in the batch, and the last one at all."""
    other = CHANGE.alias("o")
    counts = or_(func.coalesce(other.c.batch, "") == work.batch, other.c.id > change.c.id)
    since = func.coalesce(other.c.id, 0) >= work.first
    return ~looked_up(same_row(other, change), other.c.id != change.c.id, since, counts)


def crowded(work: Work, change: Any) -> ColumnElement[bool]:
    """Return the condition for a change to have others of its row beside or behind it, and not to be taken back yet."""
    other = CHANGE.alias("by")
    mine = func.coalesce(other.c.batch, "") == actor().batch
    behind = func.coalesce(other.c.id, 0) > change.c.id
    return ~alone(work, change) & ~looked_up(same_row(other, change), behind, mine)


def same_row(other: Any, change: Any) -> ColumnElement[bool]:
    """Return the condition for two changes to be of one row, which is looked up by its key and by nothing else.

    Here and beside it, what another index could answer is asked of an expression: right after a large operation
    nothing is known yet of how many entries that index would lead to, and it may be the whole batch for each row.
    """
    return and_(other.c.row_id == change.c.row_id, func.coalesce(other.c.model, "") == change.c.model)


def looked_up(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition for there to be such an entry, looked up row by row: never as a join (that is OFFSET 0)."""
    return exists(select(literal(1)).where(*conditions).offset(0))
