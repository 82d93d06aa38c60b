"""What was done to many rows goes back by a button, by a key, and from the page of the batch."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, insert, select

from backoffice.core import history
from backoffice.core.history import Change
from backoffice.core.history.sets import RECORDED
from backoffice.core.model import db
from backoffice.models.comments import Comment
from backoffice.models.content import Post
from make import make
from people import add_user


@pytest.fixture
def administrator(app, signed_in):
    """Return the page of a signed-in administrator."""
    with app.app_context():
        email = add_user("administrator", name="Ada").email
    return signed_in(email, "/admin/")


def pending(app, number):
    """Store this many pending comments."""
    with app.app_context():
        post = make(Post).id
        rows = [
            {"post_id": post, "guest_name": f"Guest {at}", "body": f"<p>Remark {at}</p>", "status": "pending"}
            for at in range(number)
        ]
        db.session.execute(insert(Comment.__table__), rows, execution_options=RECORDED)
        db.session.commit()


def statuses(app):
    with app.app_context():
        return dict(db.session.execute(select(Comment.status, func.count()).group_by(Comment.status)).all())


def approve_all(page):
    page.goto("/admin/comment/?view=waiting&page_size=20")
    page.get_by_role("button", name="or with all").or_(page.get_by_text("or with all")).first.wait_for()
    form = page.locator("form", has=page.locator("[name=token]")).first
    token = form.locator("[name=token]").first.get_attribute("value")
    csrf = form.locator("[name=csrf_token]").first.get_attribute("value")
    sent = {"csrf_token": csrf, "token": token, "action": "approve", "confirm": "1", "url": "/admin/comment/"}
    answer = page.request.post("/admin/comment/action/", form=sent, max_redirects=0)
    assert answer.status == 302


def test_of_five_thousand_approvals_three_stay(app, administrator, check_access):
    pending(app, 5000)
    approve_all(administrator)
    assert statuses(app) == {"approved": 5000}
    with app.app_context():
        with history.acting(None, "command"):
            for row in db.session.scalars(select(Comment).order_by(Comment.id).limit(3)):
                row.guest_name = "Somebody else"
            db.session.commit()
        batch = db.session.scalar(select(Change.batch).filter_by(verb="approve").limit(1))
    administrator.goto(f"/admin/change/batch/?batch={batch}")
    check_access(administrator)
    administrator.get_by_role("link", name="Take it back").click()
    expect(administrator.get_by_text("It was changed since. (3)")).to_be_visible()
    check_access(administrator)
    administrator.get_by_role("button", name="Take 4997 rows back").click()
    expect(administrator.get_by_text("4997 rows are as they were before.")).to_be_visible()
    assert statuses(app) == {"approved": 3, "pending": 4997}


def test_a_key_takes_back_what_was_just_done(app, administrator):
    pending(app, 30)
    approve_all(administrator)
    administrator.goto("/admin/comment/")
    expect(administrator.get_by_role("button", name="Undo")).to_be_visible()
    administrator.keyboard.press("z")
    expect(administrator.get_by_text("30 rows are as they were before.")).to_be_visible()
    assert statuses(app) == {"pending": 30}


def test_the_trash_can_be_used_by_keyboard(app, administrator, check_access):
    with app.app_context():
        row = make(Comment, guest_name="Ann")
        db.session.commit()
        db.session.delete(row)
        db.session.commit()
    administrator.goto("/admin/change/trash/?kind=comment")
    check_access(administrator)
    administrator.get_by_role("button", name="Bring it back").focus()
    administrator.keyboard.press("Enter")
    expect(administrator.get_by_text("Nothing of this kind can be brought back.")).to_be_visible()
    assert sum(statuses(app).values()) == 1
