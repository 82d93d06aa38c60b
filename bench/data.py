"""The data set of a run: the database, filled by the application's own demonstration, and facts about it."""

import os
import secrets
import subprocess
from dataclasses import dataclass
from urllib.parse import quote

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from tools import PLACE, ROOT

PAGE = 50
DEEP = 1000  # the number of the deep page, where there are twice as many
COMMON = "first"
TICKED = 100  # comments that are approved at once
SECRETS = {name: secrets.token_hex() for name in ("SECRET_KEY", "SECURITY_PASSWORD_SALT")}


@dataclass(frozen=True)
class Facts:
    """What the addresses and the hand-written statements need to know of the data set."""

    posts: int
    comments: int
    pages: int
    deep_page: int
    deep_at: str
    key: int
    title: str
    category: int
    rare: str
    related: dict[str, list[int]]
    rejected: int
    ticked: list[int]
    common: str = COMMON

    def fill(self, address):
        """Return an address with the facts it names."""
        last = {"last_page": self.pages - 1, "deep_number": self.deep_page + 1}
        return address.format(**vars(self), **last)


@dataclass(frozen=True)
class Account:
    """Who signs in everywhere during one run."""

    name: str
    password: str

    @property
    def email(self):
        """The address that our own sign-in asks for."""
        return f"{self.name}@example.com"


def environment(url):
    """Return the variables that every part of a run is started with."""
    own = {"DATABASE_URL": url, "BACKOFFICE_ENV": "development", "RATELIMIT_ENABLED": "false", **SECRETS}
    # Whoever is brought in from a file is mailed an invitation: from here that must not leave the machine.
    return own | {"MEDIA_URL": str(PLACE / "media"), "HOST": "127.0.0.1", "MAIL_SERVER": ""}


def served():
    """Return the variables with which the application serves in a run: as people do who rely on it."""
    return {"BACKOFFICE_ENV": "production", "SITE_URL": "https://127.0.0.1"}


def build(url, posts):
    """Make the database and fill it until it holds so many posts and twice as many comments; return who signs in."""
    make_database(url)
    manage(url, "db", "upgrade")
    password = secrets.token_urlsafe(24)
    manage(url, "demo", "--posts", str(posts), "--comments", str(2 * posts), "--password", password)
    return account(url, password)


def account(url, password=None):
    """Make an account for this run in the database, and return it."""
    made = Account(f"bench-{secrets.token_hex(4)}", password or secrets.token_urlsafe(24))
    role = ("--role", "administrator", "--password-stdin")
    manage(url, "users", "create", made.email, *role, typed=f"{made.password}\n")
    return made


def facts(engine):
    """Return the facts of the data set behind this engine."""
    with engine.connect() as connection:
        posts, comments = (connection.scalar(text(f"SELECT count(*) FROM {name}")) for name in ("post", "comment"))
        pages = -(-posts // PAGE)
        named = text("SELECT id, title, author_id, category_id FROM post WHERE id >= :at ORDER BY id LIMIT 1")
        post = connection.execute(named, {"at": posts * 5 // 8}).one()
        tags = connection.scalars(text("SELECT tag_id FROM post_tag WHERE post_id = :key"), {"key": post.id}).all()
        # The large set's titles end with the post's key: a word that one title and one address hold.
        rare = connection.scalar(text("SELECT max(id) FROM post WHERE id <= :at"), {"at": max(posts * 627 // 1000, 1)})
        category = connection.scalar(
            text("SELECT category_id FROM post WHERE category_id IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC LIMIT 1")
        )
        deep = max(min(DEEP, pages // 2) - 1, 0)
        before = text("SELECT created_at FROM post ORDER BY created_at DESC LIMIT 1 OFFSET :rows")
        rejected = connection.scalar(text("SELECT count(*) FROM comment WHERE status = 'rejected'"))
        some = text("SELECT id FROM comment WHERE status = 'rejected' ORDER BY created_at DESC, id DESC LIMIT :most")
        ticked = list(connection.scalars(some, {"most": TICKED}))
        at = connection.execute(before, {"rows": max(deep - 1, 0) * PAGE}).scalar_one()
    related = {"author": [post.author_id], "category": [post.category_id], "tags": list(tags)}
    jump = quote(str(at)[:19].replace(" ", "T"))
    return Facts(
        posts, comments, pages, deep, jump, post.id, post.title, category, str(rare), related, rejected, ticked
    )


def make_database(url):
    """Make the database of this address, unless it is there."""
    place = make_url(url)
    if place.get_backend_name() == "sqlite":
        PLACE.mkdir(parents=True, exist_ok=True)
        return
    server = create_engine(place.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        known = text("SELECT 1 FROM pg_database WHERE datname = :name")
        if not connection.scalar(known, {"name": place.database}):
            name = connection.dialect.identifier_preparer.quote(place.database)
            connection.execute(text(f"CREATE DATABASE {name}"))
    server.dispose()


def manage(url, *words, typed=None):
    """Run a command of the application on this database."""
    subprocess.run(
        [str(ROOT / ".venv/bin/python"), "manage.py", *words],
        cwd=ROOT,
        env={**os.environ, **environment(url)},
        input=typed,
        stdout=subprocess.DEVNULL,
        text=True,
        check=True,
    )
