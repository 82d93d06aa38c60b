"""Words are found by index, on every database alike, by whoever may see them, and whoever stored them."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import delete, insert, inspect, select, text, update

from backoffice.core import search
from backoffice.core.model import db, now
from backoffice.core.search import building as search_building
from backoffice.core.search import tables as search_tables
from backoffice.core.search.text_columns import parts, searched, side_of
from backoffice.models.accounts import User
from backoffice.models.comments import Comment
from backoffice.models.content import Post, Tag
from conftest import POSTGRESQL
from make import make

ALL = SimpleNamespace(id=1, active=True, rights={"*"})
CLERK = SimpleNamespace(id=1, active=True, rights={"user.read", "post.read"})
INPUTS = Path(__file__).resolve().parents[2].parent / "shared" / "inputs"
CORPORA = ("4-naughty-strings", "4-injection-lists")
SYNTAX = (
    'tide" OR "gulls',
    "tide OR gulls",
    "tide NOT gulls",
    "NEAR(tide gulls)",
    "tide*",
    "^tide",
    "label : tide",
    "{label}:tide",
    "tide + gulls",
    "-tide",
    "tide%",
    "t_de",
    "%tide%",
    "tide'",
    "tide\\",
    "(tide",
    "tide)",
    "tide;--",
    "\\\\%",
    '"""',
    "'''",
    "%%%",
    "___",
    "\ud800abc",
    "abc\x00def",
    "😀😀😀",
    "\u202etide",
    "\u200btide",
    "tide\x1b[2J",
    "(t|ti)+de$",
    "tide & !gulls",
    "tide:*",
    "ti<->de",
    "日本",
    "a" * 200,
    "\\" * 200,
    '"' * 200,
)


@pytest.fixture
def here(app):
    """Open the application for the length of the test."""
    with app.test_request_context():
        yield


def found(words, model=Post, user=ALL):
    named = getattr(model, model.resource.label)
    rows = sorted(db.session.scalars(select(named).where(search.condition(model, user, words))))
    db.session.rollback()
    return rows


def sql(statement, **values):
    """Send a statement past everything that is ours but the database's own triggers."""
    with db.engine.begin() as connection:
        return connection.execute(text(statement) if isinstance(statement, str) else statement, values or None)


def stored(model, **fields):
    key = make(model, **fields).id
    db.session.commit()
    return key


def test_a_word_is_found_in_every_column_that_is_searched(here):
    stored(Post, title="High tide", slug="springs", excerpt="On moons", body="<p>Two metres of water</p>")
    stored(Post, title="Gulls")
    for words in ("tide", "TIDE", "spring", "moons", "metres", "igh", "tide metres", "water  moons HIGH", "of water"):
        assert found(words) == ["High tide"], words
    assert found("tide gulls") == []
    assert found("") == found("  ") == ["Gulls", "High tide"]


@pytest.mark.parametrize("word", ["ÄPFEL", "äpfel", "Ёжик", "ёжик", "ΣΊΓΜΑ", "日本語", "Ünïcödé"])
def test_letters_of_all_scripts_are_found_whatever_their_case(here, word):
    stored(Tag, name="Äpfel Ёжик σίγμα 日本語版 ünïcödé")
    assert found(word, Tag) != []


def test_tags_and_entities_are_not_words(here):
    stored(
        Post, title="One", body='<p class="x">Salt &amp; <strong>pepper</strong> &lt;b&gt; <a href="/x">Ahab</a></p>'
    )
    assert found("pepper") == found("salt & pepper") == found("<b>ah") + found("salt <b>") == ["One"]
    for word in ("strong", "href", "amp;", "<p>pepper"):
        assert found(word) == [], word


def test_what_sql_stores_is_found_as_well(here):
    key = stored(Tag, name="Ebbing")
    sql(
        insert(Tag.__table__).values(
            id=key + 1, name="Flowing", slug="f", version=1, created_at=now(), updated_at=now()
        )
    )
    assert found("lowin", Tag) == ["Flowing"]
    sql(update(Tag.__table__).where(Tag.id == key).values(name="Standing"))
    assert (found("ebbing", Tag), found("standing", Tag)) == ([], ["Standing"])
    sql(delete(Tag.__table__).where(Tag.id == key))
    assert found("standing", Tag) == []
    assert kept(Tag) == ["flowing"]


def kept(model):
    return [one.lower() for one in sql(f"SELECT label FROM {side_of(model)}").scalars()]


@pytest.mark.postgres
def test_a_table_that_is_emptied_takes_its_words_along(here):
    stored(Tag, name="Ebbing")
    sql("TRUNCATE tag CASCADE")
    assert kept(Tag) == []


def test_a_change_of_other_columns_does_not_touch_the_words(here):
    stored(Post, title="Ebbing", status="draft")
    sql(f"UPDATE {side_of(Post)} SET label = 'marked'")
    sql(update(Post.__table__).values(status="published", title=Post.title, views=7))
    assert kept(Post) == ["marked"]


@pytest.mark.parametrize("words", SYNTAX)
def test_every_sign_means_itself(here, words):
    stored(Post, title="The tide")
    stored(Post, title="Gulls")
    assert found(words) == []
    assert db.session.scalars(select(Post.id).where(search.named(Post, words))).all() == []
    written = search.words(words)
    stored(Post, title=f"x{' '.join(written)}y"[:300])
    assert len(found(words)) == 1


@pytest.mark.parametrize("corpus", CORPORA)
def test_no_search_is_an_error(here, corpus):
    files = [one for one in sorted((INPUTS / corpus).rglob("*")) if one.is_file()]
    if not files:
        pytest.skip("the given strings are not on this machine")
    stored(Post, title="The tide")
    lines = [line[:200] for one in files for line in one.read_text(errors="replace").splitlines() if line.strip()]
    for line in lines[:: max(1, len(lines) // 400)]:
        both = search.ranked(Post, None, line)
        db.session.execute(select(Post.id).where(search.condition(Post, ALL, line))).all()
        db.session.execute(select(Post.id).where(both[0] | both[1])).all()
    assert found("tide") == ["The tide"]


def test_nobody_finds_by_a_column_they_may_not_see(here):
    stored(User, name="Ada", username="byron", email="countess@example.com")
    for words in ("countess", "ada countess", "countess@example.com"):
        assert found(words, User) == ["Ada"]
        assert found(words, User, CLERK) == []
    assert found("byron", User, CLERK) == ["Ada"]
    assert db.session.scalars(select(User.id).where(search.named(User, "countess"))).all() == []


def test_a_short_word_alone_is_looked_for_where_names_begin_and_in_the_newest_rows(here, monkeypatch):
    for title in ("C# for all", "All of c# again", "Ücü", "Other"):
        stored(Post, title=title, body="<p>of it</p>")
    assert found("c#") == ["All of c# again", "C# for all"]
    assert found("it") == ["All of c# again", "C# for all", "Other", "Ücü"]
    # Two more, so that of the first four none is among the newest.
    stored(Post, title="Last but one")
    stored(Post, title="Last")
    monkeypatch.setattr(search, "NEWEST", 2)
    assert found("c#") == found("c# a") == ["C# for all"]
    assert found("Ü") == found("ÜC") == ["Ücü"]
    assert found("it") == []
    assert found("again of c#") == ["All of c# again"]


def test_rows_with_all_words_in_their_name_are_told_from_the_others(here):
    stored(Post, title="Kelp and salt")
    stored(Post, title="Kelp", body="<p>salt</p>")
    stored(Post, title="Salt")
    for words in ("kelp salt", "kelp and salt", "salt kelp"):
        first, others = (
            db.session.scalars(select(Post.title).where(part)).all() for part in search.ranked(Post, None, words)
        )
        assert first == ["Kelp and salt"]
        assert others == ([] if "and" in words else ["Kelp"])


def test_every_model_that_people_write_has_its_table(here):
    with db.engine.connect() as connection:
        tables = set(inspect(connection).get_table_names())
        assert {side_of(model) for model in searched().values()} <= tables
        assert all(search_tables.is_right(connection, model) for model in searched().values())
    assert {"post_search", "comment_search", "user_search", "tag_search"} <= set(searched())
    assert not {"change_search", "session_search"} & set(searched())


def test_a_search_asks_an_index(here):
    stored(Comment, body="<p>Words</p>")
    # A table of one row is read as a whole wherever that is allowed.
    for other in ("seqscan", "indexscan") if POSTGRESQL else ():
        db.session.execute(text(f"SET LOCAL enable_{other} = off"))
    asked = select(Comment.id).where(search.condition(Comment, ALL, "words"))
    query = asked.compile(db.engine, compile_kwargs={"literal_binds": True})
    kind = "EXPLAIN" if POSTGRESQL else "EXPLAIN QUERY PLAN"
    plan = str(db.session.connection().exec_driver_sql(f"{kind} {query}").all())
    assert ("Bitmap Index Scan on comment_search" if POSTGRESQL else "comment_search VIRTUAL TABLE INDEX") in plan


@pytest.fixture
def without(here):
    """Take the side table of the posts away for the length of the test."""
    with db.engine.begin() as connection:
        for statement in search_tables.KINDS[connection.dialect.name].drop(Post):
            connection.exec_driver_sql(statement)
    search_tables.forget(db.engine)
    yield
    with db.engine.begin() as connection:
        search_tables.install(connection)
    search_tables.forget(db.engine)


def test_without_its_table_a_search_reads_the_rows(without):
    stored(Post, title="High tide", body="<p>Two &amp; three metres</p>")
    stored(Post, title="Gulls")
    for words in ("tide", "metres & tide", "gh", "%"):
        assert found(words) == ([] if words == "%" else ["High tide"])


def test_the_check_names_a_missing_table_and_makes_it(without, runner):
    stored(Post, title="High tide")
    told = runner.invoke(args=["check", "search"])
    assert (told.exit_code, "post_search: missing" in told.output) == (1, True)
    told = runner.invoke(args=["check", "search", "--repair"])
    assert told.exit_code == 0, told.output
    told = runner.invoke(args=["check", "search"])
    assert (told.exit_code, "post_search: right" in told.output) == (0, True)
    search_tables.forget(db.engine)
    assert found("tide") == ["High tide"]


def test_the_check_tells_and_repairs_what_differs(here, runner):
    first, second = stored(Tag, name="Ebbing"), stored(Tag, name="Flowing")
    key = "id" if POSTGRESQL else "rowid"
    sql(f"UPDATE tag_search SET label = 'other' WHERE {key} = {first}")
    sql(f"DELETE FROM tag_search WHERE {key} = {second}")
    sql(f"INSERT INTO tag_search ({key}, label, words) VALUES (987, 'gone', '')")
    told = runner.invoke(args=["check", "search"])
    assert "tag_search: 1 missing, 1 stale, 1 left over" in told.output
    assert told.exit_code == 1
    assert runner.invoke(args=["check", "search", "--repair"]).exit_code == 0
    assert sorted(kept(Tag)) == ["ebbing", "flowing"]
    assert runner.invoke(args=["check", "search"]).exit_code == 0


def test_the_tables_are_made_anew_from_the_rows(here, runner):
    stored(Tag, name="Ebbing")
    sql("DELETE FROM tag_search")
    told = runner.invoke(args=["search", "build", "tag", "post"])
    assert told.exit_code == 0, told.output
    assert found("ebbing", Tag) == ["Ebbing"]
    stored(Tag, name="Flowing")
    assert found("flowing", Tag) == ["Flowing"]
    told = runner.invoke(args=["search", "build", "change"])
    assert (told.exit_code, "never searched by index" in told.output) == (1, True)


@pytest.mark.postgres
def test_people_write_while_a_table_is_made_anew_and_nothing_of_it_is_lost(here, monkeypatch):
    names = ["Ebbing", "Flowing", "Standing", "Falling", "Rising"]
    keys = [stored(Tag, name=name) for name in names]
    monkeypatch.setattr(search_building, "AT_ONCE", 2)
    fill, done = search_building._fill, []

    def write(*_asked):
        """Change, delete and add before the rows are taken in, and again after."""
        sql(update(Tag.__table__).where(Tag.id == keys[len(done)]).values(name=f"Turned {len(done)}"))
        sql(delete(Tag.__table__).where(Tag.id == keys[2 + len(done)]))
        stored(Tag, name=f"Fresh {len(done)}")
        done.append(True)

    def around(engine, model):
        write()
        fill(engine, model)
        write()
        sql("INSERT INTO tag_search_new (id, label, words) VALUES (987, 'late', '')")

    monkeypatch.setattr(search_building, "_fill", around)
    search_building.rebuild(db.engine, Tag)
    assert sorted(kept(Tag)) == ["fresh 0", "fresh 1", "rising", "turned 0", "turned 1"]
    stored(Tag, name="Later")
    assert found("later", Tag) == ["Later"]
    with db.engine.connect() as connection:
        assert search_tables.is_right(connection, Tag)
        assert search_tables.differences(connection, Tag) == {"missing": 0, "stale": 0, "left over": 0}
    assert leftovers() == []


@pytest.mark.postgres
@pytest.mark.parametrize("step", ["_fill", "_finish"])
def test_a_table_that_could_not_be_made_leaves_the_old_one_at_work(here, monkeypatch, step):
    stored(Tag, name="Ebbing")
    monkeypatch.setattr(search_building, step, lambda *_asked: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        search_building.rebuild(db.engine, Tag)
    stored(Tag, name="Flowing")
    assert found("flow", Tag) == ["Flowing"]
    assert leftovers() == []


def leftovers():
    asked = "SELECT relname FROM pg_class WHERE relname LIKE 'tag_search_new' UNION ALL SELECT proname FROM pg_proc"
    return list(sql(f"{asked} WHERE proname LIKE 'tag_search_new%'").scalars())


def test_what_was_written_while_the_schema_changed_is_found(here):
    stored(Tag, name="Ebbing")
    with db.engine.begin() as connection:
        was_right = search_tables.detach(connection)
        connection.execute(update(Tag.__table__).values(name="Flowing"))
        assert search_tables.install(connection, kept=was_right) == []
    assert found("flowing", Tag) == ["Flowing"]
    assert found("ebbing", Tag) == []


def test_a_table_of_another_shape_is_made_anew_and_never_an_error(here, monkeypatch):
    stored(Tag, name="Ebbing")
    with db.engine.begin() as connection:
        for statement in search_tables.KINDS[connection.dialect.name].drop(Tag):
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("CREATE TABLE tag_search (id integer primary key, label text)")
    search_tables.forget(db.engine)
    assert found("ebbing", Tag) == ["Ebbing"]
    with db.engine.begin() as connection:
        assert search_tables.install(connection) == ["tag_search"]
    assert found("ebbing", Tag) == ["Ebbing"]
    assert [part.name for part in parts(Tag)] == ["label", "words"]
