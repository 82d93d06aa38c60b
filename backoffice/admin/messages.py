"""What the next page tells a person about what they just did: a few short sentences."""

from flask import flash, session

LONGEST = 300
# They travel in the cookie, which browsers drop beyond 4096 bytes.
MOST = 3


def tell(sentence, category="success", lead=None, undo=None):
    """Let the next page say `sentence`, and offer the next step: `lead` is its words and its address.

    `category` is "success", "warning" for what was done in part, or "error".
    `undo` is the batch that was just done, to be taken back by a button beside the sentence.
    Older messages that nobody has read yet give way.
    """
    text = str(sentence)
    text = text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"
    # An address that would not fit beside the sentence is left out; the sentence is what matters.
    next_step = {"words": str(lead[0]), "url": lead[1]} if lead is not None and len(lead[1]) <= LONGEST else {}
    taken_back = {} if undo is None else {"batch": undo}
    flash({"text": text, **next_step, **taken_back} if next_step or taken_back else text, category)
    session["_flashes"] = session["_flashes"][-MOST:]
