"""The small magazine as rows: its people, subjects, articles with their covers, and comments."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask_security import hash_password
from sqlalchemy import func, or_, select

from backoffice.core import files
from backoffice.core.model import now
from backoffice.core.types import slugify
from backoffice.demo import paper, pictures, portraits, remarks, written
from backoffice.models.accounts import Role, User, give_first_rights
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post, Tag
from backoffice.models.media import Image

LIVED = timedelta(days=380)  # the accounts are a little older than the oldest article


@dataclass
class Published:
    """An article that became a row, as the readers see it."""

    article: written.Article
    row: Any
    author: str
    at: datetime


class Magazine:
    """The magazine on its way into a database; what is there already stays, and `accounts` are those it made."""

    def __init__(self, session, password):
        self.session, self.password, self.moment = session, password, now()
        self.accounts = []
        self.new = {"users": 0, "categories": 0, "tags": 0, "posts": 0, "comments": 0}

    def load(self):
        """Write all that is missing, and return how many rows of each kind were new."""
        give_first_rights(self.session)
        people = written.people()
        users = self._users(people)
        categories = self._categories(people["categories"])
        articles = written.articles()
        tags = self._tags(articles)
        fresh = [self._post(article, (users, categories, tags)) for article in articles]
        self.session.flush()
        writers = {article.headings["author"] for article in articles}
        members = sorted(set(users) - writers)  # the writers answer under their own articles only
        self._comments([post for post in fresh if post and _is_open(post.article)], users, members)
        return self.new

    def _users(self, people):
        for person in people["accounts"]:
            role = self.session.scalars(select(Role).where(Role.name == person["role"])).one()
            if self._user(person, password=hash_password(self.password), roles=[role]):
                self.accounts.append(person)
        author = self.session.scalars(select(Role).where(Role.name == "author")).one()
        for person in people["writers"]:
            self._user(person, roles=[author])
        for person in people["readers"]:
            self._user(person)
        self.session.flush()
        everyone = people["accounts"] + people["writers"] + people["readers"]
        return {person["username"]: self._known(person) for person in everyone}

    def _known(self, person):
        same = or_(User.username == person["username"], func.lower(User.email) == _email(person))
        return self.session.scalars(select(User).where(same).order_by(User.id)).first()

    def _user(self, person, **fields):
        if self._known(person):
            return False
        dice = paper.dice_for(person["username"])
        fields["avatar"] = files.store_picture(portraits.portrait(person["portrait"]))
        fields["created_at"] = self.moment - LIVED - timedelta(days=dice.randint(0, 400))
        user = User(username=person["username"], name=person["name"], email=_email(person), bio=person["bio"], **fields)
        self.session.add(user)
        self.new["users"] += 1
        return True

    def _categories(self, subjects):
        known = {category.slug: category for category in self.session.scalars(select(Category))}
        for subject in subjects:
            if subject["slug"] in known:
                continue
            fields = {name: subject[name] for name in ("name", "slug", "description")}
            known[subject["slug"]] = Category(**fields, parent=known.get(subject["parent"]))
            self.session.add(known[subject["slug"]])
            self.new["categories"] += 1
        return known

    def _tags(self, articles):
        there = self.session.scalars(select(Tag)).all()
        known = {slugify(tag.name): tag for tag in there} | {tag.slug: tag for tag in there}
        for name in sorted({name for article in articles for name in _tag_names(article)}):
            if slugify(name) not in known:
                known[slugify(name)] = Tag(name=name.replace("-", " "), slug=slugify(name))
                self.session.add(known[slugify(name)])
                self.new["tags"] += 1
        return known

    def _post(self, article, shelves):
        users, categories, tags = shelves
        words = article.headings
        slug = words.get("slug") or slugify(words["title"])
        if self.session.scalars(select(Post.id).where(Post.slug == slug)).first():
            return None
        at = _moment(words, self.moment)
        post = Post(
            title=words["title"], slug=slug, excerpt=words["excerpt"], body=article.body, author=users[words["author"]]
        )
        post.kind, post.status = words.get("kind", "post"), words.get("status", "published")
        _date(post, at, self.moment)
        post.category = categories.get(words.get("category"))
        post.tags = [tags[slugify(name)] for name in _tag_names(article)]
        post.cover = self._cover(post) if post.kind == "post" else None
        self.session.add(post)
        self.new["posts"] += 1
        return Published(article, post, words["author"], at)

    def _cover(self, post):
        name = files.store_picture(pictures.cover(post.slug, post.category.slug))
        alt = pictures.words(post.slug, post.category.slug)
        return Image(title=post.title[:200], file=name, alt=alt, uploader=post.author, created_at=post.created_at)

    def _comments(self, posts, users, members):
        if not posts:
            return
        rows = {}
        for remark in remarks.Readers(posts, members, self.moment).say(TOTAL_COMMENTS):
            row = Comment(body=remark.body, status=remark.status, kind=remark.kind, created_at=remark.at)
            row.post, row.parent = remark.post.row, rows.get(remark.parent)
            row.author = users[remark.member] if remark.member else None
            row.guest_name, row.guest_email, row.guest_url = remark.guest, remark.guest_email, remark.guest_url
            row.address, row.agent, row.updated_at = remark.address, remark.agent, remark.at
            rows[remark] = row
        self.session.add_all(rows.values())
        self.session.flush()
        self.new["comments"] += len(rows)


TOTAL_COMMENTS = 400


def _email(person):
    return person.get("email") or f"{person['username']}@example.com"


def _tag_names(article):
    return [name.strip() for name in article.headings["tags"].split(",") if name.strip()]


def _is_open(article):
    return article.headings.get("status", "published") in {"published", "archived"} and "kind" not in article.headings


def _moment(words, today):
    """Return when an article appears: its own day of the year, or so many days from now."""
    dice = paper.dice_for(words["title"])
    if "in" in words:
        return today + timedelta(days=int(words["in"]), minutes=dice.randint(0, 600))
    if "ago" in words:
        return today - timedelta(days=int(words["ago"]), minutes=dice.randint(0, 600))
    month, day = map(int, words["on"].split("-"))
    # The latest such day that is past, so that winter is written about in winter and nothing is over a year old.
    at = datetime(today.year, month, day, dice.randint(6, 18), dice.randint(0, 59), tzinfo=UTC)
    return at if at <= today else at.replace(year=today.year - 1)


def _date(post, at, today):
    dice = paper.dice_for(f"hours on {post.slug}")
    post.created_at = min(at, today) - timedelta(hours=dice.randint(3, 90))
    post.updated_at = min(at, today)
    if post.status == "scheduled":
        post.publish_at = at
    elif post.status in {"published", "archived"}:
        post.published_at = at
        post.views = int((today - at).days ** 0.7 * dice.randint(9, 60)) + dice.randint(5, 90)
