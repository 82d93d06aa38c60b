"""Rows that are written together mean the same as rows that are written one by one."""

import random

import pytest
from sqlalchemy import inspect, select

from backoffice.core import history
from backoffice.core.access import OPERATOR
from backoffice.core.history import Change
from backoffice.core.imports import intake, pouring, storing
from backoffice.core.imports.intake import Intake
from backoffice.core.imports.mapping import Plan, check, guess
from backoffice.core.imports.sheets import open_table
from backoffice.core.model import db
from backoffice.core.resource import columns, relations, resources
from backoffice.core.types import Invalid
from backoffice.models.accounts import Role, User
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post, Tag
from backoffice.models.media import Image

MOMENTS = ("created_at", "updated_at", "published_at")


@pytest.fixture
def inside(app):
    """Return the application, with work being done in it."""
    with app.test_request_context():
        yield app


@pytest.fixture
def people(inside):
    """Return an administrator and an author, with rows that files name."""
    held = {role.name: role for role in db.session.scalars(select(Role))}
    made = [
        User(username=name, name=name.title(), active=True, roles=[held[name]]) for name in ("administrator", "author")
    ]
    tags = [Tag(name=name) for name in ("Fog", "Mist", "Sea")]
    posts = [Post(title=f"There {at}", slug=f"there-{at}", author=made[at % 2], tags=tags[:1]) for at in range(6)]
    db.session.add_all([*made, *tags, *posts, Category(name="Coast"), Post(title="Same", slug="same", author=made[0])])
    db.session.commit()
    return {one.username: one for one in made} | {"": OPERATOR}


def posts(chance):
    """Return lines about posts: good and bad, new and known, with addresses that they share or lack."""
    yield "title,slug,status,excerpt,tags,category,publish_at"
    for at in range(120):
        title = chance.choice(["Same", "Other words", f"Own {at}", "", "Fog!", "x" * 400])
        slug = chance.choice(["", "", f"there-{chance.randrange(8)}", f"own-{at // 3}", "same-2", "same"])
        status = chance.choice(["draft", "published", "scheduled", "review", "nonsense", ""])
        tags = chance.choice(["", "Fog", "Mist; Sea", "Fog; Nothing", "Sea; Sea"])
        when = chance.choice(["", "2030-01-01T10:00", "soon"]) if status == "scheduled" else ""
        yield f"{title},{slug},{status},Words {at},{tags},{chance.choice(['', 'Coast'])},{when}"


def tags(chance):
    """Return lines about tags, of which many are called the same."""
    yield "name"
    for _at in range(100):
        yield chance.choice(
            ["Fog", "fog", f"Tag {chance.randrange(30)}", f"tag-{chance.randrange(30)}", "x" * 130, "!"]
        )


def comments(chance):
    """Return lines about comments: by guests, by members, by nobody, and under nothing."""
    yield "post,guest_name,author,body,status"
    for at in range(100):
        post = chance.choice(["there-1", "There 2", "#1", "nowhere", ""])
        author = chance.choice(["", "author"])
        said = f"<p onclick=x>Words {at}</p>,{chance.choice(['spam', '', 'no'])}"
        yield f"{post},{chance.choice(['', f'Guest {at}'])},{author},{said}"


def threads(chance):
    """Return lines about comments that answer each other, whichever comes first."""
    yield "id,post,guest_name,body,parent"
    for at in chance.sample(range(100), 100):
        parent = chance.choice(["", "", f"#{chance.randrange(110)}", "#x"])
        post = chance.choice(["there-1", "there-1", "there-1", "there-2"])
        yield f"{at},{post},Guest {at},Words {at},{parent}"


def categories(chance):
    """Return lines about categories that stand below others, before and after these."""
    yield "name,parent"
    for at in range(60):
        yield f"Level {at},{chance.choice(['', 'Coast', f'Level {chance.randrange(70)}'])}"


CASES = [
    (Post, posts, "administrator", ""),
    (Post, posts, "administrator", "slug"),
    (Post, posts, "author", "slug"),
    (Tag, tags, "administrator", ""),
    (Comment, comments, "administrator", ""),
    (Comment, comments, "", ""),
    (Comment, threads, "administrator", ""),
    (Category, categories, "administrator", ""),
]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("model", "lines", "who", "key"), CASES)
def test_lines_mean_the_same_together_and_one_by_one(
    inside, people, tmp_path, monkeypatch, model, lines, who, key, seed
):
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(lines(random.Random(seed))))
    together = brought(people[who], model, path, key)
    assert together["report"]["created"] > 1
    assert together["report"]["refused"] > 0
    monkeypatch.setattr(intake, "CHUNK", 1)
    monkeypatch.setattr(storing, "shape_of", lambda _model: None)
    one_by_one = brought(people[who], model, path, key)
    assert together == one_by_one


def brought(user, model, path, key):
    """Bring in the good lines of a file, and take all of it back; return all that it did."""
    table = open_table(path)
    plan = Plan(model, guess(user, model, table.headers), key, whole=False)
    check(user, plan, table.headers)
    before = db.session.scalar(select(Change.id).order_by(Change.id.desc()).limit(1)) or 0
    with history.acting(None if user is OPERATOR else user, door="import"):
        work = Intake(db.session(), user, plan, table)
        refused = []
        work.sink = lambda _line, one: refused.append((one.number, one.field, one.reason))
        *_some, report = work.steps(rehearse=False)
        db.session.flush()
    ranks = {name: ranked(other) for name, other in resources().items()}
    figures = {name: getattr(report, name) for name in ("lines", "created", "changed", "unchanged", "refused")}
    told = db.session.scalars(select(Change).where(Change.id > before)).all()
    found = {
        "report": figures,
        "refused": sorted(refused),
        "rows": sorted(map(repr, rows(model, ranks))),
        "history": sorted(repr(entry(one, ranks)) for one in told),
        "batches": len({one.batch for one in told}),
    }
    db.session.rollback()
    return found


def ranked(model):
    """Return for each key the words that tell the row: keys themselves differ from run to run."""
    names = [name for name in ("slug", "username", "guest_name", "body", "name") if name in columns(model)]
    return {row.id: tuple(getattr(row, name) for name in names) for row in db.session.scalars(select(model))}


def rows(model, ranks):
    """Return what the rows hold, keys told by words."""
    for row in db.session.scalars(select(model).execution_options(populate_existing=True)):
        values = {name: getattr(row, name) for name in columns(model)}
        linked = {name: getattr(row, name) for name, one in relations(model).items() if one.secondary is not None}
        yield plain(model, values, ranks) | {
            name: sorted(ranks[type(one).__tablename__][one.id] for one in others) for name, others in linked.items()
        }


def entry(one, ranks):
    """Return what an entry of the history says, keys told by words."""
    model = resources()[one.model]
    sides = [side and plain(model, side, ranks) for side in (one.before, one.after)]
    return one.model, ranks[one.model][one.row_id], one.label, one.verb, one.door, one.actor_id, one.actor, *sides


def plain(model, values, ranks):
    """Return values by name, sorted, with words in the place of keys, and only whether there is a moment."""
    found = {}
    for name, value in sorted(values.items()):
        column = columns(model).get(name)
        if column is None:
            kind = relations(model)[name].mapper.class_.__tablename__
            found[name] = sorted(ranks[kind][key] for key in value)
        elif name == "id" or (column.foreign_keys and value):
            kind = next(iter(column.foreign_keys)).column.table.name if column.foreign_keys else model.__tablename__
            found[name] = ranks[kind][value]
        else:
            found[name] = bool(value) if name in MOMENTS else value
    return found


def test_only_models_of_which_nothing_else_follows_are_poured(inside):
    assert all(pouring.shape_of(model) for model in (Post, Comment, Tag, Category, User) if model is not User)
    # A picture's file is kept or not with its row, and the database says which.
    assert pouring.shape_of(Image) is None
    assert pouring.shape_of(User) is None


def test_what_is_poured_holds_all_that_is_stored(inside, people):
    shape = pouring.shape_of(Post)
    assert {name for name, _key in shape.columns} == {one.key for one in inspect(Post).column_attrs}
    row = Post(title="Poured", author=people["author"], tags=db.session.scalars(select(Tag)).all())
    pouring.pour(db.session(), Post, [row])
    stored = db.session.scalars(select(Post).filter_by(title="Poured")).one()
    held = {name: getattr(row, name) for name, _key in shape.columns}
    assert held == {name: getattr(stored, name) for name, _key in shape.columns}
    assert (stored.slug, stored.status, stored.version, stored.author, len(stored.tags)) == (
        "poured",
        "draft",
        1,
        people["author"],
        3,
    )


def test_what_a_rule_refuses_is_not_poured(inside, people):
    with pytest.raises(Invalid, match="needs an author"):
        pouring.pour(db.session(), Post, [Post(title="Nobody's")])


def test_a_value_that_one_line_gives_up_may_be_taken_by_another(inside, people, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("slug,name\nfog,Haze\nnew,Fog\n")
    found = brought(people["administrator"], Tag, path, "slug")
    assert (found["report"]["created"], found["report"]["changed"], found["refused"]) == (1, 1, [])


def test_a_thousand_lines_that_stored_rows_stand_against_take_few_statements(inside, people, tmp_path, queries):
    db.session.add_all([Tag(name=f"Tag {at}") for at in range(1_000)])
    db.session.commit()
    path = tmp_path / "rows.csv"
    path.write_text("name\n" + "\n".join(f"Tag {at}" for at in range(1_000)))
    table = open_table(path)
    with queries() as sent:
        *_some, report = Intake(
            db.session(), people["administrator"], Plan(Tag, ("name",), "", whole=False), table
        ).steps(rehearse=True)
    assert report.refused == 1_000
    assert len(sent) < 25


def test_addresses_of_many_rows_that_are_called_the_same_take_few_statements(inside, people, tmp_path, queries):
    path = tmp_path / "rows.csv"
    path.write_text("title\n" + "Same\n" * 1_000 + "Other\n")
    table = open_table(path)
    plan = Plan(Post, ("title",), "", whole=False)
    with queries() as sent:
        *_some, report = Intake(db.session(), people["administrator"], plan, table).steps(rehearse=False)
    assert (report.created, report.refused) == (1_001, 0)
    assert len(sent) < 30
    slugs = set(db.session.scalars(select(Post.slug).filter_by(title="Same")))
    assert slugs == {"same", *(f"same-{number}" for number in range(2, 1_002))}
