"""What the next page tells a person about what they just did: a few short sentences."""

from flask import flash, session

LONGEST = 300
# They travel in the cookie, which browsers drop beyond 4096 bytes.
MOST = 3


def tell(sentence, category="success", lead=None, undo=None):
    """Let the next page say `sentence`, and offer the next step: `lead` is its words and its address.

    `undo` is the batch that was just done, to be taken back by a button beside the sentence.

    Older messages that nobody has read yet give way.
    """
    text = str(sentence)
    text = text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"
    if undo is not None and lead is None:
        flash({"text": text, "batch": undo}, category)
        session["_flashes"] = session["_flashes"][-MOST:]
        return
    # An address that would not fit beside the sentence is left out; the sentence is what matters.
    if lead is None or len(lead[1]) > LONGEST:
        flash(text, category)
    else:
        flash({"text": text, "words": str(lead[0]), "url": lead[1]}, category)
    session["_flashes"] = session["_flashes"][-MOST:]
