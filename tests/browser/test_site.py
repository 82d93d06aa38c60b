"""The public pages in a real browser: on every width, in both colours, by keyboard, and with hostile texts in them."""

import pytest
from sqlalchemy import Text, literal, update

from backoffice.core.model import db, now
from backoffice.models.accounts import User
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post, Tag

PATHS = [
    "/",
    "/posts/a-post",
    "/categories/boats",
    "/tags/rope",
    "/authors/mara",
    "/search?q=words",
    "/search",
    "/none",
]
WIDE = (
    f"<h1>Loud</h1><p>{'unbroken' * 40}</p><pre>{'a long line of code ' * 20}</pre>"
    f"<table><tr>{'<th>Heading</th>' * 20}</tr><tr>{'<td>cell</td>' * 20}</tr></table>"
)
HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)><a href='javascript:alert(4)'>go</a>"
    '<img title="<img onerror=alert(5) src=x>" src=y><details open ontoggle=alert(6)>x</details>'
)


@pytest.fixture
def filled(app):
    """Store one of everything that visitors see."""
    with app.app_context():
        mara = User(username="mara", name="Mara Quill", bio="Writes.")
        given = {"author": mara, "status": "published", "published_at": now()}
        post = Post(title="A post", body=f"<p>Words.</p>{WIDE}", category=Category(name="Boats"), **given)
        post.tags = [Tag(name="Rope")]
        page = Post(title="About", kind="page", body="<p>Us.</p>", **given)
        first = Comment(post=post, guest_name="Ann", body="Fine.", status="approved")
        answer = Comment(post=post, parent=first, author=mara, body="Thanks.", status="approved")
        db.session.add_all([post, page, first, answer])
        db.session.commit()


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_every_page_is_open_to_everybody_and_fits_its_window(filled, new_page, check_access, colours):
    page = new_page(color_scheme=colours)
    for path in PATHS:
        page.goto(path)
        for width in (1440, 820, 390, 320):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, width)
        check_access(page)


def test_the_first_key_leads_past_the_menu(filled, page):
    page.goto("/posts/a-post")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Home"


def test_nothing_hostile_runs_even_when_a_hand_put_it_into_the_database(filled, app, chromium, served):
    with app.app_context():
        connection = db.session.connection()
        for model, names in ((Post, ("title", "excerpt", "body")), (Comment, ("guest_name", "body")), (User, ("bio",))):
            values = {name: literal(HOSTILE, Text) for name in names}
            connection.execute(update(model.__table__).values(values))
        db.session.commit()
    context = chromium.new_context(base_url=served)
    page, shown = context.new_page(), []
    page.on("dialog", lambda dialog: (shown.append(dialog.message), dialog.dismiss()))
    for path in PATHS:
        page.goto(path)
        page.wait_for_load_state("load")
    page.goto("/posts/a-post")
    assert page.locator("text=go").count() > 0
    assert page.locator("a[href^=javascript]").count() == 0
    context.close()
    assert shown == []
