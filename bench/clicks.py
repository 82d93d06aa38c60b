"""How many clicks, keys and pages common jobs take: here, in Flask-Admin and in Django's admin; writes a page."""

import argparse
import shutil
import sqlite3
import sys
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import data
import jobs_ours
import tools
from hand import Hand
from jobs_peers import Django, FlaskAdmin
from playwright.sync_api import Error, sync_playwright
from run import install
from servers import free_port, started

PLACE = tools.PLACE / "clicks"
LOG, START = PLACE / "servers.log", PLACE / "start.sqlite"
POSTS = 200
PATIENCE = 5  # seconds until a job that was done is stored
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
PAGE = Path(__file__).with_name("clicks.md")


@dataclass
class About:
    """What the jobs are about: a post by its number, what is written, a category; and the file that came of it."""

    number: str
    known: str
    category: str
    category_key: int
    title: str = "Gale"
    slug: str = "gale"
    body: str = "It blew."
    file: str = ""


@dataclass(frozen=True)
class Job:
    """Something people do every day: its words, and a question to the database that answers 1 when it was done."""

    name: str
    words: str
    done: str = ""


JOBS = (
    Job("rename", "Find a post and change its title", "SELECT title LIKE '%!' FROM post WHERE id = :number"),
    Job("publish", "Find a draft and publish it", "SELECT status = 'published' FROM post WHERE id = :number"),
    Job("approve", "Approve three comments that wait", "SELECT count(*) = 57 FROM comment WHERE status = 'pending'"),
    Job(
        "write",
        "Write a post with a category and a tag, and publish it",
        "SELECT count(*) FROM post JOIN post_tag ON post_id = post.id "
        "WHERE title = :title AND status = 'published' AND category_id IS NOT NULL AND body LIKE '%It blew.%'",
    ),
    Job("tag", "Find a post and give it one more tag", "SELECT count(*) > :tags FROM post_tag WHERE post_id = :number"),
    Job("waiting", "See which comments wait"),
    Job("export", "Get the published posts as a file"),
    Job("who", "Find a post and see who changed it last"),
    Job("delete", "Find a post and delete it", "SELECT count(*) = 0 FROM post WHERE id = :number"),
    Job("take_back", "Bring back the post just deleted", "SELECT count(*) FROM post WHERE id = :number"),
    Job("narrow", "See the published posts of one category"),
)


def main():
    """Do every job in every tool, and write the page."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--output", type=Path, default=PLACE / "clicks.md")
    asked.add_argument("--alone", action="store_true", help="without the peers")
    asked.add_argument("--only", default="", help="in the tool of this name alone")
    asked = asked.parse_args()
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir(parents=True)
    account = data.build(f"sqlite:///{START}", POSTS)
    found = {}
    with sync_playwright() as playwright, closing(chromium(playwright)) as browser:
        for tool, jobs in _tools(alone=asked.alone):
            if asked.only not in {"", tool.name}:
                continue
            print(f"Working in {tool.name}.", file=sys.stderr, flush=True)
            found[tool.name] = _work(browser, tool, jobs, account)
    asked.output.write_text(_page(found))
    print(asked.output.read_text())


def chromium(playwright):
    """Return a browser."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])


def _tools(*, alone):
    yield tools.ours(), jobs_ours
    stock = {"Flask-Admin": FlaskAdmin(), "Django admin": Django()}
    for tool in () if alone else tools.peers():
        if tool.name in stock:
            problem = install(tool.peer)
            if problem:
                raise SystemExit(f"{tool.name} cannot be installed: {problem}")
            yield tool, stock[tool.name]


def _work(browser, tool, jobs, account):
    """Return what each job took in this tool; None where it cannot be done."""
    place = PLACE / f"{tool.name.replace(' ', '-')}.sqlite"
    shutil.copy(START, place)
    if tool.peer:
        _fill_in(place)
    with _served(tool, place, account) as (address, who), closing(browser.new_context(base_url=address)) as context:
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.goto(tool.sign_in)
        page.fill("input[name=email], input[name=username]", who.name if tool.peer else who.email)
        page.fill("input[name=password]", who.password)
        # One of the forms has no button.
        page.locator("form:has(input[name=password])").evaluate("form => HTMLFormElement.prototype.submit.call(form)")
        page.wait_for_url(lambda url: "login" not in url)
        return {job.name: _do(page, getattr(jobs, job.name, None), job, place) for job in JOBS}


def _do(page, work, job, place):
    if work is None:
        return None
    about = _about(place)
    if job.name != "take_back":
        page.goto("/admin/")
    hand = Hand(page, about[0])
    try:
        work(hand)
        effort = hand.rest()
    except Error as error:
        page.screenshot(path=PLACE / f"{place.stem}-{job.name}.png", full_page=True)
        raise SystemExit(f"{place.stem} could not do “{job.words}”: {error}") from error
    deadline = time.monotonic() + PATIENCE
    while job.done and not _ask(place, job.done, about[1])[0] and time.monotonic() < deadline:
        time.sleep(0.1)
    if job.done and not _ask(place, job.done, about[1])[0]:
        page.screenshot(path=PLACE / f"{place.stem}-{job.name}.png", full_page=True)
        raise SystemExit(f"{place.stem} did not do “{job.words}”.")
    if job.name == "export" and about[0].file.count("\n") < POSTS // 2:
        raise SystemExit(f"{place.stem} exported {about[0].file.count(chr(10))} lines.")
    return effort


def _about(place):
    """Return what the next job is about: a draft that nobody has commented on, known by its number."""
    free = "SELECT id, title FROM post WHERE status = 'draft' AND id NOT IN (SELECT post_id FROM comment) AND id > 100"
    key, title = _ask(START, f"{free} ORDER BY id LIMIT 1", {})
    category, name = _ask(
        place,
        "SELECT category.id, name FROM category JOIN post ON category_id = category.id WHERE status = 'published' "
        "GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1",
        {},
    )
    tags = _ask(place, "SELECT count(*) FROM post_tag WHERE post_id = :key", {"key": key})[0]
    about = About(str(key), title, name, category)
    return about, {"number": key, "title": about.title, "tags": tags}


def _ask(place, question, values):
    with closing(sqlite3.connect(place, timeout=10)) as database:
        return database.execute(question, values).fetchone()


def _fill_in(place):
    """Let the peers make rows: what the application's own models fill in stands in the database for them."""
    defaults = {"version": "1", "kind": "'post'", "created_at": "CURRENT_TIMESTAMP", "updated_at": "CURRENT_TIMESTAMP"}
    with closing(sqlite3.connect(place)) as database:
        (sql,) = database.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'post'").fetchone()
        lines = [_with_default(line, {**defaults, "views": "0", "body": "''"}) for line in sql.split("\n")]
        database.execute("PRAGMA writable_schema = ON")
        database.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'post'", ["\n".join(lines)])
        database.commit()
        # One of them knows no table without a key of its own.
        database.execute("ALTER TABLE post_tag ADD COLUMN id INTEGER")
        database.execute("UPDATE post_tag SET id = rowid")
        database.execute(
            "CREATE TRIGGER keyed AFTER INSERT ON post_tag "
            "BEGIN UPDATE post_tag SET id = NEW.rowid WHERE rowid = NEW.rowid; END"
        )
        database.commit()


def _with_default(line, defaults):
    name = line.split()[0].strip('"') if line.split() else ""
    if name not in defaults or "DEFAULT" in line:
        return line
    return line.replace(" NOT NULL", f" DEFAULT {defaults[name]}")


@contextmanager
def _served(tool, place, account):
    port = free_port()
    name = f"{account.name}-{port}"
    who = data.Account(name, account.password) if tool.peer else account
    environment = data.environment(f"sqlite:///{place}") | tool.environment
    environment |= {"PORT": str(port), "BENCH_USER": name, "BENCH_PASSWORD": account.password, "WEB_WORKERS": "1"}
    environment["BENCH_STATIC"] = "1"
    command = [part.format(port=port) for part in tool.command]
    with started(command, port, tool.folder, LOG, **environment):
        yield f"http://127.0.0.1:{port}", who


def _page(found):
    head = "| job | " + " | ".join(found) + " |\n|---|" + "---|" * len(found)
    rows = [f"| {job.words} | " + " | ".join(_cell(tool[job.name]) for tool in found.values()) + " |" for job in JOBS]
    when = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    return PAGE.read_text().replace("{table}", "\n".join([head, *rows])).replace("{when}", when)


def _cell(effort):
    if effort is None:
        return "not possible"
    pages = "1 page" if effort.pages == 1 else f"{effort.pages} pages"
    return f"**{effort.touches}** ({effort.clicks} + {effort.keys}), {pages}"


if __name__ == "__main__":
    main()
