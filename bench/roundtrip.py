"""A drill: all rows of one database out as files, into an empty one, and a hash of each column compared."""

import argparse
import csv
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from data import make_database, manage
from sqlalchemy import MetaData, String, create_engine, select
from tools import PLACE

# In the order in which they can be brought in: what is named comes first. Roles are there from the beginning.
TABLES = ("role", "user", "category", "tag", "image", "post", "comment")
THERE = {"role": "name"}
# What names a row of these whatever its key is; rows of others are told by their place among all.
NATURAL = {"role": "name", "user": "username", "category": "slug", "tag": "slug", "image": "file", "post": "slug"}
LINKS = {"roles": "user_role", "tags": "post_tag", "more_categories": "post_category"}
# What no file brings back, on purpose: a row's key, and how often it was written.
OWN = ("id", "version")
AT_ONCE = 5_000


@dataclass
class Trip:
    """What came of one table: its rows on both sides, the seconds out and in, the columns equal and unequal."""

    table: str
    rows: tuple[int, int]
    out: float
    back: float
    equal: list[str]
    unequal: list[str]


def main():
    """Do the drill and tell what came of it; it fails when a column differs."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("source", help="the address of the database whose rows go out")
    asked.add_argument("target", help="the address of a database without rows, which is made when it is not there")
    asked.add_argument("--tables", default=",".join(TABLES))
    given = asked.parse_args()
    PLACE.mkdir(parents=True, exist_ok=True)
    trips = list(drill(given.source, given.target, given.tables.split(",")))
    sys.exit(any(trip.unequal or trip.rows[0] != trip.rows[1] for trip in trips))


def drill(source, target, tables=TABLES):
    """Yield what came of each table, and tell it; raises RuntimeError when the target has rows already."""
    make_database(target)
    manage(target, "db", "upgrade")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(dir=PLACE)))
        print("table | rows | out, s | in, s | columns equal | columns that differ", flush=True)
        for name in tables:
            trip = _trip((source, target), name, folder / f"{name}.csv")
            words = (name, trip.rows[0], f"{trip.out:.1f}", f"{trip.back:.1f}", len(trip.equal), *trip.unequal)
            print(" | ".join(map(str, words)), flush=True)
            yield trip


def _trip(urls, name, path):
    start = time.perf_counter()
    manage(urls[0], "export", name, "--output", str(path))
    between = time.perf_counter()
    known = ("--key", THERE[name]) if name in THERE else ()
    manage(urls[1], "load", name, str(path), *known)
    end = time.perf_counter()
    with path.open(newline="", encoding="utf-8") as file:
        names = [one for one in next(csv.reader(file)) if one not in OWN]
    path.unlink()
    (first, before), (second, after) = (hashes(url, name, names) for url in urls)
    equal = [one for one in names if before[one] == after[one]]
    return Trip(
        name, (first, second), between - start, end - between, equal, [one for one in names if one not in equal]
    )


def hashes(url, name, names):
    """Return how many rows a table has, and a hash of each of these columns and relations, row after row.

    The rows are in the order of when they were made, then of their texts: keys are a database's own.
    """
    engine = create_engine(url, execution_options={"stream_results": True, "yield_per": AT_ONCE})
    with engine.connect() as connection:
        tables = MetaData()
        tables.reflect(connection)
        table = tables.tables[name]
        order = _order(table)
        places = {key: at for at, key in enumerate(connection.scalars(select(table.c.id).order_by(*order)))}
        links = {one: _link(tables, table, one) for one in names if one not in table.c and f"{one}_id" not in table.c}
        found = {one: _digest(_linked(connection, link, order, places)) for one, link in links.items()}
        own = [one for one in names if one not in links]
        digests = {one: sha256() for one in own}
        for row in connection.execute(select(*(_read(table, one) for one in own)).order_by(*order)):
            for one, value in zip(own, row, strict=True):
                by_place = one not in table.c and _target(table, one).name not in NATURAL and value is not None
                _add(digests[one], places[value] if by_place else value)
        return len(places), found | {one: digest.hexdigest() for one, digest in digests.items()}


def _order(table):
    texts = [column for column in table.c if isinstance(column.type, String)]
    return [table.c.created_at, *([table.c[NATURAL[table.name]]] if table.name in NATURAL else texts)]


def _target(table, name):
    return next(iter(table.c[f"{name}_id"].foreign_keys)).column.table


def _read(table, name):
    """Return what is read of a column: its value, or what names the row that it is the key of."""
    if name in table.c:
        return table.c[name].label(name)
    column, target = table.c[f"{name}_id"], _target(table, name)
    if target.name not in NATURAL:
        return column.label(name)
    other = target.alias()
    return select(other.c[NATURAL[target.name]]).where(other.c.id == column).scalar_subquery().label(name)


def _link(tables, table, name):
    """Return the columns of a relation's link table: the one to `table` and the other."""
    link = tables.tables[LINKS[name]]
    columns = {next(iter(column.foreign_keys)).column.table.name: column for column in link.c}
    left = columns.pop(table.name)
    return left, *columns.values()


def _linked(connection, link, order, places):
    """Yield where each linked row stands and what names the one that it is linked to."""
    left, right = link
    target = next(iter(right.foreign_keys)).column.table
    word = target.c[NATURAL[target.name]]
    owner = next(iter(left.foreign_keys)).column
    query = select(left, word).join(target, target.c.id == right).join(owner.table, owner == left)
    for key, named in connection.execute(query.order_by(*order, word)):
        yield places[key]
        yield named


def _digest(values):
    digest = sha256()
    for value in values:
        _add(digest, value)
    return digest.hexdigest()


def _add(digest, value):
    text = "\0" if value is None else str(value)
    digest.update(f"{len(text)}:".encode())
    digest.update(text.encode())


if __name__ == "__main__":
    main()
