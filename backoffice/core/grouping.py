"""How the fields of a form stand together: in groups, each with a title, in the main column or beside it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Group:
    """Some fields of a form that belong together.

    `title` names them, `fields` are columns and relations in order, `help` is a sentence for all of them. With
    `side` they stand beside the others where there is room: what is said about a row, next to what it says.
    """

    title: Any
    fields: tuple[str, ...]
    help: Any = ""
    side: bool = False
