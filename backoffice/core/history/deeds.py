"""What the history says in words: what was done, to what kind of row, and through which door it came."""

from typing import Any

from backoffice.core.catalogues import inside
from backoffice.core.catalogues import lazy_pgettext as _p
from backoffice.core.resource import actions, resource, resources, said

# One row of the history; the same word in English, but not elsewhere, is what a button says.
ENTRY = _p("one entry of the history", "Change")
DEEDS = {
    "create": _p("what was done", "create"),
    "update": _p("what was done", "update"),
    "delete": _p("what was done", "delete"),
    "export": _p("what was done", "export"),
    "undo": _p("what was done", "undo"),
    "redact": _p("what was done", "redact"),
    "prune": _p("what was done", "prune"),
    "seal": _p("what was done", "seal"),
    "load": _p("what was done", "load"),
    "invite": _p("what was done", "invite"),
    "sign-in": _p("what was done", "sign-in"),
    "sign-out": _p("what was done", "sign-out"),
    "sign-in-failed": _p("what was done", "sign-in failed"),
    "token-issued": _p("what was done", "token issued"),
    "password-change": _p("what was done", "password changed"),
    "password-reset": _p("what was done", "password reset"),
    "password-link": _p("what was done", "password link sent"),
    "password-forgotten": _p("what was done", "password forgotten"),
}
DOORS = {
    "panel": _p("through what", "panel"),
    "api": _p("through what", "API"),
    "site": _p("through what", "site"),
    "command": _p("through what", "command"),
    "import": _p("through what", "import"),
    "code": _p("through what", "code"),
    "job": _p("through what", "job"),
}


def deeds() -> tuple[str, ...]:
    """Return every verb that the history may hold and has words for."""
    return tuple(dict.fromkeys((*DEEDS, *(name for model in resources().values() for name in actions(model)))))


def kinds() -> tuple[str, ...]:
    """Return what every resource is called in the history."""
    return tuple(resources())


def doors() -> tuple[str, ...]:
    """Return what every door is called in the history."""
    return tuple(DOORS)


def deed(verb: str) -> str:
    """Return what was done, by the verb of a change: an operation by its own label; the verb where it has no words."""
    if verb in DEEDS:
        return str(DEEDS[verb])
    labels = (found[verb].label for model in resources().values() if verb in (found := actions(model)))
    return inside(next(labels, verb))


def kind(name: str) -> str:
    """Return what one row of the resource called `name` is, or `name` where nothing is called so."""
    model = resources().get(name)
    words = resource(model).name if model else ""
    return inside(words) if words and said(words) else name


def door(name: str) -> str:
    """Return through what a change came, in words."""
    return str(DOORS.get(name, name))


# What the columns of the history say of themselves: the words for a value, and the values one may look for.
OF_DOORS = {"words": door, "offered": doors}
OF_KINDS = {"words": kind, "offered": kinds}
OF_DEEDS = {"words": deed, "offered": deeds}
# The columns by which changes are found, and what their indexes hold beside the dates.
INDEXED: dict[str, dict[str, Any]] = {
    "actor_id": {"postgresql_include": ["model", "verb"]},
    "verb": {"postgresql_include": ["model"]},
    "model": {"postgresql_include": ["verb"]},
    "door": {},
}
