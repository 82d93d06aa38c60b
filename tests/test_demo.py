"""The demonstration: what it loads, that it loads it once, and large sets on either database."""

from collections import Counter

import pytest
from sqlalchemy import create_engine, func, make_url, select, text

from backoffice.core.files.backends import storage
from backoffice.core.history import Change
from backoffice.core.model import db, now
from backoffice.core.sanitizer import clean_html
from backoffice.demo import written
from backoffice.demo.magazine import Magazine
from backoffice.models.accounts import User
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post, Tag, post_tag
from backoffice.models.media import Image

ACCOUNTS = (
    ("administrator", "admin@example.com"),
    ("editor", "editor@example.com"),
    ("moderator", "moderator@example.com"),
    ("author", "author@example.com"),
)
PASSWORD = "a lamp on the long pier"
MODELS = (User, Category, Tag, Image, Post, Comment, Change)


@pytest.fixture(scope="module")
def own_app(make_app, database):
    """Return a function that makes an application on a database of its own, of the kind that is tested."""
    made, url = [], make_url(database)

    def make(name):
        settings = {}
        if url.get_backend_name() == "postgresql":
            again(url, f"{url.database}_{name}")
            place = url.set(database=f"{url.database}_{name}")
            settings["SQLALCHEMY_DATABASE_URI"] = place.render_as_string(hide_password=False)
        made.append(make_app(**settings))
        with made[-1].app_context():
            db.create_all()
        return made[-1]

    yield make
    for app in made:
        with app.app_context():
            db.engine.dispose()
            if url.get_backend_name() == "postgresql":
                again(url, db.engine.url.database, create=False)


def again(url, name, *, create=True):
    server = create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        if create:
            connection.execute(text(f'CREATE DATABASE "{name}"'))
    server.dispose()


@pytest.fixture(scope="module")
def magazine(own_app):
    """Return the answer of the command, and the application that it loaded."""
    app = own_app("magazine")
    answer = app.test_cli_runner().invoke(args=["demo", "--password", PASSWORD])
    assert answer.exit_code == 0, answer.output
    return answer, app


@pytest.fixture
def loaded(magazine):
    """Return the answer of the command, within its application."""
    answer, app = magazine
    with app.app_context():
        yield answer


@pytest.fixture(scope="module")
def lot(own_app):
    """Return the application that holds 2,000 posts and 4,000 comments in all."""
    app = own_app("large")
    arguments = ["demo", "--posts", "2000", "--comments", "4000", "--password", PASSWORD]
    answer = app.test_cli_runner().invoke(args=arguments)
    assert answer.exit_code == 0, answer.output
    return app


@pytest.fixture
def large(lot):
    """Stand within the application that holds the large set."""
    with lot.app_context():
        yield lot


def count(model, *conditions):
    return db.session.scalar(select(func.count()).select_from(model).where(*conditions))


def counts():
    return {model.__name__: count(model) for model in MODELS}


def by(column, *conditions):
    return Counter(db.session.scalars(select(column).where(*conditions)).all())


def test_the_magazine_holds_a_year_of_posts_in_every_state(loaded):
    states = by(Post.status, Post.kind == "post")

    assert count(Post, Post.kind == "post") >= 60
    assert count(Post, Post.kind == "page") == 4
    assert states["published"] >= 52
    assert (states["draft"], states["review"], states["scheduled"], states["archived"]) == (4, 2, 2, 2)
    days = {
        moment.date() for moment in db.session.scalars(select(Post.published_at).where(Post.published_at.is_not(None)))
    }
    assert max(days) <= now().date()
    assert (max(days) - min(days)).days > 300
    assert (now().date() - min(days)).days <= 366
    assert all(
        moment > now() for moment in db.session.scalars(select(Post.publish_at).where(Post.status == "scheduled"))
    )


def test_its_comments_stand_in_every_state_in_threads_and_no_two_are_alike(loaded):
    assert by(Comment.status) == {"approved": 280, "pending": 60, "rejected": 20, "spam": 40}
    assert by(Comment.kind) == {"comment": 370, "pingback": 30}
    assert len(by(Comment.body)) == 400
    assert max(_depth(comment) for comment in db.session.scalars(select(Comment))) == 4
    assert count(Comment, Comment.created_at > now()) == 0
    assert count(Comment, Comment.author_id.is_not(None)) > 40


def _depth(comment):
    return 1 if comment.parent is None else 1 + _depth(comment.parent)


def test_answers_stand_under_the_same_post_and_after_what_they_answer(loaded):
    answers = db.session.scalars(select(Comment).where(Comment.parent_id.is_not(None))).all()

    assert len(answers) > 60
    assert all(answer.post_id == answer.parent.post_id for answer in answers)
    assert all(answer.created_at > answer.parent.created_at for answer in answers)
    assert all(answer.parent.status == "approved" for answer in answers)


def test_all_texts_are_as_clean_as_the_sanitiser_would_leave_them(loaded):
    texts = [*db.session.scalars(select(Post.body)), *db.session.scalars(select(Comment.body))]

    assert all(clean_html(text) == text for text in texts)


def test_every_post_has_a_cover_that_is_stored_and_described(loaded):
    covers = [post.cover for post in db.session.scalars(select(Post).where(Post.kind == "post"))]

    assert all(cover.alt for cover in covers)
    assert all(storage().read(cover.file) for cover in covers)
    assert len({cover.file for cover in covers}) == len(covers)


def test_categories_stand_in_a_tree_and_all_shelves_are_used(loaded):
    assert count(Category) == 8
    assert count(Category, Category.parent_id.is_not(None)) == 5
    assert count(Category, ~select(Post.id).where(Post.category_id == Category.id).exists()) == 0
    assert count(Tag) >= 40
    assert count(Tag, ~select(post_tag.c.post_id).where(post_tag.c.tag_id == Tag.id).exists()) == 0
    assert count(User, User.bio.is_not(None), select(Post.id).where(Post.author_id == User.id).exists()) == 8


def test_all_that_is_written_is_recorded_as_one_act_of_a_command(loaded):
    assert by(Change.door) == {"command": count(Change)}
    assert len(by(Change.batch)) == 1
    assert count(Change, Change.model == "comment", Change.verb == "create") == 400
    assert PASSWORD not in str(db.session.scalars(select(Change.after)).all())


@pytest.mark.parametrize(("role", "email"), ACCOUNTS)
def test_each_account_has_its_role_and_is_told(loaded, role, email):
    user = db.session.scalars(select(User).where(User.email == email)).one()

    assert [held.name for held in user.roles] == [role]
    assert email in loaded.output
    assert PASSWORD in loaded.output


def test_the_accounts_sign_in_with_the_password_of_the_environment(app, runner, sign_in):
    answer = runner.invoke(args=["demo"], env={"DEMO_PASSWORD": PASSWORD})

    assert PASSWORD in answer.output
    for _role, email in ACCOUNTS:
        browser = sign_in(app.test_client(), email, PASSWORD)
        assert browser.get("/admin/").status_code == 200


def test_a_second_run_changes_nothing_and_says_so(magazine):
    _answer, app = magazine
    with app.app_context():
        before = counts()
    answer = app.test_cli_runner().invoke(args=["demo", "--password", "another lamp on the pier"])

    assert answer.exit_code == 0
    assert "nothing was changed" in answer.output
    assert "another lamp" not in answer.output
    with app.app_context():
        assert counts() == before


def test_an_empty_database_is_filled_and_a_random_password_told(app, runner, sign_in):
    answer = runner.invoke(args=["demo", "--if-empty"], env={"DEMO_PASSWORD": None})
    password = answer.output.split()[-1]

    assert len(password) >= 16
    sign_in(app.test_client(), "editor@example.com", password)
    with app.app_context():
        assert count(Post) > 60


def test_into_an_empty_database_only_means_what_it_says(app, runner, as_role):
    as_role("editor")
    answer = runner.invoke(args=["demo", "--if-empty"])

    assert answer.exit_code == 0
    assert len(answer.output.splitlines()) == 1
    with app.app_context():
        assert (count(Post), count(User)) == (0, 1)


def test_a_tag_that_is_there_under_another_address_is_used_and_left_as_it_is(app):
    with app.app_context():
        db.session.add(Tag(name="Tide", slug="high-and-low"))
        shelves = Magazine(db.session, PASSWORD)._tags(written.articles())
        db.session.commit()

        assert (shelves["tide"].name, shelves["tide"].slug) == ("Tide", "high-and-low")
        assert count(Tag, func.lower(Tag.name) == "tide") == 1


def test_production_refuses(app, runner, monkeypatch):
    monkeypatch.setitem(app.config, "BACKOFFICE_ENV", "production")
    answer = runner.invoke(args=["demo"])

    assert answer.exit_code == 2
    assert "not for production" in answer.output
    with app.app_context():
        assert (count(User), count(Post)) == (0, 0)


def test_a_large_set_has_the_asked_size_and_all_it_refers_to(large):
    assert (count(Post), count(Comment)) == (2000, 4000)
    assert (count(User), count(Category), count(Tag)) == (10_000, 50, 1_000)
    assert len(by(Post.slug)) == 2000
    assert count(Post, Post.category_id.is_(None), Post.kind == "post") == 0
    assert count(Comment, ~Comment.post_id.in_(select(Post.id))) == 0
    assert count(Comment, Comment.parent_id.is_not(None)) > 700
    assert count(Comment, Comment.author_id.is_(None), Comment.guest_name.is_(None)) == 0


def test_each_large_post_has_three_tags_and_a_body_of_its_size(large):
    made = select(Post.id).where(Post.slug.regexp_match("-[0-9]+$"))
    tags = Counter(db.session.scalars(select(post_tag.c.post_id).where(post_tag.c.post_id.in_(made))).all())

    assert set(tags.values()) == {3}
    assert len(tags) == 2000 - 75
    assert 400 < db.session.scalar(select(func.avg(func.length(Post.body))).where(Post.id.in_(made))) < 600
    assert count(Post, Post.body.contains("coelacanth")) == 1
    assert count(Post, Post.body.contains("harbour")) > 100


def test_large_rows_pass_the_rules_of_their_models(large):
    for model in (User, Category, Tag, Post, Comment):
        for row in db.session.scalars(select(model).order_by(model.id.desc()).limit(200)):
            assert list(row.rules()) == []
    assert not db.session.dirty
    assert all(clean_html(body) == body for body in db.session.scalars(select(Post.body)))


def test_large_rows_are_spread_over_states_and_years(large):
    assert set(by(Post.status)) == {"draft", "review", "scheduled", "published", "archived"}
    assert set(by(Comment.status)) == {"pending", "approved", "rejected", "spam"}
    assert count(Post, Post.status == "scheduled", Post.publish_at.is_(None)) == 0
    assert count(Post, Post.status == "published", Post.published_at.is_(None)) == 0
    assert count(Post, Post.created_at > now()) == 0
    assert count(Comment, Comment.created_at > now()) == 0
    assert (
        count(Comment, Comment.created_at < select(Post.created_at).where(Post.id == Comment.post_id).scalar_subquery())
        == 0
    )
    assert (now() - db.session.scalar(select(func.min(Post.created_at)))).days > 4 * 365
    assert len(set(by(User.fs_uniquifier).values())) == 1


def test_a_large_set_is_one_line_of_history_and_keys_go_on_after_it(large):
    note = db.session.scalars(select(Change).where(Change.verb == "load")).one()
    latest = db.session.scalar(select(func.max(Post.id)))
    author = db.session.scalars(select(User).limit(1)).one()
    db.session.add(post := Post(title="One more", author=author))
    db.session.flush()

    assert note.after["post"] == 2000 - 75
    assert note.door == "command"
    assert post.id > latest


def test_a_large_set_grows_to_a_new_size_and_not_beyond_an_old_one(app, runner):
    assert runner.invoke(args=["demo", "--posts", "100", "--comments", "500"]).exit_code == 0
    with app.app_context():
        before = counts()
    again = runner.invoke(args=["demo", "--posts", "100", "--comments", "10"])
    with app.app_context():
        assert counts() == before
    assert "nothing was changed" in again.output

    assert runner.invoke(args=["demo", "--posts", "130"]).exit_code == 0
    with app.app_context():
        assert counts() == before | {"Post": 130, "Change": before["Change"] + 1}
