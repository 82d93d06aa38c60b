"""How long the panel takes from a touch to the next picture on the screen, on the demonstration; writes a page."""

import argparse
import secrets
import shutil
import statistics
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import data
import tools
from clicks import chromium
from playwright.sync_api import sync_playwright
from servers import free_port, started

PLACE = tools.PLACE / "interactions"
ROUNDS = 5
AIM = 100  # milliseconds from the touch to the next picture, at most
PAGE = Path(__file__).with_name("interactions.md")
LIST, FORM = "/admin/post/", "/admin/post/edit/?id=5"
# The browser measures each touch itself (Event Timing): from when it came to the next picture, in steps of 8 ms.
WATCH = """() => {
  window.touches = [];
  new PerformanceObserver((list) => list.getEntries().forEach((one) => {
    if (one.interactionId) { window.touches.push(one.duration); }
  })).observe({ type: "event", durationThreshold: 16, buffered: false });
}"""
# What is shorter than the observer reports took no longer than this.
SHORTEST = 16


def main():
    """Touch everything several times, and write what it took."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--output", type=Path, default=PLACE / "interactions.md")
    asked = asked.parse_args()
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir(parents=True)
    url = f"sqlite:///{PLACE / 'demo.sqlite'}"
    password = secrets.token_urlsafe(24)
    data.manage(url, "db", "upgrade")
    data.manage(url, "demo", "--password", password)
    port = free_port()
    environment = data.environment(url) | {"PORT": str(port)}
    with started(tools.ours().command, port, tools.ROOT, PLACE / "servers.log", **environment):
        found = _measured(f"http://127.0.0.1:{port}", password)
    asked.output.write_text(_page(found))
    print(asked.output.read_text())


def _measured(address, password):
    found = {words: [] for words, _place, _touch in TOUCHES}
    with sync_playwright() as playwright, closing(chromium(playwright)) as browser:
        page = browser.new_context(base_url=address, viewport={"width": 1440, "height": 900}).new_page()
        page.goto("/login")
        page.fill("input[name=email]", "admin@example.com")
        page.fill("input[name=password]", password)
        page.press("input[name=password]", "Enter")
        page.wait_for_url("**/admin/**")
        for _round in range(ROUNDS):
            for words, place, touch in TOUCHES:
                found[words].append(_once(page, place, touch))
    return found


def _once(page, place, touch):
    """Return the longest that one of the touches took to show, in milliseconds."""
    page.goto(place)
    page.wait_for_load_state("networkidle")
    page.evaluate(WATCH)
    touch(page)
    page.wait_for_timeout(400)
    touches = page.evaluate("window.touches")
    if touches is None:
        raise SystemExit(f"{touch.__name__} led to another page, so that nothing was measured.")
    return max(touches, default=SHORTEST)


def _tick(page):
    page.locator("tbody [name=rowid]").first.click()


def _tick_many(page):
    page.locator("tbody [name=rowid]").first.click()
    page.locator("tbody [name=rowid]").nth(19).click(modifiers=["Shift"])


def _walk(page):
    for key in "jjjkx":
        page.keyboard.press(key)


def _palette(page):
    page.keyboard.press("Control+k")
    page.keyboard.type("gale")


def _keys(page):
    page.keyboard.press("?")


def _search(page):
    page.locator("#search").press_sequentially("harbour", delay=40)


def _filters(page):
    page.locator("details.filters > summary").click()


def _sort(page):
    page.locator("thead a").first.click()


def _menu(page):
    page.get_by_role("button", name="More: ").first.click()
    page.locator("#row-menu").wait_for()


def _title(page):
    page.locator("input[name=title]").press_sequentially(" and more", delay=40)


def _text(page):
    page.locator(".ProseMirror").first.press_sequentially("Some words more.", delay=40)


def _bold(page):
    page.locator(".ProseMirror").first.click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+b")


def _tag(page):
    page.get_by_label("Find").last.press_sequentially("har", delay=40)


TOUCHES = (
    ("Tick a row", LIST, _tick),
    ("Tick twenty rows with Shift", LIST, _tick_many),
    ("Go down the rows by keys, and tick one", LIST, _walk),
    ("Open the palette, and type in it", LIST, _palette),
    ("Show the keys", LIST, _keys),
    ("Type into the search, which finds meanwhile", LIST, _search),
    ("Open the filters", LIST, _filters),
    ("Sort by a head", LIST, _sort),
    ("Open the menu of a row", LIST, _menu),
    ("Type into the title of a post", FORM, _title),
    ("Type into its text", FORM, _text),
    ("Make its whole text bold", FORM, _bold),
    ("Type into a picker, which finds meanwhile", FORM, _tag),
)


def _page(found):
    rows = [f"| {words} | {statistics.median(took):.0f} | {max(took):.0f} |" for words, took in found.items()]
    worst = max(max(took) for took in found.values())
    told = {"{table}": "\n".join(rows), "{when}": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"}
    told |= {"{worst}": f"{worst:.0f}", "{aim}": str(AIM), "{met}": "met" if worst < AIM else "not met"}
    text = PAGE.read_text()
    for name, words in told.items():
        text = text.replace(name, words)
    return text


if __name__ == "__main__":
    main()
