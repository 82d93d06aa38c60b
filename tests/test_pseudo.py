"""Every kind of page in a language made up for it, whose texts stand in brackets: the rest has to be data or a name."""

import re
import runpy
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from flask_babel import force_locale
from sqlalchemy import String, select

from backoffice.core import zones
from backoffice.core.catalogues import words as words_of
from backoffice.core.model import Base, db
from backoffice.core.resource import resources
from backoffice.extensions import babel
from make import make

TOOLS = runpy.run_path(str(Path(__file__).resolve().parent.parent / "translations" / "catalogues.py"))
LANGUAGE = "eo"
SPOKEN = ("title", "aria-label", "placeholder", "alt", "aria-description", "aria-roledescription")
SILENT = {"script", "style", "time", "code", "kbd", "textarea"}
# Names of things, formats and keys are the same in every language; the last few are how Babel joins words in this one.
NAMES = {
    *("Backoffice", "Ctrl", "Enter", "Esc", "Alt", "Shift", "CSV", "XLSX", "JSON", "Lines", "UTF", "Windows", "UTC"),
    *("SQLite", "PostgreSQL", "Python", "MB", "KB", "GB", "https", "English", "Esperanto", "esperanto", "kaj", "aŭ"),
}
TITLE = re.compile(r" \W Backoffice$")
DAY = re.compile(r"\d{4}-\w{3}-\d\d")
PUBLIC = ("/", "/posts/kumquat", "/search?q=kumquat", "/search", "/nothing-there", "/login", "/reset", "/language")
ASKED = (
    "/admin/post/?page=x",
    "/admin/find/?q=kum",
    "/admin/post/?search=Kumquat",
    "/admin/post/import/",
    "/language?url=/",
)
SENT = {
    "/admin/post/new/": {"title": "", "slug": "é é"},
    "/admin/post/action/": {"action": "delete", "rowid": "1"},
    "/change": {"password": "x", "new_password": "y", "new_password_confirm": "z"},
}


class Words(HTMLParser):
    """The words of a page that people see or hear."""

    def __init__(self):
        super().__init__()
        self.found, self.silent = [], 0

    def handle_starttag(self, tag, attributes):
        """Note what the attributes say."""
        self.silent += tag in SILENT
        given = dict(attributes)
        spoken = [given[name] for name in SPOKEN if given.get(name)]
        spoken += [text for name, text in given.items() if name.startswith("data-") and text and " " in text]
        if tag == "input" and given.get("type") in {"submit", "button"}:
            spoken.append(given.get("value", ""))
        self.found += [text for text in spoken if not text.startswith(("{", "["))]

    def handle_endtag(self, tag):
        """Hear again after what is not for people."""
        self.silent -= tag in SILENT

    def handle_data(self, text):
        """Note a text."""
        if not self.silent and text.strip():
            self.found.append(text)


def outside(text):
    """Return what of a text stands in no brackets."""
    depth, left = 0, []
    for sign in text:
        depth += sign == "⟦"
        if not depth:
            left.append(sign)
        depth -= sign == "⟧" and depth > 0
    return "".join(left)


def test_nothing_but_what_stands_in_brackets_counts_as_translated():
    assert outside("⟦Save ⟦this⟧ now⟧ Save, 3 ⟦rows⟧") == " Save, 3 "
    page = Words()
    page.feed(
        '<p title="A">B <b>C</b><time>D</time></p><script>E</script><input type="submit" value="F"><i data-x="G h">'
    )
    assert page.found == ["A", "B ", "C", "F", "G h"]


@pytest.fixture
def made_up(app, tmp_path, monkeypatch):
    """Let there be the language made up for it."""
    catalogue = Catalog(locale=LANGUAGE)
    for message in TOOLS["extracted"]():
        texts = message.id if message.pluralizable else (message.id,)
        words = tuple(f"⟦{text}⟧" for text in texts)
        if message.id:
            catalogue.add(message.id, words if message.pluralizable else words[0], context=message.context)
    folder = tmp_path / LANGUAGE / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "messages.po").write_bytes(TOOLS["written"](catalogue))
    monkeypatch.setitem(app.config, "LANGUAGES", ("en", LANGUAGE))
    with app.app_context():
        spoken = babel.domain_instance
        monkeypatch.setitem(
            spoken.cache, (tuple(spoken.translation_directories), LANGUAGE), words_of([tmp_path], LANGUAGE)
        )


@pytest.fixture
def rows(app):
    """Store a row of everything; return their keys by resource."""
    with app.app_context():
        keys = {name: make(model).id for name, model in resources().items() if name != "change"}
        keys["post"] = make(resources()["post"], status="published", title="Kumquat", slug="kumquat").id
        db.session.commit()
        return {**keys, "change": 1}


def stored(app):
    """Return all text that is stored: what people wrote."""
    with app.app_context():
        texts = set()
        for mapper in Base.registry.mappers:
            for column in mapper.columns:
                said = column.info.keys() & {"words", "labels"}
                if not said and (isinstance(column.type, String) or hasattr(column.type, "impl")):
                    texts |= {str(one) for one in db.session.scalars(select(column)) if one not in (None, "")}
    return "\n".join(texts)


def addresses(app, rows):
    """Yield the address of every page of the panel, for a row where it is about one."""
    for rule in app.url_map.iter_rules():
        name = rule.endpoint.partition(".")[0]
        if rule.rule.startswith("/admin/") and "GET" in rule.methods and not rule.arguments:
            yield f"{rule.rule}?id={rows[name]}" if name in rows else rule.rule


def strange(page, data, where):
    """Yield what a page says that is neither translated, nor stored, nor a name."""
    words = Words()
    words.feed(page)
    for text in (TITLE.sub("", one.strip()) for one in words.found):
        left = re.findall(r"[^\W\d_]{2,}", DAY.sub("", outside(text)))
        if not {*left} <= NAMES and text not in data and not text.startswith("{") and outside(text).strip() not in data:
            yield f"{where}: {text!r}"


@pytest.mark.sqlite
def test_every_page_is_in_the_language_of_whoever_reads_it(app, made_up, rows, as_role):
    browser, stranger = as_role("administrator", locale=LANGUAGE), app.test_client()
    stranger.set_cookie("language", LANGUAGE)
    answers = {where: browser.get(where) for where in (*addresses(app, rows), *ASKED)}
    answers |= {where: stranger.get(where) for where in PUBLIC}
    answers |= {f"POST {where}": browser.post(where, data=sent) for where, sent in SENT.items()}
    answers["POST /login"] = stranger.post("/login", data={"email": "nobody", "password": ""})
    html = {where: one.text for where, one in answers.items() if one.mimetype == "text/html"}
    assert len(html) > 60
    with app.test_request_context(), force_locale(LANGUAGE):
        data = "\n".join([stored(app), *(said for _name, said in zones.offered())])
    found = [one for where, page in html.items() for one in strange(page, data, where)]
    assert found == [], "\n".join(found)
