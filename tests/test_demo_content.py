"""What the demonstration is made of: its texts and its drawings, before any database."""

import re

import pytest
from PIL import Image

from backoffice.core.sanitizer import clean_html
from backoffice.core.types import slugify
from backoffice.demo import pictures, portraits, written

ARTICLES = written.articles()


@pytest.mark.parametrize("article", ARTICLES, ids=lambda article: slugify(article.headings["title"]))
def test_a_body_is_already_as_clean_as_the_sanitiser_would_leave_it(article):
    assert clean_html(article.body) == article.body


@pytest.mark.parametrize("article", ARTICLES, ids=lambda article: slugify(article.headings["title"]))
def test_an_article_has_the_length_of_an_article_and_a_summary(article):
    words = len(re.sub(r"<[^>]+>", " ", article.body).split())

    assert 120 <= words <= 500
    assert article.headings["excerpt"]


def test_every_link_between_articles_leads_to_one():
    slugs = {slugify(article.headings["title"]) for article in ARTICLES}
    links = {link for article in ARTICLES for link in re.findall(r'href="/posts/([^"]+)"', article.body)}

    assert len(slugs) == len(ARTICLES)
    assert links
    assert links <= slugs


def test_no_sentence_is_used_in_two_articles():
    plain = [re.sub(r"<[^>]+>", " ", article.body) for article in ARTICLES]
    sentences = [{s.strip() for s in re.split(r"[.!?]\s", text) if len(s.split()) > 5} for text in plain]

    assert sum(map(len, sentences)) == len(set().union(*sentences))


def test_a_cover_is_drawn_alike_for_the_same_title_and_otherwise_for_another():
    first, again, other = (pictures.cover(title, "boats").read() for title in ("Swell", "Swell", "Fog"))

    assert first == again
    assert first != other


def test_pictures_have_their_sizes():
    with Image.open(pictures.cover("Swell", "no such subject")) as cover:
        assert cover.size == (1600, 900)
    with Image.open(portraits.portrait("wilf")) as portrait:
        assert portrait.size == (256, 256)
