"""What is looked into when words are looked for: the text columns of a model, in parts that one sees or not."""

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, TypeDecorator

from backoffice.core.access import may_see
from backoffice.core.model import Model
from backoffice.core.resource import columns, resource, resources, searchable, verbs
from backoffice.core.types import Html

LABEL = "label"
SHORTEST = 3  # letters or digits in a row: what the indexes of both databases are made of
BEGINNING = 32  # characters of a name that short words are compared with
_STRONG = re.compile(rf"[^\W_]{{{SHORTEST}}}")


@dataclass(frozen=True)
class Part:
    """Columns that are kept together: whoever may see one of them may see all. `name` is the side table's column."""

    name: str
    columns: tuple[str, ...]
    searched: bool = True


def parts(model: type[Model]) -> tuple[Part, ...]:
    """Return the parts of `model`: the column that names a row, then those that ask for the same right."""
    said, searched = resource(model), searchable(model)
    found: dict[str, tuple[str, ...]] = {}
    for name in searched:
        if name != said.label:
            found[said.fields.get(name, "")] = (*found.get(said.fields.get(name, ""), ()), name)
    rest = tuple(Part(f"words_{verb}" if verb else "words", names) for verb, names in sorted(found.items()))
    kind = columns(model)[said.label].type if said.label in columns(model) else None
    named = isinstance(kind, String) or (isinstance(kind, TypeDecorator) and isinstance(kind.impl, String))
    return (Part(LABEL, (said.label,), said.label in searched), *rest) if named else rest


def seen(model: type[Model], user: Any) -> tuple[Part, ...]:
    """Return the parts that a search of `user` looks into."""
    return tuple(part for part in parts(model) if part.searched and may_see(user, model, part.columns[0]))


def searched() -> dict[str, type[Model]]:
    """Return the models whose words are kept in a side table, by its name.

    What only the application itself writes (the history, sessions) has none: it grows by each operation, and
    would make all of them slower.
    """
    typed = (model for model in resources().values() if {"create", "update"} & set(verbs(model)))
    return {side_of(model): model for model in typed if parts(model)}


def side_of(model: type[Model]) -> str:
    """Return the name of the side table of `model`."""
    return f"{model.__tablename__}_search"


def is_markup(model: type[Model], name: str) -> bool:
    """Tell whether a column holds HTML, whose tags are no words."""
    return isinstance(columns(model)[name].type, Html)


def is_strong(word: str) -> bool:
    """Tell whether an index finds a word: it has three letters or digits in a row."""
    return _STRONG.search(word) is not None


def sources(model: type[Model]) -> tuple[str, ...]:
    """Return the columns that the side table is made from."""
    return tuple(dict.fromkeys(name for part in parts(model) for name in part.columns))


def column_name(model: type[Model], name: str) -> str:
    """Return what a column is called in its table, quoted."""
    return quoted(columns(model)[name].name)


def quoted(name: str) -> str:
    """Return a name as SQL has it."""
    return '"' + name.replace('"', '""') + '"'
