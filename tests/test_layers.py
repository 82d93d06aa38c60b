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


every_file = pytest.mark.parametrize("path", FILES, ids=name_of)


def test_the_contracts_of_the_import_linter_hold():
    linter = Path(sys.executable).with_name("lint-imports")
    told = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout


@pytest.mark.parametrize("door", sorted(DOORS - {"http"}))
def test_no_door_knows_another(door):
    for path in ROOT.glob(f"backoffice/{door}/**/*.py"):
        for name in imported(ast.parse(path.read_text())):
            part = name.split(".")[1] if name.startswith("backoffice.") else None
            assert part not in DOORS - {door}, f"{name_of(path)} imports {name}: move what both need to core."


@pytest.mark.parametrize("door", ["admin", "api"])
def test_a_generated_door_names_no_model(door):
    for path in ROOT.glob(f"backoffice/{door}/**/*.py"):
        for name in imported(ast.parse(path.read_text())):
            assert not name.startswith("backoffice.models"), f"{name_of(path)}: ask core.resource.resources()."


@every_file
def test_a_module_says_what_it_answers_for_and_stays_small(path):
    text = path.read_text()
    said = ast.get_docstring(ast.parse(text))
    assert said, "The module has no docstring."
    opening = said.split("\n\n")[0]
    assert re.fullmatch(r"[^\n]+\.", opening), "The docstring is to open with one sentence, on one line."
    assert len(text.splitlines()) <= LONGEST_MODULE, "Split the module by question."
    assert path.stem not in VAGUE, "Name the module by what it answers."


@every_file
def test_a_function_stays_small_and_imports_nothing(path):
    for node in functions(ast.parse(path.read_text())):
        where = f"{name_of(path)}:{node.lineno} {node.name}"
        assert node.end_lineno - node.lineno < LONGEST_FUNCTION, f"{where} is too long."
        taken = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
        assert len([one for one in taken if one.arg not in {"self", "cls"}]) <= MOST_ARGUMENTS, where
        inner = [one for one in ast.walk(node) if isinstance(one, ast.Import | ast.ImportFrom)]
        assert not inner, f"{where} imports inside; an arrow that needs this points the wrong way."


@every_file
def test_a_public_docstring_is_a_sentence(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            said = ast.get_docstring(node)
            first = said.split("\n\n")[0] if said else "."
            assert first.endswith((".", ":")), f"{name_of(path)}:{node.lineno} {node.name}: {first}"


@every_file
def test_nothing_is_left_open_or_hidden(path):
    text = path.read_text()
    for word in ("TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error", "TYPE_" + "CHECKING"):
        assert word not in text, f"{name_of(path)} holds {word}."
