"""What follows from a write besides what it stored, such as a mail: in words, for whoever did it."""

from sqlalchemy.orm import Session

SAID = "aftermath"


def tell(session: Session, sentence: str) -> None:
    """Keep the sentence for the door that wrote; the next one takes its place, so that long work keeps no pile."""
    session.info[SAID] = sentence


def told(session: Session) -> list[str]:
    """Return what was kept since this was last asked."""
    sentence = session.info.pop(SAID, None)
    return [] if sentence is None else [sentence]
