"""The page that a run writes: medians, ratios, statements, sizes and memory, and where they were measured."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

from measuring import OPERATIONS
from tools import OURS, YARDSTICK
from whole import WORKS

FLOOR, LOADED, NOTHING, TIMES = "floor", "loaded", "-", "\N{MULTIPLICATION SIGN}"
# What the application is held to: at most this share of the tuned yardstick's time for the operation beside it.
AIMS = (
    ("any page of the grid", ("first", "dated", "published", "deep", "last", "filtered", "pending"), "first", 0.35),
    ("search for a rare word", ("rare",), "rare", 0.02),
    ("search for a common word", ("common",), "common", 0.5),
)
LONGEST = (("open the edit form", "edit", 10), ("save with history", "save", 15))
DEEPEST, FATTEST = 1.2, 1.3
HEAD = """# How fast it is

Written by `{command}` on {date}, from commit {commit}.
A machine's mood changes: read ratios rather than milliseconds, and compare figures of one run only.

{place}

The data set has {posts:,} posts and {comments:,} comments; all tools read the same tables, with the same indexes,
and show 50 rows a page: title, author, category, tags, status and two dates. Somebody is signed in to each. They are
asked in turn, {in_a_row} requests one after the other, until each has answered {wanted}; a tool that has taken
{longest:g} seconds for one operation is asked no further once it has answered {fewest} times. *Floor* is the best SQL
written by hand for the same rows, in Python and without HTTP. *Tuned* is what the tool's own documentation offers: no
total where it can be left out, related rows joined or fetched at once, relations found by typing.
"""
WHOLE = """Each tool alone, once, and given up after {patience:g} seconds or half of the free memory. The floor of the
file is the database's own COPY (on SQLite the same rows read and written in Python), that of the changes a bare UPDATE
without a history. Ours asks back before it changes rows that were not ticked, and writes the history; no other keeps
what was there before. Comments from a file are brought in by `manage.py load`, beside the database's own bulk insert.
"""


@dataclass(frozen=True)
class Run:
    """All that a run found, and how it was made."""

    runners: list
    counted: object
    floors: dict[str, float | None]
    facts: object
    settings: dict[str, object]
    whole: dict[str, dict[str, object]]
    missing: dict[str, str]


def page(run):
    """Return the page of a run as Markdown."""
    parts = [
        HEAD.format(**run.settings, posts=run.facts.posts, comments=run.facts.comments),
        "## Milliseconds\n\nThe median.\n\n" + _medians(run),
        _ratios(run),
        "## Whole tables\n\n" + WHOLE.format(**run.settings) + "\n" + _whole(run),
        "## The aims\n\n" + _aims(run),
        "## Statements, size and memory\n\n" + _sizes(run) + "\n" + _memory(run),
        _failures(run),
    ]
    return "\n".join(part for part in parts if part)


def place(engine):
    """Return a sentence about the machine and the database."""
    processor = next((line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if "model name" in line), "")
    memory = next((int(line.split()[1]) / 2**20 for line in _lines("/proc/meminfo") if "MemTotal" in line), 0)
    with engine.connect() as connection:
        version = ".".join(map(str, connection.dialect.server_version_info))
    name = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}[engine.dialect.name]
    machine = f"{os.cpu_count()} {TIMES} {processor or platform.machine()}, {memory:.0f} GB"
    return (
        f"The machine: {machine}, {platform.system()} {platform.release()}; Python {platform.python_version()}, and\n"
        f"{name} {version} on the same machine; every server has two processes.\n"
        f"The load over the last quarter of an hour was {os.getloadavg()[2]:.1f}."
    )


def _lines(path):
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def _medians(run):
    rows = []
    for name, words in _operations(run):
        cells = [_number(run.floors.get(name)), *(_number(_median(one, name)) for one in run.runners)]
        rows.append([words, *cells])
    return _table(["operation", FLOOR, *_names(run)], rows)


def _ratios(run):
    yardstick = _yardstick(run)
    if yardstick is None:
        return ""
    rows = [
        [words, *(_ratio(_median(one, name), _median(yardstick, name)) for one in run.runners)]
        for name, words in _operations(run)
    ]
    return f"## Ratios to {YARDSTICK}\n\n" + _table(["operation", *_names(run)], rows)


def _aims(run):
    ours = next(one for one in run.runners if one.tool.name == OURS)
    yardstick, rows = _yardstick(run), []
    for words, names, beside, most in AIMS if yardstick else ():
        ratios = [(_share(_median(ours, name), _median(yardstick, beside)), OPERATIONS[name]) for name in names]
        known = [pair for pair in ratios if pair[0] is not None]
        worst, where = max(known, default=(None, ""))
        told = where.format(deep=run.facts.deep_page + 1)
        aim = f"≤ {most:g} {TIMES} {YARDSTICK}, {OPERATIONS[beside]}"
        rows.append(_aim(words, aim, worst, most, f" {TIMES} ({told})" if len(names) > 1 else f" {TIMES}"))
    depth = _share(_median(ours, "last"), _median(ours, "first"))
    rows.append(_aim("last page", f"≤ {DEEPEST} {TIMES} the first page", depth, DEEPEST, f" {TIMES}"))
    rows += [_aim(words, f"≤ {most} ms", _median(ours, name), most, " ms") for words, name, most in LONGEST]
    rows += _whole_aims(run)
    growth = _share(ours.after, ours.before)
    rows.append(
        _aim("memory of a process after all of it", f"≤ {FATTEST} {TIMES} before", growth, FATTEST, f" {TIMES}")
    )
    return _table(["what", "aim", "measured", "met"], rows)


def _whole(run):
    names = [FLOOR, *_names(run)]

    def told(value, form):
        return NOTHING if value is None else form(value)

    facts = {"posts": run.facts.posts, "rejected": run.facts.rejected, "ticked": len(run.facts.ticked)}
    rows = []
    for work, (words, unit, factor) in WORKS.items():
        done = [run.whole[name][work] for name in names]
        cells = [
            one.failed or told(one.seconds, lambda seconds, factor=factor: _short(seconds * factor)) for one in done
        ]
        rows.append([f"{words.format(**facts)}, {unit}", *cells])
    files = [run.whole[name]["export"] for name in names]
    rows.append(["its first byte, ms", *(told(None if one.failed else one.first, _short) for one in files)])
    rows.append(["what a process grew by for it, MB", *(told(one.growth, "{:.0f}".format) for one in files)])
    if loaded := run.whole[LOADED]:
        ours = {FLOOR: _short(loaded.floor), OURS: f"{_short(loaded.rehearsal)} + {_short(loaded.storing)}"}
        words = f"{loaded.lines:,} comments in from a file, rehearsal + storing, s"
        rows.append([words, *(ours.get(name, NOTHING) for name in names)])
    return _table(["work", *names], rows)


def _whole_aims(run):
    ours, floor = run.whole[OURS]["export"], run.whole[FLOOR]["export"]
    others = [run.whole[name]["export"] for name in _names(run) if name != OURS]
    fastest = min((one.seconds for one in others if one.seconds is not None and not one.failed), default=None)
    # Where all others were given up, they took longer than this.
    slowest = run.settings["patience"] if others and fastest is None else fastest
    share = _share(ours.seconds, slowest)
    than = " (none ended in time)" if others and fastest is None else ""
    yield _aim("the file", f"≤ 0.2 {TIMES} the fastest of the others{than}", share, 0.2, f" {TIMES}")
    yield _aim("the file", f"≤ 3 {TIMES} the floor", _share(ours.seconds, floor.seconds), 3, f" {TIMES}")
    yield _aim("the file's first byte", "≤ 300 ms", ours.first, 300, " ms")
    yield _aim("what a process grows by for it", "≤ 50 MB", ours.growth, 50, " MB")
    if loaded := run.whole[LOADED]:
        words = f"{loaded.lines:,} comments in, rehearsal included"
        yield _aim(words, "≤ 60 s", loaded.rehearsal + loaded.storing, 60, " s")


def _aim(words, aim, value, most, unit):
    met = NOTHING if value is None else "yes" if value <= most else "no"
    return [words, aim, NOTHING if value is None else f"{_short(value)}{unit}", met]


def _sizes(run):
    rows = []
    for name, words in _operations(run):
        cells = []
        for one in run.runners:
            figures = (run.counted if one.tool.name == OURS else one).figures[name]
            told = NOTHING if figures.statements is None else str(figures.statements)
            cells.append(f"{told} / {figures.size / 1000:.0f}" if not figures.failed else NOTHING)
        rows.append([words, *cells])
    head = "SQL statements of one request / kilobytes of its answer.\n\n"
    return head + _table(["operation", *_names(run)], rows)


def _memory(run):
    def told(value):
        return NOTHING if value is None else f"{value:.0f}"

    rows = [
        ["before", *(told(one.before) for one in run.runners)],
        ["after", *(told(one.after) for one in run.runners)],
    ]
    head = "Megabytes that the largest process of each holds, after a few first pages and after all of the above.\n\n"
    return head + _table(["", *_names(run)], rows)


def _failures(run):
    told = [f"- {name} was left out: {words}" for name, words in run.missing.items()]
    told += [
        f"- {one.tool.name}, {words}: {one.figures[name].failed}"
        for one in run.runners
        for name, words in _operations(run)
        if one.figures[name].failed
    ]
    return "## What did not work\n\n" + "\n".join(told) + "\n" if told else ""


def _operations(run):
    return [(name, words.format(deep=run.facts.deep_page + 1)) for name, words in OPERATIONS.items()]


def _names(run):
    return [one.tool.name for one in run.runners]


def _yardstick(run):
    return next((one for one in run.runners if one.tool.name == YARDSTICK), None)


def _median(runner, name):
    return runner.figures[name].median


def _share(value, of):
    return value / of if value is not None and of else None


def _ratio(value, of):
    share = _share(value, of)
    return NOTHING if share is None else _short(share)


def _number(value):
    return NOTHING if value is None else _short(value)


def _short(value):
    return f"{value:.0f}" if value >= 20 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def _table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
