"""What the next page tells a person about what they just did: a few short sentences."""

from flask import flash, session

LONGEST = 300
# They travel in the cookie, which browsers drop beyond 4096 bytes.
MOST = 3


def tell(sentence, category="success"):
    """Let the next page say `sentence`; older ones that nobody has read yet give way."""
    text = str(sentence)
    flash(text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…", category)
    session["_flashes"] = session["_flashes"][-MOST:]
