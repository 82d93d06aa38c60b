"""The addresses that programs open: feeds, maps of the site, and what crawlers are asked to leave alone."""

from datetime import timedelta

from flask import Response, abort, render_template, request, url_for
from sqlalchemy import select

from backoffice.core.model import db, now
from backoffice.models.accounts import User
from backoffice.models.content import Category, Post, Tag
from backoffice.site import feeds, maps, outside, subjects, tagged
from backoffice.site.present import absolute

FEED, MAP = "application/atom+xml", "application/xml"
# Seconds until a date that counts whole seconds tells two changes apart.
SETTLED = timedelta(seconds=5)
# Search pages are without end, and nobody looks for the others.
HIDDEN = ("/admin/", "/api/", "/login", "/search")


def attach(blueprint):
    """Give the site the addresses that programs open."""
    for path, view in (
        ("/feed.xml", feed),
        ("/categories/<slug>/feed.xml", category_feed),
        ("/tags/<slug>/feed.xml", tag_feed),
        ("/authors/<username>/feed.xml", author_feed),
        ("/sitemap.xml", sitemap),
        ("/sitemap-home.xml", home_map),
        ("/sitemap-<kind>-<number>.xml", part_of_map),
        ("/robots.txt", robots),
    ):
        blueprint.get(path)(view)


def feed():
    """Tell the newest posts."""
    return _feed(feeds.made())


def category_feed(slug):
    """Tell the newest posts of a category and of those below it."""
    found = _one(Category.id, Category.name, Category.slug == slug)
    tiers = Post.under(subjects.branch(found.id))
    return _of_subject(tiers, f"category-{found.id}", found.name)


def tag_feed(slug):
    """Tell the newest posts that share a tag."""
    found = _one(Tag.id, Tag.name, Tag.slug == slug)
    return _of_subject([tagged.condition(found.id)], f"tag-{found.id}", found.name)


def author_feed(username):
    """Tell the newest posts of somebody."""
    found = _one(User.id, User.name, User.username == username)
    return _of_subject([Post.author_id == found.id], f"author-{found.id}", found.name)


def sitemap():
    """Name the maps of the site."""
    named = [("home_map", {})]
    for name, kind in maps.KINDS.items():
        named += [("part_of_map", {"kind": name, "number": number}) for number in maps.numbers(kind)]
    found = [absolute(url_for(f"site.{endpoint}", **words)) for endpoint, words in named[: maps.MOST]]
    return _xml(render_template("site/sitemaps.xml", maps=found), MAP)


def home_map():
    """Name the first page, which no row stands for."""
    return _map([(absolute(url_for("site.home")), None)])


def part_of_map(kind, number):
    """Name the public pages of one kind whose keys stand in one range."""
    if kind not in maps.KINDS or not maps.NUMBER.fullmatch(number) or int(number) > maps.LAST:
        abort(404)
    return _map(maps.addresses(maps.KINDS[kind], int(number)) or abort(404))


def robots():
    """Tell crawlers what to leave alone, and where the map is; alike everywhere, so that it can be looked at before."""
    hidden, place = (f"Disallow: {path}" for path in HIDDEN), absolute(url_for("site.sitemap"))
    lines = ["User-agent: *", *hidden, "", f"Sitemap: {place}"]
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


def _one(*asked):
    *columns, condition = asked
    return db.session.execute(select(*columns).where(condition)).first() or abort(404)


def _of_subject(tiers, key, title):
    page = url_for(request.endpoint.removesuffix("_feed"), **request.view_args)
    made = feeds.made(*tiers, title=title, key=key, here=url_for(request.endpoint, **request.view_args), page=page)
    # A subject nobody has published on is not there at all.
    return _feed(made) if made.entries else abort(404)


def _feed(made):
    answer = _xml(feeds.written(made), FEED)
    if made.updated and made.updated < now() - SETTLED:
        answer.last_modified = made.updated
    return answer


def _map(addresses):
    return _xml(render_template("site/sitemap.xml", addresses=addresses, moment=feeds.moment), MAP)


def _xml(text, kind):
    return Response(outside.xml(text), mimetype=kind)
