"""What a model declares about itself, and what follows from it; contradictions stop the start-up."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from sqlalchemy import String, inspect
from sqlalchemy.orm import RelationshipProperty
from sqlalchemy.schema import Column

from backoffice.core.grouping import Group
from backoffice.core.model import Base, Model
from backoffice.core.types import Html, Picture, Secret

BASIC = ("read", "create", "update", "delete", "export", "pick")
LAYOUTS = ("table", "queue", "cards")
# What a class is mapped to never changes; a page asks for it hundreds of times.
_columns: dict[type[Model], dict[str, Column[Any]]] = {}
_relations: dict[type[Model], dict[str, RelationshipProperty[Any]]] = {}
_keys: dict[type[Model], dict[str, str]] = {}
_TAG = re.compile(r"<[^>]*>")
# What an address of a list says in words of its own; nothing that it may be filtered by can be called so.
_SAID = "page page_size sort desc search view where url id all q columns up saved saving fields"
RESERVED = frozenset(_SAID.split())
# Words of an address that say where in a list a page is; what a list may be filtered by cannot be called so.
PLACES = frozenset({"after", "before", "last", "at", "count"})


@dataclass(frozen=True)
class Action:
    """An operation on a selection; its name is also a verb. One of `sets` and `run` says what it does.

    `sets`: column name → value, or a function without arguments returning a value or an SQL expression; runs
    as two statements however many rows. `run(row)`: anything else, row by row; returns False when already so.
    `when`: column name → the values a row must have now. `refuses(user, rows)`: yields (SQL condition,
    sentence) for rows that stay as they are; `rows` is a SELECT of the ids that are meant.
    """

    name: str
    label: Any
    sets: Mapping[str, Any] | None = None
    run: Callable[[Any], bool] | None = None
    when: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    refuses: Callable[[Any, Any], Any] | None = None
    key: str = ""
    danger: bool = False


# What follows from a declaration is kept by it, as the very one that it is.
@dataclass(frozen=True, eq=False)
class Resource:
    """What a model says about itself; everything has a sensible default, nothing is to be overridden.

    `menu`: the section it stands in; `place`: where among all, small numbers first. `columns`: the grid's
    (relations by their name). `search`: text columns. `filters`: columns and relations. `inline`: columns that may
    be changed in the grid. `form`: the form's columns in order, or `groups`: the same in groups. `views`: named
    filters, name → {column: value}. `waits`: the word of the view whose rows wait for somebody, `unfinished` of the
    one whose rows wait for their owner. `trend`: the moment by which rows are drawn over time. `actions`: operations.
    `grants`: role → "read update:own …", the first rights. `owner`: the column that makes ":own" mean something.
    `fields`: column → the verb one needs to see, filter, export or save it. `fixed`: columns nobody types. `label`:
    the column that names a row. `verbs`: which of the basic verbs exist at all. `order`: default sort, "-created_at"
    for newest first.
    `empty`: what its rows are for, told where there are none.
    `by_name`: a row needs nothing but its label, so that it can be made where another row names it.
    `moving`: column → the values with which a row changes by itself, so that its page shows it anew.
    """

    menu: str = ""
    place: int = 100
    icon: str = "file"
    name: Any = ""
    plural: Any = ""
    empty: Any = ""
    label: str = "name"
    columns: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    inline: tuple[str, ...] = ()
    form: tuple[str, ...] = ()
    groups: tuple[Group, ...] = ()
    views: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    waits: str = ""
    unfinished: str = ""
    trend: str = ""
    actions: tuple[Action, ...] = ()
    layout: str = "table"
    grants: Mapping[str, str] = field(default_factory=dict)
    owner: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    fixed: tuple[str, ...] = ()
    verbs: tuple[str, ...] = BASIC
    order: str = "-id"
    by_name: bool = False
    moving: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)


class Contradiction(Exception):  # noqa: N818 - it names what it is
    """A declaration that cannot be meant: an unknown column, verb or layout. Stops the start-up."""


def resources() -> dict[str, type[Model]]:
    """Return every mapped class under its table's name, in the order of their places."""
    found = [mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, Model)]
    return {model.__tablename__: model for model in sorted(found, key=_place)}


def _place(model: type[Model]) -> tuple[int, str, str]:
    return (resource(model).place, model.__module__, model.__name__)


def resource(model: type[Model]) -> Resource:
    """Return what `model` declares; a model that says nothing is denied to all but still complete."""
    return model.resource or Resource(label=_first_text(model))


def _first_text(model: type[Model]) -> str:
    names = columns(model)
    return next((name for name in ("name", "title", "label", "email") if name in names), "id")


def columns(model: type[Model]) -> Mapping[str, Column[Any]]:
    """Return the columns that may be shown at all: everything but secrets, keys of relations included."""
    if model not in _columns:
        found = {attribute.key: attribute.columns[0] for attribute in inspect(model).column_attrs}
        _columns[model] = {key: column for key, column in found.items() if not isinstance(column.type, Secret)}
    return _columns[model]


def relations(model: type[Model]) -> Mapping[str, RelationshipProperty[Any]]:
    """Return the relations a form can hold: many-to-one, and many-to-many declared on this side."""
    if model not in _relations:
        own = [one for one in inspect(model).relationships if not one.viewonly]
        held = [one for one in own if one.direction.name == "MANYTOONE" or one.secondary is not None]
        _relations[model] = {relation.key: relation for relation in held}
    return _relations[model]


def relation_of(model: type[Model], column: str) -> str:
    """Return the name of the many-to-one relation that `column` is the key of, or ""."""
    return next((name for name in relations(model) if name != column and key_of(model, name) == column), "")


def key_of(model: type[Model], name: str) -> str:
    """Return the column behind `name`: itself, or the foreign key of a many-to-one relation."""
    if model not in _keys:
        single = [(key, one) for key, one in relations(model).items() if one.secondary is None]
        _keys[model] = {key: str(next(iter(one.local_columns)).key) for key, one in single}
    return _keys[model].get(name, name)


def grid_columns(model: type[Model]) -> tuple[str, ...]:
    """Return the columns of the grid, in order: as declared, else all but the long ones."""
    declared = resource(model).columns
    if declared:
        return declared
    shown = [name for name in columns(model) if name != "version" and not isinstance(columns(model)[name].type, Html)]
    return tuple(dict.fromkeys(relation_of(model, name) or name for name in shown))


def form_columns(model: type[Model]) -> tuple[str, ...]:
    """Return the columns and relations of the form, in order; keys, dates and fixed ones are nobody's to type."""
    said = resource(model)
    declared = said.form or tuple(name for group in said.groups for name in group.fields)
    if declared:
        return declared
    hidden = {"id", "created_at", "updated_at", "version", *said.fixed}
    names = [relation_of(model, name) or name for name in columns(model) if name not in hidden]
    names += [name for name, relation in relations(model).items() if relation.secondary is not None]
    return tuple(dict.fromkeys(names))


def sortable(model: type[Model]) -> tuple[str, ...]:
    """Return the grid's columns that a database index can put in order."""
    table = columns(model)
    indexed = {index.columns[0].key for index in model.__table__.indexes} | {"id"}
    indexed |= {name for name, column in table.items() if column.unique or column.index}
    return tuple(name for name in grid_columns(model) if name in table and name in indexed)


def filterable(model: type[Model]) -> tuple[str, ...]:
    """Return the columns and relations that a grid may be filtered by: as declared, else what has an index."""
    declared = resource(model).filters
    if declared:
        return declared
    single = [name for name, relation in relations(model).items() if relation.secondary is None]
    return tuple(dict.fromkeys([*sortable(model), *single]))


def searchable(model: type[Model]) -> tuple[str, ...]:
    """Return the columns that a search looks into: as declared, else the one that names a row."""
    said = resource(model)
    column = columns(model).get(said.label)
    named = (said.label,) if column is not None and isinstance(column.type, String) else ()
    return said.search or named


def labels(model: type[Model], name: str) -> Any:
    """Return the words to show for a column or relation: as declared in `info["label"]`, else from its name."""
    column = columns(model).get(name)
    source = column if column is not None else relations(model).get(name)
    declared = source.info.get("label") if source is not None else None
    return declared if said(declared) else name.removesuffix("_id").replace("_", " ").capitalize()


def said(words: Any) -> bool:
    """Tell whether words were declared; lazy ones were, and need not be translated to know."""
    return bool(words) if isinstance(words, str | None) else True


def actions(model: type[Model]) -> dict[str, Action]:
    """Return the operations of `model` by name."""
    return {action.name: action for action in resource(model).actions}


def verbs(model: type[Model]) -> tuple[str, ...]:
    """Return every verb that means something for `model`: basic ones, its operations, its fields' verbs."""
    said = resource(model)
    return tuple(dict.fromkeys((*said.verbs, *actions(model), *said.fields.values())))


def row_label(row: Model) -> str:
    """Return the words that name one row, at most 200 characters."""
    return label_words(type(row), row.id, getattr(row, resource(type(row)).label, None))


def label_words(model: type[Model], key: int, value: Any) -> str:
    """Return the words that name the row with this key, by the value of what names rows of `model`."""
    column = columns(model).get(resource(model).label)
    if isinstance(value, str) and column is not None and isinstance(column.type, Html):
        value = " ".join(unescape(_TAG.sub(" ", value)).split())
    return str(value if value not in (None, "") else f"#{key}")[:200]


def is_picture(model: type[Model], name: str) -> bool:
    """Tell whether a column holds a picture's name."""
    column = columns(model).get(name)
    return column is not None and isinstance(column.type, Picture)
