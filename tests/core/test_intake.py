"""Rows in from files: what goes out comes back the same, what is refused is told, and nothing is left half done."""

import io
import tracemalloc
from datetime import UTC, datetime
from zipfile import ZipFile

import pytest
from sqlalchemy import func, select

from backoffice.core import history
from backoffice.core.access import OPERATOR, NotFound
from backoffice.core.history import Change
from backoffice.core.imports import intake
from backoffice.core.imports.intake import Intake
from backoffice.core.imports.mapping import BadPlan, Plan, check, fields, guess, keys
from backoffice.core.imports.sheets import open_table
from backoffice.core.model import db
from backoffice.core.naming import join, split
from backoffice.core.selection.criteria import Criteria
from backoffice.core.transfer import rows_out
from backoffice.core.transfer.rendering import plain_cell, safe_cell
from backoffice.core.transfer.workbooks import Unreadable
from backoffice.models.accounts import Role, User
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post, Tag
from hostile_tables import HOSTILE, book, row_of, sheet

MOMENT = datetime(2025, 3, 1, 8, 30, 15, 123456, tzinfo=UTC)
ODD = [
    "=1+1",
    "'=1+1",
    "''-x",
    "'",
    "it's",
    "-",
    "a; b",
    '"quoted"',
    " spaced ",
    "Two\r\nlines",
    "_x000D_",
    "ünï 🛶",
    "\tTab",
]


@pytest.fixture
def inside(app):
    """Return the application, with work being done in it."""
    with app.test_request_context():
        yield app


def keep(*rows):
    db.session.add_all(rows)
    db.session.commit()
    return rows[0] if len(rows) == 1 else rows


def person(role, **more):
    held = db.session.scalars(select(Role).filter_by(name=role)).one()
    return keep(User(**{"username": role, "name": role.title(), "active": True, "roles": [held], **more}))


def write(tmp_path, content, name="rows"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def take(user, model, path, **plan):
    """Rehearse and then bring in a file; return both reports."""
    table = open_table(path)
    chosen = Plan(model, plan.pop("fields", guess(user, model, table.headers)), **plan)
    check(user, chosen, table.headers)
    reports = []
    for rehearse in (True, False):
        before = stored()
        with history.acting(user if user is not OPERATOR else None, door="import"):
            *_some, report = Intake(db.session(), user, chosen, table).steps(rehearse=rehearse)
        if report.kept:
            db.session.commit()
        else:
            db.session.rollback()
            assert stored() == before
        reports.append(report)
    return reports


def stored():
    """Return how many rows each table holds."""
    return {
        name: db.session.scalar(select(func.count()).select_from(table)) for name, table in db.metadata.tables.items()
    }


def numbers(report):
    return report.created, report.changed, report.unchanged, report.refused


def reasons(report):
    return [(one.number, one.field, one.reason) for one in report.refusals]


# What goes out comes back the same


@pytest.mark.parametrize("form", ["csv", "excel", "jsonl", "xlsx"])
def test_an_export_brought_into_an_empty_database_equals_the_original(inside, tmp_path, form):
    anns = [keep(User(username=name, name="Ann", active=True)) for name in ("ann", "ann2")]
    sea, tags = keep(Category(name="Sea; side")), [Tag(name=name) for name in ("Fog", "a; b", '"q"', " odd")]
    for at, text in enumerate(ODD):
        keep(Post(title=f"T{text}", excerpt=text, author=anns[at % 2], category=sea if at % 3 else None, views=at - 3))
    posts = db.session.scalars(select(Post)).all()
    posts[0].tags, posts[1].tags, posts[0].status, posts[0].published_at = tags, tags[:1], "published", MOMENT
    posts[2].created_at = posts[2].updated_at = MOMENT
    db.session.commit()
    sent = {model: out(model, form) for model in (User, Category, Tag, Post)}
    for model in (Post, Tag, Category, User):
        for row in db.session.scalars(select(model)):
            db.session.delete(row)
        db.session.commit()
    keep(Tag(name="Shifts all keys"))
    db.session.delete(db.session.scalars(select(Tag)).one())
    db.session.commit()
    for model in (User, Category, Tag, Post):
        _rehearsed, report = take(OPERATOR, model, write(tmp_path, sent[model], f"{model.__name__}.{form}"))
        assert (report.refusals, report.kept) == ([], True)
    for model in (User, Category, Tag, Post):
        assert table_of(out(model, form), form) == table_of(sent[model], form)


def out(model, form):
    return b"".join(rows_out(db.session(), OPERATOR, Criteria(model), (), form))


def table_of(sent, form, ids=("id", "version")):
    """Return the cells of an export without what no file brings back."""
    if form == "xlsx":
        with ZipFile(io.BytesIO(sent)) as book:
            assert "xl/worksheets/sheet1.xml" in book.namelist()
            assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
    path = write(TABLES[0], sent, "again")
    table = open_table(path)
    places = [at for at, name in enumerate(table.headers) if name not in ids]
    return [[line.cells[at] for at in places] for line in table.lines()]


TABLES = []


@pytest.fixture(autouse=True)
def _place(tmp_path):
    TABLES[:] = [tmp_path]


@pytest.mark.parametrize("text", ODD)
def test_an_apostrophe_before_a_formula_is_taken_off_again(text):
    assert plain_cell(safe_cell(text)) == text


@pytest.mark.parametrize("words", [[], ["a"], ["a", "b"], ["a; b", '"c"', " d", "", 'e"f'], ["x;y", "\r\n"]])
def test_a_list_of_words_can_be_taken_apart_again(words):
    assert split(join(words)) == words


# What a file is brought in as


def test_rows_are_created_as_one_batch_of_their_person(inside, tmp_path):
    editor = person("editor")
    rehearsed, report = take(editor, Tag, write(tmp_path, "Name;Nonsense\r\nFog;1\r\n\r\nMist;2\r\n"))
    assert numbers(rehearsed) == numbers(report) == (2, 0, 0, 0)
    told = db.session.scalars(select(Change).filter_by(model="tag").order_by(Change.id)).all()
    assert [(one.verb, one.door, one.actor_id, one.after["name"]) for one in told] == [
        ("create", "import", editor.id, "Fog"),
        ("create", "import", editor.id, "Mist"),
    ]
    assert len({one.batch for one in told}) == 1


def test_rows_are_recognised_and_changed_and_the_difference_is_shown(inside, tmp_path):
    editor = person("editor")
    fog, mist = Tag(name="Fog"), Tag(name="Mist")
    keep(Post(title="Ebb", author=editor, tags=[fog]), Post(title="Same", author=editor, tags=[mist]))
    file = "slug,title,tags,category\nebb,Flood,Mist; Fog,\nsame,Same,Mist,\nnew,New,,\n"
    rehearsed, report = take(editor, Post, write(tmp_path, file), key="slug")
    assert numbers(rehearsed) == numbers(report) == (1, 1, 1, 0)
    (one,) = rehearsed.differences
    assert (one.number, one.fields["title"], one.fields["tags"]) == (2, ("Ebb", "Flood"), ("Fog", "Fog; Mist"))
    changed = db.session.scalars(select(Post).filter_by(slug="ebb")).one()
    assert (changed.title, sorted(tag.name for tag in changed.tags)) == ("Flood", ["Fog", "Mist"])
    told = db.session.scalars(select(Change).filter_by(model="post", verb="update")).one()
    assert (told.before["title"], told.after["title"]) == ("Ebb", "Flood")


def test_all_or_nothing_keeps_nothing_and_the_good_lines_keep_theirs(inside, tmp_path):
    editor = person("editor")
    path = write(tmp_path, "name\nFog\nFog\n" + "x" * 130 + "\nMist\n")
    rehearsed, report = take(editor, Tag, path)
    assert (numbers(rehearsed), report.kept) == ((2, 0, 0, 2), False)
    assert reasons(rehearsed) == [
        (3, "name", "There is already one with this name."),
        (4, "name", "At most 120 characters; this has 130."),
    ]
    assert db.session.scalar(select(func.count()).select_from(Tag)) == 0
    _again, report = take(editor, Tag, path, whole=False)
    assert (numbers(report), report.kept) == ((2, 0, 0, 2), True)
    assert sorted(db.session.scalars(select(Tag.name))) == ["Fog", "Mist"]


def test_a_row_that_is_refused_leaves_those_around_it_alone(inside, tmp_path):
    editor = person("editor")
    names = [f"Tag {number}" for number in range(450)]
    keep(Tag(name="Tag 77"), Tag(name="Tag 301"))
    _rehearsed, report = take(editor, Tag, write(tmp_path, "name\n" + "\n".join(names)), whole=False)
    assert numbers(report) == (448, 0, 0, 2)
    assert {one.number for one in report.refusals} == {79, 303}


@pytest.mark.parametrize(
    ("file", "key", "reason"),
    [
        ("title,author\nEbb,Nobody\n", "", "There is none called “Nobody” that you may name."),
        ("title,author\nEbb,Ann\n", "", "Several are called “Ann”; what tells them apart: Name, Username, and E-mail."),
        ("title,status\nEbb,nonsense\n", "", "You may not set this to “nonsense”."),
        ("title,publish_at\nEbb,soon\n", "", "Type a date and a time such as 2026-01-31T10:00."),
        ("title,excerpt\nEbb\n", "", "The header names 2 columns, this line has 1."),
        ("title,slug\nEbb,\n", "slug", "This line has no Slug to recognise it by."),
        ('title,tags\nEbb,"""a; b"\n', "", 'There is none called “"a” that you may name.'),
        ("title,status\nEbb,scheduled\n", "", "Say when the post is to appear."),
        ("title\n \n", "", "This field is required."),
    ],
)
def test_a_line_that_cannot_be_taken_is_told_with_its_reason(inside, tmp_path, file, key, reason):
    editor = person("administrator")
    for name in ("ann", "ann2"):
        keep(User(username=name, name="Ann", active=True, email=f"{name}@example.com"))
    rehearsed, _report = take(editor, Post, write(tmp_path, file), key=key)
    assert [(one.number, one.reason) for one in rehearsed.refusals] == [(2, reason)]


def test_an_earlier_line_with_the_same_key_wins(inside, tmp_path):
    rehearsed, _report = take(person("editor"), Tag, write(tmp_path, "slug,name\na,One\na,Two\n"), key="slug")
    assert reasons(rehearsed) == [(3, "slug", "An earlier line has the same Slug.")]


# Rights


def test_who_may_neither_create_nor_change_brings_nothing_in(inside, tmp_path):
    table = open_table(write(tmp_path, "name\nFog\n"))
    for user in (person("moderator"), None):
        with pytest.raises(NotFound):
            Intake(db.session(), user, Plan(Tag, ("name",)), table)


def test_one_fills_only_fields_that_one_may_save(inside):
    author, root = person("author"), person("administrator", username="root")
    assert "author" not in fields(author, Post)
    assert "author" in fields(root, Post)
    assert {"created_at", "views", "password"} & set(fields(root, Post)) == set()
    assert {"password", "fs_uniquifier", "avatar"} & set(fields(root, User)) == set()
    assert {"created_at", "views"} < set(fields(OPERATOR, Post))
    assert {"password", "fs_uniquifier", "id"} & set(fields(OPERATOR, User)) == set()
    assert list(keys(author, Post)) == ["slug"]
    assert keys(person("moderator"), Post) == {}


def test_rows_of_others_are_neither_changed_nor_told(inside, tmp_path):
    author, other = person("author"), person("editor")
    keep(Post(title="Theirs", slug="theirs", author=other), Post(title="Mine", slug="mine", author=author))
    file = "slug,title\ntheirs,Taken\nmine,Changed\n"
    rehearsed, report = take(author, Post, write(tmp_path, file), key="slug", whole=False)
    assert numbers(rehearsed) == numbers(report) == (0, 1, 0, 1)
    assert reasons(report) == [(2, "slug", "There is already one with this slug.")]
    assert sorted(db.session.scalars(select(Post.title))) == ["Changed", "Theirs"]


def test_nobody_publishes_by_a_file_what_they_may_not_publish(inside, tmp_path):
    author = person("author")
    rehearsed, _report = take(author, Post, write(tmp_path, "title,status\nEbb,published\nFlood,draft\n"))
    assert reasons(rehearsed) == [(2, "status", "You may not set this to “published”.")]


def test_nobody_gives_roles_by_a_file_beyond_their_own(inside, tmp_path):
    keep(Role(name="clerk", rights=["user.read", "user.create", "user.grant", "role.pick"]))
    clerk = person("clerk")
    rehearsed, _report = take(clerk, User, write(tmp_path, "username,name,roles\nx,X,administrator\n"))
    assert numbers(rehearsed) == (0, 0, 0, 1)


def test_rows_that_one_may_not_name_stay_linked(inside, tmp_path):
    keep(Role(name="clerk", rights=["post.read", "post.update", "tag.pick:own", "tag.read:own"]))
    clerk = person("clerk")
    keep(Post(title="Ebb", slug="ebb", author=clerk, tags=[Tag(name="Fog")]))
    take(clerk, Post, write(tmp_path, "slug,title\nebb,Flood\n"), key="slug")
    assert [tag.name for tag in db.session.scalars(select(Post)).one().tags] == ["Fog"]


def test_what_a_file_brings_is_as_clean_as_what_a_form_brings(inside, tmp_path):
    take(person("editor"), Post, write(tmp_path, 'title,body\nEbb,"<p onclick=x>a<script>b</script></p>"\n'))
    assert "script" not in db.session.scalars(select(Post.body)).one()


# Rows that name rows of their own kind


@pytest.mark.parametrize("order", ["A,B,C,D", "D,C,B,A", "B,D,A,C"])
def test_a_tree_is_brought_in_whatever_the_order_of_its_lines(inside, tmp_path, order):
    above = {"A": "", "B": "A", "C": "B", "D": "C"}
    lines = "".join(f"{name},{above[name]}\n" for name in order.split(","))
    rehearsed, report = take(person("editor"), Category, write(tmp_path, "name,parent\n" + lines))
    assert numbers(rehearsed) == numbers(report) == (4, 0, 0, 0)
    found = db.session.scalars(select(Category)).all()
    assert {row.name: row.parent.name if row.parent else "" for row in found} == above


@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx"])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("chunk", [2, 1_000])
def test_threads_come_back_from_an_export_into_an_empty_database(inside, tmp_path, monkeypatch, form, turned, chunk):
    monkeypatch.setattr(intake, "CHUNK", chunk)
    ann = keep(User(username="ann", name="Ann", active=True))
    post, other = keep(Post(title="Ebb", author=ann), Post(title="Flood", author=ann))
    above = {"A": "", "B": "A", "C": "B", "D": "C", "E": "A", "F": "", "G": "F"}
    made = {}
    for name, parent in above.items():
        under = other if name in "FG" else post
        made[name] = keep(Comment(post=under, guest_name=name, body=name, parent=made.get(parent)))
    lines = out(Comment, form)
    if turned and form != "xlsx":
        first, *rest = lines.decode().splitlines() if form == "csv" else ["", *lines.decode().splitlines()]
        lines = "\n".join([first, *reversed(rest)]).strip().encode()
    for row in reversed(made.values()):
        db.session.delete(row)
        db.session.commit()
    keep(Comment(post=post, guest_name="Shifts all keys", body="x"))
    editor = person("administrator")
    rehearsed, report = take(editor, Comment, write(tmp_path, lines, f"threads.{form}"), whole=False)
    assert (report.refusals, numbers(rehearsed), numbers(report)) == ([], (7, 0, 0, 0), (7, 0, 0, 0))
    found = db.session.scalars(select(Comment).where(Comment.guest_name != "Shifts all keys")).all()
    assert {row.guest_name: row.parent.guest_name if row.parent else "" for row in found} == above
    told = {one.row_id: one.after["parent_id"] for one in db.session.scalars(select(Change).filter_by(door="import"))}
    assert told == {row.id: row.parent_id for row in found}


def test_keys_of_a_file_mean_its_lines_alone(inside, tmp_path):
    editor = person("administrator")
    post = keep(Post(title="Ebb", slug="ebb", author=editor))
    there = keep(Comment(post=post, guest_name="There", body="x"))
    file = (
        "id,post,guest_name,body,parent\n"
        f"a,ebb,A,x,\nb,ebb,B,x,#a\na,ebb,Again,x,\n#c,ebb,C,x,#{there.id}\nd,ebb,D,x,#d\n"
    )
    rehearsed, report = take(editor, Comment, write(tmp_path, file), whole=False)
    assert numbers(rehearsed) == numbers(report) == (2, 0, 0, 3)
    assert reasons(report) == [
        (4, "id", "An earlier line has the same key."),
        (5, "parent", f"No line of this file has the key “#{there.id}”."),
        (6, "parent", "No line of this file has the key “#d”."),
    ]
    # Without that column, the same words mean what is stored.
    _rehearsed, report = take(
        editor, Comment, write(tmp_path, file), fields=("", "post", "guest_name", "body", "parent"), whole=False
    )
    assert ("C", "There") in [
        (row.guest_name, row.parent.guest_name) for row in db.session.scalars(select(Comment)) if row.parent
    ]


def test_keys_of_a_file_are_offered_only_where_lines_name_lines(inside):
    root = person("administrator")
    assert {name for name in ("id",) if name in fields(root, Comment)} == {"id"}
    assert "id" in fields(person("editor"), Category)
    assert "id" not in fields(root, Tag)
    with pytest.raises(BadPlan, match="at least one more column"):
        check(root, Plan(Category, ("id", "")), ("a", "b"))


def test_who_waits_for_nobody_is_refused_in_the_end(inside, tmp_path):
    file = "name,parent\nA,B\nB,A\nC,Z\nD,\n"
    rehearsed, report = take(person("editor"), Category, write(tmp_path, file), whole=False)
    assert numbers(rehearsed) == numbers(report) == (1, 0, 0, 3)
    assert [one.number for one in report.refusals] == [2, 3, 4]
    assert report.lines == 4


def test_a_cell_left_empty_is_filled_by_the_default(inside, tmp_path):
    file = "username,name,active\nann,Ann,\nbea,Bea,no\n"
    _rehearsed, report = take(person("administrator"), User, write(tmp_path, file))
    assert report.kept
    found = db.session.scalars(select(User).where(User.username.in_(["ann", "bea"])).order_by(User.username))
    assert [one.active for one in found] == [True, False]


# Plans that contradict themselves


@pytest.mark.parametrize(
    ("chosen", "key", "sentence"),
    [
        (("", ""), "", "Choose a field"),
        (("name", "name"), "", "Two columns"),
        (("name", "password"), "", "no field"),
        (("name", "id"), "", "no field"),
        (("name",), "", "other columns"),
        (("name", ""), "slug", "No column fills"),
        (("name", ""), "id", "cannot be recognised"),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(inside, chosen, key, sentence):
    with pytest.raises(BadPlan, match=sentence):
        check(person("editor"), Plan(Tag, chosen, key), ("a", "b"))


def test_columns_are_guessed_by_name_and_label(inside):
    headers = ("Title", "STATUS", "author_id", "Also under", "published", "title")
    assert guess(person("administrator"), Post, headers) == (
        "Title".lower(),
        "status",
        "author",
        "more_categories",
        "",
        "",
    )


# Hostile files


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_in_a_sentence(inside, tmp_path, name):
    content, sentence = HOSTILE[name]
    with pytest.raises(Unreadable, match=sentence):
        list(open_table(write(tmp_path, content)).lines())


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffname,slug\r\nM\u00f6we,m\r\n".encode(),
        "name;slug\nM\u00f6we;m\n".encode("utf-16"),
        "name\tslug\nM\u00f6we\tm".encode(),
        b'{"name": "M\\u00f6we", "slug": "m"}\n\n',
        '\ufeff{"name": "M\u00f6we", "slug": "m"}'.encode(),
        book(sheet=sheet(row_of(1, "name", "slug") + row_of(2, "M\u00f6we", "m"))),
    ],
)
def test_a_file_is_read_however_it_is_written(inside, tmp_path, content):
    table = open_table(write(tmp_path, content))
    assert table.headers == ("name", "slug")
    assert [line.cells for line in table.lines()] == [("M\u00f6we", "m")]


def test_a_file_from_an_older_program_is_read_when_one_says_so(inside, tmp_path):
    table = open_table(write(tmp_path, "name\nM\u00f6we\n".encode("cp1252")), "cp1252")
    assert [line.cells for line in table.lines()] == [("M\u00f6we",)]


def test_lines_of_json_that_are_none_are_refused_one_by_one(inside, tmp_path):
    lines = [
        '{"name": "Fog"}',
        "[1]",
        "{",
        '{"name": NaN}',
        '{"nome": "x"}',
        '{"name": {"a": 1}}',
        "{}",
        '{"name": null}',
    ]
    rehearsed, _report = take(person("editor"), Tag, write(tmp_path, "\n".join(lines)))
    assert numbers(rehearsed) == (1, 0, 0, 7)
    assert [one.number for one in rehearsed.refusals] == [2, 3, 4, 5, 6, 7, 8]


def test_formulas_in_a_sheet_are_read_as_last_computed_and_numbers_as_text(inside, tmp_path):
    cells = '<row r="2"><c><f>1+1</f><v>2</v></c></row>'
    table = open_table(write(tmp_path, book(sheet=sheet(row_of(1, "name") + cells))))
    assert [line.cells for line in table.lines()] == [(2,)]
    _rehearsed, report = take(person("editor"), Tag, table.path)
    assert report.kept
    assert db.session.scalars(select(Tag.name)).one() == "2"


# However many there are


def test_thousands_of_lines_are_taken_in_flat_memory_and_few_statements(inside, tmp_path, queries):
    editor = person("administrator")
    keep(*(Post(title=f"Post {number}", slug=f"post-{number}", author=editor) for number in range(20)))
    lines = "".join(f"post-{at % 20},Guest {at},<p>{'Words. ' * 30}{at}</p>\n" for at in range(4_000))
    path = write(tmp_path, "post,guest_name,body\n" + lines)
    peaks = []
    for most in (1_000, 4_000):
        part = write(tmp_path, "\n".join(path.read_text().splitlines()[: most + 1]), f"part{most}")
        tracemalloc.start()
        with queries() as sent:
            rehearsed, _report = take(editor, Comment, part)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert numbers(rehearsed) == (most, 0, 0, 0)
        # Both runs, for each 1 000 lines: a savepoint, the posts, the rows, the history; and what is asked once.
        assert len(sent) < 2 * most // 1_000 * 8 + 70
    assert peaks[1] < peaks[0] + 3_000_000
