"""A text that an author wrote with blank lines gets its paragraphs; one that has its tags keeps them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.core.sanitizer import clean_html
from backoffice.importers.paragraphs import paragraphed

TEXTS = {
    "one paragraph": ("Only one.", "<p>Only one.</p>"),
    "two paragraphs": ("One.\n\nTwo.", "<p>One.</p>\n<p>Two.</p>"),
    "lines of Windows": ("One.\r\n\r\nTwo.\r\nMore.", "<p>One.</p>\n<p>Two.<br>\nMore.</p>"),
    "blank lines that hold spaces": ("One.\n \t\n\n\nTwo.", "<p>One.</p>\n<p>Two.</p>"),
    "a line break": ("One,\ntwo.", "<p>One,<br>\ntwo.</p>"),
    "a line break that is there": ("One,<br />\ntwo.", "<p>One,<br />\ntwo.</p>"),
    "a line break inside of a tag": ('<a\nhref="/x">Here</a>', '<p><a\nhref="/x">Here</a></p>'),
    "inline tags": ("An <em>old</em> boat.\n\n<b>New.</b>", "<p>An <em>old</em> boat.</p>\n<p><b>New.</b></p>"),
    "tagged paragraphs": ("<p>One.</p>\n\n<p>Two.</p>", "<p>One.</p>\n<p>Two.</p>"),
    "a paragraph left open": ("<p>One.\n\nTwo.", "<p>One.</p>\n<p>Two."),
    "a heading": ("<h2>Boats</h2>\nThey float.", "<h2>Boats</h2>\n<p>They float.</p>"),
    "a heading of two lines": ("<h2>Old\nboats</h2>", "<h2>Old<br>\nboats</h2>"),
    "a list": (
        "Buy:\n<ul>\n<li>Oil</li>\n<li>Rope</li>\n</ul>\nThen go.",
        "<p>Buy:</p>\n<ul>\n<li>Oil</li>\n<li>Rope</li>\n</ul>\n<p>Then go.</p>",
    ),
    "a quotation": ("<blockquote>Sea.</blockquote>", "<blockquote>\n<p>Sea.</p>\n</blockquote>"),
    "a box with one text": ("<div>Sea.</div>", "<div>Sea.</div>"),
    "a box with two texts": ("<div>Sea.\n\nSun.</div>", "<div>\n<p>Sea.</p>\n<p>Sun.</p>\n</div>"),
    "a table": ("<table><tr><td>1</td></tr></table>", "<table>\n<tr>\n<td>1</td>\n</tr>\n</table>"),
    "a rule": ("One.\n<hr>\nTwo.", "<p>One.</p>\n<hr>\n<p>Two.</p>"),
    "text as it stands": ("See:\n<pre>a\n\nb\n</pre>\nEnd.", "<p>See:</p>\n<pre>a\n\nb\n</pre>\n<p>End.</p>"),
    "text as it stands, without end": ("<pre>a\n\nb", "<p><pre>a</p>\n<p>b</p>"),
    "an end without a beginning": ("One.</div>\n\nTwo.", "<p>One.</p>\n</div>\n<p>Two.</p>"),
    "a sign that is no tag": ("1 < 2\n\n3 > 2", "<p>1 < 2</p>\n<p>3 > 2</p>"),
    "nothing": (" \n\n ", ""),
}


@pytest.mark.parametrize("name", TEXTS)
def test_paragraphs_are_where_the_author_saw_them(name):
    text, wanted = TEXTS[name]
    assert paragraphed(text) == wanted


def test_a_list_whose_items_are_left_open_stays_a_list():
    assert clean_html(paragraphed("<ul><li>Oil<li>Rope</ul>\nEnd.")).count("<li>") == 2
    assert paragraphed("<ul><li>Oil<li>Rope</ul>\nEnd.").endswith("<p>End.</p>")


MARKS = [
    "\n",
    "\n\n",
    "<p>",
    "</p>",
    "<div>",
    "</div>",
    "<li>",
    "<ul>",
    "</ul>",
    "<pre>",
    "</pre>",
    "<br>",
    "<",
    ">",
    "&",
]


@given(st.lists(st.sampled_from([*MARKS, "word", " ", "<b>", "</b>", "[caption]"]), max_size=40))
def test_no_word_is_lost_whatever_the_tags(pieces):
    text = "".join(pieces)
    assert paragraphed(text).count("word") == text.count("word")


@pytest.mark.parametrize("mark", MARKS)
def test_a_long_hostile_text_takes_no_long_time(mark):
    # A pattern that looks back would take hours for this, not the second that the test run can spare.
    assert paragraphed(mark * 200_000) is not None
