"""What a change did, value by value: before and after in words, with the words marked that differ in long texts."""

import json
import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from backoffice.admin.cells import TAG
from backoffice.admin.words import NOTHING
from backoffice.core.access import may_see
from backoffice.core.history import SILENT
from backoffice.core.resource import columns, labels, relations
from backoffice.core.types import Html

WORD = re.compile(r"\s+|[^\W_]+|.", re.DOTALL)
LONG = 60  # characters from which on a value is compared word by word
MOST_WORDS = 4000
AROUND = 12  # words that are shown around what differs
SAME, OUT, IN, SKIPPED = "same", "out", "in", "skipped"


@dataclass(frozen=True)
class Difference:
    """One value that a change changed: in short as before and after, in long texts as pieces (kind, words)."""

    name: str
    label: Any
    before: str
    after: str
    pieces: tuple[tuple[str, str], ...] = ()


def differences(user, model, change):
    """Return what a change changed, as far as the user may see it."""
    before, after = change.before or {}, change.after or {}
    known = {*columns(model), *relations(model)} - SILENT
    names = [name for name in {**before, **after} if name in known and may_see(user, model, name)]
    found = (_difference(model, name, before.get(name), after.get(name)) for name in names)
    # A new row names its empty columns, too; that nothing became nothing tells nobody anything.
    return [one for one in found if (one.before, one.after) != (NOTHING, NOTHING)]


def _difference(model, name, before, after):
    old, new = _words(model, name, before), _words(model, name, after)
    long = max(len(old), len(new)) > LONG and NOTHING not in (old, new)
    return Difference(name, labels(model, name), old, new, tuple(pieces(old, new)) if long else ())


def _words(model, name, value):
    if value is None or value in ("", []):
        return NOTHING
    column = columns(model).get(name)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if column is not None and isinstance(column.type, Html):
        return " ".join(TAG.sub(" ", value).split()) or value
    said = column.info.get("labels", {}) if column is not None else {}
    return str(said.get(value, value))


def pieces(before, after):
    """Yield the words of two texts in order: what both have, what went out and what came in."""
    old, new = WORD.findall(before), WORD.findall(after)
    if len(old) + len(new) > MOST_WORDS:
        yield OUT, before
        yield IN, after
        return
    found = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for at, (kind, first, last, from_, to) in enumerate(found):
        if kind == "equal":
            yield from _same(old[first:last], begins=at == 0, ends=at == len(found) - 1)
            continue
        if last > first:
            yield OUT, "".join(old[first:last])
        if to > from_:
            yield IN, "".join(new[from_:to])


def _same(words, *, begins, ends):
    """Yield words that both texts have, but of many only those beside what differs."""
    head = [] if begins else words[: 2 * AROUND]
    tail = [] if ends else words[-2 * AROUND :]
    if len(words) <= len(head) + len(tail) + AROUND:
        yield SAME, "".join(words)
        return
    if head:
        yield SAME, "".join(head)
    yield SKIPPED, "…"
    if tail:
        yield SAME, "".join(tail)
