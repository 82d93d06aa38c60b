"""When something happened: the moments that an export tells in three ways, none of them reliable."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_WRITTEN = re.compile(r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)")
# What WordPress mails for "no date yet": the year nought, as different versions of PHP read it.
_BEFORE_ALL = re.compile(r"\s-\d{4}\s")
_NEVER = {datetime(1999, 11, 30, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)}


def written(text: str) -> datetime | None:
    """Return the moment of a text such as `2015-01-31 10:00:00`, taken as UTC; None when it is none."""
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        return None
    try:
        return datetime(*map(int, found.groups()), tzinfo=UTC)
    except ValueError:
        return None


def mailed(text: str) -> datetime | None:
    """Return the moment of a text such as `Sat, 31 Jan 2015 10:00:00 +0000`; None when it is none."""
    if _BEFORE_ALL.search(text):
        return None
    try:
        moment = parsedate_to_datetime(text.strip())
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return None if moment in _NEVER else moment


def first(universal: str, mail: str, local: str) -> tuple[datetime | None, bool]:
    """Return the best moment of the three, and whether it was told in a time zone that the export does not name."""
    sure = written(universal) or mailed(mail)
    return (sure, False) if sure else (written(local), written(local) is not None)
