"""What was typed in a form whose sender was signed out: sealed, so that it comes back to them and to nobody else."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer

LONGEST = 8 * 1024 * 1024  # characters of a sealed parcel, which is to be sent back in a form
AGE = 24 * 3600  # seconds
MARKED = 8 * AGE  # longer than any session, and so than any form that is open


@dataclass(frozen=True)
class Parcel:
    """The `fields` (pairs of name and value) of a form at `path`, typed by the account `key`.

    `files` tells whether files were chosen, which are not in it.
    """

    key: int
    path: str
    fields: Sequence[tuple[str, str]]
    files: bool = False

    def value(self, name: str) -> str:
        """Return the first value of a field, or ""."""
        return next((value for one, value in self.fields if one == name), "")


def mark(user: Any) -> str:
    """Return the word by which a form tells for whom it was made; nobody can make up another's."""
    return str(_marks().dumps(user.id))


def marked(word: object) -> int | None:
    """Return the key of the account that a form was made for, or None when its word was made up."""
    try:
        key = _marks().loads(word, max_age=MARKED) if isinstance(word, str) else None
    except BadData:
        return None
    return key if isinstance(key, int) else None


def seal(parcel: Parcel) -> str:
    """Return the parcel as text that cannot be altered, or "" when it is too long to be sent back."""
    text = _parcels().dumps([parcel.key, parcel.path, list(parcel.fields), parcel.files])
    return "" if len(text) > LONGEST else str(text)


def unseal(text: object) -> Parcel | None:
    """Return what was sealed here within a day, or None."""
    if not isinstance(text, str) or not text:
        return None
    try:
        key, path, fields, files = _parcels().loads(text, max_age=AGE)
    except BadData:
        return None
    return Parcel(key, path, [(name, value) for name, value in fields], files)


def _marks() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key, salt="form made for")  # type: ignore[arg-type]


def _parcels() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key, salt="form kept")  # type: ignore[arg-type]
