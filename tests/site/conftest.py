"""What the tests of the public site share: rows that are published, and pages read as a browser reads them."""

from datetime import timedelta
from html.parser import HTMLParser
from itertools import count

import pytest
from sqlalchemy import select

from backoffice.core.model import db, now
from backoffice.models.accounts import User
from backoffice.models.comments import APPROVED, Comment
from backoffice.models.content import PUBLISHED, Post, Tag
from backoffice.site import standing

EMPTY = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class Reader(HTMLParser):
    """A page as its elements: (name, attributes) in order, and the text inside each kind of element."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.texts, self.open, self.unbalanced = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data):
        self.texts.append((tuple(self.open), data))

    def all(self, tag):
        """Return the attributes of every element of this name."""
        return [attrs for name, attrs in self.elements if name == tag]

    def text(self, *inside):
        """Return the words that stand inside elements of all these names."""
        return " ".join(" ".join(text for place, text in self.texts if set(inside) <= set(place)).split())

    def links(self):
        """Return where the links lead."""
        return [attrs.get("href", "") for attrs in self.all("a")]


@pytest.fixture
def read(client):
    """Return a function that opens an address, which must answer 200, and returns the page read."""

    def reader(path, **rest):
        answer = client.get(path, **rest)
        assert answer.status_code == 200, (path, answer.status_code)
        return Reader(answer.text)

    return reader


@pytest.fixture
def reader():
    """Return the class that reads a page."""
    return Reader


@pytest.fixture
def cost(app, client, queries):
    """Return a function that opens an address as if nobody had before, and returns the statements it took."""

    def opened(path):
        standing.init_app(app)
        with queries() as sent:
            assert client.get(path).status_code == 200
        # Where the database can give up by itself, a search also tells it when.
        return [one for one in sent if "statement_timeout" not in one]

    return opened


@pytest.fixture
def writer(app):
    """Return the key of somebody who writes."""
    with app.app_context():
        row = User(username="mara", name="Mara Quill", email="mara@example.com", bio="Writes about boats.")
        db.session.add(row)
        db.session.commit()
        return row.id


@pytest.fixture
def publish(app, writer):
    """Return a function that stores a published post, each a day older than the one before, and returns its slug."""
    ages = count(1)

    def store(title="A post", tags=(), **fields):
        with app.app_context():
            moment = now() - timedelta(days=next(ages))
            given = {
                "author_id": writer,
                "status": PUBLISHED,
                "published_at": moment,
                "body": "<p>Words.</p>",
                **fields,
            }
            there = {row.name: row for row in db.session.scalars(select(Tag).where(Tag.name.in_(tags)))}
            row = Post(title=title, tags=[there.get(name) or Tag(name=name) for name in tags], **given)
            db.session.add(row)
            db.session.commit()
            return row.slug

    return store


@pytest.fixture
def say(app):
    """Return a function that stores an approved comment under the post of this slug, and returns its key."""
    ages = count()

    def store(slug, body="Well said.", **fields):
        with app.app_context():
            post = db.session.scalars(select(Post).where(Post.slug == slug)).one()
            moment = now() - timedelta(days=1) + timedelta(minutes=next(ages))
            given = {"guest_name": "Pip", "status": APPROVED, "created_at": moment, **fields}
            row = Comment(post_id=post.id, body=body, **given)
            db.session.add(row)
            db.session.commit()
            return row.id

    return store
