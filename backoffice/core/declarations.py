"""Whether what the models declare can be meant; the first contradiction stops the start-up, naming the file."""

import inspect as source
from collections.abc import Iterator
from typing import Any

from backoffice.core.model import Model, required
from backoffice.core.resource import (
    LAYOUTS,
    PLACES,
    RESERVED,
    Action,
    Contradiction,
    Resource,
    columns,
    filterable,
    key_of,
    relations,
    resource,
    resources,
    verbs,
)
from backoffice.core.selection.criteria import views
from backoffice.core.types import Choice


def check() -> None:
    """Raise Contradiction for the first declaration of any model that cannot be meant."""
    for model in resources().values():
        for problem in problems(model):
            message = f"{source.getsourcefile(model)}: {model.__name__}: {problem}"
            raise Contradiction(message)


def problems(model: type[Model]) -> Iterator[str]:
    """Yield a sentence for each contradiction in the declaration of `model`."""
    said = resource(model)
    yield from _unknown_columns(model, said)
    yield from _unknown_verbs(model, said)
    yield from _impossible_values(model, said)
    yield from _more_than_a_name(model, said)
    yield from _unclear_groups(said)
    if key_of(model, said.label) in {key_of(model, name) for name in said.fields}:
        yield f"fields hides {said.label!r}, but the label names a row wherever it is found, picked or recorded"
    if said.layout not in LAYOUTS:
        yield f"layout={said.layout!r} is none of {', '.join(LAYOUTS)}"
    for place, word in (("waits", said.waits), ("unfinished", said.unfinished)):
        if word and word not in views(model):
            yield f"{place} names {word!r}; the views are {', '.join(views(model)) or 'none'}"
    if said.unfinished and not said.owner:
        yield "unfinished rows wait for their owner, but owner is not declared"
    for name in {*columns(model), *relations(model)} & RESERVED - {"id"}:
        yield f"a column may not be called {name!r}: addresses use that word"
    for name in PLACES.intersection(filterable(model)):
        yield f"rows cannot be filtered by {name!r}: addresses use that word"


def _more_than_a_name(model: type[Model], said: Resource) -> Iterator[str]:
    found = {name for name, column in columns(model).items() if required(column) and "from" not in column.info}
    keys = {name for name, column in columns(model).items() if column.foreign_keys and not column.nullable}
    more = (found | keys) - {said.owner, said.label}
    if said.by_name and more:
        yield f"by_name: a row needs more than its label: {', '.join(sorted(more))}"


def _unclear_groups(said: Resource) -> Iterator[str]:
    named = [name for group in said.groups for name in group.fields]
    if said.form and said.groups:
        yield "form and groups both say which fields there are; one of them is enough"
    for name in sorted({name for name in named if named.count(name) > 1}):
        yield f"groups names {name!r} twice"


def _unknown_columns(model: type[Model], said: Resource) -> Iterator[str]:
    known = {*columns(model), *relations(model)}
    used = {
        "columns": said.columns,
        "search": said.search,
        "filters": said.filters,
        "inline": said.inline,
        "form": said.form,
        "groups": tuple(name for group in said.groups for name in group.fields),
        "fields": tuple(said.fields),
        "fixed": said.fixed,
        "moving": tuple(said.moving),
        "owner": (said.owner,) if said.owner else (),
        "trend": (said.trend,) if said.trend else (),
        "label": (said.label,) if said.label != "name" or said == model.resource else (),
        "order": (said.order.lstrip("-"),),
    }
    for place, names in used.items():
        for name in names:
            if name not in known:
                yield f"{place} names {name!r}, which is no column of it that may be shown"
    for view, asked in said.views.items():
        yield from (f"view {view!r} filters {name!r}, which is no column" for name in asked if name not in known)


def _unknown_verbs(model: type[Model], said: Resource) -> Iterator[str]:
    known = verbs(model)
    for role, words in said.grants.items():
        for word in words.split():
            verb, _, scope = word.partition(":")
            if verb not in known:
                yield f"grants gives {role} {word!r}, but there is no verb {verb!r}"
            if scope not in ("", "own"):
                yield f"grants gives {role} {word!r}: the only scope is :own"
            if scope == "own" and not said.owner:
                yield f"grants gives {role} {word!r}, but owner is not declared"


def _impossible_values(model: type[Model], said: Resource) -> Iterator[str]:
    if len({action.name for action in said.actions}) != len(said.actions):
        yield "two actions have the same name"
    for action in said.actions:
        yield from (f"action {action.name!r} {problem}" for problem in _action_problems(model, said, action))
    for view, asked in said.views.items():
        wrong = [name for name, value in asked.items() if not _can_hold(model, name, value)]
        yield from (f"view {view!r} asks for {name}={asked[name]!r}, which it cannot hold" for name in wrong)


def _action_problems(model: type[Model], said: Resource, action: Action) -> Iterator[str]:
    sets = dict(action.sets or {})
    if (action.sets is None) == (action.run is None):
        yield "needs either sets or run"
    if action.name in said.verbs:
        yield "has the name of a basic verb"
    for name in {*sets, *action.when} - set(columns(model)):
        yield f"uses {name!r}, which is no column"
    for name in (name for name, value in sets.items() if not callable(value) and not _can_hold(model, name, value)):
        yield f"sets {name} to {sets[name]!r}, which it cannot hold"


def _can_hold(model: type[Model], name: str, value: Any) -> bool:
    column = columns(model).get(name)
    return column is None or not isinstance(column.type, Choice) or value in column.type.values
