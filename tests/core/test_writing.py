"""One row written on somebody's behalf: rights, rules, owner, version and history."""

import pytest
from sqlalchemy import func, select

from backoffice.core import history, writing
from backoffice.core.access import OPERATOR, NotFound
from backoffice.core.history import Change
from backoffice.core.model import db
from backoffice.models.accounts import Role, User
from backoffice.models.content import DRAFT, PUBLISHED, REVIEW, Category, Post, Tag


@pytest.fixture
def people(app):
    """Open the application with one person of each role and give them by role."""
    with app.test_request_context():
        roles = {role.name: role for role in db.session.scalars(select(Role))}
        found = {name: User(username=name, name=name.title(), roles=[role]) for name, role in roles.items()}
        db.session.add_all(found.values())
        db.session.commit()
        yield found


def create(user, **values):
    return writing.create(db.session, user, Post, {"title": "Tides", "body": "<p>High</p>", **values})


def refusal(kind, *args, **kwargs):
    with pytest.raises(writing.Refusal) as caught:
        kind(db.session, *args, **kwargs)
    db.session.rollback()
    return caught.value.problems


def test_a_new_row_belongs_to_whoever_makes_it(people):
    post = create(people["author"])
    db.session.commit()
    assert (post.author, post.status, post.slug) == (people["author"], DRAFT, "tides")


def test_an_editor_names_another_author_and_an_author_cannot(people):
    assert create(people["editor"], author=people["author"]).author is people["author"]
    said = refusal(writing.create, people["author"], Post, {"title": "Gulls", "author": people["editor"]})
    assert set(said) == {"author"}
    assert db.session.scalar(select(func.count()).select_from(Post).where(Post.title == "Gulls")) == 0


def test_an_author_hands_in_but_does_not_publish(people):
    author, post = people["author"], create(people["author"])
    db.session.commit()
    assert {value for value, _label in writing.choices(db.session, author, post, "status")} == {DRAFT, REVIEW}
    writing.update(db.session, author, post, {"status": REVIEW})
    db.session.commit()
    assert set(refusal(writing.update, author, post, {"status": PUBLISHED})) == {"status"}
    assert db.session.scalar(select(Post.status)) == REVIEW


def test_publishing_by_the_form_sets_the_date_too(people):
    post = create(people["editor"], status=PUBLISHED)
    db.session.commit()
    assert post.published_at is not None


def test_a_row_of_another_is_not_found(people):
    post = create(people["editor"])
    db.session.commit()
    for what in (
        lambda: writing.update(db.session, people["author"], post, {"title": "Mine"}),
        lambda: writing.delete(db.session, people["author"], post),
    ):
        with pytest.raises(NotFound):
            what()
    assert db.session.scalar(select(Post.title)) == "Tides"


def test_columns_that_nobody_types_are_refused(people):
    for name, value in (
        ("views", 10**6),
        ("id", 5),
        ("version", 9),
        ("published_at", None),
        ("nonsense", 1),
        ("author_id", 1),
    ):
        assert name in refusal(writing.create, people["administrator"], Post, {"title": "Gulls", name: value})


def test_all_problems_are_said_at_once(people):
    said = refusal(
        writing.create, people["editor"], Post, {"title": "x" * 301, "slug": "s" * 201, "status": "nonsense"}
    )
    assert set(said) == {"title", "slug", "status"}


def test_a_row_changed_meanwhile_is_stale(people):
    post = create(people["editor"])
    db.session.commit()
    writing.update(db.session, people["editor"], post, {"title": "Second"}, version=1)
    db.session.commit()
    with pytest.raises(writing.Stale):
        writing.update(db.session, people["editor"], post, {"title": "Third"}, version=1)
    db.session.rollback()
    assert post.title == "Second"


def test_a_taken_name_is_said_beside_its_field_and_without_sql(people):
    writing.create(db.session, people["editor"], Tag, {"name": "Boats"})
    db.session.commit()
    said = refusal(writing.create, people["editor"], Tag, {"name": "Boats"})
    assert set(said) == {"name"}
    assert "INSERT" not in said["name"]


def test_a_taken_slug_gets_a_number_when_it_was_made_and_an_error_when_it_was_typed(people):
    create(people["editor"])
    assert create(people["editor"]).slug == "tides-2"
    db.session.commit()
    assert set(refusal(writing.create, people["editor"], Post, {"title": "Other", "slug": "tides"})) == {"slug"}


def test_a_category_cannot_stand_below_itself(people):
    top = writing.create(db.session, people["editor"], Category, {"name": "Sea"})
    low = writing.create(db.session, people["editor"], Category, {"name": "Boats", "parent": top})
    db.session.commit()
    assert set(refusal(writing.update, people["editor"], top, {"parent": low})) == {"parent"}


def test_deleting_what_others_refer_to_is_refused(people):
    sea = writing.create(db.session, people["editor"], Category, {"name": "Sea"})
    create(people["editor"], category=sea)
    db.session.commit()
    assert "refer" in refusal(writing.delete, people["editor"], sea)[""]
    assert db.session.scalar(select(Post.category_id)) is not None


def test_every_write_is_recorded_with_who_and_where(people):
    with history.acting(people["editor"], "panel", "192.0.2.7") as one:
        post = create(people["editor"], tags=[writing.create(db.session, people["editor"], Tag, {"name": "Boats"})])
        db.session.commit()
        writing.update(db.session, people["editor"], post, {"title": "Ebb", "tags": []})
        writing.delete(db.session, people["editor"], post)
        db.session.commit()
    rows = db.session.scalars(select(Change).where(Change.model == "post").order_by(Change.id)).all()
    assert [row.verb for row in rows] == ["create", "update", "delete"]
    assert {(row.actor_id, row.actor, row.door, row.address, row.batch) for row in rows} == {
        (people["editor"].id, "Editor", "panel", "192.0.2.7", one.batch)
    }
    assert (rows[1].before, rows[1].after["title"], rows[1].after["tags"]) == (
        {"title": "Tides", "tags": [1]},
        "Ebb",
        [],
    )
    assert rows[2].before["title"] == "Ebb"


def test_the_last_administrator_stays_one_by_every_way(people):
    admin = people["administrator"]
    role = db.session.scalars(select(Role).where(Role.name == "administrator")).one()
    for user in (admin, OPERATOR):
        with history.acting(user if user is admin else None, "panel"):
            assert refusal(writing.update, user, admin, {"active": False})
            assert refusal(writing.update, user, admin, {"roles": []})
            assert refusal(writing.delete, user, admin)
            assert refusal(writing.update, user, role, {"rights": ["post.read"]})
            assert refusal(writing.delete, user, role)
    db.session.refresh(admin)
    assert admin.active
    assert "*" in admin.rights


def test_nobody_gives_more_than_they_hold(people):
    clerk = User(username="clerk", name="Clerk", roles=[Role(name="clerk", rights=["user.*", "role.*"])])
    db.session.add(clerk)
    db.session.commit()
    mighty = people["administrator"].roles
    with history.acting(clerk, "panel"):
        assert set(refusal(writing.update, clerk, clerk, {"roles": mighty})) == {"roles"}
        assert set(refusal(writing.update, clerk, people["administrator"], {"email": "mine@example.com"})) == {"roles"}
        assert set(refusal(writing.create, clerk, Role, {"name": "new", "rights": ["*"]})) == {"rights"}
        assert writing.create(db.session, clerk, Role, {"name": "new", "rights": ["user.read"]}).id
