"""Plants each fault of the lists beside this file in a copy of the project, and sees that its tests fail.

A list is a TOML file; each of its [[fault]] tables says what the fault would mean (`means`), the `file`, the text
that is replaced (`old`, found exactly once) by another (`new`), and which `tests` must catch it.
"""

import ast
import gc
import importlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
import traceback
from contextlib import ExitStack, suppress
from itertools import count
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
AT_ONCE = 2
LONGEST = 300
# What pytest answers when tests ran and some failed; anything else is not a catch.
TESTS_FAILED = 1
# To the first failure, leaving no cache; what brings plugins along is among the libraries that are loaded already.
QUIETLY = ("-q", "-x", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning")
_dates = count(1)


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


def load_libraries(place):
    """Import what the project in a copy imports of others, and nothing of its own: each trial begins from here."""
    files = [*place.glob("*.py"), *place.glob("backoffice/**/*.py"), *place.glob("tests/**/*.py")]
    own = {path.stem for path in files} | {"backoffice"}
    names = {name for path in files for name in imported(ast.parse(path.read_text()))}
    for name in sorted(names):
        if name.partition(".")[0] not in own:
            # What is not on this machine, or is no module but a name in one, is left to who asks for it.
            with suppress(ImportError):
                importlib.import_module(name)
    # What is never looked at again stays shared with the trials.
    gc.collect()
    gc.freeze()


def imported(tree):
    """Yield the names of the modules that a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def plant(place, fault):
    """Put the fault into the copy; a text that is no longer there, or there twice, is an error of the list."""
    path = place / fault["file"]
    text = path.read_text() if path.exists() else ""
    if text.count(fault["old"]) != 1:
        raise LookupError(f"{fault['file']} holds the text {text.count(fault['old'])} times")
    path.write_text(text.replace(fault["old"], fault["new"]))
    # What a copy compiled is kept for the next fault: no planted file has the date of the sound one or of another.
    date = next(_dates)
    os.utime(path, (date, date))


def mend(place, fault):
    """Put back the file that a fault was planted in."""
    if (ROOT / fault["file"]).is_file():
        shutil.copy2(ROOT / fault["file"], place / fault["file"])


def begin(place, tests):
    """Run the tests in a copy, in a process of their own, and return its number."""
    sys.stdout.flush()
    number = os.fork()
    if number:
        return number
    answer = -1
    try:
        os.setsid()
        signal.alarm(LONGEST)
        os.chdir(place)
        os.environ["REQUIRE_ALL"] = ""
        sys.path[0] = str(place)
        with place.with_suffix(".told").open("wb") as told:
            os.dup2(told.fileno(), 1)
            os.dup2(told.fileno(), 2)
        answer = pytest.main([*QUIETLY, *tests])
    except BaseException:  # noqa: BLE001 - whatever it is, it is told and is no catch
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        # Nothing of what the parent has begun is to be ended here.
        os._exit(answer)


def verdict(place, number, status):
    """Return what came of the tests that a process ran in a copy; nothing that they started is left."""
    with suppress(ProcessLookupError):
        os.killpg(number, signal.SIGKILL)
    if os.waitstatus_to_exitcode(status) == TESTS_FAILED:
        return "caught"
    last = (place.with_suffix(".told").read_text().strip() or f"no word, {status}").splitlines()[-1]
    return f"MISSED: {last}"


def judged(entries, places):
    """Yield each fault's list, what it means and whether it was caught, as soon as that is known."""
    waiting, running = list(reversed(entries)), {}
    while waiting or running:
        while waiting and places:
            name, fault = waiting.pop()
            try:
                plant(places[-1], fault)
            except LookupError as error:
                yield name, fault["means"], f"STALE: {error}"
                continue
            place = places.pop()
            running[begin(place, fault["tests"])] = name, fault, place
        if running:
            number, status = os.wait()
            name, fault, place = running.pop(number)
            came_of_it = verdict(place, number, status)
            mend(place, fault)
            places.append(place)
            yield name, fault["means"], came_of_it


def main(names):
    """Try the faults and answer 1 when one of them was not caught."""
    seen = []
    # Whoever asked that nothing compiled be kept did not mean copies, whose modules are read a thousand times.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    with ExitStack() as kept:
        places = []
        for _ in range(AT_ONCE):
            places.append(Path(kept.enter_context(tempfile.TemporaryDirectory())) / "copy")
            copy(places[-1])
        load_libraries(places[0])
        for name, means, came_of_it in judged(list(faults(names)), places):
            print(f"{came_of_it:<8} {name}: {means}", flush=True)
            seen.append(came_of_it)
    missed = [one for one in seen if one != "caught"]
    print(f"{len(seen) - len(missed)} of {len(seen)} planted faults were caught.")
    return 1 if missed or not seen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
