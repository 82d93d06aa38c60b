"""Lists show what is published, in parts, at a constant price."""

import re
from datetime import timedelta
from itertools import pairwise

import pytest

from backoffice.core.model import db, now
from backoffice.core.paging import counting, cursors
from backoffice.core.paging.counting import Number
from backoffice.models.accounts import User
from backoffice.models.content import SCHEDULED, Category, Post
from backoffice.models.media import Image
from backoffice.site import paging, subjects, tagged
from backoffice.site.paging import SIZE, Page, Place

PICTURE = "ab" * 32 + ".png"


def add(app, *rows):
    with app.app_context():
        db.session.add_all(rows)
        db.session.commit()
        return [row.id for row in rows]


def titles(page):
    return [text for place, text in page.texts if "h2" in place and text.strip()]


def test_the_first_page_shows_the_latest_posts_first(publish, read):
    for number in (1, 2, 3):
        publish(f"Post {number}")
    assert titles(read("/")) == ["Post 1", "Post 2", "Post 3"]


def test_an_empty_site_says_what_will_appear(read):
    page = read("/")
    assert "Nothing has been published yet" in page.text("main")
    assert page.text("h1") == "Latest posts"


def test_a_card_tells_author_subject_date_and_first_words(app, publish, read):
    (subject,) = add(app, Category(name="Boats"))
    publish("Oars", category_id=subject, body="<p>Made of <b>ash</b> &amp; care.</p><p>Then varnished.</p>")
    page = read("/")
    assert "Made of ash & care. Then varnished." in page.text("article")
    assert {"/posts/oars", "/categories/boats", "/authors/mara"} <= set(page.links())
    assert all(re.match(r"\d{4}-\d\d-\d\dT.*\+00:00$", each["datetime"]) for each in page.all("time"))


def test_an_excerpt_goes_before_the_first_words(publish, read):
    publish("Oars", excerpt="On wood <ash>.", body="<p>Something else.</p>")
    page = read("/")
    assert "On wood <ash>." in page.text("article")
    assert "Something else" not in page.text("article")


def test_long_openings_are_cut_between_words_and_never_inside_a_tag(publish, read):
    publish("Long", body=f'<p>{"word " * 236}<a href="https://example.org/{"x" * 300}">link</a></p>')
    shown = read("/").text("article", "p")
    assert "word…" in shown
    assert "href" not in shown
    assert "example.org" not in shown


def test_a_cover_is_shown_lazily_in_a_box_of_known_size(app, publish, read):
    (cover,) = add(app, Image(title="Sea", file=PICTURE, alt="The sea at noon."))
    publish("First", cover_id=cover)
    publish("Second", cover_id=cover)
    first, second = read("/").all("img")
    assert first["src"] == second["src"] == f"/media/{PICTURE}?width=640"
    assert f"/media/{PICTURE}?width=1280 1280w" in first["srcset"]
    assert first["loading"] == "eager"
    assert second["loading"] == "lazy"
    assert first["width"]
    assert first["height"]
    # The title beside it says what it is; the words for the picture stand on the post's own page.
    assert first["alt"] == ""
    assert read("/posts/first").all("img")[0]["alt"] == "The sea at noon."


def test_a_scheduled_post_appears_when_its_time_has_come(publish, read):
    publish("Yesterday", status=SCHEDULED, published_at=None, publish_at=now() - timedelta(minutes=1))
    publish("Older")
    assert titles(read("/")) == ["Yesterday", "Older"]
    assert read("/posts/yesterday").text("h1") == "Yesterday"


def test_pages_stand_in_the_menu_and_in_no_list(publish, read):
    publish("About us", kind="page")
    publish("News")
    page = read("/")
    assert titles(page) == ["News"]
    assert page.text("header", "nav") == "About us Search"
    assert "about-us" not in str(read("/authors/mara").text("main"))
    here = [each for each in read("/posts/about-us").all("a") if each.get("aria-current")]
    assert [each["href"] for each in here] == ["/posts/about-us"]


def test_pages_too_many_for_the_menu_stand_at_the_foot(publish, read):
    for letter in "abcdefgh":
        publish(f"Page {letter}", kind="page")
    page = read("/")
    assert page.text("header", "nav") == "Page a Page b Page c Page d Page e Search"
    assert page.text("footer", "nav") == "Page f Page g Page h"


def test_a_category_shows_its_own_posts_and_those_below_it(app, publish, read):
    top = Category(name="Boats")
    middle = Category(name="Rowing", parent=top)
    low = Category(name="Oars", parent=middle)
    other = Category(name="Nets")
    top_id, _middle_id, low_id, other_id = add(app, top, middle, low, other)
    publish("On top", category_id=top_id)
    publish("Deep down", category_id=low_id)
    publish("Elsewhere", category_id=other_id)
    page = read("/categories/boats")
    assert titles(page) == ["On top", "Deep down"]
    assert "2 posts" in page.text("main")
    assert "/categories/rowing" in page.links()
    assert titles(read("/categories/rowing")) == ["Deep down"]
    trail = [link for link in read("/categories/oars").links() if link.startswith(("/categories", "/"))]
    assert trail.index("/categories/boats") < trail.index("/categories/rowing")


def test_categories_in_a_circle_still_answer(app, publish, client):
    first, second = add(app, Category(name="First"), Category(name="Second"))
    publish("Post", category_id=first)
    with app.app_context():
        for one, above in ((first, second), (second, first)):
            db.session.connection().exec_driver_sql(f"UPDATE category SET parent_id = {above} WHERE id = {one}")
        db.session.commit()
    for path in ("/categories/first", "/categories/second", "/posts/post", "/"):
        assert client.get(path).status_code == 200


def test_a_tag_shows_the_posts_that_share_it(publish, read):
    publish("Plain")
    publish("Tagged", tags=["Wood & rope"])
    page = read("/tags/wood-rope")
    assert titles(page) == ["Tagged"]
    assert page.text("h1") == "Wood & rope"
    assert "/tags/wood-rope" in read("/posts/tagged").links()


@pytest.mark.parametrize(("many", "total"), [(1_000, "37 posts"), (1_000_000, "About 1,200 posts")])
def test_a_tag_of_very_many_posts_shows_each_once(publish, read, monkeypatch, many, total):
    monkeypatch.setattr(counting, "planned", lambda _session, _rows: many)
    for number in range(3 * SIZE + 1):
        publish(f"Tagged {number:02}", tags=["Rope"])
        publish("Plain")
    parts = [read("/tags/rope", query_string={"page": number}) for number in (1, 2, 3, 4)]
    assert [one for part in parts for one in titles(part)] == [f"Tagged {number:02}" for number in range(3 * SIZE + 1)]
    assert total in parts[0].text("main", "p")
    assert "37 posts" in parts[3].text("main", "p")  # the end has been seen


@pytest.mark.parametrize("is_old", [True, False])
def test_many_posts_of_a_tag_that_are_all_old_are_looked_up(publish, read, monkeypatch, queries, is_old):
    """Where they are new, the list of all is read until enough of them are met."""
    monkeypatch.setattr(counting, "planned", lambda _session, rows: 20 if "post_tag" in str(rows) else 30)
    monkeypatch.setattr(tagged, "FEW", 1)
    monkeypatch.setattr(tagged, "LOOKED_UP", 1)
    for tag in ("Plain", "Rope") if is_old else ("Rope", "Plain"):
        for number in range(20):
            publish(f"{tag} {number:02}", tags=[tag])
    with queries() as sent:
        page = read("/tags/rope")
    assert titles(page) == [f"Rope {number:02}" for number in range(SIZE)]
    assert "20 posts" in page.text("main", "p")
    assert len([one for one in sent if "row_number" in one]) == (2 if is_old else 1)


def test_a_tag_of_very_many_drafts_is_not_there(publish, client, monkeypatch):
    monkeypatch.setattr(counting, "planned", lambda _session, _rows: 1_000_000)
    publish("Draft", tags=["Rope"], status="draft")
    assert client.get("/tags/rope").status_code == 404


def test_an_author_is_shown_with_what_they_wrote_and_without_their_address(publish, read, client):
    publish("By Mara")
    page = read("/authors/mara")
    assert page.text("h1") == "Mara Quill"
    assert "Writes about boats." in page.text("main")
    assert titles(page) == ["By Mara"]
    for path in ("/", "/authors/mara", "/posts/by-mara"):
        assert "example.com" not in client.get(path).text


def test_long_lists_come_in_parts_that_link_to_each_other(publish, read):
    for number in range(2 * SIZE + 1):
        publish(f"Post {number:03}")
    seen = []
    for number in (1, 2, 3):
        page = read(f"/?page={number}")
        seen += titles(page)
        assert [each["href"] for each in page.all("a") if each.get("aria-current")] == [
            "/" if number == 1 else f"/?page={number}"
        ]
        assert ("page" in page.text("title")) == (number > 1)
    assert seen == [f"Post {number:03}" for number in range(2 * SIZE + 1)]
    assert [each["href"] for each in read("/?page=2").all("a") if each.get("rel") in {"prev", "next"}] == [
        "/",
        "/?page=3",
    ]


def test_posts_of_the_same_moment_are_each_shown_once(publish, read):
    moment = now() - timedelta(days=3)
    for number in range(SIZE + 3):
        publish(f"Post {number:03}", published_at=moment)
    seen = titles(read("/")) + titles(read("/?page=2"))
    assert len(seen) == len(set(seen)) == SIZE + 3


@pytest.mark.parametrize(
    ("number", "last", "expected"),
    [
        (1, 1, [1]),
        (1, 3, [1, 2, 3]),
        (5, 9, [1, None, 4, 5, 6, None, 9]),
        (9, 9, [1, None, 8, 9]),
    ],
)
def test_the_links_to_other_parts_stay_few(number, last, expected):
    assert Page([], Place(number), Number(last * SIZE), last).neighbours() == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [(1, [1, 2, None]), (5, [1, None, 4, 5, 6, None]), (100, [1, None, 99, 100, None])],
)
def test_a_list_of_unknown_length_links_to_no_last_part(number, expected):
    page = Page([], Place(number), Number(70_000, exact=False), older={"before": "x"})
    assert page.neighbours() == expected


def test_beyond_the_numbered_parts_one_goes_on_from_post_to_post(publish, read, monkeypatch, client):
    monkeypatch.setattr(paging, "NUMBERED", 2)
    moment = now()
    for number in range(5 * SIZE + 3):
        publish(f"Post {number:03}", published_at=moment - timedelta(days=1 + number // 5))
    way, seen, page = [], [], read("/")
    while page:
        way.append(page)
        seen += titles(page)
        links = [each["href"] for each in page.all("a") if each.get("rel") == "next"]
        page = read(links[0]) if links else None
    assert sorted(seen) == [f"Post {number:03}" for number in range(5 * SIZE + 3)]
    assert len(way) == 6
    assert client.get("/?page=3").status_code == 404
    for before, after in reversed(list(pairwise(way[2:]))):
        back = [each["href"] for each in after.all("a") if each.get("rel") == "prev"]
        assert titles(read(back[0])) == titles(before)
    assert [each["href"] for each in way[-1].all("a") if each.get("aria-label") == "Page 1"] == ["/"]


@pytest.mark.parametrize(
    "words",
    ["before=", "before=x", "after=W10", "before=é", "before=" + "A" * 5000, "page=1&before=x", "before=x&before=x"],
)
def test_a_place_that_nobody_gave_out_is_not_found(publish, client, words):
    publish("Post")
    for path in ("/", "/authors/mara"):
        assert client.get(f"{path}?{words}").status_code == 404
    assert client.get("/search", query_string=f"q=post&{words}").status_code == 404


def test_a_place_without_a_moment_is_not_found(publish, client):
    publish("Post")
    assert client.get("/", query_string={"before": cursors.write("appeared", (None, 1))}).status_code == 404
    assert (
        client.get(
            "/", query_string={"before": cursors.write("appeared", (now() - timedelta(days=9999), 1))}
        ).status_code
        == 404
    )


def test_of_very_many_posts_about_how_many_is_said(app, publish, read, monkeypatch):
    monkeypatch.setattr(paging, "NUMBERED", 1)
    monkeypatch.setattr(subjects, "MOST", 3)
    (key,) = add(app, Category(name="Boats"))
    for _number in range(SIZE + 2):
        publish(category_id=key)
    assert "About" in read("/categories/boats").text("main", "p")
    assert read("/").text("nav", "ul", "main", "li") == "Boats 3+ posts 1 … Older"


LISTS = ["/", "/categories/boats", "/tags/rope", "/authors/mara", "/search?q=Words"]


@pytest.mark.parametrize("path", LISTS)
def test_a_list_costs_the_same_few_statements_whatever_its_length(app, publish, cost, path):
    add(app, Category(name="Boats"), Image(title="Sea", file=PICTURE))

    def more(start, size):
        for number in range(start, start + size):
            (key,) = add(app, User(username=f"u{number}", name="N"))
            for title, person in ((f"Mara {number}", {}), (f"Post {number}", {"author_id": key})):
                publish(title, category_id=1, cover_id=1, tags=["Rope"], **person)

    more(0, 1)
    cost(path)  # what a process finds out once
    few = cost(path)
    more(1, 12)
    many = cost(path)
    assert len(few) == len(many) <= 5
    # A whole body would be read under this name; its opening and a search in it have none.
    assert not [statement for statement in many if "post_body" in statement]


def test_visitors_never_see_the_columns_of_accounts(publish, client, queries):
    publish("Post")
    with queries() as sent:
        for path in ("/", "/posts/post", "/authors/mara"):
            client.get(path)
    for statement in sent:
        for column in ("password", "fs_uniquifier", "email", "last_seen"):
            assert f"user.{column}" not in statement.replace('"', "")


def test_a_post_is_listed_and_counted_under_its_further_categories_once(app, publish, read):
    top = Category(name="Boats")
    low = Category(name="Oars", parent=top)
    other = Category(name="Wood")
    _top_id, low_id, _other_id = add(app, top, low, other)
    slug = publish("Ash", category_id=low_id)
    with app.app_context():
        row = db.session.scalars(db.select(Post).filter_by(slug=slug)).one()
        row.more_categories = db.session.scalars(db.select(Category).where(Category.id != low_id)).all()
        db.session.commit()
    for path in ("/categories/boats", "/categories/oars", "/categories/wood"):
        page = read(path)
        assert titles(page) == ["Ash"]
        assert "1 post" in page.text("main")
    assert read("/").text("nav", "ul", "main") == "Boats 1 post Wood 1 post"
    assert "Boats" in read("/posts/ash").text("nav", "ol")


def test_of_many_subjects_the_largest_stand_in_sight(app, publish, read):
    keys = add(app, *(Category(name=f"Subject {letter}") for letter in "abcdefghijklm"))
    for key in (*keys, keys[-1]):
        publish(category_id=key)
    page = read("/")
    assert page.text("nav", "details", "summary") == "3 more categories"
    hidden = page.text("details", "li", "a")
    assert "Subject j" in hidden
    assert "Subject m" not in hidden
    for letter in "abcdefghijklm":
        assert f"/categories/subject-{letter}" in page.links()


def test_pages_with_long_titles_leave_the_menu_readable(publish, read):
    for letter in "abc":
        publish(f"{letter} page with a title of some thirty signs", kind="page")
    page = read("/")
    assert page.text("header", "nav") == "a page with a title of some thirty signs Search"
    assert "b page" in page.text("footer", "nav")
