"""When people were last seen, noted now and then, and never at the cost of a request."""

from datetime import timedelta

from flask import current_app, g
from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError

from backoffice.core.model import db, now, reading
from backoffice.models.accounts import User

EVERY = timedelta(minutes=5)
# Whoever writes just now goes first: this note can as well be made at the next request.
IMPATIENT = {"sqlite": "PRAGMA busy_timeout=0", "postgresql": "SET LOCAL lock_timeout='100ms'"}


def init_app(app):
    """Look after every request whether its person was last seen long enough ago."""
    app.teardown_request(note)


def note(_error):
    """Write down that the person of this request was here, outside their own transaction."""
    model, key, user, seen = g.pop("presence", (None, None, None, None))
    if key is None or (seen is not None and now() - seen < EVERY):
        return
    token = reading.set(True)
    try:
        _write(((model, key), (User, user)))
    except SQLAlchemyError:
        current_app.logger.info("When user %s was last seen is noted another time.", user)
    finally:
        reading.reset(token)


def _write(rows):
    moment = now()
    with db.engine.connect() as connection:
        # It keeps its impatience, so it does not go back to where other requests get theirs.
        connection.detach()
        connection.exec_driver_sql(IMPATIENT[connection.dialect.name])
        for model, row in rows:
            table = model.__table__
            # Neither a change of the row nor one for the history: its date and version stay.
            same = {"updated_at": table.c.updated_at}
            connection.execute(update(table).where(table.c.id == row).values(last_seen=moment, **same))
        connection.commit()
