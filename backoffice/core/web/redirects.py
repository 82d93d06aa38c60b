"""Whether an address that came from outside may be redirected to."""

import re
from urllib.parse import unquote

LONGEST = 2048
# A slash, then printable ASCII without a space and without a backslash.
ON_THIS_HOST = re.compile(r"/[!-\[\]-~]*")
# Some browsers, proxies and frameworks read these as the start of another host, once decoded.
LEADS_AWAY = re.compile(r"//|\\|[\x00-\x20\x7f-\xa0]")


def safe_target(value: object) -> str | None:
    """Return the address when it is a path on this host, else None; it never raises.

    The value is text as a browser would resolve it: a path that starts with one slash, with its query and
    fragment, of at most 2048 printable ASCII characters. What other readers might take for a host (doubled
    slashes, backslashes, control characters, these in percent-encoding too) is refused in the path.
    """
    if not isinstance(value, str) or len(value) > LONGEST or not ON_THIS_HOST.fullmatch(value):
        return None
    path = re.split("[?#]", value, maxsplit=1)[0]
    return None if LEADS_AWAY.search(unquote(path)) else value
