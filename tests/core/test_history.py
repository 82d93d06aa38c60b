"""Every write is recorded, the same whichever way it was made, and holds no secret."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from backoffice.core import history
from backoffice.core.history import Change, Unrecorded, sets
from backoffice.core.model import db
from backoffice.core.resource import resources
from backoffice.core.types import Invalid
from backoffice.models.accounts import Role, User
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post, Tag, post_tag
from make import make

WHEN = datetime(2026, 5, 4, 3, 2, 1, 12345, tzinfo=UTC)


@pytest.fixture(autouse=True)
def inside(app):
    """Run each test inside a request of its own."""
    with app.test_request_context():
        yield


def recorded(**wanted):
    return db.session.scalars(select(Change).filter_by(**wanted).order_by(Change.id)).all()


def stripped(change):
    """Return the values of a change without what differs from row to row."""
    return [
        {name: value for name, value in (side or {}).items() if name not in {"id", "slug", "name", "title", "username"}}
        for side in (change.before, change.after)
    ]


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (
            Post,
            {
                "status": "archived",
                "published_at": WHEN,
                "views": 12,
                "excerpt": None,
                "body": "<p>“Ünï” 'quoted' \\ {}</p>",
            },
        ),
        (User, {"active": False, "signed_out_at": WHEN, "bio": "two\nlines"}),
        (Comment, {"status": "spam", "guest_url": None}),
        (Role, {"rights": ["post.read", "post.update:own"]}),
    ],
)
def test_one_row_and_many_rows_leave_the_same_history(model, values):
    alone, together = make(model), make(model)
    db.session.commit()
    with history.acting(None, "command", verb="mend"):
        for name, value in values.items():
            setattr(alone, name, value)
        db.session.commit()
        assert sets.update_rows(db.session, model, select(model.id).where(model.id == together.id), values, "mend") == 1
        db.session.commit()
    changed = {
        name for name, value in values.items() if recorded(verb="mend")[0].after.get(name) is not None or value is None
    }
    one, many = (recorded(verb="mend", row_id=row.id)[0] for row in (alone, together))
    for name in changed & set(one.after):
        assert (one.before[name], one.after[name]) == (many.before[name], many.after[name]), name
    assert (one.door, one.batch, one.model) == (many.door, many.batch, many.model)
    assert alone.version == together.version == 2


def test_deleting_one_and_deleting_many_leave_the_same_history():
    tags = [make(Tag), make(Tag)]
    alone, together = make(Post, tags=list(tags)), make(Post, tags=list(tags))
    keys = (alone.id, together.id)
    db.session.commit()
    with history.acting(None, "command"):
        db.session.delete(alone)
        db.session.flush()
        assert sets.delete_rows(db.session, Post, select(Post.id).where(Post.id == keys[1])) == 1
        db.session.commit()
    one, many = (recorded(verb="delete", row_id=key)[0] for key in keys)
    left, right = stripped(one), stripped(many)
    for side in (left[0], right[0]):
        side.pop("created_at")
        side.pop("body")
        side.pop("kind")
        side.pop("status")
        side.pop("views", None)
    assert left == right
    assert one.before["tags"] == many.before["tags"] == sorted(tag.id for tag in tags)
    assert db.session.execute(select(post_tag)).all() == []


def test_rows_are_called_the_same_whichever_way_they_are_written():
    body = "<p>Fish &amp; chips,\n  said   <strong>&lt;Ann&gt;</strong></p>"
    alone, together = make(Comment, body=body), make(Comment, body=body)
    nameless = make(Comment, body="<p></p>")
    db.session.commit()
    alone.status = "spam"
    db.session.commit()
    rows = select(Comment.id).where(Comment.id.in_([together.id, nameless.id]))
    sets.update_rows(db.session, Comment, rows, {"status": "spam"}, "spam")
    db.session.commit()
    called = {row.id: recorded(model="comment", row_id=row.id)[-1].label for row in (alone, together, nameless)}
    assert called[alone.id] == called[together.id] == "Fish & chips, said <Ann>"
    assert called[nameless.id] == f"#{nameless.id}"


def test_two_operations_of_one_batch_are_each_recorded_once():
    rows = [make(Comment, status="pending") for _ in range(4)]
    db.session.commit()
    with history.acting(None, "command"):
        for upto in (2, 4):
            chosen = select(Comment.id).where(
                Comment.id.in_([row.id for row in rows[:upto]]), Comment.status == "pending"
            )
            assert sets.update_rows(db.session, Comment, chosen, {"status": "approved"}, "approve") == 2
        db.session.commit()
    assert [change.row_id for change in recorded(verb="approve")] == [row.id for row in rows]
    assert {row.version for row in rows} == {2}


@pytest.mark.parametrize(
    "statement",
    [
        update(Post).values(views=1),
        delete(Post),
        update(Post.__table__).values(views=1),
        delete(post_tag),
        insert(Tag),
        insert(post_tag),
    ],
)
def test_a_bulk_write_past_the_history_is_refused(statement):
    with pytest.raises(Unrecorded):
        db.session.execute(statement)


def test_secrets_are_in_no_change():
    with history.acting(None, "command"):
        user = make(User, password="hash-of-a-password")
        db.session.commit()
        user.password = "another-hash"
        user.name = "New name"
        db.session.commit()
        sets.update_rows(db.session, User, select(User.id), {"active": False}, "deactivate")
        db.session.delete(user)
        db.session.commit()
    said = str([(change.before, change.after) for change in recorded(model="user")])
    assert "hash" not in said
    assert "password" not in said
    assert "fs_uniquifier" not in said


def test_what_is_rolled_back_leaves_no_trace():
    make(Tag)
    db.session.rollback()
    tag = make(Tag)
    db.session.commit()
    assert [change.row_id for change in recorded(model="tag")] == [tag.id]


def test_a_failed_flush_leaves_nothing_for_the_next_one():
    db.session.add(Tag(name=""))
    with pytest.raises(Invalid):
        db.session.flush()
    db.session.rollback()
    tag = make(Tag)
    db.session.commit()
    assert [change.label for change in recorded(model="tag")] == [tag.name]


def test_a_flush_that_the_database_refuses_leaves_nothing_for_the_next_one():
    make(Tag, name="red")
    db.session.commit()
    db.session.add(Tag(name="red"))
    with pytest.raises(IntegrityError):
        db.session.flush()
    db.session.rollback()
    make(Tag, name="blue")
    db.session.commit()
    assert [change.label for change in recorded(model="tag")] == ["red", "blue"]


def test_a_new_tag_is_a_new_version_of_its_post():
    post = make(Post)
    db.session.commit()
    post.tags = [make(Tag)]
    db.session.commit()
    assert post.version == 2
    assert recorded(model="post", verb="update")[0].after == {"tags": [post.tags[0].id]}


@pytest.mark.parametrize("loaded", [True, False])
def test_naming_another_row_is_recorded_by_its_key(loaded):
    first, second = make(Category), make(Category)
    post = make(Post, category=first)
    db.session.commit()
    assert not loaded or post.category is first
    post.category = second
    db.session.commit()
    post.category = Category(name="New")
    db.session.commit()
    post.category = None
    db.session.commit()
    new = db.session.scalars(select(Category.id).filter_by(name="New")).one()
    assert [(one.before, one.after) for one in recorded(model="post", verb="update")] == [
        ({"category_id": first.id}, {"category_id": second.id}),
        ({"category_id": second.id}, {"category_id": new}),
        ({"category_id": new}, {"category_id": None}),
    ]


def test_naming_the_same_row_again_is_no_change():
    post = make(Post, category=make(Category))
    db.session.commit()
    post.category, kept = None, post.category
    post.category = kept
    db.session.commit()
    assert recorded(verb="update") == []


def test_a_value_that_was_never_read_is_recorded_with_what_was_stored():
    post = make(Post, title="Before")
    db.session.commit()
    db.session.expire(post)
    post.title = "After"
    db.session.commit()
    assert recorded(verb="update")[0].before == {"title": "Before"}


def test_setting_what_is_already_so_is_no_change():
    post = make(Post, title="Same")
    db.session.commit()
    post.title = "Same"
    db.session.commit()
    assert recorded(verb="update") == []


def test_two_writers_of_one_version_cannot_both_win():
    post = make(Post)
    db.session.commit()
    post.title = f"Mine, after {post.version}"
    db.session.connection().execute(update(Post.__table__).values(title="Theirs", version=2))
    with pytest.raises(StaleDataError):
        db.session.flush()


def test_a_note_is_kept_with_who_and_where():
    with history.acting(make(User, name="Ada"), "panel", "192.0.2.1"):
        history.note(db.session, "export", model="post", count=3)
        db.session.commit()
    kept = recorded(verb="export")[0]
    assert (kept.actor, kept.door, kept.address, kept.model, kept.after) == (
        "Ada",
        "panel",
        "192.0.2.1",
        "post",
        {"count": 3},
    )


def test_every_model_is_recorded_when_it_is_made_and_deleted():
    for name, model in resources().items():
        if model is Change:
            continue
        row = make(model)
        key = row.id
        db.session.commit()
        db.session.delete(row)
        db.session.commit()
        assert [change.verb for change in recorded(model=name, row_id=key)] == ["create", "delete"], name
