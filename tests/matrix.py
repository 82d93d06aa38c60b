"""What each person may do with each row by each door, read from the declarations by a reader of its own."""

from dataclasses import dataclass
from itertools import product

from sqlalchemy import String, Text, inspect

from backoffice.core.resource import columns, form_columns, key_of, relations, resources
from backoffice.core.types import Html, Picture, Secret, Slug

ADMINISTRATOR, EDITOR, MODERATOR, AUTHOR = "administrator", "editor", "moderator", "author"
# Roles that no model declares: one with every right but those that fields ask for, one with all rights to its own
# rows, and one that reads everything and does the rest with its own rows.
CLERK, KEEPER, CONTRIBUTOR = "clerk", "keeper", "contributor"
# Someone without a role, an account that was shut while its browser stayed open, and somebody who never signed in.
NEWCOMER, DEACTIVATED, STRANGER = "newcomer", "deactivated", "stranger"
MEMBERS = (ADMINISTRATOR, EDITOR, MODERATOR, AUTHOR, CLERK, KEEPER, CONTRIBUTOR, NEWCOMER)
PEOPLE = (*MEMBERS, DEACTIVATED, STRANGER)

MINE, ANOTHERS, MISSING, ANY = "one's own", "another's", "missing", "any"
ALL, OWN, NONE = "all", "own", "none"
# What can come of it: it is done or shown, the rest is done without it, it is not there at all, one is to sign in.
ALLOWED, LEFT_OUT, NOT_FOUND, SIGN_IN = "allowed", "left out", "not found", "sign in"

# The doors that look and the doors that write, each to one row; "new" and "create" need none.
ROW_READS = {"details": "read", "edit page": "update", "delete page": "delete"}
ROW_WRITES = {"edit": "update", "cell": "update", "delete": "delete"}
LISTS = {"list": "read", "export": "export"}
PLAIN = {"new page": "create", "create": "create"}
# A table is for those who make rows, and for those who may have rows recognised and change them.
TABLES = {"import page": "create", "import": "create", "import over": "update"}


@dataclass(frozen=True)
class Probe:
    """One knock at one door: who, of which resource, by which door, about whose row, and what must come of it."""

    person: str
    model: str
    door: str
    whose: str
    expected: str


def known_verbs(model):
    """Return every verb of a model, as it declares them."""
    said = model.resource
    return {*said.verbs, *(action.name for action in said.actions), *said.fields.values()}


def words(person, model):
    """Return the words that a person holds for a model, as "read" or "update:own"."""
    said = model.resource
    if person == ADMINISTRATOR:
        return sorted(known_verbs(model))
    if person == CLERK:
        return sorted(known_verbs(model) - set(said.fields.values()))
    if person in {KEEPER, CONTRIBUTOR}:
        own = [f"{verb}:own" for verb in sorted(known_verbs(model))] if said.owner else []
        return own if person == KEEPER else ["read", *own]
    return said.grants.get(person, "").split()


def scope(person, model, verb):
    """Return whether a person may do `verb` with all rows, with their own, or with none."""
    held = words(person, model)
    if verb not in known_verbs(model):
        return NONE
    return ALL if verb in held else OWN if f"{verb}:own" in held else NONE


def touches(person, model, verb, whose):
    """Tell whether a person may do `verb` with a row, and read it too; for naming it, either will do."""
    reached = [_reaches(scope(person, model, one), whose) for one in (verb, "read")]
    return any(reached) if verb == "pick" else all(reached)


def _reaches(span, whose):
    return whose != MISSING and (span == ALL or (span == OWN and whose == MINE))


def sees(person, model, name):
    """Tell whether a person may see a column or relation."""
    fields = model.resource.fields
    needed = fields.get(name) or fields.get(key_of(model, name))
    return not needed or scope(person, model, needed) == ALL


def hidden(person, model):
    """Return the columns and relations that a person may not see, those that nobody may see among them."""
    return [*secrets(model), *(name for name in (*columns(model), *relations(model)) if not sees(person, model, name))]


def names_rows(person, target):
    """Tell whether a person may name rows of `target` at all."""
    return scope(person, target, "pick") != NONE or scope(person, target, "read") != NONE


def sets(person, model):
    """Return the columns and relations that a person may set in a form."""
    fixed = set(model.resource.fixed)
    return [
        name
        for name in form_columns(model)
        if not {name, key_of(model, name)} & fixed
        and sees(person, model, name)
        and (name not in relations(model) or names_rows(person, relations(model)[name].mapper.class_))
    ]


def owned(model):
    """Tell whether rows belong to people, other than being people."""
    return model.resource.owner not in {"", "id"}


def secrets(model):
    """Return the columns of a model that nobody may ever see."""
    return [one.key for one in inspect(model).column_attrs if isinstance(one.columns[0].type, Secret)]


def guarded(model):
    """Return the plain columns of a model that ask for a right of their own."""
    return [name for name in model.resource.fields if name in columns(model) and _is_text(model, name)]


def typed(model, names):
    """Return the first of `names` that holds words, or None."""
    return next((name for name in names if name in columns(model) and _is_text(model, name)), None)


def changed_in_bulk(model):
    """Return the first column that holds words and can be set to the same ones in many rows, or None."""
    names = [name for name in sets(ADMINISTRATOR, model) if name in columns(model) and not columns(model)[name].unique]
    return typed(model, [name for name in names if not isinstance(columns(model)[name].type, Picture)])


def _is_text(model, name):
    kind = columns(model)[name].type
    plain = isinstance(kind, String) and not getattr(kind, "enums", None)
    return isinstance(kind, Html | Text) or (type(kind) is String and plain) or isinstance(kind, Slug)


def lookups(model):
    """Return the relations of a model that can be looked up, and the model itself for those who delete."""
    return {**{name: one.mapper.class_ for name, one in relations(model).items()}, "id": model}


def target_of(model, door):
    """Return the model whose rows a door is about."""
    return lookups(model)[door.partition(":")[2]] if door.startswith("lookup:") else model


def doors(model):
    """Return every door of a resource with the verb it asks for."""
    found = {**PLAIN, **ROW_READS, **ROW_WRITES, **LISTS, **TABLES}
    if recognises(ADMINISTRATOR, model) is None:
        found.pop("import over")
    if typed(model, model.resource.inline) is None:
        found.pop("cell")
    found |= {f"bulk:{action.name}": action.name for action in model.resource.actions}
    if changed_in_bulk(model) is not None:
        found["bulk:change"] = "update"
    found |= {"bulk:delete": "delete", **{f"lookup:{name}": "pick" for name in lookups(model)}}
    return found


def objects(model, door, person):
    """Return whose rows a door is tried with: one's own where rows have owners, another's, and a missing one."""
    if door in {*PLAIN, "import page", "import"}:
        return (ANY,)
    owner = target_of(model, door).resource.owner
    # Someone's own account is the account they act with, which rules of its own protect.
    own = owner and person != STRANGER and (owner != "id" or door in {*ROW_READS, "list"})
    # A line about a missing row makes one.
    others = (ANOTHERS,) if door in {*LISTS, *TABLES} or door.startswith("lookup:") else (ANOTHERS, MISSING)
    return (MINE, *others) if own else others


def expected(person, model, door, whose):
    """Return what must come of a knock."""
    verb = doors(model)[door]
    if person not in MEMBERS:
        return SIGN_IN
    if door.startswith("lookup:"):
        return _looked_up(person, model, door, whose)
    if door in TABLES:
        return _brought_in(person, model, door, whose)
    shut = scope(person, model, verb) == NONE
    if shut or (door.startswith("bulk:") and scope(person, model, "read") == NONE):
        return NOT_FOUND
    if door in PLAIN or touches(person, model, verb, whose):
        return ALLOWED
    return LEFT_OUT if door in LISTS or door.startswith("bulk:") else NOT_FOUND


def recognises(person, model):
    """Return the column by which a person may have rows of a model recognised in a file, or None."""
    unique = [name for name in sets(person, model) if name in columns(model) and columns(model)[name].unique]
    return next(iter(unique), None) if scope(person, model, "update") != NONE else None


def _brought_in(person, model, door, whose):
    creates, known = scope(person, model, "create") != NONE, recognises(person, model)
    if not creates and not known:
        return NOT_FOUND
    if door == "import over":
        return ALLOWED if known and touches(person, model, "update", whose) else LEFT_OUT
    # Nobody names a stored picture in a file.
    lacking = door == "import" and any(
        isinstance(one.type, Picture) and not one.nullable for one in columns(model).values()
    )
    return ALLOWED if door == "import page" or (creates and not lacking) else LEFT_OUT


def _looked_up(person, model, door, whose):
    name, target = door.partition(":")[2], target_of(model, door)
    writes = any(scope(person, model, verb) != NONE for verb in ("create", "update"))
    open_to = scope(person, model, "delete") != NONE if name == "id" else writes and name in sets(person, model)
    if not open_to or not names_rows(person, target):
        return NOT_FOUND
    return ALLOWED if touches(person, target, "pick", whose) else LEFT_OUT


def subjects():
    """Return the models that declare something, by name; the others are there for nobody but the administrator."""
    return {name: model for name, model in resources().items() if model.resource is not None}


def probes(person, model):
    """Return every knock of one person at the doors of one model."""
    name = model.__tablename__
    return [
        Probe(person, name, door, whose, expected(person, model, door, whose))
        for door in doors(model)
        for whose in objects(model, door, person)
    ]


def every_probe():
    """Return every knock there is."""
    return [probe for person, model in product(PEOPLE, subjects().values()) for probe in probes(person, model)]
