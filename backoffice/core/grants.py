"""The first rights of roles, as the models declare them: giving them, and what has come since in later versions."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, String, Table, delete, insert, select
from sqlalchemy.orm import Session

from backoffice.core.history import Change
from backoffice.core.history.sets import RECORDED
from backoffice.core.model import db
from backoffice.core.resource import resources
from backoffice.core.types import Strings

ADMINISTRATOR = "administrator"
# What each role was given last, by its name: whoever took a right away since meant to, and it is not given again.
GIVEN = Table(
    "given_rights",
    db.Model.metadata,
    Column("role", String(80), primary_key=True),
    Column("rights", Strings, nullable=False),
)


@dataclass(frozen=True)
class News:
    """What has come for a role since it was given its rights; `row` is None for a role that is new altogether.

    `unsure` are rights that it lacks, of which nothing tells whether somebody took them away.
    """

    role: str
    row: Any
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()

    def rights(self) -> list[str]:
        """Return what the role holds with the news, all that was changed by hand left as it is."""
        held = self.row.rights if self.row is not None else []
        return [right for right in held if right not in self.removed] + list(self.added)


def declared() -> dict[str, list[str]]:
    """Return the rights that the models of this version give each role."""
    first: dict[str, list[str]] = {ADMINISTRATOR: ["*"]}
    for name, model in resources().items():
        for role, words in (model.resource.grants if model.resource else {}).items():
            first.setdefault(role, []).extend(f"{name}.{word}" for word in words.split())
    return first


def give(session: Session, roles: type[Any]) -> list[str]:
    """Create the roles that the models' declarations name, with those rights; existing roles stay as they are.

    Returns the names of the roles that were created.
    """
    there = set(session.scalars(select(roles.name)))
    new = {name: rights for name, rights in declared().items() if name not in there}
    session.add_all([roles(name=name, rights=rights) for name, rights in new.items()])
    session.flush()
    for name, rights in new.items():
        note(session, name, rights)
    return list(new)


def note(session: Session, name: str, rights: Iterable[str]) -> None:
    """Keep what a role is given now."""
    session.execute(delete(GIVEN).where(GIVEN.c.role == name), execution_options=RECORDED)
    session.execute(insert(GIVEN).values(role=name, rights=list(rights)), execution_options=RECORDED)


def news(session: Session, roles: type[Any]) -> list[News]:
    """Return what has come for each role since it was given its rights, if anything has."""
    rows = {row.name: row for row in session.scalars(select(roles))}
    given = {one.role: one.rights for one in session.execute(select(GIVEN))}
    found = []
    for name, rights in declared().items():
        before = given[name] if name in given else _first(session, roles, name)
        if name in rows:
            found.append(_news(rows[name], before, rights))
        elif before is None:
            found.append(News(name, None, tuple(rights)))
    return [one for one in found if one.added or one.removed or one.unsure]


def _news(row: Any, before: list[str] | None, now: list[str]) -> News:
    lacking = tuple(right for right in now if not _covered(right, row.rights))
    if before is None:
        return News(row.name, row, unsure=lacking)
    added = tuple(right for right in lacking if right not in before)
    removed = tuple(right for right in before if right not in now and right in row.rights)
    return News(row.name, row, added, removed)


def _covered(right: str, held: list[str]) -> bool:
    return bool({right, right.removesuffix(":own"), f"{right.partition('.')[0]}.*", "*"} & set(held))


def _first(session: Session, roles: type[Any], name: str) -> list[str] | None:
    """Return what a role from before these notes was given, as the history has it: it came together with others."""
    made = select(Change).where(Change.model == roles.__tablename__, Change.verb == "create")
    last = session.scalar(made.where(Change.label == name).order_by(Change.id.desc()).limit(1))
    if last is None:
        return None
    others = made.where(Change.batch == last.batch, Change.label == ADMINISTRATOR)
    together = session.scalar(others.limit(1)) is not None
    return list((last.after or {}).get("rights", [])) if together else None
