"""Why something broke off, in one line for administrators: what was raised and where, without secrets."""

import re
from collections.abc import Mapping
from traceback import walk_tb
from typing import Any

from sqlalchemy.exc import DBAPIError

LONGEST = 300
OWN = "backoffice."
# Settings of these names hold what no page may show; nor may passwords in addresses and long random words.
SECRET = re.compile(r"SECRET|PASSWORD|SALT|TOKEN|KEY|URL|URI")
SHORTEST_SECRET = 6
LOGIN = re.compile(r"//[^/@\s]*@")
RANDOM = re.compile(r"(?=[A-Za-z_=+-]*[0-9])[A-Za-z0-9_=+-]{32,}")
HIDDEN = "…"


def cause_of(error: BaseException, settings: Mapping[str, Any]) -> str:
    """Return the kind of `error`, the first line of what it says, and the place in our own code that it came from.

    What databases say beyond that line quotes rows, and is left out. Values of secret `settings` are hidden.
    """
    raised = error.orig if isinstance(error, DBAPIError) and error.orig else error
    line = next(iter(str(raised).strip().splitlines()), "")
    said = f"{type(raised).__name__}: {_bare(line, settings)}".removesuffix(": ")
    place = _place(error)
    return f"{said[: LONGEST - len(place)]}{place}"


def _bare(line: str, settings: Mapping[str, Any]) -> str:
    for name, value in settings.items():
        if isinstance(value, str) and len(value) >= SHORTEST_SECRET and SECRET.search(name):
            line = line.replace(value, HIDDEN)
    return RANDOM.sub(HIDDEN, LOGIN.sub(f"//{HIDDEN}@", line))


def _place(error: BaseException) -> str:
    frames = [(frame.f_globals.get("__name__", ""), number) for frame, number in walk_tb(error.__traceback__)]
    own = [(name, number) for name, number in frames if name.startswith(OWN)]
    return f" ({own[-1][0].removeprefix(OWN)}, line {own[-1][1]})" if own else ""
