"""How a tool is asked for what is done to whole tables: each returns what does so, given somebody signed in.

That returns the milliseconds until all was done, and those before the first byte where it matters.
"""

import html
import re
import time

LOOK = 0.2  # seconds between two looks at how far something is


def file_at(path, pairs=None):
    """Ask for a CSV file at this address, by POST where there are values to send; it must hold every post."""

    def ask(client, facts):
        flow = client.stream(path, pairs)
        _good(flow)
        if flow.lines < facts.posts:
            raise RuntimeError(f"broke off after {flow.lines:,} lines")
        return flow.took, flow.first

    return ask


def file_from(page, path, pairs):
    """Ask for a CSV file by a form on this page."""

    def ask(client, facts):
        return file_at(path, [*_token(client, page), *pairs])(client, facts)

    return ask


def ticked(page, path, name, *pairs):
    """Send the keys of ticked rows by POST, each under this name and with these values beside them."""

    def ask(client, facts):
        known = _token(client, page)
        client.connect()
        return _good(client.post(path, [*known, *pairs, *((name, str(key)) for key in facts.ticked)])).took, None

    return ask


def ticked_in_address(path, before, between, page=""):
    """Name the ticked rows in the address, by POST where a token is to be fetched from a page."""

    def ask(client, facts):
        address = path + before + between.join(map(str, facts.ticked))
        known = _token(client, page) if page else []
        client.connect()
        return _good(client.post(address, known) if page else client.get(address)).took, None

    return ask


def matching(page, path, *pairs):
    """Ask for an operation on all that match, by POST."""

    def ask(client, facts):
        values = [(name, value.format(first=facts.ticked[0])) for name, value in pairs]
        known = _token(client, page)
        client.connect()
        return _good(client.post(path, [*known, *values])).took, None

    return ask


def confirmed(page, path):
    """Ask for an operation on all that match, confirm it on the page that asks back, and wait until it is done."""

    def ask(client, facts):  # noqa: ARG001 - all are called alike
        shown = client.get(page).text
        client.connect()
        known = [("csrf_token", _value(shown, "csrf_token")), ("action", "approve")]
        question = client.post(path, [*known, ("token", _value(shown, "token"))])
        client.connect()
        start = time.perf_counter()
        done = _good(client.post(path, [*known, ("token", _value(question.text, "token")), ("confirm", "1")]))
        _wait(client, done.location)
        return question.took + (time.perf_counter() - start) * 1000, None

    return ask


def _wait(client, page):
    """Look at the page of the job that does it, if there is one, until it shows no more progress."""
    deadline = time.perf_counter() + client.patience
    while "/job/" in page and "data-moves" in client.get(page).text:
        if time.perf_counter() > deadline:
            raise TimeoutError
        time.sleep(LOOK)


def _token(client, page):
    """Return the word against forged requests that a page holds, under the name it has there."""
    shown = client.follow(page).text
    names = ("csrf_token", "csrfmiddlewaretoken")
    found = [(name, _value(shown, name)) for name in names if f'name="{name}"' in shown]
    # One of them has a script send what its cookie holds.
    sent = client.cookies.get("starlette_admin_csrftoken")
    return [*found, ("csrftoken", sent)] if sent else found


def _value(page, name):
    found = re.search(rf'name="{name}"[^>]*?value="([^"]*)"', page)
    if not found:
        raise RuntimeError(f"shows no {name}")
    return html.unescape(found[1])


def _good(answer):
    if answer.status not in {200, 202, 302, 303}:
        raise RuntimeError(f"answered {answer.status}")
    return answer
