"""Some operations on the application and on its yardstick alone, in turn: milliseconds, ratios, and what was computed.

On a machine where others work too the time until an answer comes says how busy they are; what the processes of a
tool computed for it says more, and so does asking both in the same minute.
"""

import argparse
import statistics
from contextlib import ExitStack

import data
import measuring
import run
import tools
from servers import worked
from sqlalchemy import create_engine

USUAL = "first,dated,deep,last,rare,common,filtered,pending"


def main():
    """Measure what the command line asks for, on a database that is there."""
    asked = _asked()
    tools.PLACE.mkdir(parents=True, exist_ok=True)
    yardstick = next(tool for tool in tools.peers() if tool.name == tools.YARDSTICK)
    missing = run.install(yardstick.peer)
    if missing:
        raise SystemExit(missing)
    account, facts = data.account(asked.database), data.facts(create_engine(asked.database))
    with ExitStack() as running:
        runners = [run.start(running, tool, asked, account, facts) for tool in (tools.ours(), yardstick)]
        print("operation | ms | computed | yardstick: ms | computed | ratio | ratio computed", flush=True)
        for operation in asked.only.split(","):
            print(_line(operation, runners, facts, asked.rounds), flush=True)


def _asked():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", required=True, help="one that bench/run.py or manage.py demo has filled")
    parser.add_argument("--only", default=USUAL, help=f"of {', '.join(measuring.OPERATIONS)}")
    parser.add_argument("--rounds", type=int, default=10)
    return parser.parse_args()


def _line(operation, runners, facts, rounds):
    computed = [[] for _runner in runners]
    for runner in runners:
        measuring.once(operation, runner, facts)
        runner.figures[operation].times.clear()
    for _round in range(rounds):
        for runner, known in zip(runners, computed, strict=True):
            before = worked(runner.group)
            measuring.turns(runner, operation, facts)
            known.append((worked(runner.group) - before) / measuring.IN_A_ROW)
    (own, other), (own_work, other_work) = (
        [runner.figures[operation].median for runner in runners],
        [statistics.median(known) for known in computed],
    )
    figures = (own, own_work, other, other_work)
    if None in figures:
        return f"{operation} | {' '.join(runner.figures[operation].failed for runner in runners)}"
    ratios = f"{own / other:.2f} | {own_work / other_work:.2f}"
    return f"{operation} | {' | '.join(f'{figure:.1f}' for figure in figures)} | {ratios}"


if __name__ == "__main__":
    main()
