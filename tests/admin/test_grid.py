"""A grid shows what its address asks for, to whoever may see it, with few statements, and escapes all of it."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from jinja2 import ChoiceLoader, DictLoader
from lxml import html
from sqlalchemy import func, select

from backoffice.admin import grid
from backoffice.core.history import Change
from backoffice.core.jobs import Job
from backoffice.core.model import db
from backoffice.core.resource import resources
from backoffice.core.selection.saved_views import SavedView
from backoffice.models.accounts import Role, User
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post, Tag
from backoffice.models.media import Image
from backoffice.models.tokens import Token
from make import make

HOSTILE = '"><img src=x onerror=alert(1)>'
MOST_STATEMENTS = 7
TO_COUNT = 1  # filters: how many rows pass them decides how they are found
ROLES = ("administrator", "editor", "moderator", "author")


def page_of(answer, status=200):
    """Return the page of an answer, parsed, having checked what every page must have."""
    assert answer.status_code == status, answer.text
    page = html.fromstring(answer.text)
    assert len(page.xpath("//h1")) == 1
    assert page.xpath("/html/@lang")
    return page


def first_cells(page, at=1):
    """Return the words of one column of the grid, from the top."""
    return [" ".join(row.xpath("./td")[at].text_content().split()) for row in page.xpath("//tbody/tr")]


def titles(page):
    """Return the words that the rows of posts are named by, from the top."""
    return page.xpath('//tbody/tr/td/a[starts-with(@id, "n")]/text()')


def named_by(page, control):
    """Return the words of the elements that name a control, none when one of them is missing."""
    words = [page.xpath(f'string(//*[@id="{one}"])') for one in control.get("aria-labelledby", "").split()]
    return " ".join(words) if all(words) else ""


def store(app, model, number=1, **values):
    """Store `number` rows and return their keys."""
    with app.app_context():
        keys = [
            make(model, **{name: one(at) if callable(one) else one for name, one in values.items()}).id
            for at in range(number)
        ]
        db.session.commit()
        return keys


def count(app, model):
    """Return how many rows there are."""
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model))


@pytest.mark.parametrize("name", sorted(resources()))
def test_a_page_takes_the_same_few_statements_whatever_the_number_of_rows(name, app, as_role, queries):
    browser = as_role("administrator")
    model, taken = resources()[name], {}
    for number in (0, 60, 130):
        with app.app_context():
            there = db.session.scalar(select(func.count()).select_from(model))
            for _at in range(number - there):
                make(model)
            db.session.commit()
        with queries() as sent:
            page_of(browser.get(f"/admin/{name}/"))
        taken[number] = len(sent)
    assert max(taken.values()) <= MOST_STATEMENTS, sent
    assert taken[60] == taken[130]


def test_a_page_with_relations_and_filters_takes_as_few(app, as_role, queries):
    browser = as_role("administrator")
    with app.app_context():
        tags = [make(Tag), make(Tag)]
        category = make(Category)
        for _at in range(30):
            make(Post, tags=tags, category=category, author=make(User))
        db.session.commit()
        key, tag = category.id, tags[0].id
    address = f"/admin/post/?category={key}&tags={tag}&author__find=a"
    # A process asks once which columns can be searched.
    browser.get(address)
    with queries() as sent:
        page = page_of(browser.get(address))
    assert len(titles(page)) == 30
    assert len(sent) <= MOST_STATEMENTS + TO_COUNT, sent


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", sorted(resources()))
def test_what_one_may_not_read_is_not_there(name, role, app, as_role):
    browser = as_role(role)
    with app.app_context():
        rights = set(db.session.scalars(select(Role).filter_by(name=role)).one().rights)
    may = bool({"*", f"{name}.read", f"{name}.read:own"} & rights)
    assert browser.get(f"/admin/{name}/").status_code == (200 if may else 404)
    menu = page_of(browser.get("/admin/")).xpath('//nav[@aria-label="Main"]//a/@href')
    assert (f"/admin/{name}/" in menu) is may


@pytest.mark.parametrize("address", ["", "?page=-1", "?status=draft&sort=title"])
def test_a_stranger_is_sent_to_sign_in_and_back(address, app, client):
    answer = client.get(f"/admin/post/{address}")
    assert answer.status_code == 302
    assert answer.location.startswith("/login?next=")


def test_a_stranger_who_sends_a_form_comes_back_to_the_page_it_stood_on(app, client):
    answer = client.post("/admin/post/action/", data={"action": "publish", "rowid": "1"})
    assert answer.status_code == 302
    assert answer.location == "/login?next=/admin/post/"


def test_a_program_without_a_session_is_told_so(app, client):
    answer = client.get("/admin/post/", headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert answer.json == {"status": 401}


def test_an_author_sees_only_their_own_posts(app, as_role):
    author = as_role("author")
    with app.app_context():
        make(Post, title="Mine", author=db.session.get(User, author.user.id))
        make(Post, title="Theirs", author=make(User))
        db.session.commit()
    page = page_of(author.get("/admin/post/"))
    assert titles(page) == ["Mine"]
    assert page.xpath('string(//*[@class="pager-place"])').strip().endswith("1 of 1")
    assert page_of(author.get("/admin/post/?search=Theirs")).xpath('//*[@class="empty"]')


def test_a_column_that_needs_a_right_is_shown_only_with_it(app, as_role):
    heads = '//thead//th[contains(., "E-mail")]'
    assert page_of(as_role("administrator").get("/admin/user/")).xpath(heads)
    with app.app_context():
        db.session.add(Role(name="clerk", rights=["user.read", "user.update"]))
        db.session.commit()
    clerk = as_role("clerk", email="clerk.unseen@example.com")
    answer = clerk.get("/admin/user/")
    assert not page_of(answer).xpath(heads)
    assert "clerk.unseen@example.com" not in answer.text
    assert clerk.get("/admin/user/?roles=1").status_code == 400
    assert clerk.get("/admin/user/?sort=email").status_code == 400
    assert page_of(clerk.get("/admin/user/?search=clerk.unseen")).xpath('//*[@class="empty"]')


def test_secrets_are_nowhere(app, as_role):
    browser = as_role("administrator")
    with app.app_context():
        known = db.session.get(User, browser.user.id)
        secrets = [known.password, known.fs_uniquifier]
    text = browser.get("/admin/user/").text
    assert not [secret for secret in secrets if secret in text]
    for name in ("password", "fs_uniquifier"):
        assert browser.get(f"/admin/user/?{name}__contains=a").status_code == 400
        assert browser.get(f"/admin/user/?sort={name}").status_code == 400


def test_a_related_row_is_named_only_to_those_who_may_name_it(app, as_role):
    with app.app_context():
        db.session.add(Role(name="reader", rights=["post.read"]))
        make(Post, title="One", category=make(Category, name="Hidden word"), tags=[make(Tag, name="Hidden tag")])
        db.session.commit()
    answer = as_role("reader").get("/admin/post/")
    assert titles(page_of(answer)) == ["One"]
    assert "Hidden word" not in answer.text
    assert "Hidden tag" not in answer.text
    shown = page_of(as_role("editor").get("/admin/post/"))
    assert shown.xpath('//td/a[text()="Hidden word"]/@href')
    assert shown.xpath('//td/a[text()="Hidden tag"]/@href')


def test_a_related_row_one_may_name_but_not_read_is_no_link(app, as_role):
    with app.app_context():
        make(Post, author=make(User, name="Ada Writer"))
        db.session.commit()
    page = page_of(as_role("editor").get("/admin/post/"))
    assert "Ada Writer" in page.xpath("//tbody")[0].text_content()
    assert not page.xpath('//a[text()="Ada Writer"]')
    assert page_of(as_role("administrator").get("/admin/post/")).xpath('//a[text()="Ada Writer"]')


def test_stored_markup_is_shown_as_text_everywhere(app, as_role):
    browser = as_role("administrator", name=HOSTILE)
    with app.app_context():
        category, tag = make(Category, name=HOSTILE, slug="c"), make(Tag, name=HOSTILE, slug="t")
        post = make(Post, title=HOSTILE, author=make(User, name=HOSTILE), category=category, tags=[tag])
        make(Comment, post=post, guest_name=HOSTILE, body=f"<p>one & two</p>{HOSTILE}")
        db.session.commit()
        keys = category.id, tag.id, post.id
    addresses = [f"/admin/{name}/" for name in resources()]
    addresses += [
        "/admin/",
        f"/admin/post/?category={keys[0]}&tags={keys[1]}&search=%3Cimg",
        "/admin/post/?search=onerror%22%3E",
    ]
    addresses += [f"/admin/post/?cell={keys[2]}:title", "/admin/post/?author__find=%22%3E%3Cimg"]
    for address in addresses:
        answer = browser.get(address)
        assert "<img src=x" not in answer.text, address
        assert not page_of(answer).xpath("//*[@onerror]"), address


def test_a_page_holds_no_script_style_or_handler_of_its_own(app, as_role):
    browser = as_role("administrator")
    store(app, Post, 3)
    for address in ("/admin/", "/admin/post/", "/admin/user/", "/admin/comment/", "/admin/change/"):
        page = page_of(browser.get(address))
        assert not page.xpath("//style | //*[@style] | //script[not(@src)] | //a[starts-with(@href, 'javascript')]")
        assert not page.xpath("//@*[starts-with(name(), 'on')]")


def test_every_control_has_a_name_and_every_head_a_scope(app, as_role):
    browser = as_role("administrator")
    store(app, Post, 60)
    page = page_of(browser.get("/admin/post/?status__in=draft,published,review,archived,scheduled&page_size=20"))
    for control in page.xpath('//input[not(@type="hidden")] | //select'):
        named = (
            control.get("aria-label")
            or named_by(page, control)
            or page.xpath(f'//label[@for="{control.get("id")}"]')
            or control.xpath("ancestor::label")
        )
        assert named, html.tostring(control)
    assert all(head.get("scope") == "col" for head in page.xpath("//thead//th"))
    assert page.xpath("//header and //nav and //main")
    assert page.xpath('//a[@class="skip"]/@href') == ["#content"]


def test_rows_are_sorted_by_the_heads_links_and_ties_are_broken(app, as_role):
    browser = as_role("editor")
    keys = store(app, Post, 30, title=lambda at: f"Title {at % 3}")
    page = page_of(browser.get("/admin/post/?page_size=20"))
    link = page.xpath('//th/a[text()="Title"]/@href')[0]
    assert page.xpath('//th[@aria-sort="descending"]/a/text()') == ["Created"]
    seen = []
    for address in (link, f"{link}&page=1"):
        page = page_of(browser.get(address))
        assert page.xpath('//th[@aria-sort="ascending"]/a/text()') == ["Title"]
        seen += page.xpath('//input[@name="rowid"]/@value')
    assert sorted(map(int, seen)) == keys
    down = page.xpath('//th[@aria-sort="ascending"]/a/@href')[0]
    assert titles(page_of(browser.get(down)))[0] == "Title 2"


def test_pages_lead_to_their_neighbours_and_keep_what_was_asked(app, as_role):
    browser = as_role("editor")
    store(app, Post, 45, title=lambda at: f"Post {at:02}")
    page = page_of(browser.get("/admin/post/?page_size=20&sort=title&search=Post&page=1"))
    assert titles(page) == [f"Post {at:02}" for at in range(20, 40)]
    assert re.fullmatch(r"21.40 of 45", page.xpath('string(//*[@class="pager-place"])').strip())
    after = page.xpath('//a[@rel="next"]/@href')[0]
    assert titles(page_of(browser.get(after))) == [f"Post {at:02}" for at in range(40, 45)]
    before = page.xpath('//a[@rel="prev"]/@href')[0]
    assert titles(page_of(browser.get(before))) == [f"Post {at:02}" for at in range(20)]
    assert not page_of(browser.get(after)).xpath('//a[@rel="next"]')


def test_a_view_is_a_tab_that_filters(app, as_role):
    browser = as_role("moderator")
    store(app, Comment, 2, status="pending", guest_name="Ann")
    store(app, Comment, 1, status="spam", guest_name="Bot")
    page = page_of(browser.get("/admin/comment/"))
    tab = page.xpath('//nav[@aria-label="Views of this list"]//a[text()="Waiting"]/@href')[0]
    assert tab == "/admin/comment/?view=waiting"
    page = page_of(browser.get(tab))
    assert len(page.xpath("//tbody/tr")) == 2
    assert page.xpath('//nav[@aria-label="Views of this list"]//a[@aria-current="page"]/text()') == ["Waiting"]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Created: the last 7 days"),
        ("de", "Angelegt: die letzten 7 Tage"),
        ("fr", "Créé : les 7 derniers jours"),
        ("pt", "Criado: os últimos 7 dias"),
    ],
)
def test_days_that_are_asked_for_stand_after_their_field(as_role, language, said):
    page = page_of(as_role("editor", locale=language).get("/admin/post/?created_at=last-7-days"))
    (chip,) = page.xpath('//a[@class="chip"]')
    assert said in " ".join(chip.text_content().split())


def test_filters_narrow_and_are_taken_off_by_their_links(app, as_role):
    browser = as_role("editor")
    with app.app_context():
        news = make(Category, name="News")
        make(Post, title="Here", category=news, status="draft")
        make(Post, title="There", status="draft")
        make(Post, title="Gone", category=news, status="archived")
        db.session.commit()
        key = news.id
    page = page_of(browser.get(f"/admin/post/?category={key}&status=draft&search=&created_at__from="))
    assert titles(page) == ["Here"]
    chips = {" ".join(chip.text_content().split()[1:-1]): chip.get("href") for chip in page.xpath('//a[@class="chip"]')}
    assert set(chips) == {"Category is News", "Status is Draft"}
    assert set(titles(page_of(browser.get(chips["Category is News"])))) == {"Here", "There"}
    assert set(titles(page_of(browser.get(chips["Status is Draft"])))) == {"Here", "Gone"}
    menu = page.xpath('//select[@name="category"]/option[@selected]/text()')
    assert menu == ["News"]


def test_dates_and_flags_filter(app, as_role):
    browser = as_role("administrator")
    store(app, Post, 1, title="Old", created_at=datetime.now(UTC) - timedelta(days=400))
    store(app, Post, 1, title="New")
    day = (datetime.now(UTC) - timedelta(days=30)).date().isoformat()
    assert titles(page_of(browser.get(f"/admin/post/?created_at__from={day}"))) == ["New"]
    assert titles(page_of(browser.get(f"/admin/post/?created_at__to={day}"))) == ["Old"]
    store(app, User, 1, name="Away", active=False)
    assert "Away" in browser.get("/admin/user/?active=no").text
    assert "Away" not in browser.get("/admin/user/?active=yes").text


def test_a_relation_to_filter_by_is_found_by_words(app, as_role):
    browser = as_role("editor")
    keys = store(app, Category, 30, name=lambda at: f"Subject {at:02}")
    page = page_of(browser.get("/admin/post/"))
    assert page.xpath('//select[@name="category"]/option/text()') == ["Any"]
    page = page_of(browser.get("/admin/post/?category__find=Subject+2"))
    offered = page.xpath('//select[@name="category"]/option/text()')[1:]
    assert sorted(offered) == [f"Subject {at:02}" for at in range(30) if "2" in f"{at:02}"]
    assert page.xpath("//details/@open")
    assert str(keys[29]) in page.xpath('//select[@name="category"]/option/@value')
    assert (
        len(page_of(browser.get("/admin/post/?category__find=Subject")).xpath('//select[@name="category"]/option'))
        == 21
    )
    assert len(page_of(browser.get("/admin/post/?category__find=%25")).xpath('//select[@name="category"]/option')) == 1


def test_moments_are_shown_on_the_persons_clock_and_in_utc_to_machines(app, as_role):
    browser = as_role("editor", timezone="Asia/Tokyo")
    store(app, Tag, 1, created_at=datetime(2026, 3, 1, 20, 30, tzinfo=UTC))
    one = page_of(browser.get("/admin/tag/")).xpath("//tbody//time")[0]
    assert one.get("datetime") == "2026-03-01T20:30:00Z"
    assert "Mar 2, 2026" in one.text_content()


def test_long_texts_come_cut_and_without_tags(app, as_role):
    browser = as_role("moderator")
    store(app, Comment, 1, body="<p>One &amp; <b>two</b></p>" + "<p>word</p>" * 1000, guest_name="Ann")
    words = first_cells(page_of(browser.get("/admin/comment/")))[0]
    assert words.startswith("One & two word word")
    assert len(words) <= 130


def test_of_many_linked_rows_the_first_few_are_named(app, as_role):
    browser = as_role("editor")
    with app.app_context():
        make(Post, tags=[make(Tag, name=f"Tag {at:02}") for at in range(30)])
        db.session.commit()
    words = page_of(browser.get("/admin/post/")).xpath("string(//tbody)")
    assert "Tag 04" in words
    assert "Tag 05" not in words
    assert "25 more" in words


def test_an_empty_grid_says_what_to_do(app, as_role):
    browser = as_role("editor")
    page = page_of(browser.get("/admin/tag/"))
    assert page.xpath('//*[@class="empty"]//a[contains(@href, "/admin/tag/new/")]')
    assert "Words by which posts are found." in page.xpath('string(//*[@class="empty"])')
    page = page_of(browser.get("/admin/tag/?search=nothing"))
    assert page.xpath('//*[@class="empty"]//a/@href') == ["/admin/tag/"]


def test_nothing_is_written_by_looking(app, as_role):
    browser = as_role("administrator")
    store(app, Post, 3)
    before = count(app, Change)
    for address in ("/admin/", "/admin/post/", "/admin/post/?view=drafts&sort=title"):
        page_of(browser.get(address))
    assert count(app, Change) == before


HOSTILE_ADDRESSES = (
    *(f"page={value}" for value in ("-1", "99999999999999999999", "abc", "1e9", "1.5", "+1", "٣", "0x1", "9999999999")),
    "page=999999999",
    "page=100",
    *(f"{name}=%00" for name in ("after", "before", "at")),
    *(f"{name}={value}" for name in ("after", "before") for value in ("x", "W10", "é", "%22", "a" * 5000, "1&page=1")),
    "after=WyJ4IiwxXQ",
    "sort=title&after=WyItY3JlYXRlZF9hdCIsIjIwMjYtMDEtMDFUMDA6MDA6MDArMDA6MDAiLDFd",
    "at=yesterday",
    "at=2026-13-01",
    "at=9999-12-31&last=1",
    "last=2",
    "last=1&page=1",
    "count=all",
    "count=1",
    "page=5",
    *(f"page_size={value}" for value in ("1000000000", "0", "-1", "abc", "21", "50,100")),
    *(
        f"sort={value}"
        for value in ("abc", "99", "-1", "body", "password", "author.email", "title;drop", "title,slug", "id%00")
    ),
    *(f"desc={value}" for value in ("2", "yes", "-1")),
    "page=1&page=2",
    "sort=title&sort=slug",
    "page_size=20&page_size=50",
    *(
        f"{name}=1"
        for name in ("_external", "_method", "_anchor", "_scheme", "self", "endpoint", "flt0_7", "flt1", "foo", "q2")
    ),
    "flt0_7=99999999999999999999999",
    "search=%00",
    "search=" + "a" * 201,
    "search=" + "a+" * 1500,
    "foo=",
    *(f"{name}=1" for name in ("id", "url", "all", "q")),
    "search=a&search=b",
    "view=unknown",
    "view=%22%3E",
    "view=drafts&view=published",
    "status=unknown",
    "status__in=draft,unknown",
    "status__contains=a",
    "author=abc",
    "author=1,2",
    "author=-1",
    "author=99999999999999999999",
    "author__in=1,x",
    "author__empty=maybe",
    "author.password=a",
    "author__password=a",
    "author__find=a&author__find=b%00",
    "created_at__from=last-week",
    "created_at__from=9999999-01-01",
    "created_at__from=2026-02-30",
    "created_at__from=0001-01-01T00:00%2B23:59",
    "published_at__is=1",
    "tags=abc",
    "tags__in=,",
    "body__contains=a",
    "body__find=a",
    "views=99999999999999999999",
    "cell=abc",
    "cell=1:body",
    "cell=1:password",
    "cell=99999999999999999999:title",
    "cell=1:title",
    "cell=1:title&cell=2:title",
    "&".join(f"status={number}" for number in range(101)),
    "status=" + "a" * 9000,
)
HARMLESS_ADDRESSES = (
    "search=" + "%25" * 200,
    "search=%25_%5C'%22;--",
    "search=" + "a+" * 90,
    "search=%F0%9F%98%80",
    "tags__in=&tags__find=&status=&search=&page=",
    "author=9223372036854775807",
    "created_at__from=0001-01-01&created_at__to=2999-12-30",
    "page_size=200",
    "page=0&last=0&after=&before=&at=&count=",
    "last=1",
    "count=exact",
    "after=WyItY3JlYXRlZF9hdCIsIjIwMjYtMDEtMDFUMDA6MDA6MDArMDA6MDAiLDFd",
    "sort=title&at=%25_'%22",
)


@pytest.mark.parametrize("address", HOSTILE_ADDRESSES)
def test_a_made_up_address_is_refused_in_words(address, app, as_role):
    answer = as_role("administrator").get(f"/admin/post/?{address}")
    assert answer.status_code in {400, 404}, answer.text
    page_of(answer, answer.status_code)
    assert not re.search(r"Traceback|SELECT|sqlite|psycopg", answer.text)


@pytest.mark.parametrize("address", HARMLESS_ADDRESSES)
def test_an_odd_address_that_can_be_meant_is_answered(address, app, as_role):
    page_of(as_role("administrator").get(f"/admin/post/?{address}", follow_redirects=True))


def test_a_wrong_address_says_what_is_wrong_with_it(app, as_role):
    browser = as_role("editor")
    assert "no filter called “foo”" in browser.get("/admin/post/?foo=1").text
    assert "cannot be sorted by “body”" in browser.get("/admin/post/?sort=body").text
    assert "20, 50, 100, or 200" in browser.get("/admin/post/?page_size=7").text


def test_no_word_of_an_address_reaches_the_links_but_what_the_grid_knows(app, as_role):
    browser = as_role("editor")
    store(app, Post, 3, title='"&a=b')
    page = page_of(browser.get("/admin/post/?search=%22%26a%3Db&sort=title"))
    links = page.xpath("//a/@href | //form/@action")
    assert not [link for link in links if not re.match(r"/(?!/)|#|(details|edit)/\?id=[0-9]+(&|$)", link)]
    assert "search=%22%26a%3Db&sort=created_at" in " ".join(links)


def test_a_model_that_declares_nothing_still_has_a_complete_grid(app, as_role, monkeypatch):
    browser = as_role("administrator")
    store(app, Tag, 2, name=lambda at: f"Word {at}")
    monkeypatch.setattr(Tag, "resource", None)
    page = page_of(browser.get("/admin/tag/?search=Word+1"))
    assert page.xpath("string(//h1)") == "Tag"
    heads = [" ".join(head.text_content().split()) for head in page.xpath("//thead/tr/th")]
    assert {"Name", "Slug", "Created"} <= set(heads)
    assert len(page.xpath("//tbody/tr")) == 1
    assert browser.get("/admin/nothing/").status_code == 404


def test_pictures_are_shown_small(app, as_role):
    browser = as_role("administrator")
    store(app, Image, 1, file=f"{'ab' * 32}.png")
    source = page_of(browser.get("/admin/image/")).xpath("//tbody//img/@src")
    assert len(source) == 1
    assert source[0].startswith(f"/media/{'ab' * 32}.png")


OWN_ADDRESSES = {
    "job": {"file/": {"GET"}},
    "change": {
        **{key: {"GET"} for key in ("batch/", "trash/")},
        **{key: {"GET", "POST"} for key in ("undo/", "purge/")},
        "field/": {"POST"},
    },
}


@pytest.mark.parametrize("name", sorted(resources()))
def test_a_resource_has_the_agreed_addresses_and_no_others(name, app):
    found = {}
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith(f"{name}.") and rule.rule.startswith("/admin/"):
            found[rule.rule.removeprefix(f"/admin/{name}/")] = rule.methods - {"HEAD", "OPTIONS"}
    assert found == {
        "": {"GET"},
        "new/": {"GET", "POST"},
        "edit/": {"GET", "POST"},
        "details/": {"GET"},
        "delete/": {"GET", "POST"},
        "draft/": {"POST"},
        "pictures/": {"GET", "POST"},
        "action/": {"POST"},
        "result/": {"GET"},
        "result/csv/": {"GET"},
        "columns/": {"POST"},
        "views/": {"POST"},
        "where/": {"GET", "POST"},
        "only/<column>/": {"GET"},
        "count/": {"POST"},
        "ajax/update/": {"POST"},
        "ajax/lookup/": {"GET"},
        "export/<form>/": {"GET"},
        "import/": {"GET", "POST"},
        **OWN_ADDRESSES.get(name, {}),
    }


@pytest.mark.parametrize("role", ROLES)
def test_every_grid_of_the_menu_shows_its_rows_in_every_order(role, app, as_role):
    browser = as_role(role)
    with app.app_context():
        mine = db.session.get(User, browser.user.id)
        make(Comment, post=make(Post, author=mine), author=mine)
        for model in (Category, Tag):
            make(model)
        make(Image, uploader=mine)
        make(Job, user=mine)
        make(SavedView, user=mine)
        make(Token, user=mine)
        db.session.commit()
    for address in page_of(browser.get("/admin/")).xpath('//nav[@aria-label="Main"]//a[@class="side-link"]/@href')[1:]:
        page = page_of(browser.get(address))
        assert page.xpath("//tbody/tr"), address
        for order in page.xpath("//th/a/@href"):
            assert page_of(browser.get(order)).xpath("//tbody/tr"), order


def test_a_mistake_of_ours_is_not_tried_twice_and_not_disguised(app, as_role, monkeypatch):
    browser, tried = as_role("editor"), []

    def broken(*_arguments):
        tried.append(1)
        raise TypeError("a mistake of ours")

    monkeypatch.setattr(grid, "show", broken)
    with pytest.raises(TypeError, match="a mistake of ours"):
        browser.get("/admin/post/")
    assert tried == [1]


def test_one_grid_is_dressed_otherwise_by_a_template_of_its_name(app, as_role, monkeypatch):
    browser = as_role("editor")
    own = '{% extends "admin/list.html" %}{% block heading %}Words{% endblock %}'
    loaders = [DictLoader({"admin/tag/list.html": own}), app.jinja_env.loader]
    monkeypatch.setattr(app.jinja_env, "loader", ChoiceLoader(loaders))
    assert page_of(browser.get("/admin/tag/")).xpath("string(//h1)") == "Words"
    assert page_of(browser.get("/admin/category/")).xpath("string(//h1)") == "Categories"


def test_what_is_stored_is_text_in_every_kind_of_cell_and_column(app, as_role, monkeypatch):
    """Rows are written in Python: neither a value nor a label reaches the page as markup or as a place to fill."""
    browser = as_role("administrator")
    odd = '%(row-key)s {label} %s %% "><b>'
    with app.app_context():
        post = make(Post, title=odd, slug="odd", category=make(Category, name=odd), tags=[make(Tag, name=odd)])
        db.session.commit()
        key = post.id
    monkeypatch.setitem(db.metadata.tables["post"].c.status.info, "label", odd)
    page = page_of(browser.get("/admin/post/"))
    (row,) = page.xpath("//tbody/tr")
    assert titles(page) == [odd]
    assert row.xpath("./td/@data-label").count(odd) == 1
    assert not row.xpath(".//b")
    assert row.xpath("string(./td[5])").split("✎")[0].strip() == odd
    assert row.xpath("string(./td[6])").strip() == odd
    assert row.get("id") == f"row-{key}"


def test_every_row_is_named_for_its_controls(app, as_role):
    browser = as_role("administrator")
    (key,) = store(app, Post, 1, title="One & only")
    page = page_of(browser.get("/admin/post/"))
    named = [named_by(page, one) for one in page.xpath("//tbody//*[@aria-labelledby]")]
    words = ["Tick", "Change title", "Change category", "Edit"]
    assert named == [f"{one}: One & only" for one in words]
    opened = page_of(browser.get(f"/admin/post/?cell={key}:title"))
    assert named_by(opened, opened.xpath('//input[@name="rowid"]')[0]) == "Tick: One & only"


def test_a_grid_without_the_naming_column_still_leads_to_its_rows(app, as_role, monkeypatch):
    browser = as_role("administrator")
    (key,) = store(app, Tag, 1, name="Word")
    monkeypatch.setattr(Tag, "resource", replace(Tag.resource, columns=("slug", "created_at")))
    page = page_of(browser.get("/admin/tag/"))
    assert page.xpath('//tbody//a[starts-with(@id, "n")]/@href') == [f"details/?id={key}"]
    assert named_by(page, page.xpath('//input[@name="rowid"]')[0]) == "Tick: Word"


def test_fifty_rows_weigh_little_wherever_they_stand(app, as_role):
    browser = as_role("administrator")
    with app.app_context():
        tags = [make(Tag, name=f"some words {at}") for at in range(3)]
        category, author = make(Category, name="On the water 10"), make(User, name="Josephine Okoro")
        titles = "The dredger at work: what you hear"
        for at in range(120):
            made = make(Post, title=f"{titles} {at}", tags=tags, category=category, author=author)
            made.status, made.published_at = "published", datetime(2026, 1, 1, tzinfo=UTC)
        db.session.commit()
    page = browser.get("/admin/post/?status=published&sort=created_at")
    deep = browser.get(page_of(page).xpath('//a[@rel="next"]/@href')[0])
    assert len(page_of(deep).xpath("//tbody/tr")) == 50
    assert max(len(page.data), len(deep.data)) <= 80 * 1024


def test_one_returns_to_the_page_whose_link_one_followed(app, as_role):
    browser = as_role("editor")
    (key,) = store(app, Post, 1)
    came = "/admin/post/?sort=title&search=Post"
    for referrer, back in (
        (f"http://localhost{came}", came),
        ("http://localhost/admin/post/", "/admin/post/"),
        ("http://localhost/admin/tag/?sort=name", "/admin/post/"),
        (f"http://evil.example{came}", "/admin/post/"),
        ("nothing", "/admin/post/"),
    ):
        page = page_of(browser.get(f"/admin/post/edit/?id={key}", headers={"Referer": referrer}))
        assert page.xpath('//form//input[@name="url"]/@value')[-1] == back
    chosen = browser.get(f"/admin/post/edit/?id={key}&url=/admin/", headers={"Referer": f"http://localhost{came}"})
    assert page_of(chosen).xpath('//form//input[@name="url"]/@value')[-1] == "/admin/"


def test_a_row_that_one_may_not_delete_says_so_to_its_menu(app, as_role):
    author = as_role("author")
    with app.app_context():
        role = Role(name="helper", rights=["post.read", "post.delete:own"])
        db.session.add(role)
        db.session.commit()
    helper = as_role("helper")
    with app.app_context():
        mine = make(Post, author=db.session.get(User, helper.user.id)).id
        theirs = make(Post, author=db.session.get(User, author.user.id)).id
        db.session.commit()
    page = page_of(helper.get("/admin/post/"))
    assert page.xpath("//tr[@data-stays]/@id") == [f"row-{theirs}"]
    assert page.xpath(f'//tr[@id="row-{mine}"]')
