"""Writes the table of modules in architecture.md from what each module says of itself."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "architecture.md"
TABLE = re.compile(r"(?<=<!-- modules -->\n).*?(?=<!-- end of modules -->)", re.DOTALL)


def table():
    """Return the table, one line for each module of the package."""
    paths = sorted(ROOT.glob("backoffice/**/*.py"))
    lines = [f"| `{path.relative_to(ROOT / 'backoffice')}` | {sentence(path)} |" for path in paths]
    return "\n".join(["| module | what it answers for |", "|---|---|", *lines]) + "\n"


def sentence(path):
    """Return the first sentence of a module, as a cell of a table."""
    said = ast.get_docstring(ast.parse(path.read_text())) or ""
    return said.split("\n\n")[0].replace("\n", " ").replace("|", "\\|")


def page():
    """Return the page as it should be."""
    return TABLE.sub(lambda _old: table(), PAGE.read_text())


if __name__ == "__main__":
    PAGE.write_text(page())
