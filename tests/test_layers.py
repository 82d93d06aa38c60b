"""The arrows between the parts go one way, and each file keeps to the size and form agreed on."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted([*ROOT.glob("backoffice/**/*.py"), ROOT / "config.py", ROOT / "manage.py"])
VAGUE = {"utils", "util", "helpers", "common", "manager", "base", "misc"}
DOORS = {"admin", "api", "site", "auth", "cli", "http"}
LONGEST_MODULE = 250
LONGEST_FUNCTION = 40
MOST_ARGUMENTS = 5


def name_of(path):
    return str(path.relative_to(ROOT))


def imported(tree):
    """Yield the full names that a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def functions(tree):
    """Return every function of a module, methods too."""
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_the_contracts_of_the_import_linter_hold():
    linter = Path(sys.executable).with_name("lint-imports")
    told = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout


@pytest.mark.parametrize("door", sorted(DOORS - {"http"}))
def test_no_door_knows_another(door):
    for path in ROOT.glob(f"backoffice/{door}/**/*.py"):
        for name in imported(parsed(path)):
            part = name.split(".")[1] if name.startswith("backoffice.") else None
            assert part not in DOORS - {door}, f"{name_of(path)} imports {name}: move what both need to core."


@pytest.mark.parametrize("door", ["admin", "api"])
def test_a_generated_door_names_no_model(door):
    for path in ROOT.glob(f"backoffice/{door}/**/*.py"):
        for name in imported(parsed(path)):
            assert not name.startswith("backoffice.models"), f"{name_of(path)}: ask core.resource.resources()."


def parsed(path):
    """Return the tree of a file; it is kept nowhere, for all of them are a large part of what a run would carry."""
    return ast.parse(path.read_text())


def complaints(look):
    """Return what `look` says against each file."""
    return [said for path in FILES for said in look(path, parsed(path))]


def test_a_module_says_what_it_answers_for_and_stays_small():
    def look(path, tree):
        said = (ast.get_docstring(tree) or "").split("\n\n")[0]
        if not re.fullmatch(r"[^\n]+\.", said):
            yield f"{name_of(path)}: the docstring is to open with one sentence, on one line."
        if len(path.read_text().splitlines()) > LONGEST_MODULE:
            yield f"{name_of(path)}: split the module by question."
        if path.stem in VAGUE:
            yield f"{name_of(path)}: name the module by what it answers."

    assert complaints(look) == []


def test_a_function_stays_small_and_imports_nothing():
    def look(path, tree):
        for node in functions(tree):
            where = f"{name_of(path)}:{node.lineno} {node.name}"
            if node.end_lineno - node.lineno >= LONGEST_FUNCTION:
                yield f"{where} is too long."
            taken = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
            if len([one for one in taken if one.arg not in {"self", "cls"}]) > MOST_ARGUMENTS:
                yield f"{where} takes too much."
            if any(isinstance(one, ast.Import | ast.ImportFrom) for one in ast.walk(node)):
                yield f"{where} imports inside; an arrow that needs this points the wrong way."

    assert complaints(look) == []


def test_a_public_docstring_is_a_sentence():
    def look(path, tree):
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                first = (ast.get_docstring(node) or ".").split("\n\n")[0]
                if not first.endswith((".", ":")):
                    yield f"{name_of(path)}:{node.lineno} {node.name}: {first}"

    assert complaints(look) == []


def test_nothing_is_left_open_or_hidden():
    words = ("TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error", "TYPE_" + "CHECKING")

    def look(path, _tree):
        text = path.read_text()
        yield from (f"{name_of(path)} holds {word}." for word in words if word in text)

    assert complaints(look) == []
