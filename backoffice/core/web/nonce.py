"""The one-time word by which a browser knows the scripts a page may run."""

import secrets

from flask import g


def csp_nonce() -> str:
    """Return the nonce of the answer being made: 22 URL-safe characters, the same for the whole request.

    It needs an application context and raises RuntimeError outside one.
    """
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)
