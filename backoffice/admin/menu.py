"""Where one can go in the panel: sections of links, of what the acting person may read."""

from dataclasses import dataclass, field
from typing import Any

from flask import request, url_for

from backoffice.admin.words import plural
from backoffice.core.access import can
from backoffice.core.resource import resource, resources


@dataclass(frozen=True)
class Link:
    """One entry of the menu; `current` when the page shown belongs to it."""

    label: Any
    address: str
    current: bool


@dataclass
class Section:
    """A heading of the menu and the entries under it."""

    label: Any
    links: list[Link] = field(default_factory=list)


def sections(user):
    """Return the menu of `user`, its sections in alphabetical order."""
    found = {}
    for model in readable(user):
        heading = resource(model).menu
        found.setdefault(str(heading), Section(heading)).links.append(_link(model))
    return list(found.values())


def readable(user):
    """Return the models of which `user` may read rows, in the order of the menu."""
    found = [model for model in resources().values() if can(user, "read", model)]
    return sorted(found, key=lambda model: str(resource(model).menu))


def _link(model):
    name = model.__tablename__
    return Link(plural(model), url_for(f"{name}.index_view"), request.blueprint == name)
