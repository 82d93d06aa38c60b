"""What hangs on a row, and what becomes of it when the row goes: moved, let go of, or deleted, as answered."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select, union
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from backoffice.core.access import NotFound, can, condition, fetch, may_see
from backoffice.core.catalogues import gettext as _
from backoffice.core.history.links import unlink
from backoffice.core.history.sets import delete_rows, update_rows
from backoffice.core.model import Model
from backoffice.core.operation.holds import CLEAR, DELETE, Hold, Step, cascade, holds, only
from backoffice.core.resource import relations, resource
from backoffice.core.types import Invalid
from backoffice.core.writing import writable
from backoffice.core.writing.refusals import Refusal

CHUNK = 200  # rows in memory at a time, while their rules are asked
MOVE = "move:"
MOVING = MOVE.removesuffix(":")


@dataclass(frozen=True)
class Reference:
    """Rows that hang on one row: how many of `model` name it by `name`, and whether they can do without.

    A many-to-many relation (`linked`) is `nullable`: its link can be taken off; those rows are not to be deleted.
    """

    model: type[Model]
    name: str
    count: int
    nullable: bool
    linked: bool = False

    @property
    def key(self) -> str:
        """The name under which `resolve` takes the answer: `post.author`."""
        return f"{self.model.__tablename__}.{self.name}"


@dataclass(frozen=True)
class Fate:
    """What becomes of some rows of `model` when others go: `verb` is "delete", or "clear" of what `name` names.

    `count` says how many they are, `refused` with how many of them the user may not do that.
    """

    model: type[Model]
    name: str
    verb: str
    count: int
    refused: int


def references(session: Session, row: Model) -> list[Reference]:
    """Return what refers to `row`, whoever may see it, counted in one statement; where nothing does, an empty list."""
    ways = list(holds(type(row)))
    counts = [select(func.count()).select_from(way.rows(only(row)).subquery()).scalar_subquery() for way in ways]
    found = session.execute(select(*counts)).one() if ways else ()
    return [
        Reference(way.model, way.name, count, way.nullable, way.column is None)
        for way, count in zip(ways, found, strict=True)
        if count
    ]


def ways(user: Any, reference: Reference) -> Iterator[str]:
    """Yield what can become of the rows, as far as `user` may do it at all; `resolve` asks again for each row."""
    model = reference.model
    if can(user, "update", model) and reference.name in writable(user, model):
        yield MOVING
        if reference.nullable:
            yield CLEAR
    if not reference.linked and can(user, "delete", model):
        yield DELETE


def fallout(session: Session, user: Any, row: Model, key: str) -> list[Fate]:
    """Return all that would become of other rows if those that refer to `row` by `key` were deleted with it.

    What cannot do without a deleted row goes, too, and so does what stands below it in a tree; what can do
    without lets go of it. One statement for each kind, however many rows.
    """
    way = next((way for way in holds(type(row)) if way.key == key and way.column is not None), None)
    return _fates(session, user, cascade(way.model, way.rows(only(row)), row)) if way else []


def resolve(session: Session, user: Any, row: Model, answers: Mapping[str, str]) -> None:
    """Do with what refers to `row` as answered: "post.author" → "move:<key>", "clear" or "delete".

    "move" names another row instead, one the user may pick; "clear" names none, where that is possible; "delete"
    does what `fallout` foretells. On many rows at once, recorded, flushed, not committed. Raises Refusal, under
    the same keys, when an answer is missing or cannot be, when the user may not do that with each of the rows,
    and when it would break a rule of theirs; the caller then rolls back.
    """
    ways = {way.key: way for way in holds(type(row))}
    asked = [ways[reference.key] for reference in references(session, row)]
    unanswered = {way.key: _("Say what becomes of these.") for way in asked if not answers.get(way.key)}
    if unanswered:
        raise Refusal(unanswered)
    # What is to be kept must be out of the way before the rest is deleted.
    for way in sorted(asked, key=lambda way: answers[way.key] == DELETE):
        try:
            _answer(session, user, (row, way), answers[way.key])
        except Invalid as invalid:
            raise Refusal({way.key: invalid.message}) from invalid
        except IntegrityError as error:
            raise Refusal({way.key: _("Others still refer to these.")}) from error


def _answer(session: Session, user: Any, what: tuple[Model, Hold], answer: str) -> None:
    row, way = what
    if answer == DELETE and way.column is not None:
        _delete(session, user, way, list(cascade(way.model, way.rows(only(row)), row)))
    elif answer == CLEAR and way.nullable:
        _let_go(session, user, Step(way.model, CLEAR, way.rows(only(row)), only(row), way))
    elif answer.startswith(MOVE):
        target = _target(session, user, row, answer.removeprefix(MOVE))
        _let_go(session, user, Step(way.model, CLEAR, way.rows(only(row)), only(row), way), target)
    else:
        raise Invalid(way.key, _("That cannot be done with these."))


def _target(session: Session, user: Any, row: Model, key: str) -> int:
    """Return the key of another row that the user may name."""
    try:
        found = fetch(session, user, "pick", type(row), key)
    except NotFound as error:
        raise Invalid("", _("Choose where these are to be moved.")) from error
    if found.id == row.id:
        raise Invalid("", _("Choose another one: this is the one that goes."))
    return int(found.id)


def _delete(session: Session, user: Any, way: Hold, steps: list[Step]) -> None:
    for fate in _fates(session, user, steps):
        if fate.refused:
            kind = resource(fate.model).plural or fate.model.__tablename__
            said = {"count": fate.refused, "kind": kind}
            if fate.verb == DELETE:
                raise Invalid(way.key, _("You may not delete %(count)s of what would go: %(kind)s.", **said))
            raise Invalid(way.key, _("You may not change %(count)s of what would change: %(kind)s.", **said))
    for step in steps:
        if step.verb == DELETE:
            delete_rows(session, step.model, step.rows)
        else:
            _write(session, step)


def _let_go(session: Session, user: Any, step: Step, target: int | None = None) -> None:
    """Let the rows of `step` name `target`, or none, if the user may change each of them."""
    count, refused = _tally(session, user, step.model, ("update", step.rows))
    if step.hold and not may_see(user, step.model, step.hold.name):
        refused = count
    if refused:
        raise Invalid("", _("You may not change %(count)s of these.", count=refused))
    _write(session, step, target)


def _write(session: Session, step: Step, target: int | None = None) -> None:
    way, model = step.hold, step.model
    if way is None:
        return
    changed = list(session.scalars(step.rows)) if model.rules is not Model.rules else []
    if way.column is None:
        unlink(session, model, way.name, step.keys, target)
    else:
        attribute = model.__mapper__.get_property_by_column(way.column).key
        update_rows(session, model, step.rows, {attribute: target}, "update")
    _ask_rules(session, model, changed)


def _ask_rules(session: Session, model: type[Model], keys: list[int]) -> None:
    """Raise the first thing that the rules of `model` say against these rows, as they stand now."""
    beside = [selectinload(getattr(model, name)) for name in relations(model)]
    for at in range(0, len(keys), CHUNK):
        chunk = select(model).where(model.id.in_(keys[at : at + CHUNK])).options(*beside)
        for row in session.scalars(chunk).all():
            for invalid in row.problems():
                raise invalid


def _fates(session: Session, user: Any, steps: Iterable[Step]) -> list[Fate]:
    """Return what `steps` would do, counted; rows that several steps reach count once."""
    grouped: dict[tuple[type[Model], str, str], list[Select[Any]]] = {}
    for step in steps:
        grouped.setdefault((step.model, step.hold.name if step.hold else "", step.verb), []).append(step.rows)
    found = []
    for (model, name, verb), selects in grouped.items():
        rows = select(union(*selects).subquery().c.id)
        count, refused = _tally(session, user, model, ("delete" if verb == DELETE else "update", rows))
        if count:
            found.append(Fate(model, name, verb, count, refused))
    return found


def _tally(session: Session, user: Any, model: type[Model], asked: tuple[str, Select[Any]]) -> tuple[int, int]:
    """Return how many rows these are, and with how many of them the user may not do this verb."""
    verb, rows = asked
    meant = select(func.count()).select_from(model).where(model.id.in_(rows))
    allowed = meant.where(condition(user, verb, model))
    count, may = session.execute(select(meant.scalar_subquery(), allowed.scalar_subquery())).one()
    return count, count - may
