"""Work on many comments in ten parts, or an undo of it, for the tests that kill the process it is done in."""

import sys

import click

from backoffice import create_app
from backoffice.core import history, operation, undo
from backoffice.core.access import OPERATOR
from backoffice.core.model import db
from backoffice.core.operation.altering import Edit
from backoffice.core.selection import Selection
from backoffice.core.selection.criteria import Criteria, Filter
from backoffice.models.comments import Comment


def part(at, way):
    """Do a tenth in a transaction of its own, as one statement on many rows or row by row."""
    chosen = Filter("guest_name", "is", f"Guest {at}"), Filter("status", "is", "pending")
    rows = Selection(Comment, criteria=Criteria(Comment, filters=chosen))
    if way == "rows":
        operation.run(db.session(), OPERATOR, "update", rows, {"guest_url": Edit("https://example.com/")})
    else:
        operation.run(db.session(), OPERATOR, "approve", rows)
    db.session.commit()


def main(way, batch=None):
    """Do the work, or undo the batch that is named."""
    with create_app().test_request_context():
        click.echo("ready")
        with history.acting(None, "job"):
            if batch:
                undo.undo(db.session(), OPERATOR, batch)
                db.session.commit()
            else:
                for at in range(10):
                    part(at, way)


if __name__ == "__main__":
    main(*sys.argv[1:])
