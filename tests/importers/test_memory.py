"""An export of any size fits into little memory."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
MEGABYTES = 30


def test_a_large_export_is_imported_in_flat_memory():
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("large.py"), str(MEGABYTES)],
        env={**os.environ, "BACKOFFICE_ENV": "testing", "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["code"] == 0
    assert f"posts{told['posts']:>23}{0:>16}\n" in told["told"]
    # Less than the file itself: what was written is let go of.
    assert told["peak"] - told["before"] < MEGABYTES * 0.8
    assert told["peak"] < 200
