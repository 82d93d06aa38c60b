"""The smaller form of the benchmark measures each operation; what goes out of a database comes back into another."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "bench"))

import roundtrip  # noqa: E402 - found once the folder is known
import whole  # noqa: E402 - likewise

from backoffice.core.jobs import CANCELLED, DONE, RUNNING, WAITING, Job  # noqa: E402 - likewise
from backoffice.core.model import db  # noqa: E402 - likewise

# What it measures is a database of its own, whichever the other tests use.
pytestmark = [pytest.mark.sqlite, pytest.mark.long]

OPERATIONS = 11
WORKS = 6


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """What a run without the peers writes of seven hundred posts."""
    folder = tmp_path_factory.mktemp("bench")
    subprocess.run(
        [
            *(sys.executable, "bench/run.py", "--alone", "--posts", "700", "--seconds", "0.1"),
            *("--database", f"sqlite:///{folder}/bench.sqlite", "--output", str(folder / "small.md")),
        ],
        cwd=ROOT,
        capture_output=True,
        check=True,
        timeout=300,
    )
    return (folder / "small.md").read_text()


def tables(page):
    """Return the tables of a page, each as a list of rows of cells."""
    blocks = re.findall(r"(?:^\|.*\n)+", page, flags=re.MULTILINE)
    return [[line.strip("| \n").split(" | ") for line in block.splitlines()] for block in blocks]


def test_every_table_has_as_many_cells_in_each_row_as_in_its_head(page):
    found = tables(page)
    assert len(found) == 5
    assert all(len(row) == len(table[0]) for table in found[:4] for row in table)


def test_each_operation_is_measured_by_hand_and_over_http(page):
    _head, _rule, *rows = tables(page)[0]
    assert len(rows) == OPERATIONS
    assert all(float(cell) > 0 for row in rows for cell in row[1:])


def test_the_statements_of_each_page_are_counted_and_nothing_failed(page):
    _head, _rule, *rows = tables(page)[3]
    assert len(rows) == OPERATIONS
    assert all(re.fullmatch(r"[1-9]\d* / \d+", row[1]) for row in rows)
    assert "What did not work" not in page


def test_the_works_on_whole_tables_are_done_by_hand_and_over_http(page):
    _head, _rule, *rows = tables(page)[1]
    assert len(rows) == WORKS
    assert all(float(row[2].partition(" + ")[0]) >= 0 for row in rows)
    assert all(float(row[1]) >= 0 for row in rows[:3])
    assert float(rows[0][1]) > 0


def test_a_work_that_was_given_up_goes_on_no_more_while_the_next_is_measured(app):
    with app.test_request_context():
        db.session.add_all([Job(name="operation", state=state) for state in (WAITING, RUNNING, DONE)])
        db.session.commit()
        with db.engine.connect() as connection:
            assert whole.give_up(connection) == 2
            assert whole.give_up(connection) == 0
        db.session.expire_all()
        assert [job.state for job in db.session.query(Job).order_by(Job.id)] == [CANCELLED, CANCELLED, DONE]


@pytest.fixture
def manage(make_app, tmp_path, monkeypatch):
    """Return a function that runs a command on a database, in this process; the drill uses it, too."""
    made = {}

    def run(url, *words):
        if url not in made:
            made[url] = make_app(SQLALCHEMY_DATABASE_URI=url, MEDIA_URL=str(tmp_path / "media"))
        answer = made[url].test_cli_runner().invoke(args=words)
        assert answer.exit_code == 0, answer.output

    monkeypatch.setattr(roundtrip, "manage", run)
    monkeypatch.setattr(roundtrip, "PLACE", tmp_path)
    return run


def test_all_that_goes_out_comes_back_into_an_empty_database(tmp_path, manage):
    source, target = (f"sqlite:///{tmp_path}/{name}.sqlite" for name in ("source", "target"))
    manage(source, "db", "upgrade")
    manage(source, "demo", "--password", "kelp-and-driftwood-7")
    trips = {trip.table: trip for trip in roundtrip.drill(source, target)}
    assert all(trip.rows[0] == trip.rows[1] > 0 for trip in trips.values())
    assert {name: trip.unequal for name, trip in trips.items()} == {name: [] for name in roundtrip.TABLES}
    assert {"title", "body", "author", "tags", "created_at"} < set(trips["post"].equal)
    assert {"body", "post", "parent", "status"} < set(trips["comment"].equal)
    with create_engine(target).begin() as connection:
        connection.execute(text("UPDATE comment SET body = body || ' ' WHERE id = (SELECT max(id) FROM comment)"))
        connection.execute(text("DELETE FROM post_tag WHERE post_id = (SELECT max(post_id) FROM post_tag)"))
    for name, column in (("comment", "body"), ("post", "tags")):
        before, after = (roundtrip.hashes(url, name, trips[name].equal)[1] for url in (source, target))
        assert [one for one in before if before[one] != after[one]] == [column]
