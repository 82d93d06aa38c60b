"""Measuring: each operation on every tool in turn, some requests in a row, until there are enough."""

import html
import re
import statistics
from dataclasses import dataclass, field

from client import Client, local
from servers import memory

WANTED, IN_A_ROW, FEWEST = 40, 10, 10
OPERATIONS = {
    "first": "grid, page 1",
    "dated": "sorted by creation, oldest first",
    "published": "sorted by publication, with empty ones",
    "deep": "page {deep}",
    "last": "last page",
    "rare": "search, a word of one title",
    "common": "search, a common word",
    "filtered": "filter status + category",
    "pending": "comments, pending",
    "edit": "open the edit form",
    "save": "save a changed title",
}


@dataclass
class Figures:
    """What was found of one operation on one tool."""

    times: list[float] = field(default_factory=list)
    size: int = 0
    statements: int | None = None
    failed: str = ""

    @property
    def median(self):
        """The middle of the times in milliseconds, or None when there is none."""
        return statistics.median(self.times) if self.times and not self.failed else None


@dataclass
class Runner:
    """A tool that is running, and somebody signed in to it."""

    tool: object
    client: Client
    group: int
    paths: dict[str, str]
    figures: dict[str, Figures] = field(default_factory=dict)
    before: float | None = None
    after: float | None = None


def begin(tool, port, group, account, facts):
    """Return a tool that is signed in to and warm, with the addresses of all it is asked for."""
    client = Client(port)
    client.sign_in(tool.sign_in, account.email if not tool.peer else account.name, account.password)
    runner = Runner(tool, client, group, {name: facts.fill(path) for name, path in tool.paths.items()})
    if not tool.peer:
        runner.paths["deep"] = _deep(client, runner.paths["deep"])
    runner.paths["save"] = runner.paths["edit"]
    for _turn in range(4):
        client.connect()
        client.follow(runner.paths["first"])
    runner.before = memory(group)
    return runner


def measure(operation, runners, facts, longest):
    """Ask every runner for one operation, in rounds; a slow one is asked no longer than `longest` seconds."""
    for runner in runners:
        runner.figures[operation] = Figures()
        turns(runner, operation, facts, count=2)
        runner.figures[operation].times.clear()
    for _round in range(WANTED // IN_A_ROW):
        for runner in runners:
            figures = runner.figures[operation]
            slow = sum(figures.times) > longest * 1000 and len(figures.times) >= FEWEST
            if not figures.failed and not slow:
                turns(runner, operation, facts)


def once(operation, runner, facts):
    """Ask one runner once for one operation."""
    runner.figures[operation] = Figures()
    turns(runner, operation, facts, count=2)


def turns(runner, operation, facts, count=IN_A_ROW):
    """Ask one runner for an operation so many times, one after the other."""
    figures = runner.figures[operation]
    try:
        for _turn in range(count):
            answer = _once(runner, operation, facts)
            figures.times.append(answer.took)
            figures.size, figures.statements = len(answer.body), answer.statements
    except (OSError, RuntimeError) as error:
        figures.failed = str(error)
        runner.client.connection = None


def _once(runner, operation, facts):
    client, path = runner.client, runner.paths[operation]
    if operation == "save":
        return _save(client, path, facts, runner.tool.scripted)
    client.connect()
    answer = client.get(path)
    _right(answer, operation, facts)
    return answer


def _right(answer, operation, facts):
    """Refuse an answer that is not the page that was asked for."""
    if answer.status != 200:
        raise RuntimeError(f"answered {answer.status}")
    expected = {"rare": facts.rare, "edit": facts.title.partition(" ~")[0]}.get(operation, "")
    # One that shows the word in its search field alone has not found the row.
    least = 2 if operation == "rare" else 1
    if answer.text.count(expected) < least:
        raise RuntimeError(f"answered a page without {expected}")


def _save(client, path, facts, scripted):
    client.connect()
    form = client.form(path, "title")
    stem = facts.title.partition(" ~")[0]
    old = int((re.findall(r" ~(\d+)$", dict(form.values)["title"]) or ["0"])[0])
    values = [(name, f"{stem} ~{old + 1}" if name == "title" else value) for name, value in form.values]
    values += [(name, str(key)) for name in scripted for key in facts.related[name]]
    client.connect()
    answer = client.post(local(form.action), values)
    if answer.status not in {302, 303}:
        raise RuntimeError(f"answered {answer.status}")
    return answer


def _deep(client, jump):
    """Return the address of the page after the one at `jump`: links between pages go on from a row."""
    link = re.search(r'<a class="page-link" href="([^"]*)"\s+rel="next"', client.get(jump).text)
    if not link:
        raise RuntimeError(f"There is no page after {jump}.")
    return html.unescape(link[1])


def finish(runner):
    """Note what the tool's largest process holds at the end."""
    runner.after = memory(runner.group)
    runner.client.close()
