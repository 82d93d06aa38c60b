"""What things are called in the panel: resources, verbs, and values nobody can see."""

from backoffice.core.access import NONE, OWN, may_see, rule
from backoffice.core.catalogues import lazy_gettext as _
from backoffice.core.resource import actions, resource, said, verbs
from backoffice.core.selection.criteria import views

NOTHING = "—"
VERBS = {
    "read": _("see"),
    "create": _("create"),
    "update": _("change"),
    "delete": _("delete"),
    "export": _("export"),
}


def singular(model):
    """Return what one row of `model` is called."""
    name = resource(model).name
    return name if said(name) else model.__tablename__.replace("_", " ").capitalize()


def plural(model):
    """Return what the rows of `model` are called."""
    name = resource(model).plural
    return name if said(name) else singular(model)


def named_views(user, model):
    """Return the named views of `model` that `user` may use: pairs of the word in the address and the label."""
    return [
        (word, label)
        for word, (label, asked) in views(model).items()
        if all(may_see(user, model, name) for name in asked)
    ]


def permitted(user, model):
    """Return in words what `user` may do with rows of `model`, in order."""
    return [words for verb in verbs(model) if (words := _permitted(user, verb, model))]


def _permitted(user, verb, model):
    action = actions(model).get(verb)
    words = action.label if action else VERBS.get(verb)
    scope = rule(user, verb, model).scope
    if not words or scope == NONE:
        return None
    return _("%(verb)s (own)", verb=words) if scope == OWN else words
