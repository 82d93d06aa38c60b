"""The released front-end files are what was released: nothing changed, nothing left over, each with its licence."""

import hashlib
import json
import re
import runpy
import tomllib
from pathlib import Path

import pytest

from backoffice.core.resource import resource, resources

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"
FRONT = ROOT / "requirements" / "front"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text())
LOCKED = json.loads((FRONT / "package-lock.json").read_text())["packages"]
SPRITE = VENDOR / MANIFEST["icons"]["folder"] / "sprite.svg"
TEMPLATES = sorted(ROOT.glob("templates/**/*.html"))

each_package = pytest.mark.parametrize("name", sorted(MANIFEST))


@each_package
def test_a_package_holds_what_its_manifest_says_and_its_licence(name):
    said = MANIFEST[name]
    folder = VENDOR / said["folder"]
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    assert found == said["files"]
    assert "LICENSE" in found
    assert said["folder"] == f"{name}-{said['version']}"


@each_package
def test_a_package_is_the_locked_one(name):
    said = MANIFEST[name]
    locked = LOCKED[f"node_modules/{said['package']}"]
    assert (said["version"], said["integrity"]) == (locked["version"], locked["integrity"])


def test_nothing_else_lies_there():
    folders = {said["folder"] for said in MANIFEST.values()}
    assert {path.name for path in VENDOR.iterdir()} == {*folders, "manifest.json"}
    assert set(tomllib.loads((FRONT / "used.toml").read_text())) == set(MANIFEST)


def test_no_address_of_a_registry_is_locked():
    assert not [name for name, said in LOCKED.items() if "resolved" in said]


def test_every_file_that_a_template_names_is_there(app):
    for path in TEMPLATES:
        text = path.read_text()
        for name, file in re.findall(r"""["']([\w.-]+)/([\w.-]+)["'](?=[^)]*\))""", " ".join(_calls(text, "vendor"))):
            assert file in MANIFEST[name]["files"], f"{path.name} asks for {name}/{file}."
        for file in re.findall(r"""["']([^"']+)["']""", " ".join(_calls(text, "asset"))):
            assert (ROOT / "static" / file).is_file(), f"{path.name} asks for {file}."


def test_every_icon_that_is_named_is_drawn(app):
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', SPRITE.read_text()))
    for path in TEMPLATES:
        named = re.findall(r"""["']([\w-]+)["']""", " ".join(_calls(path.read_text(), "icon")))
        assert set(named) <= drawn, f"{path.name} names an icon that used.toml does not: {set(named) - drawn}."
    declared = {resource(model).icon for model in resources().values()}
    assert declared <= drawn, declared - drawn


def test_a_package_is_written_as_it_was_fetched(tmp_path):
    vendor = runpy.run_path(str(FRONT / "vendor.py"))
    modules = tmp_path / "node_modules"
    for name, said in MANIFEST.items():
        _unpack(name, said, modules)
    vendor["write"](modules, tmp_path / "vendor")
    written = json.loads((tmp_path / "vendor" / "manifest.json").read_text())
    for name, said in written.items():
        same = {**said, "files": None} == {**MANIFEST[name], "files": None}
        assert same, name
        assert said["files"].keys() == MANIFEST[name]["files"].keys()


def _calls(text, function):
    """Return what stands between the brackets of every call of `function` in a template."""
    return re.findall(rf"\b{function}\(([^()]*)\)", text)


def _unpack(name, said, modules):
    """Lay out a package as npm would, from what is kept of it."""
    used = tomllib.loads((FRONT / "used.toml").read_text())[name]
    folder = modules / said["package"]
    for source, target in used.get("files", {}).items():
        (folder / source).parent.mkdir(parents=True, exist_ok=True)
        (folder / source).write_bytes((VENDOR / said["folder"] / target).read_bytes())
    for one in (used, *used.get("within", ())):
        if not one["licence"].startswith("licences/"):
            kept = modules / one["package"] / one["licence"]
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text("licence")
    for icon in used.get("sprite", ()):
        path = folder / "icons" / "outline" / f"{icon}.svg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('<svg width="24"><path d="M0 0h1" /></svg>')
