"""Days that are meant by words, such as "today" or "last-7-days": from when to when, on somebody's own clock."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, and_

# Any other number of days is understood as well.
WORDS = ("today", "yesterday", "last-7-days", "last-30-days", "this-week", "this-month", "this-year")
LAST = re.compile(r"last-([1-9][0-9]{0,4})-days")
DAYS = re.compile(r"[1-9][0-9]{0,4}")
ONE = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """Some whole days: from `start` on and before `end`, both in UTC."""

    start: datetime
    end: datetime

    def condition(self, column: Any, operator: str) -> ColumnElement[bool]:
        """Return the condition that a moment lies in it ("is"), not before it ("from") or not after it ("to")."""
        after, before = column >= self.start, column < self.end
        found: dict[str, ColumnElement[bool]] = {"from": after, "to": before, "is": and_(after, before)}
        return found[operator]


def day(one: date, zone: tzinfo) -> Span:
    """Return one day of the calendar; raises OverflowError for those at its very ends."""
    return Span(_midnight(one, zone), _midnight(one + ONE, zone))


def meant(word: str, zone: tzinfo, at: datetime) -> Span | None:
    """Return the days that `word` means at the moment `at`, or None when it is no such word.

    A week begins on Monday. The last days are so many days before today, and today; see `older`.
    """
    today = at.astimezone(zone).date()
    days = LAST.fullmatch(word)
    starts = {
        "today": today,
        "yesterday": today - ONE,
        "this-week": today - timedelta(days=today.weekday()),
        "this-month": today.replace(day=1),
        "this-year": today.replace(month=1, day=1),
    }
    start = today - timedelta(days=int(days[1])) if days else starts.get(word)
    if start is None:
        return None
    ends = {
        "yesterday": today,
        "this-week": start + timedelta(days=7),
        "this-month": (start + timedelta(days=31)).replace(day=1),
        "this-year": start.replace(year=start.year + 1),
    }
    return Span(_midnight(start, zone), _midnight(ends.get(word, today + ONE), zone))


def older(days: int, zone: tzinfo, at: datetime) -> datetime:
    """Return the moment before which all is older than so many days: where the last so many days begin."""
    return _midnight(at.astimezone(zone).date() - timedelta(days=days), zone)


def _midnight(one: date, zone: tzinfo) -> datetime:
    return datetime.combine(one, time(), zone).astimezone(UTC)
