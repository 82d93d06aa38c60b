"""An import is all or nothing, may be rehearsed, and run again it changes nothing twice."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from backoffice.core.history import Change
from backoffice.core.model import db
from backoffice.core.resource import resources
from backoffice.importers import remarks, taking, wordpress
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post, Tag
from importers.exports import author, category, comment, export, item, tag

ROOT = Path(__file__).resolve().parents[2]
TERMS = [("category", "boats", "Boats"), ("post_tag", "sea", "Sea")]
ENTRIES = [
    author("ann", email="ann@old.example"),
    category("boats", "Boats"),
    tag("sea", "Sea"),
    item("First", comment(1), comment(2, parent=1), terms=TERMS, slug="first"),
    item("Second", comment(3), key=2, slug="second"),
    item("About", key=3, slug="about", kind="page"),
]


def everything(app):
    """Return all that the database holds, table by table."""
    with app.app_context():
        tables = db.metadata.sorted_tables
        return {table.name: sorted(map(repr, db.session.execute(select(table)).all())) for table in tables}


def counts(app):
    """Return how many rows each resource has."""
    with app.app_context():
        return {name: db.session.scalar(select(func.count(model.id))) for name, model in resources().items()}


def test_the_report_counts_what_was_taken(bring):
    told = bring(export(*ENTRIES)).stdout.splitlines()
    assert told[0].endswith("export.xml: The old site (WXR 1.2)")
    table = {" ".join(line.split()[:-2]): tuple(map(int, line.split()[-2:])) for line in told[2:]}
    assert table == {
        "users": (1, 0),
        "categories": (1, 0),
        "tags": (1, 0),
        "posts": (2, 0),
        "pages": (1, 0),
        "comments": (3, 0),
        "of them pingbacks": (0, 0),
        "images": (0, 0),
    }


def test_running_again_changes_nothing(app, bring):
    bring(export(*ENTRIES))
    before = everything(app)
    told = bring(export(*ENTRIES))
    assert everything(app) == before
    assert [line.split()[-2:] for line in told.stdout.splitlines()[2:]] == [
        ["0", "1"],
        ["0", "1"],
        ["0", "1"],
        ["0", "2"],
        ["0", "1"],
        ["0", "3"],
        ["0", "0"],
        ["0", "0"],
    ]


def test_a_later_export_brings_only_what_is_new(app, bring):
    bring(export(*ENTRIES))
    grown = [*ENTRIES, item("Third", key=4, slug="third", terms=[*TERMS, ("post_tag", "new", "New")])]
    grown[3] = item("First", comment(1), comment(2, parent=1), comment(9, "A late answer.", parent=2), slug="first")
    bring(export(*grown))
    with app.app_context():
        late = db.session.scalars(select(Comment).filter_by(body="A late answer.")).one()
        assert (late.post.title, late.parent.parent.post.title) == ("First", "First")
        assert db.session.scalar(select(func.count(Comment.id))) == 4
        assert db.session.scalars(select(Post.title).order_by(Post.id)).all() == ["First", "Second", "About", "Third"]
        assert sorted(db.session.scalars(select(Tag.name))) == ["New", "Sea"]


def test_what_editors_changed_since_stays_as_they_left_it(app, bring):
    bring(export(*ENTRIES))
    with app.app_context():
        post = db.session.scalars(select(Post).filter_by(title="First")).one()
        post.title, post.slug, post.category.slug, post.tags[0].name = "Ours", "ours", "ships", "Ocean"
        db.session.commit()
    before = everything(app)
    bring(export(*ENTRIES))
    assert everything(app) == before


def test_what_was_deleted_since_comes_back_and_takes_nobodys_place(app, bring):
    bring(export(*ENTRIES))
    with app.app_context():
        gone = db.session.scalars(select(Post).filter_by(title="About")).one()
        key = gone.id
        db.session.delete(gone)
        db.session.commit()
        # No database gives a key twice by itself; whoever loads rows by hand may.
        db.session.add(Post(id=key, title="Ours", author_id=1))
        db.session.commit()
    told = bring(export(*ENTRIES))
    assert "pages                      1               0" in told.stdout
    with app.app_context():
        assert sorted(db.session.scalars(select(Post.title))) == ["About", "First", "Ours", "Second"]
    before = everything(app)
    bring(export(*ENTRIES))
    assert everything(app) == before


def test_the_numbers_of_another_site_mean_other_posts(app, bring):
    bring(export(*ENTRIES))
    bring(export(*ENTRIES, site="https://other.example"))
    with app.app_context():
        assert db.session.scalar(select(func.count(Post.id))) == 6
        assert db.session.scalar(select(func.count(Comment.id))) == 6
        assert db.session.scalar(select(func.count(Category.id))) == 1


@pytest.mark.parametrize("address", ["http://old.example", "https://www.old.example/", "HTTPS://OLD.EXAMPLE"])
def test_a_site_that_moved_to_another_spelling_is_the_same_site(app, bring, address):
    bring(export(*ENTRIES))
    before = everything(app)
    bring(export(*ENTRIES, site=address))
    assert everything(app) == before


def test_a_rehearsal_says_all_and_keeps_nothing(app, bring):
    before = everything(app)
    rehearsed = bring(export(*ENTRIES), "--dry-run").stdout
    assert everything(app) == before
    done = bring(export(*ENTRIES)).stdout
    assert rehearsed == f"{done}This was a rehearsal: nothing was kept.\n"


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_the_size_of_chunks_changes_nothing(app, bring, monkeypatch, size):
    monkeypatch.setattr(taking, "ITEMS", size)
    monkeypatch.setattr(taking, "REMARKS", size)
    bring(export(*ENTRIES))
    assert {name: counts(app)[name] for name in ("post", "comment", "tag", "user")} == {
        "post": 3,
        "comment": 3,
        "tag": 1,
        "user": 1,
    }


def test_a_file_that_breaks_off_between_two_readings_leaves_nothing(app, bring, monkeypatch, tmp_path):
    before = everything(app)
    whole = wordpress.survey

    def survey_then_cut(path, report):
        found = whole(path, report)
        path.write_text(path.read_text()[:-200])
        return found

    monkeypatch.setattr(wordpress, "survey", survey_then_cut)
    told = bring(export(*ENTRIES), code=2)
    assert "the file ends before the export does" in told.stderr
    assert everything(app) == before


def test_a_failure_in_the_middle_leaves_nothing(app, runner, monkeypatch, tmp_path):
    before = everything(app)
    done = []
    take = remarks.take

    def fail_later(*given):
        done.append(take(*given))
        if len(done) == 2:
            raise RuntimeError("The lamp went out.")

    monkeypatch.setattr(taking, "ITEMS", 1)
    monkeypatch.setattr(remarks, "take", fail_later)
    path = tmp_path / "export.xml"
    path.write_text(export(*ENTRIES))
    told = runner.invoke(args=["import", "wordpress", str(path)])
    assert str(told.exception) == "The lamp went out."
    assert len(done) == 2
    assert everything(app) == before


def test_a_database_that_cannot_take_it_is_one_line_for_the_operator(app, bring, monkeypatch):
    before = everything(app)
    take = remarks.take

    def break_the_database(job, items, posts):
        take(job, items, posts)
        job.session.execute(text("INSERT INTO post_tag (post_id, tag_id) VALUES (1, 1), (1, 1)"))

    monkeypatch.setattr(remarks, "take", break_the_database)
    told = bring(export(*ENTRIES), code=1)
    assert told.stderr == "Error: The database could not take it, and nothing was kept; the log says why.\n"
    assert everything(app) == before


@pytest.mark.sqlite
def test_an_import_that_is_killed_leaves_nothing(app, tmp_path):
    before = everything(app)
    (tmp_path / "export.xml").write_text(export(*ENTRIES))
    script = """
        import os, signal, sys
        from backoffice import create_app
        from backoffice.importers import remarks
        take = remarks.take
        def die(*given):
            take(*given)
            os.kill(os.getpid(), signal.SIGKILL)
        remarks.take = die
        app = create_app(SQLALCHEMY_DATABASE_URI=sys.argv[1])
        app.test_cli_runner().invoke(args=["import", "wordpress", sys.argv[2]])
    """
    address = app.config["SQLALCHEMY_DATABASE_URI"]
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), address, str(tmp_path / "export.xml")],
        cwd=ROOT,
        env={**os.environ, "BACKOFFICE_ENV": "testing"},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert everything(app) == before


def test_importing_asks_the_database_in_chunks_not_post_by_post(app, bring, queries):
    def asked(number):
        entries = [item(f"Post {key}", comment(key), key=key, slug=f"p{key}", terms=TERMS) for key in range(number)]
        with queries() as sent:
            bring(export(*entries, site=f"https://site{number}.example"))
        # SQLite takes rows one by one, which costs it nothing; no other statement may follow the number of rows.
        return len([one for one in sent if not one.startswith("INSERT")])

    assert asked(100) - asked(5) < 10
    with app.app_context():
        assert db.session.scalar(select(func.count(Change.id)).where(Change.model == "post")) == 105
