"""What the tests of the imports ask for: a terminal that imports, and the exports that are kept beside the project."""

from pathlib import Path

import pytest

INPUTS = Path(__file__).resolve().parents[3] / "shared" / "inputs"


@pytest.fixture
def bring(runner, tmp_path):
    """Return a function that imports a text, or a file, and returns what the terminal shows."""

    def run(export, *options, code=0):
        path = export
        if not isinstance(export, Path):
            path = tmp_path / "export.xml"
            path.write_bytes(export if isinstance(export, bytes) else export.encode())
        told = runner.invoke(args=["import", "wordpress", str(path), *options])
        assert told.exit_code == code, told.output
        return told

    return run


@pytest.fixture(scope="session")
def inputs():
    """Return the folder of real exports; without it the tests that ask for it are left out."""
    if not INPUTS.is_dir():
        pytest.skip("the real exports are not on this machine")
    return INPUTS
