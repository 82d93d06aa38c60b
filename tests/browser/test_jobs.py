"""The page of a job shows by itself how far it is, and leads to the file once that is whole."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from backoffice.core.history.sets import RECORDED
from backoffice.core.jobs import RUNNING, WAITING, Job, worker
from backoffice.core.model import db
from backoffice.models.content import Tag
from make import make
from people import add_user


@pytest.fixture
def editor(app, signed_in):
    """Return the page of a signed-in editor."""
    with app.app_context():
        email = add_user("editor").email
        make(Tag, name="Garden")
        db.session.commit()
    return signed_in(email, "/admin/")


def put(app, **values):
    with app.app_context():
        db.session.execute(update(Job).values(**values), execution_options=RECORDED)
        db.session.commit()


def test_a_large_export_is_followed_from_its_start_to_its_file(app, editor, check_access):
    editor.goto("/admin/tag/export/csv/?later=1")
    expect(editor.get_by_text("Waiting", exact=True)).to_be_visible()
    assert "/admin/job/details/?id=" in editor.url
    put(app, state=RUNNING, progress=40)
    expect(editor.get_by_role("progressbar", name="Progress")).to_have_attribute("value", "40")
    check_access(editor)
    put(app, progress=80)
    expect(editor.get_by_role("progressbar", name="Progress")).to_have_attribute("value", "80")
    put(app, state=WAITING)
    assert worker.turn(app)
    with editor.expect_download() as started:
        editor.get_by_role("link", name="Download the file").click()
    assert started.value.suggested_filename.startswith("tag-")
