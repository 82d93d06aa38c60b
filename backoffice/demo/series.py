"""Numbers, dice and moments that a database works out by itself, on SQLite as on PostgreSQL."""

from sqlalchemy import BigInteger, Float, Text, cast, func, literal, select

SPREAD = 2**32
# Odd multipliers with no common pattern: each gives dice of its own for the same number.
MULTIPLIERS = (
    2654435761, 2246822519, 3266489917, 668265263, 374761393, 3432918353, 461845907, 1540483477,
    2860486313, 1664525, 22695477, 1103515245, 2891336453, 29943829, 32310901, 747796405,
)  # fmt: skip


def numbers(connection, count):
    """Return the column `n` of a table that holds 1 to `count`."""
    if connection.dialect.name == "postgresql":
        return func.generate_series(1, cast(count, BigInteger)).table_valued("n").render_derived().c.n
    start = select(literal(1).label("n")).where(literal(1) <= count).cte("series", recursive=True)
    return start.union_all(select(start.c.n + 1).where(start.c.n < count)).c.n


def dice(n, which, sides):
    """Return 0 to `sides` - 1 (at most 2**30 sides) for each of the numbers `n`; `which` tells throws apart."""
    scattered = (cast(n, BigInteger) * MULTIPLIERS[which] + which * 40503) % SPREAD
    # The low digits of such a product repeat soon, the high ones do not.
    return (scattered * sides) // SPREAD


def chance(n, which):
    """Return a number from 0 to 0.9999."""
    return cast(dice(n, which, 10000), Float) / 10000


def seconds(connection, moment):
    """Return the seconds since 1970 of a column of moments."""
    if connection.dialect.name == "postgresql":
        return func.extract("epoch", moment)
    return cast(func.strftime("%s", moment), Float)


def moment(connection, since):
    """Return the moment that is `since` seconds after 1970, as the database stores moments."""
    if connection.dialect.name == "postgresql":
        return func.to_timestamp(since)
    return func.strftime("%Y-%m-%d %H:%M:%S.000000", since, "unixepoch", type_=Text())


def secret(connection):
    """Return a random key, a new one for each row."""
    if connection.dialect.name == "postgresql":
        return func.replace(cast(func.gen_random_uuid(), Text), "-", "")
    return func.lower(func.hex(func.randomblob(16)))
