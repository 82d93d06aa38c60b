"""Writes static/vendor from the released packages that npm fetched and checked: what is used, and its licences."""

import hashlib
import json
import re
import shutil
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENDOR = HERE.parent.parent / "static" / "vendor"
MANIFEST = "manifest.json"
DRAWN = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
# Every icon carries an invisible square around it, which a symbol has no use for.
SQUARE = re.compile(r'<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*/>')


def write(modules, vendor=VENDOR):
    """Write every package of used.toml anew, from `modules` (a folder node_modules) into `vendor`."""
    used = tomllib.loads((HERE / "used.toml").read_text())
    locked = json.loads((HERE / "package-lock.json").read_text())["packages"]
    shutil.rmtree(vendor, ignore_errors=True)
    manifest = {name: package(name, said, modules, vendor, locked) for name, said in sorted(used.items())}
    (vendor / MANIFEST).write_text(f"{json.dumps(manifest, indent=2)}\n")


def package(name, said, modules, vendor, locked):
    """Write one package and return what the manifest says of it."""
    about = locked[f"node_modules/{said['package']}"]
    folder = vendor / f"{name}-{about['version']}"
    folder.mkdir(parents=True)
    for source, target in said.get("files", {}).items():
        shutil.copyfile(modules / said["package"] / source, folder / target)
    if "sprite" in said:
        (folder / "sprite.svg").write_text(sprite(modules / said["package"] / "icons" / "outline", said))
    licence(folder / "LICENSE", said, modules)
    for within in said.get("within", ()):
        licence(folder / f"LICENSE-{within['package'].rpartition('/')[2]}", within, modules)
    return {
        "package": said["package"],
        "version": about["version"],
        "licence": about["license"],
        "integrity": about["integrity"],
        "folder": folder.name,
        "files": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())},
    }


def licence(target, said, modules):
    """Write the text of a licence: the package's own, or the one kept here."""
    own = said["licence"].startswith("licences/")
    shutil.copyfile(HERE / said["licence"] if own else modules / said["package"] / said["licence"], target)


def sprite(icons, said):
    """Return one SVG file with a symbol for each icon that is used."""
    names = {name: said.get("as", {}).get(name, name) for name in said["sprite"]}
    symbols = "\n".join(symbol(icons / f"{name}.svg", own) for name, own in sorted(names.items()))
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n'


def symbol(path, name):
    """Return an icon as a symbol called `name`, on one line."""
    drawn = " ".join(SQUARE.sub("", DRAWN.search(path.read_text())[1]).split())
    return f'<symbol id="{name}" viewBox="0 0 24 24">{drawn}</symbol>'


if __name__ == "__main__":
    write(Path(sys.argv[1]))
