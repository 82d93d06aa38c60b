"""Approved comments stand under a post as a conversation, whatever became of the others."""

import pytest

from backoffice.core.model import db
from backoffice.models.accounts import User
from backoffice.models.comments import STATUSES
from backoffice.site.thread import DEEPEST

HIDDEN = [status for status in STATUSES if status != "approved"]


def nested(page):
    """Return (how deep it stands, who wrote it) for each comment on the page, in the order of reading."""
    return [
        (sum(tag == "ol" for tag in place), text.strip())
        for place, text in page.texts
        if place[-1:] == ("span",) and "article" in place and "li" in place and text.strip()
    ]


def test_answers_stand_inside_what_they_answer(publish, say, read):
    slug = publish()
    first = say(slug, guest_name="Ann")
    say(slug, guest_name="Cid")
    say(slug, guest_name="Bob", parent_id=first)
    page = read(f"/posts/{slug}")
    assert nested(page) == [(1, "Ann"), (2, "Bob"), (1, "Cid")]
    assert page.text("section", "h2") == "3 comments"


def test_a_post_without_comments_does_not_speak_of_them(publish, read):
    page = read(f"/posts/{publish()}")
    assert page.all("section") == []
    assert page.all("form") == []


@pytest.mark.parametrize("status", HIDDEN)
def test_what_is_not_approved_is_neither_shown_nor_counted(publish, say, client, read, status):
    slug = publish()
    say(slug, guest_name="Seen", body="Fine words.")
    secrets = {"guest_name": "Zebulon", "guest_url": "https://zebra.example", "guest_email": "zebulon@mail.example"}
    say(slug, body="Xylophone.", status=status, **secrets)
    say(slug, body="Yodel.", status=status, kind="pingback", **secrets)
    text = client.get(f"/posts/{slug}").text.lower()
    for word in ("zeb", "xylophone", "yodel"):
        assert word not in text
    assert read(f"/posts/{slug}").text("section", "h2") == "1 comment"


@pytest.mark.parametrize("status", HIDDEN)
def test_an_answer_to_something_hidden_hangs_at_the_nearest_that_is_shown(publish, say, read, status):
    slug = publish()
    top = say(slug, guest_name="Top")
    gone = say(slug, guest_name="Gone", parent_id=top, status=status)
    also_gone = say(slug, guest_name="Gone", parent_id=gone, status=status)
    say(slug, guest_name="Answer", parent_id=also_gone)
    lone = say(slug, guest_name="Gone", status=status)
    say(slug, guest_name="Orphan", parent_id=lone)
    assert nested(read(f"/posts/{slug}")) == [(1, "Top"), (2, "Answer"), (1, "Orphan")]


def test_deep_threads_go_flat_and_say_whom_they_answer(publish, say, read):
    slug, above = publish(), None
    for number in range(1, DEEPEST + 4):
        above = say(slug, guest_name=f"N{number}", parent_id=above)
    shown = [depth for depth, text in nested(read(f"/posts/{slug}")) if text.startswith("N")]
    assert shown == [1, 2, 3, 4, 5, 5, 5, 5]
    assert "answers N5" in read(f"/posts/{slug}").text("span")


def test_a_thread_deeper_than_any_stack_is_shown_whole(publish, say, app, client):
    slug = publish()
    say(slug)
    with app.app_context():
        connection = db.session.connection()
        table = db.metadata.tables["comment"]
        row = dict(connection.execute(table.select()).mappings().one())
        rows = [{**row, "id": number, "parent_id": number - 1, "body": f"No{number}."} for number in range(2, 3001)]
        connection.execute(table.insert().execution_options(recorded=True), rows)
        db.session.commit()
    answer = client.get(f"/posts/{slug}")
    assert answer.status_code == 200
    assert "No3000." in answer.text


def test_comments_in_a_circle_are_each_shown_once(publish, say, app, read):
    slug = publish()
    first = say(slug, guest_name="One")
    second = say(slug, guest_name="Two", parent_id=first)
    with app.app_context():
        db.session.connection().exec_driver_sql(f"UPDATE comment SET parent_id = {second} WHERE id = {first}")
        db.session.commit()
    assert sorted(name for _depth, name in nested(read(f"/posts/{slug}"))) == ["One", "Two"]


def test_pingbacks_stand_apart_with_the_place_they_come_from(publish, say, read):
    slug = publish()
    ping = say(slug, guest_name="Tidewrack", kind="pingback", guest_url="https://www.tidewrack.example/p")
    say(slug, guest_name="Ann", parent_id=ping)
    page = read(f"/posts/{slug}")
    assert nested(page) == [(1, "Ann")]
    assert page.text("section", "h2") == "1 comment"
    assert page.text("section", "ul") == "Tidewrack tidewrack.example"


def test_a_member_is_shown_by_name_and_the_post_s_author_is_marked(app, publish, say, writer, read):
    with app.app_context():
        other = User(username="nell", name="Nell", email="nell@example.com")
        db.session.add(other)
        db.session.commit()
        key = other.id
    slug = publish()
    say(slug, author_id=writer, guest_name=None)
    say(slug, author_id=key, guest_name=None)
    page = read(f"/posts/{slug}")
    assert nested(page) == [(1, "Mara Quill"), (1, "Author"), (1, "Nell")]
    assert "example.com" not in page.text()


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        " JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "http://[bad",
        "https://",
        "x",
    ],
)
def test_an_address_that_is_not_of_the_web_is_no_link(publish, say, read, url):
    slug = publish()
    say(slug, guest_url=url)
    say(slug, guest_url=url, kind="pingback")
    page = read(f"/posts/{slug}")
    assert all(link.startswith(("/", "#")) for link in page.links())


def test_a_guest_s_address_is_a_link_that_nobody_vouches_for(publish, say, read):
    slug = publish()
    say(slug, guest_url="https://ann.example/?a=1&b=2")
    (link,) = [each for each in read(f"/posts/{slug}").all("a") if "ann.example" in each["href"]]
    assert link["href"] == "https://ann.example/?a=1&b=2"
    assert {"nofollow", "ugc", "noopener"} <= set(link["rel"].split())


def test_lines_of_a_plain_comment_are_kept(publish, say, read):
    slug = publish()
    say(slug, body="One line.\nAnother <b>line</b>.")
    assert len(read(f"/posts/{slug}").all("br")) == 1
