"""Changes taken back row by row, under the rules of their model: where one row has a history of its own."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from backoffice.core.access import OWN, can, may_see, rule
from backoffice.core.catalogues import gettext as _
from backoffice.core.files import bring_back
from backoffice.core.history import Change
from backoffice.core.history.actors import actor, begin_acting, end_acting
from backoffice.core.history.batches import CHANGE, REMOVE, RESTORE, UPDATE, Group, Work
from backoffice.core.history.decoding import decode
from backoffice.core.history.encoding import encode
from backoffice.core.history.sets import RECORDED
from backoffice.core.model import Model
from backoffice.core.resource import columns, is_picture, relations, resource
from backoffice.core.types import Invalid
from backoffice.core.undo.taking import UNDO, Kept, Result, lasting, led, moves, names_of, needed, refusals, sentence
from backoffice.core.writing import allowed
from backoffice.core.writing.refusals import Refusal, flush

CHUNK = 200  # rows in memory at a time


@dataclass(frozen=True)
class Net:
    """What a batch did to one row, all in all: the values it changed, before and after; None where there was no row."""

    model: type[Model]
    row_id: int
    label: str
    verb: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @property
    def kind(self) -> str:
        """How it is taken back; "" where nothing is left of it."""
        if self.before is None:
            return "" if self.after is None else REMOVE
        return RESTORE if self.after is None else UPDATE


def take_back(work: Work, what: tuple[type[Model], str], keys: Iterable[int], result: Result) -> None:
    """Take back what the batch did to these rows of a model, where that is of the one kind asked for."""
    model, kind = what
    ids = sorted(keys) if kind == UPDATE else _in_order(work, model, set(keys))
    with _as_undo():
        for at in range(0, len(ids), CHUNK):
            for key, history in _histories(work, model, ids[at : at + CHUNK]):
                _one(work, (model, kind, key), history, result)
            work.session.flush()


def _in_order(work: Work, model: type[Model], keys: set[int]) -> list[int]:
    """Return the keys so that what was done last goes back first: in a tree, what went later stood above."""
    if len(keys) < 2:
        return list(keys)
    there = select(CHANGE.c.row_id).where(CHANGE.c.batch == work.batch, CHANGE.c.model == model.__tablename__)
    found = work.session.scalars(there.group_by(CHANGE.c.row_id).order_by(func.max(CHANGE.c.id).desc()))
    return [key for key in found if key in keys]


@contextmanager
def _as_undo() -> Iterator[None]:
    token = begin_acting(replace(actor(), verb=UNDO))
    try:
        yield
    finally:
        end_acting(token)


def _histories(work: Work, model: type[Model], keys: list[int]) -> Iterator[tuple[int, list[Change]]]:
    query = select(Change).where(Change.model == model.__tablename__, Change.row_id.in_(keys), Change.id >= work.first)
    found: dict[int, list[Change]] = {}
    for change in work.session.scalars(query.order_by(Change.id)).all():
        if change.row_id is not None and (change.before or "id" in (change.after or {})):
            found.setdefault(change.row_id, []).append(change)
    yield from ((key, found[key]) for key in keys if key in found)


def _one(work: Work, what: tuple[type[Model], str, int], history: list[Change], result: Result) -> None:
    model, kind, key = what
    own = [change for change in history if change.batch == work.batch]
    # Another part of the batch holds its last change; or this very undo has dealt with it.
    if not own or own[-1].id > work.high or any(change.batch == actor().batch for change in history):
        return
    net = _net(model, key, own)
    if net.kind != kind:
        return
    since = [change for change in history if change.id > own[0].id and change.batch != work.batch]
    if not _is_neutral(since):
        last = since[-1]
        result.keep(_kept(net, sentence("since"), last.actor, last))
        return
    try:
        with work.session.begin_nested():
            _back(work, net)
    except (Refusal, Invalid) as refused:
        problems = refused.problems.values() if isinstance(refused, Refusal) else [refused.message]
        result.keep(_kept(net, " ".join(map(str, problems))))
    else:
        result.done += 1


def _kept(net: Net, why: str, who: str = "", change: Change | None = None) -> Kept:
    return Kept(net.model.__tablename__, net.row_id, net.label, why, who, change.created_at if change else None)


def _net(model: type[Model], key: int, own: list[Change]) -> Net:
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for change in own:
        for name, value in (change.before or {}).items():
            before.setdefault(name, value)
        after |= change.after or {}
    existed, exists = bool(own[0].before), bool(own[-1].after)
    verb = own[0].verb if len({change.verb for change in own}) == 1 else "update"
    return Net(model, key, own[-1].label, verb, before if existed else None, after if exists else None)


def _is_neutral(since: list[Change]) -> bool:
    """Tell whether these changes have, all in all, left the row as they found it."""
    if not since:
        return True
    if bool(since[0].before) != bool(since[-1].after):
        return False
    first: dict[str, Any] = {}
    last: dict[str, Any] = {}
    for change in since:
        for name, value in (change.before or {}).items():
            first.setdefault(name, value)
        last |= change.after or {}
    return all(first.get(name) == last.get(name) for name in {**first, **last})


def _back(work: Work, net: Net) -> None:
    names = tuple({**(net.before or {}), **(net.after or {})}) if net.kind == UPDATE else ()
    group = Group(net.model, net.verb, net.kind, 1, names)
    if net.kind == RESTORE:
        _restore(work, net, group)
        return
    row = work.session.get(net.model, net.row_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise Refusal({"": sentence("gone")})
    _ask(work, net, group, row)
    if net.kind == REMOVE:
        work.session.delete(row)
    else:
        with work.session.no_autoflush:
            _put(work, net, group, row)
    flush(work.session, net.model)


def _ask(work: Work, net: Net, group: Group, row: Model) -> None:
    """Raise Refusal where the user may not do that with this row, or an operation itself has something against it."""
    sides = {"before": net.before or {}, "after": net.after or {}}
    led_to, back_to = ({name: [value] for name, value in sides[side].items()} for side in (led(group), "before"))
    verbs = needed(group, moves(group, led_to))
    seen = all(may_see(work.user, net.model, name) for name in group.names)
    if not seen or not all(allowed(work.session, work.user, verb, row) for verb in verbs):
        raise Refusal({"": sentence("right")})
    only = select(net.model.id).where(net.model.id == row.id)
    back = [action.name for action in moves(group, back_to)]
    for there, said in refusals(work.user, group, {*verbs, *back}, only):
        if work.session.scalar(only.where(there)) is not None:
            raise Refusal({"": said})


def _put(work: Work, net: Net, group: Group, row: Any) -> None:
    before, after, fixed = net.before or {}, net.after or {}, lasting(group)
    plain, linked = names_of(net.model, before)
    for name in plain:
        if name in fixed:
            continue
        _fetch_pictures(work.session, net.model, {name: before[name]})
        if name in after and encode(getattr(row, name)) != after[name]:
            raise Refusal({"": sentence("other")})
        setattr(row, name, decode(columns(net.model)[name], before[name]))
    for name in linked:
        setattr(row, name, _rows(work.session, net.model, name, before[name]))


def _fetch_pictures(session: Session, model: type[Model], values: dict[str, Any]) -> None:
    for name, value in values.items():
        if value and is_picture(model, name) and not bring_back(session, value):
            raise Refusal({name: _("Its picture is gone.")})


def _rows(session: Session, model: type[Model], name: str, keys: list[int]) -> list[Any]:
    target = relations(model)[name].mapper.class_
    return list(session.scalars(select(target).where(target.id.in_(keys)).order_by(target.id)))


def _restore(work: Work, net: Net, group: Group) -> None:
    values = net.before or {}
    if not _may_make(work.user, group, values):
        raise Refusal({"": sentence("right")})
    if work.session.get(net.model, net.row_id) is not None:
        raise Refusal({"": sentence("taken")})
    _fetch_pictures(work.session, net.model, values)
    plain, linked = names_of(net.model, values)
    row: Any = net.model(**{name: decode(columns(net.model)[name], values[name]) for name in plain})
    for name in linked:
        setattr(row, name, _rows(work.session, net.model, name, values[name]))
    work.session.add(row)
    flush(work.session, net.model)
    _age(work.session, net)


def _may_make(user: Any, group: Group, values: dict[str, Any]) -> bool:
    owner = resource(group.model).owner
    for verb in ("delete", "read"):
        if not can(user, verb, group.model):
            return False
        if rule(user, verb, group.model).scope == OWN and values.get(owner) != user.id:
            return False
    return True


def _age(session: Session, net: Net) -> None:
    """Whoever still has a form of the row from before must not take it for the same version."""
    told = select(Change.id).where(Change.model == net.model.__tablename__, Change.row_id == net.row_id)
    version = len(session.scalars(told).all())
    change = update(net.model).where(net.model.id == net.row_id).values(version=version)
    session.execute(change, execution_options=RECORDED)
    session.expire_all()
