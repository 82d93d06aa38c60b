"""Exports as WordPress writes them, put together by the tests."""

from xml.sax.saxutils import escape, quoteattr

SITE = "https://old.example"
FIELDS = {
    "link": "link",
    "mailed": "pubDate",
    "creator": "dc:creator",
    "guid": "guid",
    "body": "content:encoded",
    "excerpt": "excerpt:encoded",
    "key": "wp:post_id",
    "local": "wp:post_date",
    "date": "wp:post_date_gmt",
    "slug": "wp:post_name",
    "status": "wp:status",
    "parent": "wp:post_parent",
    "kind": "wp:post_type",
    "password": "wp:post_password",
    "sticky": "wp:is_sticky",
    "upload": "wp:attachment_url",
}
SAID = {
    "key": "comment_id",
    "name": "comment_author",
    "email": "comment_author_email",
    "url": "comment_author_url",
    "address": "comment_author_IP",
    "date": "comment_date_gmt",
    "body": "comment_content",
    "status": "comment_approved",
    "kind": "comment_type",
    "parent": "comment_parent",
    "member": "comment_user_id",
    "agent": "comment_agent",
}


def element(name, text):
    """Return one element with this text."""
    return f"<{name}>{escape(str(text))}</{name}>"


def export(*entries, version="1.2", site=SITE, schema="1.2"):
    """Return a whole export of `site` that holds these entries."""
    spaces = {
        "excerpt": f"http://wordpress.org/export/{schema}/excerpt/",
        "content": "http://purl.org/rss/1.0/modules/content/",
        "dc": "http://purl.org/dc/elements/1.1/",
        "wp": f"http://wordpress.org/export/{schema}/",
    }
    named = " ".join(f'xmlns:{prefix}="{address}"' for prefix, address in spaces.items())
    head = ["<title>The old site</title>", element("link", site), element("wp:base_blog_url", site)]
    if version:
        head.append(element("wp:wxr_version", version))
    lines = ['<?xml version="1.0" encoding="UTF-8" ?>', f'<rss version="2.0" {named}>', "<channel>", *head, *entries]
    return "\n".join([*lines, "</channel>", "</rss>"])


def author(login, **fields):
    """Return an author of the export's list."""
    told = {"author_login": login, **{f"author_{name}": value for name, value in fields.items()}}
    return wrapped("wp:author", told)


def category(slug, name, parent=""):
    """Return a category of the export's list."""
    return wrapped("wp:category", {"category_nicename": slug, "category_parent": parent, "cat_name": name})


def tag(slug, name):
    """Return a tag of the export's list."""
    return wrapped("wp:tag", {"tag_slug": slug, "tag_name": name})


def wrapped(name, fields):
    """Return an element of WordPress's own elements."""
    return f"<{name}>{''.join(element(f'wp:{key}', value) for key, value in fields.items())}</{name}>"


def item(title="A post", *inside, terms=(), meta=None, **fields):
    """Return an item: by default a published post of the year 2015; `inside` are its comments."""
    told = {"key": 1, "kind": "post", "status": "publish", "creator": "ann", "date": "2015-01-31 10:00:00", **fields}
    parts = [element("title", title), *(element(FIELDS[name], value) for name, value in told.items())]
    parts += [
        f"<category domain={quoteattr(domain)} nicename={quoteattr(slug)}>{escape(name)}</category>"
        for domain, slug, name in terms
    ]
    parts += [wrapped("wp:postmeta", {"meta_key": key, "meta_value": value}) for key, value in (meta or {}).items()]
    return "\n".join(["<item>", *parts, *inside, "</item>"])


def comment(key, body="Well said.", **fields):
    """Return a comment: by default an approved one of a guest."""
    told = {"key": key, "name": "Guest", "date": "2015-02-01 12:00:00", "body": body, "status": "1", **fields}
    return wrapped("wp:comment", {SAID[name]: value for name, value in told.items()})
