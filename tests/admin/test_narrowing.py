"""A list is narrowed to one value by two touches: its column, then one of the values that most rows hold."""

import pytest
from lxml import html

from backoffice.admin.grid import narrowing
from backoffice.core.model import db
from backoffice.models.accounts import User
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post, Tag
from make import make

HOME = "/admin/post/"


@pytest.fixture
def stored(app):
    with app.app_context():
        ann, sea, oar = make(User, name="Ann Other"), make(Category, name="Sea"), make(Category, name="Oars")
        wood, tar = make(Tag, name="wood"), make(Tag, name="tar")
        for number in range(3):
            make(Post, title=f"Out {number}", status="published", category=sea, author=ann, tags=[wood])
        make(Post, title="Draft", status="draft", category=oar, author=ann, tags=[wood, tar])
        make(Post, title="Bare", status="published", category=None, author=ann)
        make(Category, name="Never used")
        db.session.commit()


def page_of(answer, status=200):
    assert answer.status_code == status, answer.text
    return html.fromstring(answer.data)


def values(page):
    return {
        " ".join(one.text_content().split()): one.get("href") for one in page.xpath('//ul[@class="only-values"]//a')
    }


def titles(browser, address):
    return sorted(one.text for one in page_of(browser.get(address)).xpath("//tbody//a[starts-with(@id, 'n')]"))


def test_two_links_lead_to_the_rows_of_one_category(stored, as_role):
    editor = as_role("editor")
    page = page_of(editor.get(f"{HOME}?view=published&sort=title"))
    (link,) = page.xpath('//nav[@class="quick"]/a[@data-only="category"]/@href')
    offered = values(page_of(editor.get(link)))
    # Only what the list holds now, the most frequent first, and rows without any.
    assert list(offered) == ["Sea 3", "None"]
    assert offered["Sea 3"].startswith(f"{HOME}?")
    assert "view=published" in offered["Sea 3"]
    assert "sort=title" in offered["Sea 3"]
    assert titles(editor, offered["Sea 3"]) == ["Out 0", "Out 1", "Out 2"]
    assert titles(editor, offered["None"]) == ["Bare"]


def test_another_value_takes_the_place_of_the_one_before_and_any_takes_it_away(stored, as_role):
    editor = as_role("editor")
    offered = values(page_of(editor.get(f"{HOME}only/status/?status__not=draft&search=Out")))
    assert offered["Any"] == f"{HOME}?search=Out"
    assert offered["Draft 0"] == f"{HOME}?search=Out&status=draft"
    # A view that is about the column gives way.
    offered = values(page_of(editor.get(f"{HOME}only/status/?view=published")))
    assert offered["Draft 1"] == f"{HOME}?status=draft"


def test_links_to_many_are_counted_by_the_rows_that_have_them(stored, as_role):
    offered = values(page_of(as_role("editor").get(f"{HOME}only/tags/")))
    assert list(offered) == ["wood 4", "tar 1", "None"]
    assert offered["wood 4"].startswith(f"{HOME}?tags=")


def test_more_are_found_by_their_words_and_never_more_than_twenty(app, stored, as_role):
    editor = as_role("editor")
    with app.app_context():
        for number in range(25):
            make(Post, title=f"Many {number}", category=make(Category, name=f"Harbour {number}"))
        db.session.commit()
    page = page_of(editor.get(f"{HOME}only/category/?view=published"))
    assert len(values(page)) <= narrowing.MOST
    page = page_of(editor.get(f"{HOME}only/category/?view=published&category__find=never"))
    assert list(values(page)) == ["Never used"]
    page = page_of(editor.get(f"{HOME}only/category/?category__find=harbour"))
    assert len(values(page)) == narrowing.MOST
    assert "type more" in page.xpath('string(//p[@role="status"])')


def test_how_many_there_are_is_not_said_of_rows_that_were_not_looked_at(stored, as_role, monkeypatch):
    monkeypatch.setattr(narrowing, "LOOKED_AT", 2)
    assert list(values(page_of(as_role("editor").get(f"{HOME}only/category/")))) == ["Oars", "None"]


def test_a_list_that_takes_long_to_look_at_offers_values_all_the_same(stored, as_role, monkeypatch):
    def long(*_given):
        raise narrowing.patience.TooLong

    monkeypatch.setattr(narrowing, "_counted", long)
    offered = values(page_of(as_role("editor").get(f"{HOME}only/category/")))
    assert list(offered) == ["Never used", "Oars", "Sea", "None"]


def test_rows_that_one_may_not_name_are_neither_offered_nor_counted(app, stored, as_role):
    author = as_role("author")
    with app.app_context():
        me = db.session.get(User, author.user.id)
        make(Post, title="Mine", category=db.session.query(Category).filter_by(name="Oars").one(), author=me)
        db.session.commit()
    assert list(values(page_of(author.get(f"{HOME}only/category/")))) == ["Oars 1", "None"]


@pytest.mark.parametrize(
    "place", ["post/only/title/", "post/only/password/", "post/only/x/", "user/only/roles/", "comment/only/post/x"]
)
def test_there_are_no_values_of_what_nobody_is_offered(stored, as_role, place):
    assert as_role("author").get(f"/admin/{place}").status_code == 404


def test_an_address_that_means_nothing_is_refused(stored, as_role):
    assert as_role("editor").get(f"{HOME}only/status/?nonsense=1").status_code == 400


def test_a_page_asks_for_a_part_and_a_plain_list_asks_for_nothing_more(app, stored, as_role, queries):
    moderator = as_role("moderator")
    with app.app_context():
        make(Comment, guest_name="Ann")
        db.session.commit()
    part = moderator.get("/admin/comment/only/status/", headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert 'class="only-box"' in part.text
    with queries() as sent:
        moderator.get("/admin/comment/")
    assert not [one for one in sent if "GROUP BY" in one.upper()]
