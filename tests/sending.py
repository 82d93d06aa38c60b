"""Tables sent to the panel as a browser sends them, and what its pages say about them."""

import re

from sqlalchemy import select

from backoffice.core.model import db
from backoffice.models.content import Tag


def names(app):
    with app.app_context():
        return sorted(db.session.scalars(select(Tag.name)))


def send(browser, content, model="tag", **more):
    """Send a file, and return the page on which its columns are chosen."""
    content = content if isinstance(content, bytes) else content.encode()
    # Written by hand: the client of the tests leaves a file open when it writes large ones.
    said = "".join(
        f'--xx\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{word}\r\n' for name, word in more.items()
    )
    said += '--xx\r\nContent-Disposition: form-data; name="step"\r\n\r\nupload\r\n'
    said += '--xx\r\nContent-Disposition: form-data; name="file"; filename="rows.csv"\r\n\r\n'
    body = said.encode() + content + b"\r\n--xx--\r\n"
    answer = browser.post(f"/admin/{model}/import/", data=body, content_type="multipart/form-data; boundary=xx")
    return browser.get(answer.location) if answer.status_code == 302 else answer


def token(page):
    """Return the signed word of each form of a page: the last is the one that rehearses."""
    return re.findall(r'name="token" value="([^"]+)"', page.text)


def rehearse(browser, page, model="tag", **chosen):
    fields = {f"column-{at}": name for at, name in enumerate(chosen.pop("columns", ()))}
    data = {"step": "rehearse", "token": token(page)[-1], "key": "", "whole": "1", **fields, **chosen}
    return browser.post(f"/admin/{model}/import/", data=data)


def confirm(browser, page, model="tag"):
    return browser.post(f"/admin/{model}/import/", data={"step": "confirm", "token": token(page)[0]})


def figures(page):
    return [int(number) for number in re.findall(r"<dd>(\d+)</dd>", page.text)]
