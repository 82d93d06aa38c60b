"""A long list is walked from page to page, jumped into and counted, without the page before or the number of all."""

import re
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain

import pytest
from lxml import html
from sqlalchemy import func, select

from backoffice.admin.query import neighbours as paging
from backoffice.core.model import db
from backoffice.core.paging import counting
from backoffice.models.content import Post
from make import make

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def editor(app, as_role):
    """Return the browser of an editor, with 65 posts, one a day; every third has not been published."""
    browser = as_role("editor")
    with app.app_context():
        for at in range(65):
            day = START + timedelta(days=at)
            make(Post, title=f"Post {at:02}", created_at=day, published_at=day if at % 3 else None)
        db.session.commit()
    return browser


def page_of(browser, address, **options):
    """Return a page, parsed."""
    answer = browser.get(address, **options)
    assert answer.status_code == 200, answer.text
    return html.fromstring(answer.text)


def titles(page):
    """Return the titles of the posts on a page, from the top."""
    return page.xpath('//tbody/tr/td/a[starts-with(@id, "n")]/text()')


def place(page):
    """Return where the page says that it stands."""
    return " ".join(page.xpath('//*[@class="pager-place"]')[0].text_content().split()).replace("\u2013", "-")


def link(page, words):
    """Return the address that a link of the pager leads to, "" when there is no such page."""
    return "".join(page.xpath(f'//nav[@aria-label="Pages"]//a[text()="{words}"]/@href'))


def estimated(monkeypatch, number=123_400):
    """Let three rows be too many to count."""
    for module in (counting, paging):
        monkeypatch.setattr(module, "MOST", 3)
    monkeypatch.setattr(counting, "count", partial(counting.count, most=3))
    monkeypatch.setattr(counting, "estimate", lambda *_asked: number)


@pytest.mark.parametrize(
    "order", ["", "sort=title&", "sort=published_at&desc=1&", "sort=published_at&", "sort=status&"]
)
def test_the_links_lead_through_all_rows_and_back(order, editor):
    first = page_of(editor, f"/admin/post/?{order}page_size=20")
    pages, page = [titles(first)], first
    while link(page, "Next"):
        page = page_of(editor, link(page, "Next"))
        pages.append(titles(page))
    assert [len(one) for one in pages] == [20, 20, 20, 5]
    assert len(set(chain(*pages))) == 65
    assert place(page) == "61-65 of 65"
    for earlier in reversed(pages[:-1]):
        page = page_of(editor, link(page, "Previous"))
        assert titles(page) == earlier
    assert place(page) == "1-20 of 65"
    assert not link(page, "Previous")
    last = page_of(editor, link(page, "Last"))
    assert titles(last) == list(chain(*pages))[-20:]
    assert place(last) == "46-65 of 65"
    assert not link(last, "Next")
    assert titles(page_of(editor, link(last, "First"))) == pages[0]


def test_a_page_keeps_its_rows_when_others_come_before_it(editor, app):
    address = link(page_of(editor, "/admin/post/?page_size=20"), "Next")
    seen = titles(page_of(editor, address))
    with app.app_context():
        make(Post, title="Newest")
        db.session.commit()
    page = page_of(editor, address)
    assert titles(page) == seen
    assert place(page) == "22-41 of 66"


def test_a_day_or_the_beginning_of_a_word_is_jumped_to(editor):
    page = page_of(editor, "/admin/post/?page_size=20")
    (field,) = page.xpath('//input[@name="at"]')
    assert field.get("type") == "date"
    page = page_of(editor, "/admin/post/?page_size=20&at=2026-02-01")
    assert titles(page)[:2] == ["Post 31", "Post 30"]
    assert place(page) == "34-53 of 65"
    assert titles(page_of(editor, link(page, "Previous")))[-1] == "Post 32"
    page = page_of(editor, "/admin/post/?sort=title&page_size=20&at=Post+4")
    assert titles(page)[0] == "Post 40"
    assert page.xpath('//input[@name="at"][not(@type="hidden")]')[0].get("type") == "text"
    assert page.xpath('//input[@name="at"][not(@type="hidden")]/@value') == ["Post 4"]


def test_where_rows_have_gone_the_nearest_page_is_shown(editor, app):
    page = page_of(editor, "/admin/post/?page_size=20&sort=title")
    after = link(page_of(editor, link(page, "Next")), "Next")
    before = link(page_of(editor, link(page, "Next")), "Previous")
    with app.app_context():
        for one in db.session.scalars(select(Post).where((Post.title < "Post 20") | (Post.title >= "Post 40"))):
            db.session.delete(one)
        db.session.commit()
    assert editor.get(after).location == "/admin/post/?sort=title&page_size=20&last=1"
    assert editor.get(before).location == "/admin/post/?sort=title&page_size=20"
    assert titles(page_of(editor, after, follow_redirects=True))[-1] == "Post 39"
    assert editor.get("/admin/post/?sort=title&at=Z").location == "/admin/post/?sort=title&last=1"
    assert not titles(page_of(editor, "/admin/post/?search=nothing&last=1"))


def test_shallow_pages_have_numbers_and_deep_ones_say_how_to_go_on(editor):
    assert place(page_of(editor, "/admin/post/?page_size=20&page=2")) == "41-60 of 65"
    assert editor.get("/admin/post/?page=99").status_code == 404
    answer = editor.get("/admin/post/?page=100")
    assert answer.status_code == 400
    assert "go further by the links “Next” and “Last”, or jump" in answer.text


def test_a_place_of_one_order_is_none_in_another(editor):
    address = link(page_of(editor, "/admin/post/?page_size=20"), "Next")
    answer = editor.get(f"{address}&sort=title")
    assert answer.status_code == 400
    assert "This place belongs to another order of the list" in answer.text


def test_filters_tabs_and_heads_begin_at_the_first_page(editor):
    page = page_of(editor, link(page_of(editor, "/admin/post/?page_size=20&search=Post"), "Next"))
    leading = page.xpath(
        '//th/a/@href | //*[contains(@class, "views")]//a[not(@id="keep-view")]/@href | //*[@class="chips"]//a/@href'
    )
    assert leading
    assert not [one for one in leading if re.search(r"[?&](after|before|page|last|at)=", one)]
    # Other columns are shown of the same rows.
    assert not page.xpath(
        '//form[@method="get"][not(@id="to-cell")]//input[@type="hidden"][@name="after"]'
        "[not(ancestor::*[@class='columns-box'])]"
    )


def test_very_many_rows_are_told_about_and_counted_when_asked(editor, monkeypatch):
    estimated(monkeypatch)
    page = page_of(editor, "/admin/post/?page_size=20")
    assert place(page) == "1-20 of about 123,400 Count exactly"
    page = page_of(editor, link(page, "Next"))
    assert place(page) == "20 rows of about 123,400, with others before and after Count exactly"
    exact = page.xpath('//a[text()="Count exactly"]/@href')[0]
    assert place(page_of(editor, exact)) == "20 rows of 65, with others before and after"
    last = page_of(editor, link(page, "Last"))
    assert place(last).startswith("The last 20 rows of about 123,400")
    assert place(page_of(editor, "/admin/post/?last=1&count=exact&page_size=20")) == "46-65 of 65"


def test_an_estimate_below_what_is_known_to_be_there_is_not_told(editor, monkeypatch):
    estimated(monkeypatch, 3)
    assert place(page_of(editor, "/admin/post/?page_size=20")) == "1-20 of more than 3 Count exactly"


def test_counting_that_takes_too_long_is_given_up_in_words(editor, monkeypatch):
    estimated(monkeypatch)
    monkeypatch.setattr(counting, "exactly", lambda *_asked: None)
    said = place(page_of(editor, "/admin/post/?page_size=20&count=exact"))
    assert said == "1-20 of about 123,400. Counting all would take longer than 5 seconds. Count exactly"


def test_all_that_match_are_counted_before_anything_is_done_with_them(editor, app, monkeypatch):
    estimated(monkeypatch)
    page = page_of(editor, "/admin/post/?page_size=20")
    assert "or with all about 123,400 that match" in page.text_content()
    token = page.xpath('//input[@name="token"]/@value')[0]
    asked = editor.post("/admin/post/action/", data={"action": "archive", "token": token, "confirm": "1"})
    question = html.fromstring(asked.text)
    assert question.xpath("string(//h1)") == "Archive: 65 rows"
    assert not question.xpath('//*[@role="alert"]')
    with app.app_context():
        assert db.session.scalar(select(func.count()).where(Post.status == "archived")) < 65
    sent = {
        one.get("name"): one.get("value") for one in question.xpath('//main//form//input | //button[@name="confirm"]')
    }
    editor.post("/admin/post/action/", data=sent)
    with app.app_context():
        assert db.session.scalar(select(func.count()).where(Post.status == "archived")) == 65


def test_too_many_rows_to_count_are_left_alone(editor, app, monkeypatch):
    page = page_of(editor, "/admin/post/?page_size=20")
    token = page.xpath('//input[@name="token"]/@value')[0]
    monkeypatch.setattr(counting, "exact_counts", lambda *_asked: None)
    sent = {"action": "archive", "token": token, "confirm": "1"}
    answer = editor.post("/admin/post/action/", data=sent, follow_redirects=True)
    assert "too many rows to count them in time" in answer.text
    with app.app_context():
        assert db.session.scalar(select(func.count()).where(Post.status == "archived")) < 65


@pytest.mark.parametrize(
    "address", ["last=1", "page=2", "at=2026-02-01", "sort=published_at&at=2026-02-01", "count=exact"]
)
def test_any_page_takes_few_statements(address, editor, queries, monkeypatch):
    monkeypatch.setattr(counting, "MOST", 3)
    with queries() as sent:
        page_of(editor, f"/admin/post/?page_size=20&{address}")
    assert len([one for one in sent if not re.match("SAVEPOINT|RELEASE|SHOW|SELECT set_config|EXPLAIN", one)]) <= 8, (
        sent
    )
