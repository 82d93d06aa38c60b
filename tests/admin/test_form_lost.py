"""What is typed in a form outlives the session: it comes back to whoever typed it, and to nobody else, unsaved."""

from io import BytesIO

import pytest
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select, update

from backoffice.core.history import Change
from backoffice.core.model import db, now
from backoffice.models.content import Post
from backoffice.models.sessions import Session
from filling import errors, filled, shown, words
from people import PASSWORD

HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def writing(app, as_role, keep):
    """Return an editor's browser and what it would send from the form of a post, whose session has ended since."""

    def begin(path="edit/?id={key}", **typed):
        editor = as_role("editor")
        key = keep(Post, title="Old", body="<p>Old</p>", status="draft")
        address = f"/admin/post/{path.format(key=key)}"
        form = filled(editor.get(address), **{"title": "Typed", "body": "<p>An evening's work</p>", **typed})
        sign_out_everywhere(app)
        return editor, address, form

    return begin


def sign_out_everywhere(app):
    with app.app_context():
        db.session.execute(update(Session).values(ended_at=now()), execution_options={"recorded": True})
        db.session.commit()


def titles(app):
    with app.app_context():
        return list(db.session.scalars(select(Post.title).order_by(Post.id)))


def writes(app):
    with app.app_context():
        kept = select(Change.verb).where(Change.model == "post").order_by(Change.id)
        return list(db.session.scalars(kept))


def hidden(answer):
    """Return the hidden fields of the page's form."""
    return {one.get("name"): one.get("value") for one in shown(answer).xpath('//main//form//input[@type="hidden"]')}


def enter(browser, page, email=None, password=PASSWORD):
    sent = hidden(page) | {"email": email or browser.user.email, "password": password}
    return browser.post("/login", data=sent, csrf=False)


@pytest.mark.parametrize("path", ["edit/?id={key}", "new/"])
def test_a_form_that_comes_too_late_comes_back_filled_after_signing_in(app, writing, path):
    editor, address, form = writing(path)
    before = titles(app), writes(app)
    lost = editor.post(address, data=form)
    assert lost.status_code == 401
    assert "Nothing was saved" in words(lost)
    back = enter(editor, lost)
    assert back.status_code == 200
    again = editor.post(shown(back).xpath("//main//form/@action")[0], data=hidden(back), csrf=False)
    assert again.status_code == 200
    assert (titles(app), writes(app)) == before
    filled_again = filled(again)
    assert (filled_again["title"], filled_again["body"]) == (["Typed"], ["<p>An evening's work</p>"])
    assert filled_again.get("version") == form.get("version")
    saved = editor.post(address, data=filled_again, csrf=False)
    assert saved.status_code == 302
    assert "Typed" in titles(app)


def test_a_wrong_password_loses_nothing(app, writing):
    editor, address, form = writing()
    lost = editor.post(address, data=form)
    wrong = enter(editor, lost, password="not the word")
    assert wrong.status_code == 200
    assert hidden(wrong)["kept"] == hidden(lost)["kept"]
    back = enter(editor, wrong)
    assert filled(editor.post(address, data=hidden(back), csrf=False))["title"] == ["Typed"]


def test_another_account_gets_nothing_of_it(app, writing, as_role):
    editor, address, form = writing()
    lost = editor.post(address, data=form)
    other = as_role("editor").user
    answer = enter(editor, lost, email=other.email)
    assert (answer.status_code, answer.location) == (302, address)
    page = editor.get(address)
    assert "typed by another account" in words(page)
    assert filled(page)["title"] == ["Old"]
    # Nor by sending what was sealed for the first straight to the form.
    stolen = editor.post(address, data={"kept": hidden(lost)["kept"]})
    assert filled(stolen)["title"] == ["Old"]
    assert "typed by somebody else" in words(stolen)
    assert titles(app) == ["Old"]


def test_a_form_from_elsewhere_is_not_put_into_anybodys_hands(app, client, writing, as_role):
    attacker = as_role("editor")
    theirs = filled(attacker.get("/admin/post/new/"))["whose"]
    victim, address, form = writing()
    planted = client.post(address, data={**form, "whose": theirs, "title": HOSTILE}, csrf=False)
    assert planted.status_code == 400
    assert HOSTILE not in planted.text
    victim_page = enter(client, planted, email=victim.user.email)
    assert victim_page.status_code == 302
    assert HOSTILE not in client.get(address).text
    forged = client.post("/admin/post/new/", data={"whose": "made.up", "title": "x"}, csrf=False)
    assert forged.status_code == 400
    assert "kept" not in hidden(forged)


def test_a_token_of_an_earlier_session_saves_nothing_and_loses_nothing(app, writing, sign_in):
    editor, address, form = writing()
    sign_in(editor, editor.user.email)
    answer = editor.post(address, data=form, csrf=False)
    assert answer.status_code == 400
    assert titles(app) == ["Old"]
    again = editor.post(address, data=hidden(answer), csrf=False)
    assert filled(again)["title"] == ["Typed"]
    assert titles(app) == ["Old"]


def test_a_form_that_another_account_opened_is_refused(app, writing, sign_in, as_role):
    editor, address, form = writing()
    sign_in(editor, as_role("editor").user.email)
    answer = editor.post(address, data=form, csrf=False)
    assert answer.status_code == 400
    assert "another account" in words(answer)
    assert "evening" not in answer.text


def test_what_is_sealed_opens_only_where_it_was_typed_unaltered_and_for_a_day(app, writing, keep, sign_in, monkeypatch):
    editor, address, form = writing()
    sealed = hidden(editor.post(address, data=form))["kept"]
    sign_in(editor, editor.user.email)
    other = keep(Post, title="Other")
    for where, text in ((f"/admin/post/edit/?id={other}", sealed), (address, sealed[::-1]), (address, "")):
        answer = editor.post(where, data={"kept": text})
        assert answer.status_code == 200
        assert "Typed" not in filled(answer)["title"]
    monkeypatch.setattr("backoffice.core.web.kept.AGE", -1)
    assert filled(editor.post(address, data={"kept": sealed}))["title"] == ["Old"]


def test_files_and_passwords_are_not_kept_and_that_is_said(app, writing):
    editor, address, form = writing(password="secret")
    file = (BytesIO(b"\x89PNG"), "me.png")
    lost = editor.post(address, data={**form, "cover-upload": file})
    assert "Files cannot be kept" in words(lost)
    with app.app_context():
        reader = URLSafeTimedSerializer(app.secret_key, salt="form kept")
        assert "password" not in {name for name, _value in reader.loads(hidden(lost)["kept"])[2]}
    back = enter(editor, lost)
    assert "Files cannot be kept" in words(editor.post(address, data=hidden(back), csrf=False))


def test_what_is_wrong_in_it_is_said_as_ever_and_markup_stays_text(app, writing):
    editor, address, form = writing(title=HOSTILE, publish_at="soon")
    lost = editor.post(address, data=form)
    assert HOSTILE not in lost.text
    back = enter(editor, lost)
    again = editor.post(address, data=hidden(back), csrf=False)
    assert HOSTILE not in again.text
    assert filled(again)["title"] == [HOSTILE]
    assert "publish_at" in errors(again)


def test_what_is_too_long_to_be_carried_can_be_copied(writing, monkeypatch):
    monkeypatch.setattr("backoffice.core.web.kept.LONGEST", 100)
    editor, address, form = writing()
    lost = editor.post(address, data=form)
    assert lost.status_code == 401
    assert "kept" not in hidden(lost)
    assert "<p>An evening's work</p>" in [one.text.strip() for one in shown(lost).xpath("//textarea") if one.text]


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("action/", {"action": "publish", "rowid": "1", "confirm": "1"}),
        ("ajax/update/", {"list_form_pk": "1", "title": "New"}),
        ("delete/", {"id": "1"}),
    ],
)
def test_of_anything_else_it_is_said_that_nothing_was_done(app, writing, path, sent):
    editor, _address, _form = writing()
    answer = editor.post(f"/admin/post/{path}", data={**sent, "url": "/admin/post/?page=0"})
    assert answer.status_code == 302
    assert answer.location == "/login?next=/admin/post/?page%3D0"
    assert "nothing was done" in words(editor.get(answer.location))
    stale = editor.post(f"/admin/post/{path}", data=sent, csrf=False)
    assert stale.status_code == 400
    assert "nothing was done" in words(stale)
    assert titles(app) == ["Old"]
