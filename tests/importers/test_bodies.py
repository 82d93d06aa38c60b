"""A body from WordPress loses what only WordPress understood, and its pictures are found where they are now."""

import pytest

from backoffice.importers import bodies

SITE = "https://old.example/blog"
STORED = {"old.example/files/boat.jpg": f"{'a' * 64}.webp", "old.example/blog/pier.png": f"{'b' * 64}.png"}


def test_the_comments_of_blocks_go_and_their_paragraphs_stay_as_they_are():
    text = '<!-- wp:paragraph {"x":1} -->\n<p>One\ntwo.</p>\n<!-- /wp:paragraph -->\n\n<!-- wp:more -->'
    assert bodies.written(text) == "<p>One\ntwo.</p>"


def test_the_mark_of_the_first_page_goes():
    assert bodies.written("Before.\n\n<!--more-->\n\nAfter.") == "<p>Before.</p>\n<p>After.</p>"


def test_programs_go_with_all_they_say():
    body = bodies.written("One.<SCRIPT>var a = 1 < 2;</script>\n\n<style>p { color: red }</style>Two.")
    assert body == "<p>One.</p>\n<p>Two.</p>"


def test_a_comment_without_end_is_no_comment():
    assert "After." in bodies.written("Before.\n\n<!-- After.")


@pytest.mark.parametrize(
    "caption",
    [
        '[caption id="a1" width="300"]<img src="x.jpg"> A boat[/caption]',
        '[caption width="300" caption="A boat"]<img src="x.jpg">[/caption]',
        "[wp_caption caption='A boat']\n<img src=\"x.jpg\">\n[/wp_caption]",
    ],
)
def test_a_caption_becomes_a_figure(caption):
    body = bodies.written(f"Before.\n\n{caption}\n\nAfter.").replace("\n", "")
    assert body == ('<p>Before.</p><figure><img src="x.jpg"><figcaption>A boat</figcaption></figure><p>After.</p>')


def test_the_link_around_a_picture_stays_in_its_figure():
    body = bodies.written('[caption]<a href="/big.jpg"><img src="x.jpg"></a> A boat[/caption]')
    assert body.replace("\n", "") == (
        '<figure><a href="/big.jpg"><img src="x.jpg"></a><figcaption>A boat</figcaption></figure>'
    )


@pytest.mark.parametrize(
    "text",
    ["[gallery ids=1,2]", "[caption]No picture[/caption]", "[/caption]", "[caption]<img>", "[caption [/caption]"],
)
def test_what_is_no_caption_stays_to_be_read(text):
    assert text in bodies.written(text)


@pytest.mark.parametrize(
    "address",
    [
        "https://old.example/files/boat.jpg",
        "http://OLD.example/files/boat.jpg",
        "//old.example/files/boat.jpg?w=300",
        "https://old.example/files/boat-300x200.jpg",
        "/files/boat.jpg",
        "../files/boat.jpg",
    ],
)
def test_a_stored_picture_is_shown_from_where_it_is(address):
    body = bodies.resettled(f"<p><img alt='A boat' src='{address}'></p>", SITE, STORED)
    assert body == f"<p><img alt='A boat' src='/media/{'a' * 64}.webp'></p>"


def test_a_link_to_a_stored_picture_leads_to_it():
    assert bodies.resettled('<a href="pier.png">x</a>', SITE, STORED) == f'<a href="/media/{"b" * 64}.png">x</a>'


@pytest.mark.parametrize(
    "text",
    [
        '<img src="https://elsewhere.example/files/boat.jpg">',
        '<img src="https://old.example/files/other.jpg">',
        '<img src="http://[broken/files/boat.jpg">',
        '<img data-src="/files/boat.jpg">',
        "Look at https://old.example/files/boat.jpg",
    ],
)
def test_other_addresses_stay(text):
    assert bodies.resettled(text, SITE, STORED) == text
    assert set(bodies.uploads(text, SITE)) & set(STORED) == set()


@pytest.mark.parametrize("mark", ["<!--", "-->", "[caption", "[/caption]", "[caption]<img>", ' src="', "<a <img"])
def test_a_long_hostile_body_takes_no_long_time(mark):
    # A pattern that looks back would take hours for this, not the second that the test run can spare.
    assert bodies.resettled(bodies.written(mark * 50_000), SITE, STORED) is not None
