"""The documents name only what exists, and all that a reader must know of."""

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import config

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
README = (ROOT / "README.md").read_text()
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
# Folders that a reader of the source tree need not be told of.
UNTOLD = {"instance", ".venv"}
# Flask's own commands beside ours.
FLASKS = {"routes", "shell"}

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def named(text):
    """Return what a text puts between backticks, outside its blocks of code."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def tracked():
    """Return the paths of the project, as git knows them."""
    told = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [Path(line) for line in told.stdout.splitlines()]


@each_page
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text()):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), f"{page.name} links to {target}."


@each_page
def test_every_file_and_folder_named_exists(page):
    tops = {path.name for path in ROOT.iterdir()}
    for name in named(page.read_text()):
        if re.fullmatch(r"[\w.]+(/[\w.-]+)*/?", name) and "/" in name and name.split("/")[0] in tops - UNTOLD:
            assert (ROOT / name).exists(), f"{page.name} names {name}."


@each_page
def test_every_make_command_named_exists(page):
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
    for name in re.findall(r"\bmake ([a-z][a-z-]*)\b", " ".join(named(page.read_text()))):
        assert name in targets, f"{page.name} names make {name}."


def test_the_readme_names_every_folder():
    tops = {path.parts[0] for path in tracked() if len(path.parts) > 1 and not path.parts[0].startswith(".")}
    parts = {f"backoffice/{path.parts[1]}" for path in tracked() if path.match("backoffice/*/*.py")}
    for folder in (tops - {"backoffice"}) | parts:
        assert f"`{folder}/`" in README, f"README does not say what {folder}/ holds."


def test_the_readme_is_short_and_its_commands_are_those_of_the_makefile():
    assert len(README.splitlines()) <= 100
    for name in ("run", "test", "help"):
        assert f"make {name}" in README
        assert re.search(rf"^{name}:.*## ", MAKEFILE, re.MULTILINE)


def test_every_setting_is_told_and_every_setting_told_is_read():
    source = (ROOT / "config.py").read_text()
    read = set(re.findall(r'environ(?:\.get\(|\[)"([A-Z_]+)"', source))
    for path in ROOT.glob("backoffice/**/*.py"):
        read |= set(re.findall(r'(?:os\.environ(?:\.get\(|\[)|envvar=)"([A-Z_]+)"', path.read_text()))
    read |= set(re.findall(r"""_(?:whole|given|truth)\(\s*environ, "([A-Z_]+)\"""", source)) | set(config.MAIL)
    read |= {"SECRET_KEY", "SECURITY_PASSWORD_SALT"}
    rows = [line.split("|")[1] for line in OPERATIONS.splitlines() if line.startswith("| `")]
    told = {name for row in rows for name in re.findall(r"`([A-Z][A-Z_]+)`", row)}
    assert told == read


def test_every_command_is_told_and_every_command_told_exists(runner, app):
    there = {name for name in app.cli.commands if not app.cli.commands[name].hidden}
    told = {
        words.split()[0]
        for line in OPERATIONS.split("## The commands")[1].split("\n## ")[0].splitlines()
        if line.startswith("| `")
        for words in re.findall(r"`([^`]+)`", line.split("|")[1])
    }
    assert told - FLASKS - {"db"} == there - {"db"}
    for name in told - FLASKS - {"db"}:
        assert runner.invoke(args=[name, "--help"]).exit_code == 0


def test_the_page_about_modules_says_what_they_say_themselves():
    wanted = runpy.run_path(str(ROOT / "docs" / "modules.py"))["page"]()
    assert (ROOT / "docs" / "architecture.md").read_text() == wanted, "make docs writes it anew."


def test_the_example_of_the_readme_makes_a_resource_and_touches_no_other_file(tmp_path):
    example = re.search(r"```python\n(.*?)```", README, re.DOTALL)[1]
    assert len(example.splitlines()) <= 30
    shutil.copytree(ROOT / "backoffice", tmp_path / "backoffice", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "config.py", tmp_path)
    (tmp_path / "backoffice" / "models" / "events.py").write_text(example)
    asked = (
        "import json; from backoffice import create_app; create_app()\n"
        "from backoffice.core.resource import resources, verbs\n"
        "print(json.dumps(sorted(verbs(resources()['event']))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=tmp_path,
        env={**os.environ, "BACKOFFICE_ENV": "testing"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert {"read", "create", "update", "delete", "export"} <= set(json.loads(done.stdout))


def test_no_file_names_a_host_of_packages_or_a_place_of_one_machine():
    hosts = re.compile(
        r"py" + r"pi\.|python" + r"hosted|npm" + r"js\.|deb\.deb" + r"ian|/ho" + r"me/|--index" + r"-url"
    )
    for path in tracked():
        if path.suffix in {".py", ".md", ".txt", ".in", ".toml", ".cfg", ".yml", ".sh", ".html", ""}:
            found = hosts.search((ROOT / path).read_text(errors="replace"))
            assert found is None, f"{path} names {found[0]}."
