"""Rows out: complete, obeying the rights, in flat memory, and harmless to a spreadsheet."""

import csv
import io
import json
import re
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from backoffice.core import transfer
from backoffice.core.access import OPERATOR, NotFound
from backoffice.core.history import Change
from backoffice.core.model import db, now
from backoffice.core.selection.criteria import BadCriteria, Criteria, Filter
from backoffice.core.transfer import FIRST, exportable, extraction, rows_out
from backoffice.core.transfer.rendering import safe_cell
from backoffice.models.accounts import Role, User
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post, Tag

INPUTS = Path(__file__).resolve().parents[3] / "shared" / "inputs"
INJECTIONS = INPUTS / "4-injection-lists" / "csv-injection.json"
MANY = 20_000
FORMULAS = [
    "=1+1",
    "+1",
    "-1+1",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1+1",
    "\u00a0=1+1",
    "\u3000=1+1",
    "\ufeff=1",
    "\u200b=1",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM(1)",
    "\u20131",
    "\u22121",
    '=HYPERLINK("https://example.com","x")',
    "=cmd|' /C calc'!A0",
]
# How a spreadsheet tells a formula: by the first character that is not blank, in its plain form.
RUNS = re.compile(r"\s*[=+\-@]")


@pytest.fixture
def inside(app):
    """Return the application, with work being done in it."""
    with app.app_context():
        yield app


def person(role, **fields):
    held = db.session.scalars(select(Role).filter_by(name=role)).one()
    return keep(User(**{"username": role, "name": role.title(), "active": True, "roles": [held], **fields}))


def keep(*rows):
    """Store rows and return them, or the only one."""
    db.session.add_all(rows)
    db.session.commit()
    return rows[0] if len(rows) == 1 else rows


def out(user, model, names=(), form="csv", filters=()):
    return b"".join(rows_out(db.session(), user, Criteria(model, filters=tuple(filters)), names, form))


def table(sent):
    return list(csv.DictReader(io.StringIO(sent.decode(), newline="")))


# What it looks like


def test_csv_has_a_header_and_a_line_for_each_row_in_order(inside):
    ann = person("author")
    keep(Category(name="Sea"))
    sea = db.session.scalars(select(Category)).one()
    keep(
        Post(title='Say "ebb", twice', author=ann, category=sea, tags=[Tag(name="Mist"), Tag(name="Fog")], views=7),
        Post(title="Two\nlines", author=ann),
    )
    sent = out(OPERATOR, Post, ("id", "title", "author", "category", "tags", "views"))
    assert sent.splitlines()[0] == b'"id","title","author","category","tags","views"'
    assert sent.count(b"\r\n") == 3
    assert [list(row.values()) for row in table(sent)] == [
        ["1", 'Say "ebb", twice', "Author", "Sea", "Fog; Mist", "7"],
        ["2", "Two\nlines", "Author", "", "", "0"],
    ]


def test_the_form_for_excel_begins_with_a_byte_order_mark(inside):
    keep(Tag(name="Fog"))
    assert out(OPERATOR, Tag, ("name",), "excel") == b"\xef\xbb\xbf" + out(OPERATOR, Tag, ("name",))


def test_json_keeps_the_kinds_of_values(inside):
    moment = datetime(2026, 1, 31, 10, tzinfo=UTC)
    keep(Post(title="Möwe", author=person("author"), tags=[Tag(name="Fog")], published_at=moment))
    names = ("title", "views", "tags", "published_at", "category")
    wanted = {
        "title": "Möwe",
        "views": 0,
        "tags": ["Fog"],
        "published_at": "2026-01-31T10:00:00.000000+00:00",
        "category": None,
    }
    assert json.loads(out(OPERATOR, Post, names, "json")) == [wanted]
    assert [json.loads(line) for line in out(OPERATOR, Post, names, "jsonl").splitlines()] == [wanted]
    assert table(out(OPERATOR, User, ("active",))) == [{"active": "true"}]


@pytest.mark.parametrize(("form", "empty"), [("csv", b'"name"\r\n'), ("jsonl", b"")])
def test_nothing_is_said_plainly(inside, form, empty):
    assert out(OPERATOR, Tag, ("name",), form) == empty
    assert json.loads(out(OPERATOR, Tag, ("name",), "json")) == []


def test_a_row_without_words_is_named_by_its_number(inside):
    ann = person("author")
    post = keep(Post(title="Ebb", author=ann))
    first = keep(Comment(post=post, body="Well said.", guest_name="Bo"))
    keep(Comment(post=post, parent=first, body="Indeed.", guest_name="Cy"))
    assert [row["parent"] for row in table(out(OPERATOR, Comment, ("parent",)))] == ["", f"#{first.id}"]


def test_an_unknown_form_is_refused(inside):
    with pytest.raises(BadCriteria, match="no format"):
        out(OPERATOR, Tag, (), "xls")


# What spreadsheets would run


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_begins_like_a_formula(inside, text):
    ann = person("author")
    keep(Post(title="x", excerpt=text, author=ann, tags=[Tag(name=text.strip() + "x")]))
    row = table(out(OPERATOR, Post, ("excerpt", "tags")))[0]
    assert row["excerpt"] == f"'{text}"
    assert not RUNS.match(row["tags"])
    assert json.loads(out(OPERATOR, Post, ("excerpt",), "json"))[0]["excerpt"] == text


@pytest.mark.parametrize("text", ["1+1", "a=b", "it's", "'quoted'", "", "x@example.com", "3 - 2"])
def test_ordinary_text_stays_as_it_is(text):
    assert safe_cell(text) == text


def test_a_negative_number_stays_a_number(inside):
    keep(Post(title="Ebb", author=person("author"), views=-5))
    assert out(OPERATOR, Post, ("views",)).splitlines()[1] == b"-5"


@pytest.mark.skipif(not INJECTIONS.exists(), reason="the corpora are not on this machine")
def test_no_line_of_the_corpus_of_formulas_runs():
    lines = json.loads(INJECTIONS.read_text())
    assert len(lines) > 10
    assert [line for line in lines if RUNS.match(safe_cell(line))] == []


# What may go out


def test_who_may_not_export_gets_nothing(inside):
    ann = person("author")
    with pytest.raises(NotFound):
        out(ann, Post)
    with pytest.raises(NotFound):
        out(None, Post)


def test_only_the_rows_that_match_and_may_be_exported_go_out(inside):
    keep(Role(name="scribe", rights=["post.read:own", "post.export"]))
    ann, ben = person("scribe"), person("author")
    keep(Post(title="Hers", author=ann), Post(title="Hers, too", author=ann), Post(title="His", author=ben))
    assert [row["title"] for row in table(out(ann, Post, ("title",)))] == ["Hers", "Hers, too"]
    found = out(ann, Post, ("title",), filters=[Filter("title", "contains", "too")])
    assert [row["title"] for row in table(found)] == ["Hers, too"]


def test_columns_that_one_may_not_see_do_not_go_out(inside):
    keep(Role(name="clerk", rights=["user.read", "user.export"]))
    ann = person("clerk", email="ann@example.com")
    assert {"email", "roles"} & set(exportable(ann, User)) == set()
    assert b"ann@example.com" not in out(ann, User)
    for name in ("email", "roles", "password", "fs_uniquifier", "nonsense"):
        with pytest.raises(BadCriteria, match="no column"):
            out(ann, User, (name,))


def test_rows_that_one_may_not_even_name_are_not_named(inside):
    keep(Role(name="clerk", rights=["post.read", "post.export", "tag.pick"]))
    ann = person("clerk")
    keep(Post(title="Ebb", author=ann, category=Category(name="Sea"), tags=[Tag(name="Fog")]))
    assert table(out(ann, Post, ("category", "tags"))) == [{"category": "", "tags": "Fog"}]


def test_secrets_never_go_out(inside):
    ann = person("author", password="$argon2id$v=19$secret")
    for form in ("csv", "json", "jsonl"):
        sent = out(OPERATOR, User, (), form)
        assert b"Author" in sent
        assert b"argon2" not in sent
        assert ann.fs_uniquifier.encode() not in sent


# However many there are


def fill():
    """Store many posts with long texts, without their history."""
    ann = person("author")
    tags = keep(*(Tag(name=f"Tag {number}") for number in range(5)))
    post = {"kind": "post", "status": "draft", "views": 0, "author_id": ann.id, "version": 1}
    stamp = {"created_at": now(), "updated_at": now(), "body": "Low water. " * 200}
    posts = [{**post, **stamp, "title": f"Day {day}", "slug": f"day-{day}"} for day in range(MANY)]
    links = Post.tags.property.secondary
    connection = db.session.connection()
    connection.execute(insert(Post.__table__), posts)
    keys = connection.scalars(select(Post.__table__.c.id)).all()
    made = [{"post_id": key, "tag_id": tag.id} for key in keys for tag in tags[: key % 3]]
    connection.execute(insert(links), made)
    db.session.commit()


def test_twenty_thousand_rows_go_out_in_flat_memory_and_few_statements(inside, queries):
    fill()
    names = ("id", "title", "author", "tags", "body")
    lines, size = 0, 0
    tracemalloc.start()
    with queries() as sent:
        for part in rows_out(db.session(), OPERATOR, Criteria(Post), names, "csv"):
            lines += part.count(b"\r\n")
            size += len(part)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert lines == MANY + 1
    assert size > 40_000_000
    assert peak < 15_000_000
    # The rows with the keys of what they name; then what each relation names, once, and whether its words are unique.
    assert len([one for one in sent if one.startswith("SELECT")]) == 1 + 2 + 2


def test_writers_do_not_wait_for_an_export_under_way(inside):
    keep(*(Tag(name=f"Tag {number}") for number in range(1_200)))
    under_way = rows_out(db.session(), OPERATOR, Criteria(Tag), ("name",), "csv")
    assert next(under_way).count(b"\r\n") == FIRST + 1
    keep(Tag(name="Meanwhile"))
    rest = b"".join(under_way)
    assert rest.count(b"\r\n") == 1_200 - FIRST
    assert b"Meanwhile" not in rest


def test_what_the_rows_name_is_of_the_same_moment(inside, monkeypatch):
    monkeypatch.setattr(transfer, "FIRST", 3)
    monkeypatch.setattr(extraction, "SMALL", 2)
    ann, tag = person("author", name="Ann"), keep(Tag(name="Fog"))
    rows = keep(*(Post(title=f"Day {day}", author=ann, tags=[]) for day in range(30)))
    rows[29].tags, rows[29].author, rows[29].category = [tag], person("editor", name="Ben"), keep(Category(name="Sea"))
    db.session.commit()
    under_way = rows_out(db.session(), OPERATOR, Criteria(Post), ("author", "category", "tags"), "jsonl")
    first = next(under_way)
    for row, name in ((rows[29].author, "Bo"), (rows[29].category, "Lake"), (tag, "Mist")):
        row.name = name
    rows[29].tags = []
    db.session.commit()
    lines = (first + b"".join(under_way)).splitlines()
    assert len(lines) == 30
    assert json.loads(lines[29]) == {"author": "Ben", "category": "Sea", "tags": ["Fog"]}


@pytest.mark.parametrize("small", [1, 100])
def test_words_are_the_same_whether_all_are_read_at_once_or_some(inside, monkeypatch, small):
    monkeypatch.setattr(transfer, "FIRST", 2)
    monkeypatch.setattr(extraction, "SMALL", small)
    keep(Role(name="clerk", rights=["post.read", "post.export", "tag.pick"]))
    clerk, ann = person("clerk"), person("author")
    tags = list(keep(*(Tag(name=name) for name in ("Fog", "fog", "=1+1", "a; b", "Mist"))))
    sea = keep(Category(name="Sea"))
    keep(*(Post(title=f"Day {day}", author=ann, category=sea, tags=tags[: day % 6]) for day in range(24)))
    # The address of one is the name of another: then only its own address names it.
    lists = [row["tags"] for row in table(out(clerk, Post, ("tags", "category")))]
    assert lists[:4] == ["", "Fog", "Fog; fog-2", "'=1+1; Fog; fog-2"]
    assert lists[4:6] == ['\'=1+1; Fog; "a; b"; fog-2', '\'=1+1; Fog; Mist; "a; b"; fog-2']
    assert lists == lists[:6] * 4
    assert {row["category"] for row in table(out(clerk, Post, ("category",)))} == {""}


def test_a_chunk_is_as_many_rows_as_fit_into_little_memory():
    sizes, size = [], 200
    for width in (150, 150, 150, 1_000_000, 1_000_000, 150, 150):
        sizes.append(size)
        size = transfer._next_size(size, size * width)
    assert sizes == [200, 800, 2_000, 2_000, 1, 1, 4]


def test_an_export_that_is_broken_off_gives_its_connection_back(inside):
    keep(*(Tag(name=f"Tag {number}") for number in range(600)))
    before = db.engine.pool.checkedout()
    under_way = rows_out(db.session(), OPERATOR, Criteria(Tag), ("name",), "csv")
    next(under_way)
    assert db.engine.pool.checkedout() == before + 1
    under_way.close()
    assert db.engine.pool.checkedout() == before


# The command


def test_the_command_writes_a_file_and_the_history_says_so(app, runner, tmp_path):
    with app.app_context():
        keep(Tag(name="Fog"), Tag(name="Mist"))
    target = tmp_path / "tags.jsonl"
    answer = runner.invoke(args=["export", "tag", "--format", "jsonl", "--output", str(target)])
    assert answer.exit_code == 0, answer.output
    assert [json.loads(line)["name"] for line in target.read_text().splitlines()] == ["Fog", "Mist"]
    with app.app_context():
        told = db.session.scalars(select(Change).filter_by(verb="export")).one()
        assert (told.model, told.door, told.actor_id) == ("tag", "command", None)


def test_the_command_writes_to_the_terminal(app, runner):
    with app.app_context():
        keep(Tag(name="Fog"))
    answer = runner.invoke(args=["export", "tag"])
    assert [row["name"] for row in table(answer.stdout_bytes)] == ["Fog"]


def test_the_command_names_what_there_is(runner):
    answer = runner.invoke(args=["export", "penguin"])
    assert answer.exit_code == 2
    assert "comment, image, job, post" in answer.output
