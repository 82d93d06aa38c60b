"""A table is brought in by hand in a browser, and every page of it can be used by everybody."""

import pytest
from sqlalchemy import func, select

from backoffice.core.model import db
from backoffice.models.content import Tag
from make import make
from people import add_user

FILE = "Word;slug;remark\nFog;fog;x\nMist;mist;y\n" + "long" * 40 + ";l;z\n"


@pytest.fixture
def editor(app, signed_in):
    """Return a page on which an editor has signed in."""
    with app.app_context():
        known = add_user("editor")
        make(Tag, name="Fog & co", slug="fog")
        db.session.commit()
    return signed_in(known.email, "/admin/")


def test_a_table_is_sent_rehearsed_and_brought_in_by_hand(app, editor, check_access, tmp_path):
    path = tmp_path / "tags.csv"
    path.write_text(FILE)
    editor.goto("/admin/tag/")
    editor.get_by_role("link", name="Import").click()
    check_access(editor)
    editor.get_by_label("File").set_input_files(path)
    editor.get_by_role("button", name="Send and choose the columns").click()
    check_access(editor)
    editor.get_by_label("Word").select_option("name")
    editor.get_by_label("bring in the good lines").check()
    editor.get_by_role("button", name="Rehearse").click()
    check_access(editor)
    assert editor.get_by_role("heading", name="What would happen").is_visible()
    assert "At most 120 characters" in editor.inner_text("main")
    editor.get_by_role("button", name="Bring in 2 rows").click()
    check_access(editor)
    assert "The import is done." in editor.inner_text("main")
    with app.app_context():
        assert sorted(db.session.scalars(select(Tag.name))) == ["Fog", "Mist"]


def test_a_file_that_cannot_be_read_is_said_on_the_page(app, editor, check_access, tmp_path):
    path = tmp_path / "tags.csv"
    path.write_bytes("name\nM\u00f6we\n".encode("cp1252"))
    editor.goto("/admin/tag/import/")
    editor.get_by_label("File").set_input_files(path)
    editor.get_by_role("button", name="Send and choose the columns").click()
    assert "Windows-1252" in editor.inner_text("[role=alert]")
    check_access(editor)
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Tag)) == 1
