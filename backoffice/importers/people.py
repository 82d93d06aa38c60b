"""The authors of an export as users: accounts that exist are found again, others are made without a password."""

import re
from itertools import chain, count

from sqlalchemy import func, select

from backoffice.importers import records
from backoffice.importers.job import cut
from backoffice.models.accounts import User

NOBODY = "unknown"
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def take(job, survey):
    """Make or find a user for every author and creator of the export."""
    authors = {one.login: one for one in survey.authors if one.login}
    for login, line in survey.creators.items():
        if login not in authors:
            authors[login] = records.Author(line, login)
    job.users = job.known("user", User, authors)
    job.report.there["users"] += len(set(job.users.values()))
    claimed = set(job.users.values())
    for author in authors.values():
        if author.login not in job.users:
            key = _found(job, author, claimed) or _made(job, author)
            if key is not None:
                claimed.add(key)
                job.users[author.login] = key
    job.members = {one.key: job.users[one.login] for one in survey.authors if one.key and one.login in job.users}


def _found(job, author, claimed):
    """Return the key of the account that is this author: by the e-mail address, else by the name."""
    query = select(User).where(func.lower(User.email) == author.email.lower()) if author.email else None
    user = job.session.scalars(query).first() if query is not None else None
    if user is None:
        user = job.session.scalars(select(User).where(User.username == _username(author))).first()
    if user is None or user.id in claimed:
        return None
    job.remember("user", [(author.login, user)])
    job.report.there["users"] += 1
    return user.id


def _made(job, author):
    if not author.login:
        job.report.change(
            f"without an author: given to the account “{NOBODY}”", f"first in {records.where(author.line)}"
        )
    values = {"username": _free(job, _username(author)), "name": cut(_name(author), 120), "email": _email(job, author)}
    user = job.made(User, f"{records.where(author.line)}: author “{author.login}”", values)
    if user is None:
        return None
    job.session.add(user)
    job.session.flush()
    job.remember("user", [(author.login, user)])
    job.report.taken["users"] += 1
    return user.id


def _username(author):
    # It stands in the address of the author's page, where an e-mail address is nobody's business.
    name = " ".join(re.sub(r"[/\x00-\x1f\x7f]", "-", author.login.partition("@")[0]).split())
    return name[:70].strip() or NOBODY


def _name(author):
    if author.name and not _EMAIL.fullmatch(author.name):
        return author.name
    return _username(author) if author.login else "Unknown author"


def _email(job, author):
    if not author.email:
        return None
    what = f"{records.where(author.line)}: “{author.login}”"
    if len(author.email) > 254 or not _EMAIL.fullmatch(author.email):
        job.report.change("an author's e-mail address is none: the account has none", what)
        return None
    taken = select(User.id).where(func.lower(User.email) == author.email.lower())
    if job.session.scalars(taken).first() is not None:
        job.report.change("two authors have one e-mail address: the second account has none", what)
        return None
    return author.email


def _free(job, stem):
    used = set(job.session.scalars(select(User.username).where(User.username.startswith(stem, autoescape=True))))
    return next(name for name in chain([stem], (f"{stem}-{number}" for number in count(2))) if name not in used)
