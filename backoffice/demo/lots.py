"""Drawing lots in SQL: numbered rows, and for each of them the words and the other rows that the dice choose."""

from sqlalchemy import Column, Float, Integer, MetaData, String, Table, and_, func, insert, literal, select
from sqlalchemy.sql import ColumnElement

from backoffice.core.types import Key
from backoffice.demo import series, vocabulary

HOUR = 3600  # seconds
YEARS = 5 * 365 * 24 * HOUR

# Rows that others refer to, numbered without gaps, so that dice can choose one of them.
_choices = Table(
    "demo_choice",
    MetaData(),
    Column("kind", String(10), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("id", Key, nullable=False),
    Column("at", Float, nullable=False),
    prefixes=["TEMPORARY"],
)


class Lots:
    """What can be drawn on one connection until the moment `end`: words, and the rows of each kind put in."""

    def __init__(self, connection, end):
        self.connection, self.end = connection, int(end.timestamp())
        self.sizes = vocabulary.fill(connection)
        _choices.create(connection)

    def put_in(self, kind, model, *conditions):
        """Let rows of `model` that meet the conditions be drawn as `kind`."""
        number = func.row_number().over(order_by=model.id) - 1
        chosen = select(literal(kind), number, model.id, self.seconds(model.created_at)).where(*conditions)
        self.connection.execute(insert(_choices).from_select(["kind", "number", "id", "at"], chosen))
        self.sizes[kind] = self.connection.scalar(select(func.count()).where(_choices.c.kind == kind))

    def seconds(self, moment):
        """Return the seconds since 1970 of a column of moments."""
        return series.seconds(self.connection, moment)

    def past(self, n, which):
        """Return some moment of the last five years, in seconds since 1970."""
        # Nothing is newer than some hours, so that all that follows from a moment is past as well.
        return self.end - 3 * HOUR - series.dice(n, which, YEARS)

    def draw(self, rows):
        """Return a draw for `rows`, a subquery with the column `n`."""
        return Draw(self, rows)

    def draw_numbers(self, count):
        """Return a draw for the numbers 1 to `count`."""
        return Draw(self, select(series.numbers(self.connection, count).label("n")).subquery())

    def close(self):
        """Drop what was put in."""
        _choices.drop(self.connection)
        vocabulary.drop(self.connection)


class Draw:
    """The rows that one INSERT … SELECT reads: `rows`, and whatever the dice join to each of them."""

    def __init__(self, lots, rows):
        self.lots, self.rows, self.tables = lots, rows, rows
        self.n = rows.c.n

    def word(self, kind, which):
        """Return the columns of a word of `kind`."""
        one = vocabulary.table.alias()
        # An outer join, though a word is always found: it keeps SQLite from beginning with all pairs of words.
        self.tables = self.tables.outerjoin(one, and_(one.c.kind == kind, one.c.number == self._number(kind, which)))
        return one.c

    def row(self, kind, which):
        """Return the columns of a row of `kind`; they are NULL when there is none to draw."""
        return self.row_at(kind, self._number(kind, which))

    def row_at(self, kind, number):
        """Return the columns of the row of `kind` with this number."""
        one = _choices.alias()
        self.tables = self.tables.outerjoin(one, and_(one.c.kind == kind, one.c.number == number))
        return one.c

    def _number(self, kind, which):
        return series.dice(self.n, which, self.lots.sizes[kind])

    def insert(self, table, values, since=None):
        """Insert these values into `table` for each row, dated `since` (in seconds since 1970)."""
        if since is not None:
            at = series.moment(self.lots.connection, since)
            values = values | {"created_at": at, "updated_at": at, "version": 1}
        chosen = select(*(_column(name, value) for name, value in values.items())).select_from(self.tables)
        self.lots.connection.execute(insert(table).from_select(list(values), chosen))


def _column(name, value):
    return (value if isinstance(value, ColumnElement) else literal(value)).label(name)
