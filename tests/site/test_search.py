"""Looking for words finds the posts that hold them, and every sign is taken as it is written."""

import pytest
from werkzeug.datastructures import MultiDict

from backoffice.site.paging import SIZE
from backoffice.site.words import LONGEST


@pytest.fixture
def found(read):
    """Return a function that tells the titles found for some words."""

    def look(words):
        page = read("/search", query_string={"q": words})
        return sorted(text for place, text in page.texts if "h2" in place and text.strip())

    return look


def test_words_are_found_in_title_excerpt_and_text(publish, found):
    publish("Kelp")
    publish("Two", excerpt="All about kelp.")
    publish("Three", body="<p>Nothing but KELP.</p>")
    publish("Four")
    assert found("kelp") == ["Kelp", "Three", "Two"]


def test_all_words_must_be_there_in_any_order(publish, found):
    publish("One", body="<p>salt and rope</p>")
    publish("Two", body="<p>rope</p>")
    assert found("rope salt") == found("  rope   salt ") == ["One"]
    assert found("rope tar") == []


@pytest.mark.parametrize(
    "sign", ["%", "_", "\\", "/", "'", '"', "&", "<", ">", "*", "[a]", "--", "%%", "\\%", "__", "&amp;"]
)
def test_signs_are_taken_literally(publish, found, sign):
    publish("With", excerpt=f"a{sign}b")
    publish("Text", body=f"<p>a{sign.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')}b</p>")
    publish("Without", excerpt="a b axb a1b", body="plain")
    assert found(f"a{sign}b") == ["Text", "With"]


def test_without_words_the_page_says_how_to_search(publish, read):
    publish("Kelp")
    for path in ("/search", "/search?q=", "/search?q=%20%20"):
        page = read(path)
        assert "Type a word or a few" in page.text("main")
        assert page.all("article") == []
    fields = page.all("input")
    assert [each["id"] for each in fields] == [each["for"] for each in page.all("label")]


def test_nothing_found_says_what_to_try(read):
    page = read("/search?q=kelp")
    assert "Nothing was found for “kelp”. Try fewer words" in page.text("main")


def test_too_many_characters_are_refused_with_a_sentence(client, read):
    read(f"/search?q={'x' * LONGEST}")
    answer = client.get(f"/search?q={'x' * (LONGEST + 1)}")
    assert answer.status_code == 400
    assert "At most 200 characters" in answer.text


def test_the_words_come_along_to_the_next_part(publish, read):
    for number in range(SIZE + 1):
        publish(f"Kelp & {number}")
    page = read("/search", query_string=MultiDict({"q": "kelp &", "evil": "x"}))
    assert f"{SIZE + 1} posts for “kelp &”" in page.text("main")
    (link,) = [each["href"] for each in page.all("a") if each.get("rel") == "next"]
    assert "evil" not in link
    assert len(read(link).all("article")) == 1


def test_titles_with_all_words_stand_before_all_else(publish, read):
    for number in range(10):
        publish(f"Other {number}", body="<p>On kelp.</p>")
    for number in range(20):
        publish(f"Kelp {number}")
    parts = [read("/search", query_string={"q": "kelp", "page": number}) for number in (1, 2, 3)]
    named = [[text for place, text in part.texts if "h2" in place and text.strip()] for part in parts]
    assert named[0] == [f"Kelp {number}" for number in range(12)]
    assert named[1] == [f"Kelp {number}" for number in range(12, 20)] + [f"Other {number}" for number in range(4)]
    assert named[2] == [f"Other {number}" for number in range(4, 10)]
    assert all("30 posts for “kelp”" in part.text("main") for part in parts)


def test_where_titles_fill_the_page_no_text_is_read(publish, client, queries):
    for number in range(SIZE + 1):
        publish(f"Kelp {number}")
    with queries() as sent:
        assert client.get("/search?q=kelp").status_code == 200
    asked = [one for one in sent if "statement_timeout" not in one]
    assert len(asked) == 4  # each way of holding the words counted, the part read, and the menu


def test_results_are_not_for_other_search_engines(read):
    assert {"name": "robots", "content": "noindex"} in read("/search?q=x").all("meta")
    assert {"name": "robots", "content": "noindex"} not in read("/").all("meta")


def test_very_many_words_are_one_question(publish, found, client):
    publish("One", body=f"<p>{' '.join('abcdefghijklmnopqrstuvwxyz')}</p>")
    assert found(" ".join("abcdefghijklmnopqrstuvwxyz")) == ["One"]
    assert client.get("/search", query_string={"q": " ".join("a" * 100)}).status_code == 200
