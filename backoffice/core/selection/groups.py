"""Conditions combined by "all of" and "any of", as deep as people can follow, written in one line and read from it.

    group     = ("all" / "any") "(" member *("," member) ")"
    member    = group / condition
    condition = name ":" value                  the name as in an address: status, created_at__from
    value     = bare / quoted                   bare: no comma, bracket or quote; in quotes, "" stands for one

So `any(author:me,all(status:draft,created_at:last-7-days))`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Union

from sqlalchemy import ColumnElement, and_, or_

from backoffice.core.catalogues import gettext as _
from backoffice.core.selection.comparing import BadCriteria, Filter

LONGEST = 2000  # characters of a group as it is written
DEEPEST = 4  # groups within one another
MOST = 50  # members in one line, before it is known how many conditions they are
ALL, ANY = WORDS = ("all", "any")
OPENING = re.compile(r"(all|any)\(")
CONDITION = re.compile(r'([A-Za-z_][A-Za-z0-9_]{0,80}):(?:"((?:[^"]|"")+)"|([^,()"]+))')
SPECIAL = re.compile(r'[,()"]')


@dataclass(frozen=True)
class Group:
    """Rows that meet all or any of its members: conditions, and other groups."""

    word: str
    members: tuple["Member", ...]

    def text(self) -> str:
        """Return the group as an address has it."""
        return f"{self.word}({','.join(written(one) for one in self.members)})"

    def filters(self) -> Iterator[Filter]:
        """Yield the conditions in it, however deep."""
        for one in self.members:
            yield from one.filters() if isinstance(one, Group) else (one,)

    def condition(self, of: Callable[[Filter], ColumnElement[bool]]) -> ColumnElement[bool]:
        """Return the SQL condition, its parts as `of` makes them."""
        parts = [one.condition(of) if isinstance(one, Group) else of(one) for one in self.members]
        return and_(*parts) if self.word == ALL else or_(*parts)


Member = Union[Group, Filter]  # noqa: UP007 - a class that is yet to come cannot stand beside "|"


def written(one: Member) -> str:
    """Return a member as an address has it."""
    if isinstance(one, Group):
        return one.text()
    value = '"{}"'.format(one.value.replace('"', '""')) if SPECIAL.search(one.value) else one.value
    return f"{one.key}:{value}"


def simplest(one: Member) -> Member | None:
    """Return what means the same with no group too many, and nothing twice; None for what is empty."""
    if isinstance(one, Filter):
        return one
    found: list[Member] = []
    for member in map(simplest, one.members):
        if isinstance(member, Group) and member.word == one.word:
            found.extend(member.members)
        elif member is not None:
            found.append(member)
    members = tuple(dict.fromkeys(found))
    return Group(one.word, members) if len(members) > 1 else next(iter(members), None)


def without(one: Member, path: tuple[int, ...]) -> Member | None:
    """Return what is left when the member at `path` (its place in each group on the way) is taken out."""
    if not path or isinstance(one, Filter):
        return None
    left = [without(member, path[1:]) if at == path[0] else member for at, member in enumerate(one.members)]
    return simplest(Group(one.word, tuple(member for member in left if member is not None)))


def parse(text: str) -> Member:
    """Return what `text` says, its names and values as yet unchecked; raises BadCriteria."""
    if len(text) > LONGEST:
        raise BadCriteria(_("Combined filters have at most %(most)d characters.", most=LONGEST))
    return _Reader(text).whole()


@dataclass
class _Reader:
    text: str
    at: int = 0
    members: int = 0

    def whole(self) -> Member:
        found = self._member(1)
        if self.at != len(self.text):
            raise self._bad()
        return found

    def _member(self, depth: int) -> Member:
        self.members += 1
        if self.members > MOST:
            raise BadCriteria(_("At most %(most)d filters at once.", most=MOST))
        opening = OPENING.match(self.text, self.at)
        if not opening:
            return self._condition()
        if depth > DEEPEST:
            raise BadCriteria(_("At most %(most)d groups may stand in one another.", most=DEEPEST))
        self.at = opening.end()
        members = [self._member(depth + 1)]
        while self._took(","):
            members.append(self._member(depth + 1))
        if not self._took(")"):
            raise self._bad()
        return Group(opening[1], tuple(members))

    def _condition(self) -> Filter:
        found = CONDITION.match(self.text, self.at)
        if not found:
            raise self._bad()
        self.at = found.end()
        name, _join, operator = found[1].partition("__")
        value = found[3] if found[2] is None else found[2].replace('""', '"')
        return Filter(name, operator or "is", value)

    def _took(self, sign: str) -> bool:
        taken = self.text.startswith(sign, self.at)
        self.at += taken
        return taken

    def _bad(self) -> BadCriteria:
        rest = self.text[self.at : self.at + 20]
        return BadCriteria(_("The combined filters cannot be read from “%(rest)s” on.", rest=rest or "…"))
