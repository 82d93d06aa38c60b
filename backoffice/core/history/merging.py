"""What a row held at an earlier version, read from the history, and how two changes of one value are put together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from backoffice.core.history import SILENT, Change
from backoffice.core.history.decoding import is_object, sql_has
from backoffice.core.history.encoding import encode
from backoffice.core.model import Model
from backoffice.core.resource import columns, relations
from backoffice.core.types import Secret

MOST_STEPS = 500  # versions that are walked back
MOST_PARTS = 4000  # parts of a text that are compared


@dataclass(frozen=True)
class Since:
    """What became of a row since a version: the values it held then, as the history writes them, and who changed it.

    `changed` maps a column or relation to whoever changed it last since then: the key of the account, or None.
    """

    values: dict[str, Any]
    changed: dict[str, int | None]


def held(row: Model) -> dict[str, Any]:
    """Return the values of a row as the history writes them: columns, and the keys of many-to-many relations."""
    found = {name: encode(getattr(row, name)) for name in columns(type(row)) if name not in SILENT}
    for name, relation in relations(type(row)).items():
        if relation.secondary is not None:
            found[name] = sorted(one.id for one in getattr(row, name))
    return found


def since(session: Session, row: Any, version: int) -> Since | None:
    """Return what became of `row` since `version`; None where the history cannot say it for certain."""
    steps = row.version - version
    if version < 1 or not 0 <= steps <= MOST_STEPS:
        return None
    changes = _latest(session, row, steps) if steps else []
    if len(changes) < steps or (steps and not _complete(session, row)):
        return None
    values, changed = held(row), dict[str, int | None]()
    for change in changes:
        if any(values.get(name) != after for name, after in (change.after or {}).items() if name in values):
            return None
        for name in change.before or {}:
            changed.setdefault(name, change.actor_id)
        values |= change.before or {}
    then = held(row)
    return Since(values, {name: who for name, who in changed.items() if values[name] != then.get(name)})


def _latest(session: Session, row: Model, number: int) -> Sequence[Change]:
    found = select(Change).where(*_about(session, row)).order_by(Change.id.desc()).limit(number)
    return session.scalars(found).all()


def _about(session: Session, row: Model) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for what changed this row; signing in and the like is told of it, too."""
    dialect = session.get_bind().dialect.name
    wrote = or_(is_object(dialect, Change.before), sql_has(dialect, Change.after, "id"))  # type: ignore[arg-type]
    return Change.model == row.__tablename__, Change.row_id == row.id, wrote


def _complete(session: Session, row: Model) -> bool:
    """Tell whether each version has its change; of secrets the history keeps none, but the version tells of them."""
    if not any(isinstance(column.type, Secret) for column in row.__table__.columns):
        return True
    return session.scalar(select(func.count()).select_from(Change).where(*_about(session, row))) == row.version


def sets(base: Iterable[Any], theirs: Iterable[Any], yours: Iterable[Any]) -> set[Any]:
    """Return what two people made of one set: all that either added, without what either took away."""
    first, second, mine = set(base), set(theirs), set(yours)
    return (second | (mine - first)) - (first - mine)


def texts(base: Sequence[str], theirs: Sequence[str], yours: Sequence[str]) -> list[str] | None:
    """Return what two people made of one text, given in parts; None where both changed the same part or place."""
    if len(base) + len(theirs) + len(yours) > MOST_PARTS:
        return None
    edits = sorted([*_edits(base, theirs), *_edits(base, yours)], key=lambda one: one[:2])
    made, at = list[str](), 0
    for number, (first, last, parts) in enumerate(edits):
        before = edits[number - 1] if number else None
        if before == (first, last, parts):
            continue
        if before and (first < before[1] or (first == before[1] and (first == last or before[0] == before[1]))):
            return None
        made += [*base[at:first], *parts]
        at = last
    return [*made, *base[at:]]


def _edits(base: Sequence[str], text: Sequence[str]) -> list[tuple[int, int, list[str]]]:
    """Return which parts of `base` became which others: (first, behind the last, what stands there now)."""
    found = SequenceMatcher(None, base, text, autojunk=False).get_opcodes()
    return [(first, last, list(text[from_:to])) for kind, first, last, from_, to in found if kind != "equal"]
