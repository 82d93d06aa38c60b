"""Reading as JSON: pages of rows, single rows, and nothing that the person could not see elsewhere."""

from urllib.parse import parse_qs, urlsplit

import pytest

from backoffice.core.model import db
from backoffice.models.accounts import User
from backoffice.models.comments import Comment
from backoffice.models.content import Post, Tag
from make import make

ODD = [
    "page_size=0",
    "page_size=1000",
    "page_size=x",
    "sort=body",
    "sort=-",
    "desc=2",
    "fields=password",
    "fields=,",
    "fields=id,id,nothing",
    "count=all",
    "after=abc",
    "after=abc&before=abc",
    "last=1&last=1",
    "where=any(",
    "status=nothing",
    "author__password=x",
    "author.password=x",
    "page=2",
    "callback=alert",
    "_method=DELETE",
    "self=1",
    "search=" + "x" * 300,
]


@pytest.fixture
def posts(app):
    """Return the keys of seven posts, the odd ones published, each with the same tag."""
    with app.app_context():
        tag = make(Tag, name="Harbour")
        made = [make(Post, title=f"Post {at}", status=("draft", "published")[at % 2], tags=[tag]) for at in range(7)]
        db.session.commit()
        return [one.id for one in made]


def test_a_list_is_walked_page_by_page_by_its_own_links(program, posts):
    asked = program("editor")
    seen, path = [], "posts?sort=created_at&page_size=3&fields=title,tags"
    while path:
        answer = asked.get(path)
        assert (answer.status_code, answer.mimetype) == (200, "application/json"), answer.json
        assert answer.json["count"] == {"value": 7, "exact": True}
        seen += answer.json["data"]
        path = answer.json["next"]
        assert (f'<{path}>; rel="next"' in answer.headers["Link"]) == bool(path)
    assert [one["id"] for one in seen] == posts
    assert set(seen[0]) == {"id", "version", "title", "tags"}
    assert seen[0]["tags"][0]["label"] == "Harbour"
    back = asked.get(answer.json["previous"]).json
    assert [one["id"] for one in back["data"]] == posts[3:6]
    assert parse_qs(urlsplit(back["next"]).query)["fields"] == ["title,tags"]


def test_a_list_takes_what_the_grid_takes(program, posts):
    asked = program("editor")
    found = {
        "status=published": 3,
        "status__not=draft&sort=-created_at": 3,
        "where=any(status:published,status:draft)": 7,
        "search=Post": 7,
        "view=drafts": 4,
        "tags=1&count=none": 7,
    }
    for query, number in found.items():
        answer = asked.get(f"posts?{query}")
        assert answer.status_code == 200, (query, answer.json)
        assert len(answer.json["data"]) == number, query
    assert asked.get("posts?tags=1&count=none").json["count"] is None
    assert asked.get("posts?page_size=2&count=exact").json["count"] == {"value": 7, "exact": True}


def test_a_row_comes_with_its_version_and_is_not_sent_again_while_it_is_the_same(program, posts):
    asked = program("editor")
    answer = asked.get(f"posts/{posts[0]}")
    assert answer.json["version"] == 1
    assert answer.headers["ETag"] == '"1"'
    again = asked.get(f"posts/{posts[0]}", headers={"If-None-Match": '"1"'})
    assert (again.status_code, again.data) == (304, b"")


def test_drafts_of_others_are_not_there(app, program, posts):
    asked = program("author")
    with app.app_context():
        mine = make(Post, title="Mine", author=db.session.get(User, asked.user.id))
        db.session.commit()
        mine = mine.id
    assert [one["id"] for one in asked.get("posts").json["data"]] == [mine]
    there, gone = asked.get(f"posts/{posts[0]}"), asked.get("posts/987654")
    assert (there.status_code, there.json["detail"]) == (gone.status_code, gone.json["detail"])
    assert asked.get(f"posts/{mine}").status_code == 200


def test_a_field_of_its_own_right_is_told_filtered_and_sorted_by_nobody_else(app, program):
    with app.app_context():
        make(Comment, guest_name="G", guest_email="guest@example.com")
        db.session.commit()
    able, unable = program("moderator"), program("editor")
    assert able.get("comments").json["data"][0]["guest_email"] == "guest@example.com"
    assert "guest_email" not in unable.get("comments").json["data"][0]
    for query in ("fields=guest_email", "guest_email=guest@example.com", "sort=guest_email", "guest_email__contains="):
        told, unknown = (unable.get(f"comments?{one}") for one in (query, query.replace("guest_email", "nothing")))
        assert told.status_code == unknown.status_code == 400
        assert told.json["detail"] == unknown.json["detail"].replace("nothing", "guest_email")


def test_a_token_reads_only_within_its_scopes(program, posts):
    asked = program("editor", ["tag.read"])
    assert asked.get("tags").json["data"][0]["name"] == "Harbour"
    assert asked.get("posts").status_code == 404
    assert asked.get(f"posts/{posts[0]}").status_code == 404


def test_what_a_list_cannot_be_asked_is_refused_in_words(program):
    asked = program("administrator")
    for query in ODD:
        answer = asked.get(f"posts?{query}")
        assert (answer.status_code, answer.mimetype) == (400, "application/problem+json"), query
        assert answer.json["detail"]


@pytest.mark.parametrize(
    ("asked_for", "sign"), [("tags__empty=no", "EXISTS"), ("search=Post&status=draft", "post_search")]
)
def test_few_rows_are_looked_for_once_and_none_not_at_all_as_in_the_grid(program, posts, queries, asked_for, sign):
    asked = program("editor")
    with queries() as sent:
        answer = asked.get(f"posts?{asked_for}&sort=title&page_size=3&fields=title")
    expected = [f"Post {at}" for at in range(7) if "draft" not in asked_for or not at % 2]
    assert [one["title"] for one in answer.json["data"]] == expected[:3]
    assert answer.json["count"] == {"value": len(expected), "exact": True}
    # What the planner expects, and which words are kept, is asked besides.
    assert len([one for one in sent if sign in one and "count(*)" in one and "EXPLAIN" not in one]) == 1
    assert len([one for one in sent if sign in one and "title" in one]) == 0
    with queries() as sent:
        assert asked.get("posts?status=archived&sort=title").json["data"] == []
    assert len([one for one in sent if "FROM post" in one]) == 1
    assert asked.get("posts?status=archived&after=abc").status_code == 400
