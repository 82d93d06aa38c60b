"""What a worker says while it cannot reach its jobs: once what is wrong and what to do, and once that it is over."""

import logging

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

log = logging.getLogger(__name__)
SHORTEST, LONGEST = 1.0, 10.0  # seconds between two tries
LONGEST_SENTENCE = 300
# What the databases call a table or a column that is not there.
ABSENT = ("no such table", "no such column", "has no column named")
ABSENT_CODES = ("42P01", "42703")
UNMADE = "The database lacks what jobs need. Run “manage.py db upgrade”; the worker waits until that is done."


class Trouble:
    """What keeps a worker from its jobs at present, and how long it waits before it tries again."""

    def __init__(self) -> None:
        self.told, self.pause = "", 0.0

    def began(self, error: SQLAlchemyError) -> None:
        """Say what is wrong, unless it has been said; each further time the wait is twice as long."""
        sentence = UNMADE if absent(error) else f"The worker cannot reach its jobs and tries again: {said(error)}"
        # A database that goes away says something else each time: one line is enough, until it is over.
        if not self.told or (sentence == UNMADE) != (self.told == UNMADE):
            log.error("%s", sentence)
        self.told = sentence
        self.pause = min(LONGEST, max(SHORTEST, 2 * self.pause))

    def ended(self) -> None:
        """Say that it is over, if there was any."""
        if self.told:
            log.warning("The worker reaches its jobs again.")
        self.told, self.pause = "", 0.0


def absent(error: SQLAlchemyError) -> bool:
    """Tell whether the schema of the database lacks something."""
    cause = error.orig if isinstance(error, DBAPIError) else None
    return getattr(cause, "sqlstate", None) in ABSENT_CODES or any(words in str(cause) for words in ABSENT)


def said(error: SQLAlchemyError) -> str:
    """Return what the database says, on one line and without the statement that it says it about."""
    text = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    return " ".join(text.split())[:LONGEST_SENTENCE]
