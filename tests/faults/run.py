"""Plants each fault of the lists beside this file in a copy of the project, and sees that its tests fail.

A list is a TOML file; each of its [[fault]] tables says what the fault would mean (`means`), the `file`, the text
that is replaced (`old`, found exactly once) by another (`new`), and which `tests` must catch it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
AT_ONCE = 2
LONGEST = 300
# What pytest answers when tests ran and some failed; anything else is not a catch.
TESTS_FAILED = 1


def faults(names):
    """Yield every fault of the lists named, or of all."""
    for path in sorted(HERE.glob("*.toml")):
        if not names or path.stem in names:
            for fault in tomllib.loads(path.read_text())["fault"]:
                yield path.stem, fault


def copy(place):
    """Copy the project, as git knows it, to a place where it may be broken."""
    told = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in told.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, place / name)


def plant(place, fault):
    """Put the fault into the copy; a text that is no longer there, or there twice, is an error of the list."""
    path = place / fault["file"]
    text = path.read_text() if path.exists() else ""
    if text.count(fault["old"]) != 1:
        raise LookupError(f"{fault['file']} holds the text {text.count(fault['old'])} times")
    path.write_text(text.replace(fault["old"], fault["new"]))


def verdict(entry, places):
    """Return the fault's list, what it means, and whether it was caught in one of the copies that wait."""
    name, fault = entry
    place = places.get()
    try:
        plant(place, fault)
        return name, fault["means"], tried(place, fault["tests"])
    except LookupError as error:
        return name, fault["means"], f"STALE: {error}"
    finally:
        if (ROOT / fault["file"]).is_file():
            shutil.copy2(ROOT / fault["file"], place / fault["file"])
        places.put(place)


def tried(place, tests):
    """Run the tests in a copy and return what came of it."""
    # What a copy compiled is kept for the next fault in it: a planted file is told from the sound one by its date.
    told = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests],
        cwd=place,
        env={**os.environ, "REQUIRE_ALL": ""},
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    if told.returncode == TESTS_FAILED:
        return "caught"
    last = (told.stdout.strip() or told.stderr.strip() or "no word").splitlines()[-1]
    return f"MISSED: {last}"


def main(names):
    """Try the faults and answer 1 when one of them was not caught."""
    places = SimpleQueue()
    with ExitStack() as kept, ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in range(AT_ONCE):
            place = Path(kept.enter_context(tempfile.TemporaryDirectory()))
            copy(place)
            places.put(place)
        seen = list(pool.map(lambda fault: verdict(fault, places), faults(names)))
    for name, means, came_of_it in seen:
        print(f"{came_of_it:<8} {name}: {means}")
    missed = [one for one in seen if one[2] != "caught"]
    print(f"{len(seen) - len(missed)} of {len(seen)} planted faults were caught.")
    return 1 if missed or not seen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
