"""A save that the database could not take loses nothing of what was typed."""

import io
from contextlib import contextmanager

from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError

from backoffice.core.model import db
from backoffice.models.accounts import Role, User
from backoffice.models.content import Post
from filling import errors, filled, shown
from make import make


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


def test_one_send_tells_what_is_wrong_with_fields_with_the_row_and_with_what_others_hold(app, as_role, keep, read):
    with app.app_context():
        rights = ["user.read", "user.update", "user.create", "user.pick", "user.grant", "user.contact", "role.read"]
        make(Role, name="clerk", rights=[*rights, "role.pick"])
        db.session.commit()
        mighty = db.session.scalars(select(Role.id).filter_by(name="administrator")).one()
    clerk, key, _other = as_role("clerk"), keep(User, name="Before"), keep(User, username="taken")
    typed = {"name": "After", "username": "taken", "email": "nobody", "timezone": "Nowhere", "roles": [mighty]}
    wrong = ["email", "roles", "timezone", "username"]
    for address in (f"/admin/user/edit/?id={key}", "/admin/user/new/"):
        answer = clerk.post(address, data=filled(clerk.get(address), **typed))
        assert (answer.status_code, sorted(errors(answer))) == (422, wrong)
        assert len(shown(answer).xpath('//*[@id="problems"]//li')) == len(wrong)
    # What is wrong with the row alone is told with what others hold, too.
    sent = filled(clerk.get(address), **typed | {"timezone": ""})
    assert sorted(errors(clerk.post(address, data=sent))) == ["email", "roles", "username"]
    assert read(User, key, "name", "version") == ["Before", 1]


def test_a_rule_says_nothing_of_a_field_that_could_not_be_read(as_role):
    answer = as_role("editor").post(
        "/admin/image/new/", data={"title": "T", "alt": "x" * 5000, "file": (io.BytesIO(b"no"), "a.png")}
    )
    assert (answer.status_code, list(errors(answer))) == (422, ["alt"])
