"""One run: builds the data set, starts the application and its peers, measures all in turn, writes the page."""

import argparse
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import data
import loading
import measuring
import report
import tools
import whole
from floor import Floor
from servers import free_port, started
from sqlalchemy import create_engine

AT_ONCE = 2  # environments that are made at the same time
LOG = tools.PLACE / "servers.log"


def main():
    """Do the run that the command line asks for."""
    asked = _asked()
    tools.PLACE.mkdir(parents=True, exist_ok=True)
    LOG.write_bytes(b"")
    chosen = [] if asked.alone else tools.peers()
    names = sorted({tool.peer for tool in chosen})
    with ThreadPoolExecutor(AT_ONCE) as installing:
        told = installing.map(install, names)
        _say(f"Filling {asked.database.rpartition('/')[2]}: {asked.posts:,} posts, {2 * asked.posts:,} comments.")
        account = data.build(asked.database, asked.posts)
        missing = {peer: words for peer, words in zip(names, told, strict=True) if words}
    chosen = [tool for tool in chosen if tool.peer not in missing]
    engine = create_engine(asked.database)
    run = _measured(asked, engine, account, chosen, missing)
    asked.output.write_text(report.page(run))
    print(asked.output.read_text())


def _asked():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=20_000)
    parser.add_argument("--database", default=f"sqlite:///{tools.PLACE / 'small.sqlite'}")
    parser.add_argument("--output", type=Path, default=tools.PLACE / "small.md")
    parser.add_argument("--seconds", type=float, default=10, help="what one operation may take of each tool")
    parser.add_argument("--patience", type=float, default=60, help="seconds that a work on a whole table may take")
    parser.add_argument("--alone", action="store_true", help="without the peers")
    parser.add_argument("--command", default="make bench-small", help="what the page says it was written by")
    asked = parser.parse_args()
    prefix, driver = "postgresql://", "postgresql+psycopg://"
    if asked.database.startswith(prefix):
        asked.database = driver + asked.database.removeprefix(prefix)
    return asked


def install(peer):
    """Put what a peer needs into an environment of its own, unless it is there; return what stands against it."""
    wanted = tools.HERE / f"requirements-{peer}.txt"
    place = tools.PLACE / peer
    done = place / "installed.txt"
    if done.exists() and done.read_text() == wanted.read_text():
        return ""
    _say(f"Installing {peer}.")
    subprocess.run([sys.executable, "-m", "venv", "--clear", "--without-pip", str(place)], check=True)
    pip = [sys.executable, "-m", "pip", "--python", str(place / "bin" / "python"), "install", "--quiet", "--no-deps"]
    told = subprocess.run([*pip, "-r", str(wanted)], check=False, capture_output=True, text=True)
    if told.returncode:
        return told.stderr.strip().rpartition("\n")[2] or "cannot be installed"
    done.write_text(wanted.read_text())
    return ""


def _measured(asked, engine, account, chosen, missing):
    facts, floors = data.facts(engine), {}
    with ExitStack() as running:
        runners = [start(running, tools.ours(), asked, account, facts)]
        for tool in chosen:
            try:
                runners.append(start(running, tool, asked, account, facts))
            except (OSError, RuntimeError) as error:
                # One that does not work on this machine is left out, and the page says so.
                missing[tool.name] = str(error)
        connection = running.enter_context(engine.connect())
        floor = Floor(connection, facts)
        for operation, words in measuring.OPERATIONS.items():
            _say(f"Measuring: {words.format(deep=facts.deep_page + 1)}.")
            measuring.measure(operation, runners, facts, asked.seconds)
            floors[operation] = floor.median(operation)
        for runner in runners:
            measuring.finish(runner)
        connection.rollback()
        counted = start(running, tools.counted(), asked, account, facts)
        for operation in measuring.OPERATIONS:
            measuring.once(operation, counted, facts)
    done = _whole(asked, engine, [runner.tool for runner in runners], account, facts)
    _say("Bringing comments in from a file.")
    with engine.connect() as connection:
        done[report.LOADED] = _loaded(asked, connection, missing)
    return report.Run(runners, counted, floors, facts, _settings(asked, engine), done, missing)


def _whole(asked, engine, chosen, account, facts):
    """Return what came of the works on whole tables: by the tool's name and the work's, the floor's as numbers."""
    with engine.connect() as connection:
        whole.remember(connection)
        floor = Floor(connection, facts)
        done = {report.FLOOR: {work: whole.Done(floor.once(work)) for work in whole.WORKS}}
        for tool in chosen:
            _say(f"Letting {tool.name} work on whole tables.")
            done[tool.name] = _alone(asked, connection, tool, account, facts)
    return done


def _loaded(asked, connection, missing):
    try:
        return loading.load(asked, connection)
    except (subprocess.CalledProcessError, RuntimeError) as error:
        missing["Bringing comments in"] = str(error)
        return None


def _alone(asked, connection, tool, account, facts):
    """Return what one tool does while no other runs; it is started anew after each work that it did not end."""
    found, waiting = {}, list(whole.WORKS)
    while waiting:
        with ExitStack() as running:
            try:
                runner = start(running, tool, asked, account, facts)
            except (OSError, RuntimeError) as error:
                return found | dict.fromkeys(waiting, whole.Done(failed=str(error)))
            while waiting:
                work = waiting.pop(0)
                found[work] = whole.do(work, runner, facts, asked.patience)
                if found[work].failed not in {"", whole.CANNOT}:
                    break
                whole.check(found[work], work, whole.put_back(connection), facts)
        # What was not waited for would go on as soon as the tool is started again.
        whole.give_up(connection)
        whole.put_back(connection)
    return found


def start(running, tool, asked, account, facts):
    """Start a tool for as long as `running` lasts, and return it signed in to."""
    port = free_port()
    environment = data.environment(asked.database) | tool.environment | ({} if tool.peer else data.served())
    # Django makes its own account, once for each of its servers.
    name = f"{account.name}-{port}"
    environment |= {"PORT": str(port), "BENCH_USER": name, "BENCH_PASSWORD": account.password}
    command = [part.format(port=port) for part in tool.command]
    group = running.enter_context(started(command, port, tool.folder, LOG, **environment))
    _say(f"{tool.name} answers.")
    who = data.Account(name, account.password) if tool.peer else account
    return measuring.begin(tool, port, group, who, facts)


def _settings(asked, engine):
    return {
        "command": asked.command,
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "commit": _commit(),
        "place": report.place(engine),
        "in_a_row": measuring.IN_A_ROW,
        "wanted": measuring.WANTED,
        "fewest": measuring.FEWEST,
        "longest": asked.seconds,
        "patience": asked.patience,
    }


def _commit():
    told = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=tools.ROOT, capture_output=True, text=True, check=False
    )
    return told.stdout.strip() or "unknown"


def _say(words):
    print(f"{time.strftime('%H:%M:%S')}  {words}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    # Whoever ends a run ends its servers too: SystemExit leaves the blocks that hold them.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    main()
