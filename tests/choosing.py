"""Operations on many rows as a browser asks for them, and what their pages say."""

from lxml import html
from sqlalchemy import select

from backoffice.core.history import Change
from backoffice.core.model import db
from backoffice.models.comments import Comment
from make import make


def store(app, model, number=1, **values):
    """Store `number` rows and return their keys."""
    with app.app_context():
        keys = [make(model, **values).id for _at in range(number)]
        db.session.commit()
        return keys


def statuses(app, model=Comment):
    """Return the status of every row, by key."""
    with app.app_context():
        return dict(map(tuple, db.session.execute(select(model.id, model.status))))


def recorded(app, verb):
    """Return who did what with which row, of all that was recorded under this verb."""
    with app.app_context():
        found = db.session.scalars(select(Change).filter_by(verb=verb).order_by(Change.row_id)).all()
        return [(one.model, one.row_id, one.actor_id, one.door) for one in found]


def message(browser, answer):
    """Follow an answer to the grid and return what it says."""
    assert answer.status_code == 302, answer.text
    page = html.fromstring(browser.get(answer.location).text)
    return " ".join(page.xpath('string(//*[@class="messages"])').split())


def sealed(browser, address):
    """Return the token of "all that match" that the grid at this address carries."""
    page = html.fromstring(browser.get(address).text)
    return page.xpath('//form[@id="bulk"]//input[@name="token"]/@value')[0]


def confirmation(answer):
    """Return the fields of the form by which an operation is confirmed, and the page's words."""
    assert answer.status_code in {200, 409, 422}, answer.text
    page = html.fromstring(answer.text)
    assert len(page.xpath("//h1")) == 1
    form = '//main//form[contains(@class, "outcome-answer")]//*[@name]'
    fields = [(one.get("name"), one.get("value")) for one in page.xpath(form) if one.get("name") != "again"]
    return [pair for pair in fields if pair[0] != "csrf_token"], " ".join(page.xpath("string(//main)").split())


def sent(fields):
    """Return pairs as a form sends them."""
    found = {}
    for name, value in fields:
        found.setdefault(name, []).append(value)
    return found


def choice(answer):
    """Return the fields of the form that takes only the rows that were seen."""
    page = html.fromstring(answer.text)
    form = page.xpath('//form[.//button[@name="only"]]')[0]
    return {one.get("name"): one.get("value") for one in form.xpath(".//*[@name]") if one.get("name") != "csrf_token"}
