"""Jobs that were just asked for: who carries them to workers hears of them once they are there for everybody."""

from collections.abc import Callable, Sequence

from flask import Flask, current_app, has_app_context
from sqlalchemy import event
from sqlalchemy.orm import Session

Carry = Callable[[Sequence[int]], None]
ASKED = "jobs that were asked for"
CARRY = "carry jobs"


def tell(app: Flask, carry: Carry) -> None:
    """Let `carry` have the keys of jobs, each after the commit of the change that asked for it; it must not raise."""
    app.extensions[CARRY] = carry


def announce(session: Session, key: int) -> None:
    """Say that the transaction of this session, if it is committed, leaves a job with this key to be done."""
    if has_app_context() and CARRY in current_app.extensions:
        session.info.setdefault(ASKED, []).append(key)


@event.listens_for(Session, "after_commit")
def _carry(session: Session) -> None:
    # The end of a savepoint is no commit: nobody else sees anything yet, and all may still be undone.
    if not session.in_nested_transaction() and (keys := session.info.pop(ASKED, None)):
        current_app.extensions[CARRY](keys)


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop(ASKED, None)
