"""Any batch taken back: every row that has not changed since, and who changed the others."""

from collections.abc import Generator, Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backoffice.core.access import NotFound, can
from backoffice.core.history import Change, note
from backoffice.core.history.batches import (
    CHANGE,
    KINDS,
    REMOVE,
    UPDATE,
    Group,
    Work,
    alike,
    alone,
    crowded,
    looked_up,
    members,
    same_row,
    within,
)
from backoffice.core.jobs import Step, Task, job
from backoffice.core.model import Base, Model
from backoffice.core.undo import rows as undo_rows
from backoffice.core.undo import sets as undo_sets
from backoffice.core.undo.taking import UNDO, Kept, Result, groups, sentence

PART = 20_000  # changes taken back by one step of a job
FEW = 500  # rows that go one by one when all together cannot
AT_ONCE = 5_000  # changes of a batch that is taken back while its user waits


def size(session: Session, user: Any, batch: str) -> int:
    """Return how many changes of rows a batch has; raises NotFound when `user` may not know of it."""
    return sum(group.count for group in groups(_work(session, user, batch)))


def undo(session: Session, user: Any, batch: str, only: int | None = None) -> Result:
    """Take a batch back on behalf of `user`, recorded as a batch of its own, flushed but not committed.

    Rows that changed since stay as they are, and so do those with which the user may not do that. `only` is the key
    of the one change that is meant, if not all are. Raises NotFound for a batch that does not exist, or of which
    the user may not know.
    """
    work, result = _work(session, user, batch), Result()
    session.flush()
    if only is not None:
        work = replace(work, low=only - 1, high=only)
    found = groups(work)
    for kind in KINDS if only is not None else _ways(found):
        _phase(work, kind, found, result)
    if only is None:
        _tell(work, result)
    return result


def rehearse(session: Session, user: Any, batch: str) -> Result:
    """Return what `undo` would do now; nothing is written. Of large batches, it counts what it can by itself."""
    work = _work(session, user, batch)
    found = groups(work)
    if sum(group.count for group in found) > AT_ONCE:
        return _survey(work, found)
    with session.begin_nested() as part:
        result = undo(session, user, batch)
        part.rollback()
    session.expire_all()
    return result


def undone(session: Session, batch: str) -> Change | None:
    """Return the change that says who took this batch back last, if anybody did."""
    first = select(func.min(CHANGE.c.id)).where(CHANGE.c.batch == batch).scalar_subquery()
    told = select(Change).where(Change.model == Change.__tablename__, Change.row_id == first, Change.verb == UNDO)
    return session.scalar(told.order_by(Change.id.desc()).limit(1))


@job("undo")
def _in_parts(task: Task) -> Generator[Step, None, dict[str, Any]]:
    """Take a large batch back in parts, each of them whole."""
    work, result = _work(task.session, task.user, str(task.arguments["batch"])), _so_far(task.checkpoint)
    whole = groups(work)
    ways = _ways(whole)
    total = len(ways) * sum(group.count for group in whole)
    seen = int(task.checkpoint.get("seen", 0))
    for kind in ways[ways.index(task.checkpoint.get("kind", ways[0])) :] if ways else ():
        high = task.checkpoint.get("high", work.high) if kind == task.checkpoint.get("kind") else work.high
        while (low := _below(work, high)) is not None:
            part = replace(work, low=low, high=high)
            _phase(part, kind, groups(part), result)
            seen, high = seen + PART, low
            yield Step(min(seen, total), total, {"kind": kind, "high": high, "seen": seen, **_told(result)})
    _tell(work, result)
    return _told(result)


def _below(work: Work, high: int) -> int | None:
    """Return the key behind which the next part of the batch lies, or None when there is no more of it."""
    keys = select(CHANGE.c.id).where(CHANGE.c.batch == work.batch, CHANGE.c.id <= high).order_by(CHANGE.c.id.desc())
    last = work.session.scalars(keys.limit(1)).first()
    if last is None:
        return None
    return work.session.scalars(keys.offset(PART).limit(1)).first() or 0


def _told(result: Result) -> dict[str, Any]:
    kept = [[one.model, one.row_id, one.label, one.why, one.who] for one in result.kept]
    return {"done": result.done, "stayed": result.stayed, "reasons": result.reasons, "kept": kept}


def _so_far(told: dict[str, Any]) -> Result:
    kept = [Kept(*one) for one in told.get("kept", ())]
    return Result(int(told.get("done", 0)), kept, dict(told.get("reasons", {})))


def _work(session: Session, user: Any, batch: str) -> Work:
    first = session.scalar(select(func.min(CHANGE.c.id)).where(CHANGE.c.batch == batch))
    if first is None or not _may_know(session, user, first):
        raise NotFound(batch)
    return Work(session, user, batch, first)


def _may_know(session: Session, user: Any, first: int) -> bool:
    """One may take back what one did oneself, and what one may read about."""
    own = session.scalar(select(CHANGE.c.actor_id).where(CHANGE.c.id == first))
    return can(user, "read", Change) or (own is not None and own == getattr(user, "id", None))


def _ways(found: list[Group]) -> list[str]:
    """Return which kinds of write can take the whole of a batch back, in their order."""
    there = {group.kind for group in found}
    # A row that was deleted and made again was, all in all, changed.
    return [kind for kind in KINDS if kind in there or (kind == UPDATE and there)]


def _phase(work: Work, kind: str, found: list[Group], result: Result) -> None:
    """Take back what asks for one kind of write, in an order in which no row misses one that it refers to."""
    tangled = {group: set(_keys(work, group, crowded)) for group in found}
    for model in _ordered({group.model for group in found}, backwards=kind == REMOVE):
        single = set[int]().union(*(tangled[group] for group in found if group.model is model))
        for group in found:
            if group.model is model and group.kind == kind:
                single |= set(_group(work, group, result, group.count - len(tangled[group])))
        undo_rows.take_back(work, (model, kind), single, result)


def _ordered(models: Iterable[type[Model]], *, backwards: bool) -> list[type[Model]]:
    place = {table: at for at, table in enumerate(Base.metadata.sorted_tables)}
    return sorted(models, key=lambda model: place[model.__table__], reverse=backwards)


def _keys(work: Work, group: Group, which: Any) -> list[int]:
    change = CHANGE.alias("c")
    query = select(change.c.row_id).where(members(work, group, change), which(work, change))
    return list(work.session.scalars(query))


def _group(work: Work, group: Group, result: Result, expected: int) -> list[int]:
    """Take back what statements can of a group, at most `expected` rows; return the keys of those to go one by one."""
    if not undo_sets.suits(group):
        return _keys(work, group, alone)
    if not expected:
        return []
    try:
        with work.session.begin_nested():
            undo_sets.take_back(work, group, result, expected)
    except IntegrityError:
        if expected <= FEW:
            return _keys(work, group, alone)
        return [key for half in _halves(work) for key in _group(half, group, result, _count(half, group))]
    return []


def _count(work: Work, group: Group) -> int:
    change = CHANGE.alias("c")
    query = select(func.count()).select_from(change).where(members(work, group, change), alone(work, change))
    return work.session.scalar(query) or 0


def _halves(work: Work) -> tuple[Work, Work]:
    change = CHANGE.alias("c")
    there = select(change.c.id).where(within(work, change)).order_by(change.c.id)
    count = work.session.scalar(select(func.count()).select_from(there.subquery())) or 0
    middle = work.session.scalars(there.offset(count // 2).limit(1)).one()
    return replace(work, high=middle), replace(work, low=middle)


def _survey(work: Work, found: list[Group]) -> Result:
    result = Result()
    for group in found:
        if undo_sets.suits(group):
            told = result.done + result.stayed
            result.done += undo_sets.survey(work, group, result)
            if result.done + result.stayed - told == group.count:
                continue  # each row has been told of, so none was changed since
        else:
            result.done += group.count
        _since(work, group, result)
    return result


def _since(work: Work, group: Group, result: Result) -> None:
    """Take note of the rows of a group that were changed since, naming the first of them and who changed them."""
    change, later = CHANGE.alias("c"), CHANGE.alias("later")
    # From what was done since, which is little as a rule: the batch is not read once more.
    before = func.coalesce(change.c.id, 0) < later.c.id
    own = looked_up(
        same_row(change, later), before, func.coalesce(change.c.batch, "") == work.batch, alike(work, group, change)
    )
    others = later.c.id > work.first, later.c.model == group.model.__tablename__, later.c.batch != work.batch
    query = select(later.c.row_id, func.max(later.c.label), func.max(later.c.id), func.count().over())
    found = query.where(*others, own).group_by(later.c.row_id).order_by(later.c.row_id)
    first = work.session.execute(found.limit(undo_sets.SHOWN)).all()
    count = first[0][-1] if first else 0
    for key, label, last, _count in first:
        by = work.session.execute(select(CHANGE.c.actor, CHANGE.c.created_at).where(CHANGE.c.id == last)).one()
        one = Kept(group.model.__tablename__, key, label, sentence("since"), by.actor, by.created_at)
        result.keep(one, 0)
    if count:
        result.keep(Kept(group.model.__tablename__, 0, "", sentence("since")), count)
        result.done -= 0 if undo_sets.suits(group) else count


def _tell(work: Work, result: Result) -> None:
    """Take note of who took the batch back; where no row went back, nobody did."""
    if not result.done:
        return
    first = work.session.get(Change, work.first)
    work.session.flush()
    note(work.session, UNDO, first, of=work.batch, done=result.done, stayed=result.stayed)
