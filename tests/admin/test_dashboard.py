"""The first page says what waits, what one may do, and what was done lately: to each only what is theirs to know."""

import re

import pytest
from lxml import html

from backoffice.core import counting
from backoffice.core.model import db
from backoffice.models.accounts import Role, User
from backoffice.models.comments import Comment
from backoffice.models.content import Post
from make import make


def page_of(browser):
    """Return the dashboard as this person sees it."""
    answer = browser.get("/admin/")
    assert answer.status_code == 200, answer.text
    page = html.fromstring(answer.text)
    assert len(page.xpath("//h1")) == 1
    return page


def cards(page):
    """Return the cards: address of the grid → what is counted under which address, and the words."""
    found = {}
    for card in page.xpath('//section[@class="card-of"]'):
        counts = {
            link.get("href"): int(re.sub(r"\D", "", link.getnext().text_content()))
            for link in card.xpath(".//a[following-sibling::span]")
        }
        found[card.xpath("./h2/a/@href")[0]] = counts, " ".join(card.text_content().split())
    return found


@pytest.mark.parametrize(
    ("role", "resources"),
    [
        ("editor", {"post", "category", "tag", "image", "comment", "job"}),
        ("moderator", {"post", "comment", "job"}),
        ("author", {"post", "category", "tag", "image", "job"}),
    ],
)
def test_each_role_sees_its_own_cards_and_no_history(role, resources, app, as_role):
    page = page_of(as_role(role))
    assert set(cards(page)) == {f"/admin/{name}/" for name in resources}
    assert not page.xpath('//h2[@id="latest"]')
    assert f"Your roles: {role}." in page.text_content()


def test_the_administrator_sees_every_card_and_the_latest_changes(app, as_role):
    browser = as_role("administrator")
    with app.app_context():
        make(Comment, guest_name="Ann", body="<p>Hello <b>you</b></p>")
        db.session.commit()
    page = page_of(browser)
    assert {"/admin/user/", "/admin/role/", "/admin/change/", "/admin/post/"} <= set(cards(page))
    latest = page.xpath('//section[@aria-labelledby="latest"]//tbody/tr')
    words = [" ".join(row.text_content().split()) for row in latest]
    assert len(latest) <= 10
    assert any("create Comment Hello you" in one for one in words)


def test_views_are_counted_and_lead_to_their_rows(app, as_role):
    moderator = as_role("moderator")
    with app.app_context():
        for status, number in (("pending", 3), ("spam", 2)):
            for _at in range(number):
                make(Comment, guest_name="Ann", status=status)
        db.session.commit()
    counts, words = cards(page_of(moderator))["/admin/comment/"]
    assert counts == {
        "/admin/comment/": 5,
        "/admin/comment/?view=waiting": 3,
        "/admin/comment/?view=approved": 0,
        "/admin/comment/?view=rejected": 0,
        "/admin/comment/?view=spam": 2,
    }
    assert "You may: see, change, delete, export, approve, reject, mark as spam, back to pending." in words
    page = html.fromstring(moderator.get("/admin/comment/?view=waiting").text)
    assert len(page.xpath("//tbody/tr")) == 3


def test_very_many_rows_are_not_counted_but_told_about(app, as_role, monkeypatch):
    monkeypatch.setattr(counting, "MOST", 3)
    monkeypatch.setattr(counting, "estimate", lambda *_asked: 1_234_000)
    with app.app_context():
        for _at in range(5):
            make(Comment, guest_name="Ann", status="spam")
        db.session.commit()
    _counts, words = cards(page_of(as_role("moderator")))["/admin/comment/"]
    assert words.startswith("Comments about 1,234,000 Waiting 0")
    assert "Spam about 1,234,000" in words


def test_an_author_counts_only_their_own_and_is_told_so(app, as_role):
    author = as_role("author")
    with app.app_context():
        make(Post, status="draft", author=db.session.get(User, author.user.id))
        make(Post, status="draft", author=make(User))
        db.session.commit()
    page = page_of(author)
    counts, words = cards(page)["/admin/post/"]
    assert counts["/admin/post/"] == counts["/admin/post/?view=drafts"] == 1
    assert "You may: see (own), create, change (own), delete (own), hand in for review (own)." in words
    assert page.xpath('//a[@href="/admin/post/new/"]')
    assert not page.xpath('//a[@href="/admin/category/new/"]')


def test_a_person_without_rights_is_told_whom_to_ask(app, as_role):
    with app.app_context():
        db.session.add(Role(name="nobody", rights=[]))
        db.session.commit()
    page = page_of(as_role("nobody"))
    assert not cards(page)
    assert "Ask an administrator" in page.text_content()


def test_the_number_of_statements_does_not_grow_with_the_rows(app, as_role, queries):
    browser, taken = as_role("administrator"), []
    for _round in range(2):
        with app.app_context():
            for _at in range(20):
                make(Comment, guest_name="Ann")
            db.session.commit()
        with queries() as sent:
            shown = len(cards(page_of(browser)))
        taken.append(len(sent))
    assert taken[0] == taken[1]
    # One more counts what waits, for the menu.
    assert taken[1] <= shown + 5


def test_a_stranger_sees_nothing_of_it(app, client):
    answer = client.get("/admin/")
    assert answer.status_code == 302
    assert answer.location == "/login?next=/admin/"


def test_signing_out_is_a_form_with_a_token(app, as_role):
    browser = as_role("editor")
    (form,) = page_of(browser).xpath('//form[@method="post" and @action="/logout"]')
    assert form.xpath('./input[@name="csrf_token"]/@value')[0]
    assert browser.post(form.get("action")).status_code in {302, 303}
    assert browser.get("/admin/").status_code == 302


def test_every_page_leads_to_the_site_and_to_a_new_password(app, as_role):
    author = as_role("author")
    page = author.get("/admin/post/")
    assert page.status_code == 200
    found = html.fromstring(page.text)
    links = {" ".join(link.text_content().split()): link.get("href") for link in found.xpath("//a[@href]")}
    assert links["Public site"] == "/"
    assert links["Change password"] == "/change"
    for address in (links["Public site"], links["Change password"]):
        assert author.get(address).status_code == 200
