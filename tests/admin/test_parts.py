"""What is kept of a page for the next one never shows another person's name, token, language, place or colours."""

from flask import render_template_string, session
from itsdangerous import URLSafeTimedSerializer
from lxml import html

from backoffice.core.model import db
from backoffice.models.comments import Comment
from make import make

PAGES = ("/admin/", "/admin/post/", "/admin/tag/?sort=name")


def page_of(browser, path, **options):
    """Return a page, parsed."""
    answer = browser.get(path, **options)
    assert answer.status_code == 200, answer.text
    return html.fromstring(answer.text)


def waits(page):
    """Return what the menu says that waits among the comments."""
    return page.xpath('string(//nav[@id="menu"]//a[contains(@href, "/comment/?view=")]/text()[last()])')


def test_each_person_is_called_by_name_and_gets_tokens_of_their_own_session(app, as_role):
    one, other = as_role("editor", name="Ada"), as_role("editor", name="Bea <b>")
    opener = URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token")
    for path in PAGES:
        for browser, name in ((one, "Ada"), (other, "Bea <b>"), (one, "Ada")):
            page = page_of(browser, path)
            assert page.xpath('//header//*[@class="top-words"]/text()')[-1] == name
            assert page.xpath('string(//*[@class="account-who"])') == f"Signed in as {name}"
            with browser.session_transaction() as session:
                word = session["csrf_token"]
            assert len(page.xpath('//header//input[@name="csrf_token"]')) == 2
            assert {opener.loads(token) for token in page.xpath('//input[@name="csrf_token"]/@value')} == {word}


def test_the_header_leads_back_to_the_page_it_stands_on(as_role):
    browser = as_role("editor")
    for path in ("/admin/post/?search=%22%3E%3Cb%3E&view=drafts", "/admin/post/", "/admin/find/?q=%22x%26"):
        header = page_of(browser, path).xpath("//header")[0]
        assert header.xpath('.//input[@name="url"]/@value') == [path]
        assert header.xpath('.//input[@name="q"]/@value') == ['"x&' if "find" in path else ""]


def test_language_colours_and_mounting_are_those_of_the_one_who_asks(as_role):
    # Called alike, so that nothing but the language tells their pages apart.
    english, german = as_role("editor", name="Kim"), as_role("editor", name="Kim", locale="de")
    for _turn in range(2):
        assert page_of(english, "/admin/post/").xpath('string(//header//*[@for="find"])') == "Search everywhere"
        assert page_of(german, "/admin/post/").xpath('string(//header//*[@for="find"])') == "Überall suchen"
    german.set_cookie("theme", "dark")
    pressed = '//header//button[@name="theme"][@aria-pressed]/@value'
    assert page_of(german, "/admin/post/").xpath(pressed) == ["dark"]
    assert page_of(english, "/admin/post/").xpath(pressed) == ["system"]
    elsewhere = {"environ_overrides": {"SCRIPT_NAME": "/office"}}
    for options, root in (({}, ""), (elsewhere, "/office"), ({}, "")):
        page = page_of(english, "/admin/post/", **options)
        links = page.xpath('//header//a/@href | //nav[@id="menu"]//a/@href | //header//form/@action')
        assert links
        assert all(link.startswith(f"{root}/") for link in links)
        assert any(link.startswith("/office") for link in links) is bool(root)


def test_the_menu_shows_what_one_may_read_and_what_waits_now(app, as_role):
    moderator, author = as_role("moderator"), as_role("author")
    assert waits(page_of(moderator, "/admin/")) == ""
    with app.app_context():
        for _at in range(2):
            make(Comment, status="pending")
        db.session.commit()
    assert waits(page_of(moderator, "/admin/")) == "2"
    assert waits(page_of(author, "/admin/")) == ""
    assert not page_of(author, "/admin/").xpath('//nav[@id="menu"]//a[@href="/admin/comment/"]')
    with app.app_context():
        key = db.session.query(Comment.id).first()[0]
    sent = {"action": "approve", "rowid": str(key), "confirm": "1"}
    assert moderator.post("/admin/comment/action/", data=sent).status_code == 302
    assert waits(page_of(moderator, "/admin/")) == "1"


def test_what_is_done_with_ticked_rows_and_filters_are_the_words_and_seals_of_the_one_who_asks(app, as_role):
    with app.app_context():
        make(Comment)
        db.session.commit()
    english, german = as_role("moderator"), as_role("moderator", locale="de")
    address, seals = "/admin/comment/?sort=created_at&page_size=20", set()
    for browser, words in ((english, ("Search", "from")), (german, ("Suchen", "von")), (english, ("Search", "from"))):
        page = page_of(browser, address)
        with browser.session_transaction() as session:
            word = session["csrf_token"]
        opener = URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token")
        assert [opener.loads(one) for one in page.xpath('//form[@id="bulk"]/input[@name="csrf_token"]/@value')] == [
            word
        ]
        assert page.xpath('//form[@id="bulk"]/input[@name="url"]/@value') == [address]
        assert page.xpath('string(//label[@for="search"])') == words[0]
        assert page.xpath('string(//label[@for="filter-created_at__from"])') == words[1]
        seals.add(page.xpath('string(//form[@id="bulk"]/input[@name="seen"]/@value)'))
    assert "" not in seals


def test_a_filter_that_is_set_is_set_on_no_other_page(as_role):
    browser = as_role("editor")
    chosen = '//select[@name="status"]/option[@selected]/@value'
    for path, values in (("", []), ("?status=pending", ["pending"]), ("", []), ("?status=spam", ["spam"])):
        assert page_of(browser, f"/admin/comment/{path}").xpath(chosen) == values


def test_templates_are_given_a_token_that_is_signed_once_a_page(app):
    told = "{{ csrf_token.__module__ }} {{ csrf_token() == csrf_token() }}"
    with app.test_request_context():
        session["csrf_token"] = "kept"
        # Flask-WTF gives templates its own, which looks for its signer each time.
        assert render_template_string(told) == "backoffice.extensions True"
