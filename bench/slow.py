"""Ask every list every filter, order, search and pair of filters as its pages do; name what takes long, with plans.

What is told is CPU time of the database: what else the machine does is not in it, nor on PostgreSQL what Python does.
It only reads, on a PostgreSQL of this machine or in a file of SQLite. Run it as
`python bench/slow.py --database … --pairs 1000` on what the demonstration has filled.
"""

import argparse
import random
import sys
import time
from dataclasses import dataclass, field
from itertools import islice, product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from questions import orders, pairs, parts, searches
from sqlalchemy import event, select
from werkzeug.datastructures import MultiDict

from backoffice import create_app
from backoffice.admin import parameters, query
from backoffice.admin.parameters import columns
from backoffice.core.access import can
from backoffice.core.database import patience
from backoffice.core.model import db, reading
from backoffice.core.resource import resources
from backoffice.models.accounts import User

AGAIN = 3  # times that what took long is asked, of which the shortest counts
SURELY = 10  # times as long as a page may take, from which on it is believed at once
PLACES = ({}, {"last": "1"})
EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF)"}


@dataclass
class Answer:
    """What a page took in milliseconds of CPU, how many rows there are, and its statements with the time of each."""

    took: float = 0.0
    rows: str = ""
    statements: list = field(default_factory=list)


def main():
    """Ask, and write what took longer than `--over` milliseconds."""
    told = _told()
    app = create_app(SQLALCHEMY_DATABASE_URI=told.database, RATELIMIT_ENABLED=False)
    patience.SECONDS, dice = told.patience, random.Random(told.seed)
    number = slow = 0
    with app.test_request_context():
        user = db.session.scalars(select(User).where(User.email == f"{told.who}@example.com")).one()
        reading.set(True)
        for model in resources().values():
            if not can(user, "read", model) or (told.models and model.__tablename__ not in told.models):
                continue
            began, before = time.perf_counter(), slow
            every = list(_questions(model, told, dice))
            for pair in every:
                slow += _report(user, model, pair, told)
            number += len(every)
            spent = time.perf_counter() - began
            print(f"{model.__tablename__}: {len(every)} questions, {slow - before} slow, {spent:.0f} s", flush=True)
    print(f"{number} questions, {slow} of them took over {told.over:.0f} ms.")
    sys.exit(1 if slow else 0)


def _questions(model, told, dice):
    """Yield each filter and search in each order, and some pairs of them in some order; first and last pages."""
    found, ways = [*parts(db.session, model), *searches(db.session, model)], orders(model)
    single = [[one.pair] for one in found]
    both = [[one.pair, other.pair] for one, other in pairs(found)]
    either = [[("where", f"any({','.join(map(_condition, two))})")] for two in pairs(found) if _plain(two)]
    asked = list(product([[], *single], ways, PLACES))
    more = list(product([*both, *either], ways, PLACES))
    dice.shuffle(more)
    usual = list(product(both, [{}], [{}])) if told.pairs else []
    dice.shuffle(usual)
    for filters, way, place in (*asked, *usual[: told.pairs], *islice(more, told.pairs)):
        yield [*filters, *((name, value) for name, value in (way | place).items() if value)]


def _plain(two):
    return all(one.key != "search" and not set(one.value) & set(',()"') for one in two)


def _condition(one):
    return f"{one.key}:{one.value}"


def _report(user, model, pair, told):
    answer = _ask(user, model, pair)
    for _again in range(AGAIN - 1):
        if told.over < answer.took < SURELY * told.over:
            answer = min(answer, _ask(user, model, pair), key=lambda one: one.took)
    if answer.took <= told.over:
        return False
    print(f"{answer.took:7.0f} ms  {model.__tablename__}?{_said(pair)}  -> {answer.rows}", flush=True)
    for statement, values, took in answer.statements:
        print(f"          {took:7.0f} ms", flush=True)
        if told.plans and took > told.over / 2:
            print(_plan(statement, values), flush=True)
    return True


def _said(pair):
    return "&".join(f"{name}={value}" for name, value in pair)


def _ask(user, model, pair):
    answer = Answer()

    def note(_connection, _cursor, statement, values, context, _many):
        answer.statements.append((statement, values, _spent() - context.began))

    def begin(_connection, _cursor, _statement, _values, context, _many):
        context.began = _spent()

    event.listen(db.engine, "before_cursor_execute", begin)
    event.listen(db.engine, "after_cursor_execute", note)
    began = _spent()
    try:
        asked = parameters.read(model, user, MultiDict(pair))
        with patience.reading(db.session(), patience.SECONDS):
            found = query.find(db.session(), user, model, asked, columns.usual(user, model))
        answer.rows = f"{'' if found.total.exact else 'about '}{found.total.value}"
    except patience.TooLong:
        answer.rows = "given up"
    finally:
        answer.took = (_spent() - began) * 1000
        event.remove(db.engine, "before_cursor_execute", begin)
        event.remove(db.engine, "after_cursor_execute", note)
    answer.statements = [(words, values, took * 1000) for words, values, took in answer.statements if took > 0.005]
    return answer


def _spent():
    """Return the seconds of CPU that the database has taken: PostgreSQL's process for us, or this one with SQLite."""
    if db.engine.dialect.name == "sqlite":
        return time.process_time()
    backend = db.session.connection().connection.driver_connection.info.backend_pid
    return int(Path(f"/proc/{backend}/schedstat").read_text().split()[0]) / 1e9


def _plan(statement, values):
    connection = db.session.connection()
    found = connection.exec_driver_sql(f"{EXPLAIN[connection.dialect.name]} {statement}", values)
    return f"{statement} {values}\n" + "\n".join(" | ".join(map(str, row)) for row in found)


def _told():
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--database", required=True)
    words.add_argument("--over", type=float, default=100, help="milliseconds that a page may take")
    words.add_argument("--models", nargs="*", default=[])
    words.add_argument("--who", default="admin", help="whose account of the demonstration asks")
    words.add_argument("--pairs", type=int, default=0, help="how many pairs of filters and orders of each list")
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--plans", action="store_true")
    words.add_argument("--patience", type=float, default=20.0, help="seconds after which a statement is given up")
    return words.parse_args()


if __name__ == "__main__":
    main()
