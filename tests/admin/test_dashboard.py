"""The first page says what waits, what one may do, and what was done lately: to each only what is theirs to know."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from lxml import html

from backoffice.admin import dashboard, menu
from backoffice.admin.dashboard import trends
from backoffice.core.jobs import Job
from backoffice.core.model import db, now
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
    assert "You may: see, change, delete, export, approve, reject, mark as spam, and back to pending." in words
    page = html.fromstring(moderator.get("/admin/comment/?view=waiting").text)
    assert len(page.xpath("//tbody/tr")) == 3


def test_very_many_rows_are_not_counted_to_the_end(app, as_role, monkeypatch):
    monkeypatch.setattr(dashboard, "MOST", 3)
    monkeypatch.setattr(menu, "MOST", 2)
    with app.app_context():
        for _at in range(5):
            make(Comment, guest_name="Ann", status="pending")
        db.session.commit()
    page = page_of(as_role("moderator"))
    _counts, words = cards(page)["/admin/comment/"]
    assert words.startswith("Comments 3+ Waiting 3+ Approved 0")
    assert page.xpath('string(//a[@class="side-count"])').split()[-1] == "2+"
    assert "2+ Comments Waiting" in " ".join(page.xpath('string(//ul[@class="waits"])').split())


def test_what_waits_leads_to_its_rows(app, as_role):
    with app.app_context():
        for status in ("pending", "pending", "spam"):
            make(Comment, guest_name="Ann", status=status)
        make(Post, status="review")
        db.session.commit()
    page = page_of(as_role("editor"))
    waits = {link.get("href"): " ".join(link.text_content().split()) for link in page.xpath('//ul[@class="waits"]//a')}
    assert waits["/admin/post/?view=in-review"] == "1 Posts In review"
    assert waits["/admin/comment/?view=waiting"] == "2 Comments Waiting"
    assert page.xpath('//nav[@aria-label="Main"]//a[@class="side-count"]/@href') == [
        "/admin/post/?view=in-review",
        "/admin/comment/?view=waiting",
    ]


def drawn(page, name):
    """Return what the table beside a chart says: address → number."""
    cells = page.xpath(f'//section[@aria-labelledby="trend-{name}"]//tbody//td')
    return {cell.xpath("./a/@href")[0]: int(cell.get("data-number")) for cell in cells}


def test_each_day_of_a_chart_leads_to_its_rows(app, as_role):
    today = now().date()
    with app.app_context():
        for back, number in ((0, 2), (1, 1), (29, 3), (30, 4)):
            for _at in range(number):
                make(Comment, guest_name="Ann", created_at=now() - timedelta(days=back))
        db.session.commit()
    editor = as_role("editor")
    page = page_of(editor)
    days = drawn(page, "comment")
    assert len(days) == 30
    assert {url: number for url, number in days.items() if number} == {
        f"/admin/comment/?created_at={today - timedelta(days=back)}": number
        for back, number in ((29, 3), (1, 1), (0, 2))
    }
    total = page.xpath('//section[@aria-labelledby="trend-comment"]//a[@class="board-total"]')[0]
    assert total.text == "6"
    for url, number in [*days.items()][-2:]:
        assert len(html.fromstring(editor.get(url).text).xpath("//tbody/tr")) == number
    assert len(html.fromstring(editor.get(total.get("href")).text).xpath("//tbody/tr")) == 6


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_days_of_a_chart_are_those_of_ones_own_clock(app, as_role, zone):
    with app.app_context():
        for hours in range(0, 48, 3):
            make(Comment, guest_name="Ann", created_at=now() - timedelta(hours=hours))
        db.session.commit()
    editor = as_role("editor", timezone=zone)
    days = drawn(page_of(editor), "comment")
    assert list(days)[-1] == f"/admin/comment/?created_at={now().astimezone(ZoneInfo(zone)).date()}"
    for url, number in [*days.items()][-3:]:
        assert len(html.fromstring(editor.get(url).text).xpath("//tbody/tr")) == number
    assert sum(days.values()) == 16


def test_no_more_rows_are_drawn_than_are_worth_it_and_the_page_says_so(app, as_role, monkeypatch):
    monkeypatch.setattr(trends, "MOST", 3)
    with app.app_context():
        for at in range(5):
            make(Comment, guest_name="Ann", created_at=now() - timedelta(days=at))
        db.session.commit()
    page = page_of(as_role("moderator"))
    assert sum(drawn(page, "comment").values()) == 3
    assert "Only the latest 3 are counted." in page.text_content()


def test_one_sees_ones_own_drafts_and_nobody_elses(app, as_role):
    author = as_role("author")
    with app.app_context():
        me = db.session.get(User, author.user.id)
        for at in range(7):
            make(Post, title=f"Mine {at}", status="draft", author=me)
        make(Post, title="Mine, published", status="published", author=me)
        make(Post, title="Another's", status="draft", author=make(User))
        db.session.commit()
    page = page_of(author)
    begun = page.xpath('//section[@aria-labelledby="unfinished-post"]//li/a')
    assert [link.text for link in begun] == [f"Mine {at}" for at in (6, 5, 4, 3, 2)]
    assert author.get(begun[0].get("href")).status_code == 200
    for role in ("moderator", "editor"):
        assert not page_of(as_role(role)).xpath('//section[@aria-labelledby="unfinished-post"]')


def test_only_what_one_may_read_is_drawn(app, as_role):
    author = as_role("author")
    with app.app_context():
        for writer in (db.session.get(User, author.user.id), make(User), make(User)):
            make(Post, author=writer)
        db.session.commit()
    assert sum(drawn(page_of(author), "post").values()) == 1
    assert sum(drawn(page_of(as_role("editor")), "post").values()) == 3


def test_the_administrator_is_told_how_the_machine_stands(app, as_role):
    def said(browser):
        return " ".join(page_of(browser).xpath('string(//dl[@class="standing"])').split())

    administrator = as_role("administrator")
    assert "Nothing has been waiting for long." in said(administrator)
    assert re.search(r"Database (SQLite|PostgreSQL) [\d.]+, [\d.]+ [KMG]?B", said(administrator))
    with app.app_context():
        make(Job, state="waiting", created_at=now() - timedelta(minutes=7))
        db.session.commit()
    assert "A job has been waiting for 7 minutes: start a worker." in said(administrator)
    for role in ("editor", "moderator", "author"):
        assert not said(as_role(role))


def test_an_author_counts_only_their_own_and_is_told_so(app, as_role):
    author = as_role("author")
    with app.app_context():
        make(Post, status="draft", author=db.session.get(User, author.user.id))
        make(Post, status="draft", author=make(User))
        db.session.commit()
    page = page_of(author)
    counts, words = cards(page)["/admin/post/"]
    assert counts["/admin/post/"] == counts["/admin/post/?view=drafts"] == 1
    assert "You may: see (own), create, change (own), delete (own), and hand in for review (own)." in words
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
            page_of(browser)
        taken.append(len(sent))
    assert taken[0] == taken[1]
    assert taken[1] <= 10


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
