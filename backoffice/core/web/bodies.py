"""What a program sends: one JSON object, no deeper and no larger than can be meant, or a clear refusal."""

import json
from collections.abc import Container, Mapping
from typing import Any

from flask import Request

from backoffice.core.catalogues import gettext as _
from backoffice.core.web.problems import Problem

KINDS = ("application/json", "application/merge-patch+json")
DEEPEST = 32
LONGEST_NUMBER = 40  # digits


def read(request: Request) -> dict[str, Any]:
    """Return the object in the body of a request; raises Problem for anything else."""
    if request.mimetype not in KINDS:
        raise Problem(415, _("Send JSON, with the header Content-Type: application/json."))
    try:
        told = json.loads(request.get_data().decode(), object_pairs_hook=_once, parse_constant=_never, parse_int=_whole)
    except (ValueError, RecursionError) as error:
        raise Problem(400, _("The body is not JSON as it can be read here.")) from error
    if not isinstance(told, dict):
        raise Problem(400, _("The body must be one JSON object."))
    if _depth(told) > DEEPEST:
        raise Problem(400, _("The body is nested too deeply."))
    return told


def only(told: Mapping[str, Any], known: Container[str]) -> None:
    """Refuse an object that has members which mean nothing here."""
    unknown = [name for name in told if name not in known]
    if unknown:
        raise Problem(422, errors={name[:80]: [_("There is no such field here.")] for name in unknown})


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _never(word: str) -> Any:
    raise ValueError(word)


def _whole(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError(digits[:LONGEST_NUMBER])
    return int(digits)


def _depth(told: Any) -> int:
    inner = told.values() if isinstance(told, dict) else told if isinstance(told, list) else ()
    return 1 + max(map(_depth, inner), default=0)
