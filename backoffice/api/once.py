"""A request that is sent again with the same Idempotency-Key is done once, and answered as the first time."""

from hashlib import sha256

from flask import request

from backoffice.core.catalogues import gettext as _
from backoffice.core.model import db
from backoffice.core.web import repeats
from backoffice.core.web.problems import Problem

HEADER, REPLAYED = "Idempotency-Key", "Idempotent-Replayed"


def do(user, work):
    """Do the work, which returns what to answer and the status, and commit; returns both, and whether it was before."""
    session, key = db.session(), request.headers.get(HEADER, "")
    if len(key) > repeats.LONGEST:
        raise Problem(400, _("An Idempotency-Key has at most %(most)d characters.", most=repeats.LONGEST))
    digest = sha256(request.full_path.encode() + b"\n" + request.get_data()).hexdigest()
    try:
        before = repeats.claim(session, user, key, digest) if key else None
    except repeats.Different as error:
        raise Problem(422, _("This Idempotency-Key came with another request before.")) from error
    if before is not None:
        session.rollback()
        return before[1], before[0], True
    answer, status = work()
    if key:
        repeats.keep(session, user, key, status, answer)
    session.commit()
    return answer, status, False
