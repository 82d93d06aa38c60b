"""A save that the database could not take loses nothing of what was typed."""

from contextlib import contextmanager

from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from backoffice.core.model import db
from backoffice.models.content import Post
from filling import filled, shown


@contextmanager
def busy(app, table):
    """Let the database refuse every write to `table`, as it does when it is locked or going away."""
    with app.app_context():
        engine = db.engine

    def refuse(_connection, _cursor, statement, *_rest):
        if statement.startswith((f"UPDATE {table} ", f'UPDATE "{table}" ')):
            raise OperationalError(statement, None, Exception("database is locked"))

    event.listen(engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", refuse)


def test_what_was_typed_comes_back_and_can_be_sent_again(app, as_role, keep, read, changes):
    editor, key = as_role("editor"), keep(Post, title="Before", body="<p>Short</p>")
    typed = {"title": "After “it” & all", "body": "\n\nTwo lines\n<b>kept</b>\n"}
    sent = filled(editor.get(f"/admin/post/edit/?id={key}"), **typed)
    with busy(app, "post"):
        answer = editor.post(f"/admin/post/edit/?id={key}", data=sent)
    assert answer.status_code == 503
    assert "UPDATE" not in answer.text
    assert read(Post, key, "title") == "Before"
    # A browser drops the first line end of a text area.
    areas = shown(answer).xpath("//form/textarea")
    again = {area.get("name"): (area.text or "").removeprefix("\n") for area in areas}
    assert {name: again[name] for name in typed} == typed
    assert editor.post(f"/admin/post/edit/?id={key}", data=again).status_code == 302
    assert read(Post, key, "title") == "After “it” & all"
    assert [verb for verb, _before, _after in changes(Post, key)] == ["create", "update"]


def test_a_password_never_comes_back(app, as_role):
    editor = as_role("editor")
    with busy(app, "user"):
        answer = editor.post(
            "/change", data={"password": "correct horse battery staple", "new_password": "another one"}
        )
    assert "another one" not in answer.text
