"""What people choose for themselves, kept with their account: no change of it, and nothing for the history."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

LONGEST = 20_000  # characters of all that one person keeps


def kept(user: Any, name: str) -> Any:
    """Return what `user` keeps under this name, or None."""
    return _all(user).get(name)


def keep(session: Session, user: Any, name: str, value: Any) -> None:
    """Keep `value` (as JSON has it) for `user` under this name, None for nothing; ValueError where there is no room."""
    keep_together(session, user, {name: value})


def keep_together(session: Session, user: Any, values: Mapping[str, Any]) -> None:
    """Keep several values, by the names they are kept under, as `keep` keeps one."""
    held = {**_all(user), **values}
    text = json.dumps({key: one for key, one in held.items() if one is not None}, separators=(",", ":"))
    if len(text) > LONGEST:
        raise ValueError(", ".join(values))
    table = type(user).__table__
    # Neither a change of the account nor one to be told about: its date and version stay.
    wishes = update(table).where(table.c.id == user.id).values(wishes=text, updated_at=table.c.updated_at)
    session.execute(wishes, execution_options={"recorded": True, "synchronize_session": False})


def _all(user: Any) -> dict[str, Any]:
    return _read(getattr(user, "wishes", None) or "{}")


# A page of a list asks a dozen times; nobody changes what they are given.
@lru_cache(maxsize=200)
def _read(text: str) -> dict[str, Any]:
    found = json.loads(text)
    return found if isinstance(found, dict) else {}
