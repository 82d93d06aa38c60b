"""The smaller form of the benchmark measures each operation and writes whole tables."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OPERATIONS = 11
WORKS = 5


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
    assert all(float(row[2]) >= 0 for row in rows)
    assert all(float(row[1]) >= 0 for row in rows[:3])
    assert float(rows[0][1]) > 0
