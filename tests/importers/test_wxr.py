"""What is no export is refused in one line that says where and why, and the database stays as it was."""

import pytest
from sqlalchemy import func, select

from backoffice.core.history import Change
from backoffice.core.model import db
from backoffice.importers import wxr
from backoffice.models.content import Post
from importers.exports import element, export, item

WHOLE = export(item())
BOMB = '<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
REFUSED = {
    "empty": ("", 1, "the file is empty"),
    "blank": ("\n\n", 3, "ends before"),
    "truncated in an item": (WHOLE[: WHOLE.index("</item>")], None, "ends before"),
    "truncated in a tag": (WHOLE[: WHOLE.index("</item>") + 3], None, "ends before"),
    "without its last end": (WHOLE.removesuffix("</rss>"), None, "ends before"),
    "an unknown entity": (export(item()).replace("A post", "A &nbsp; post"), 9, "not well-formed"),
    "a bare ampersand": (export(item()).replace("A post", "Salt & pepper"), 9, "not well-formed"),
    "tags that cross": (export("<item><title>A</item></title>"), 8, "not well-formed"),
    "a control character": (export(item()).replace("A post", "A \x08 post"), 9, "not well-formed"),
    "a bomb of entities": (WHOLE.replace("<rss", f"{BOMB}<rss").replace("A post", "&b;"), 2, "document type"),
    "an entity from a file": (WHOLE.replace("<rss", f"{OUTSIDE}<rss").replace("A post", "&a;"), 2, "document type"),
    "no version": (export(item(), version=""), 7, "does not say its version"),
    "no version and nothing in it": (export(version=""), 8, "does not say its version"),
    "a version to come": (export(item(), version="2.0"), 8, "'2.0'; known are 1.0, 1.1, 1.2"),
    "a web page": ("<html><body>Not found</body></html>", 1, "begins with <html>"),
    "another feed": ('<feed xmlns="http://www.w3.org/2005/Atom"/>', 1, "no WordPress export"),
    "words": ("Dear reader,\nthis is a letter.", 1, "not well-formed"),
    "bytes": (bytes(range(256)), 1, "not well-formed"),
    "another encoding than it says": (WHOLE.replace("A post", "Ängste").encode("latin-1"), 9, "encoding"),
    "an encoding nobody knows": (WHOLE.replace("UTF-8", "X-NONE").encode(), 1, "encoding"),
    "an encoding of many bytes": (WHOLE.replace("UTF-8", "Shift_JIS").encode(), 1, "encoding"),
    "elements without end": (export(f"<item>{'<a>' * 40}{'</a>' * 40}</item>"), 8, "too deeply"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_no_whole_export_is_refused_in_one_line(app, bring, tmp_path, name):
    content, line, reason = REFUSED[name]
    told = bring(content, code=2)
    assert told.stdout == ""
    assert told.stderr.count("\n") == 1
    where = f"{tmp_path / 'export.xml'}, line {line or ''}"
    assert told.stderr.startswith(f"Not imported: {where}")
    assert reason in told.stderr
    with app.app_context():
        assert db.session.scalar(select(func.count(Post.id))) == 0
        assert db.session.scalar(select(func.count(Change.id)).where(Change.door == "import")) == 0


@pytest.mark.parametrize(("name", "reason"), [("nothing.xml", "no such file"), (".", "a folder")])
def test_what_is_no_file_is_refused(bring, tmp_path, name, reason):
    told = bring(tmp_path / name, code=2)
    assert told.stderr == f"Not imported: {tmp_path / name}: {'this is' if name == '.' else 'there is'} {reason}.\n"


def test_an_entry_longer_than_memory_should_hold_is_refused(bring, monkeypatch):
    monkeypatch.setattr(wxr, "LARGEST_ENTRY", 50_000)
    told = bring(export(item(), item("Long", body="word " * 20_000)), code=2)
    assert "the entry that begins in line 16 is longer than 50,000 characters" in told.stderr
    told = bring(export(item("Many", "<a/>" * 1000)), code=2)
    assert "longer than" in told.stderr


def test_what_plugins_keep_beside_posts_counts_for_nothing(bring, monkeypatch):
    monkeypatch.setattr(wxr, "LARGEST_ENTRY", 50_000)
    plugins = {f"_plugin_{number}": "data " * 5000 for number in range(20)}
    assert "posts" in bring(export(item(meta=plugins))).stdout


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_every_version_of_the_format_is_read(app, bring, version, scheme):
    text = export(item(), version=version, schema=version).replace("http://wordpress", f"{scheme}://wordpress")
    bring(text)
    with app.app_context():
        assert db.session.scalars(select(Post.title)).all() == ["A post"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
def test_the_encoding_that_a_file_declares_is_believed(app, bring, encoding):
    declared = {"utf-8-sig": "utf-8"}.get(encoding, encoding)
    bring(export(item("Ängste „Maße“" if "utf" in encoding else "Ängste")).replace("UTF-8", declared).encode(encoding))
    with app.app_context():
        assert db.session.scalars(select(Post.title)).one().startswith("Ängste")


def test_text_in_several_pieces_is_one_text(app, bring):
    body = "<content:encoded>\n<![CDATA[one ]]><![CDATA[<b>two</b>]]> three\n</content:encoded>"
    bring(export(item("Pieces", body)))
    with app.app_context():
        assert db.session.scalars(select(Post.body)).one() == "<p>one <b>two</b> three</p>"


def test_lines_are_told_truly_far_into_a_file(bring):
    told = bring(
        export(*(element("generator", number) for number in range(100_000)), "<item>", "<title>&</title>"), code=2
    )
    assert "line 100009: this is not well-formed XML" in told.stderr
