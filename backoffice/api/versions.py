"""Which version of a row a program read before it writes, and what becomes of what others changed since."""

import re
from dataclasses import dataclass, field

from flask import request

from backoffice.api import rows
from backoffice.api.subjects import is_many
from backoffice.core.access import may_see
from backoffice.core.catalogues import gettext as _
from backoffice.core.history import merging
from backoffice.core.history.encoding import encode
from backoffice.core.model import arrive, db
from backoffice.core.resource import columns, key_of, relation_of, relations
from backoffice.core.web.problems import Problem

ETAG = re.compile(r'"([1-9][0-9]{0,8})"')
LARGEST = 10**9


@dataclass(frozen=True)
class Settled:
    """What is to be written, which fields others changed meanwhile, and what both changed (field → three sides)."""

    values: dict
    merged: tuple = ()
    conflicts: dict = field(default_factory=dict)


def read(told):
    """Take the version out of what was sent, or out of If-Match; a write that does not say it is refused."""
    sent, tag = told.pop("version", None), request.headers.get("If-Match")
    if sent is not None and not (type(sent) is int and 0 < sent < LARGEST):
        raise Problem(422, errors={"version": [_("Type a whole number.")]})
    found = ETAG.fullmatch(tag) if tag else None
    if (tag and not found) or (sent and found and int(found[1]) != sent):
        raise Problem(400, _("If-Match must hold the version that was read, as its ETag says it."))
    if sent is None and found is None:
        raise Problem(428, _("Say which version you read: by If-Match, or as “version” in the body."))
    return sent or int(found[1])


def settle(user, row, version, values):
    """Put together what was sent on `version` of a row and what others changed since."""
    values = {name: _with_hidden(user, row, name, value) for name, value in values.items()}
    if version == row.version:
        return Settled(values)
    then, held = merging.since(db.session(), row, version), merging.held(row)
    kept, conflicts = {}, {}
    for name, value in values.items():
        sides = _sides(row, name, value, (then, held))
        if then is None:
            conflicts |= {name: sides} if sides["theirs"] != sides["yours"] else {}
        elif is_many(type(row), name):
            kept[name] = _joined(row, name, value, sides)
        elif sides["yours"] in (sides["theirs"], sides["base"]):
            continue
        elif sides["base"] == sides["theirs"]:
            kept[name] = value
        else:
            conflicts[name] = {**sides, "who": _who(user, then.changed.get(key_of(type(row), name)))}
    return Settled(kept, () if then is None else _merged(user, row, then, conflicts), conflicts)


def _sides(row, name, value, known):
    then, held = known
    key = name if is_many(type(row), name) else key_of(type(row), name)
    base = None if then is None else then.values.get(key)
    return {"base": base, "theirs": held.get(key), "yours": _stored(type(row), name, value)}


def _stored(model, name, value):
    """Return what was sent as the history would write it."""
    if is_many(model, name):
        return sorted(one.id for one in value)
    if name in relations(model):
        return None if value is None else value.id
    try:
        return encode(arrive(columns(model)[name], value))
    except (ValueError, TypeError):
        # What the column refuses is said when it is set.
        return encode(value)


def _joined(row, name, value, sides):
    wanted = merging.sets(sides["base"] or (), sides["theirs"] or (), sides["yours"])
    known = {one.id: one for one in [*getattr(row, name), *value]}
    return [known[key] for key in sorted(wanted) if key in known]


def _with_hidden(user, row, name, value):
    """Return the rows that a relation is to name: those that its sender cannot see stay among them."""
    if not is_many(type(row), name):
        return value
    there = getattr(row, name)
    target = relations(type(row))[name].mapper.class_
    seen = rows.keyed(db.session(), user, target, [one.id for one in there])
    return value + [one for one in there if one.id not in seen and one not in value]


def _who(user, key):
    return rows.keyed(db.session(), user, type(user), [key] if key else []).get(key)


def _merged(user, row, then, conflicts):
    names = (relation_of(type(row), name) or name for name in then.changed)
    return tuple(sorted(name for name in names if name not in conflicts and may_see(user, type(row), name)))


def conflict(row, settled):
    """Return the refusal of a write that others were faster with: what both changed, for the sender to choose."""
    said = _("Someone else changed the same meanwhile.")
    return Problem(409, said, version=row.version, merged=list(settled.merged), conflicts=settled.conflicts)


def check(row, version):
    """Refuse to delete a row that is not the one that was read."""
    if row.version != version:
        raise Problem(409, _("Someone changed this meanwhile."), version=row.version)
