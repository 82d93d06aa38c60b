"""Addresses become conditions, and nothing else of them does anything."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from backoffice.core import search
from backoffice.core.model import db
from backoffice.core.resource import filterable, resources
from backoffice.core.selection import criteria
from backoffice.core.selection.criteria import BadCriteria
from backoffice.models.accounts import User
from backoffice.models.comments import Comment
from backoffice.models.content import Category, Post, Tag
from make import make

ALL = SimpleNamespace(id=1, active=True, rights={"*"})
EDITOR = SimpleNamespace(id=1, active=True, rights={"comment.read", "post.read", "user.read"})


@pytest.fixture
def posts(app):
    """Open the application on three posts that differ in all that can be asked."""
    with app.test_request_context():
        sea, boats = make(Category, name="Sea"), make(Tag, name="Boats")
        make(
            Post,
            title="High 100% tide",
            status="published",
            category=sea,
            tags=[boats],
            published_at=datetime(2026, 3, 1, 23, 59, tzinfo=UTC),
        )
        make(Post, title="low_tide", status="draft", kind="page")
        make(Post, title="Gulls", status="review", category=sea)
        db.session.commit()
        yield SimpleNamespace(sea=sea, boats=boats)


def found(*pairs, model=Post, user=ALL):
    asked = criteria.read(model, user, MultiDict(pairs))
    assert criteria.of(model, user, asked.pairs()) == asked
    rows = db.session.scalars(select(model).where(asked.condition(user)).order_by(model.id))
    return [row.title[:4] for row in rows]


def test_each_operator_finds_its_rows(posts):
    sea = str(posts.sea.id)
    for pairs, titles in {
        (("status", "draft"),): ["low_"],
        (("status__not", "draft"),): ["High", "Gull"],
        (("status__in", "draft,review"),): ["low_", "Gull"],
        (("category", sea),): ["High", "Gull"],
        (("category", sea), ("status", "review")): ["Gull"],
        (("category__in", f"{sea},999"),): ["High", "Gull"],
        (("category__empty", "yes"),): ["low_"],
        (("tags", str(posts.boats.id)),): ["High"],
        (("tags__empty", "yes"),): ["low_", "Gull"],
        (("published_at__from", "2026-03-01"),): ["High"],
        (("published_at__to", "2026-03-01"),): ["High"],
        (("published_at", "2026-03-01"),): ["High"],
        (("published_at__to", "2026-02-28"),): [],
        (("published_at__from", "2026-03-01T23:59:01"),): [],
        (("published_at__empty", "yes"),): ["low_", "Gull"],
        (("search", "TIDE"),): ["High", "low_"],
        (("search", "tide high"),): ["High"],
        (("search", "100%"),): ["High"],
        (("search", "%"),): ["High"],
        (("search", "w_t"),): ["low_"],
        (("search", "\\"),): [],
        (("view", "in-review"),): ["Gull"],
        (("view", "published"), ("search", "gull")): [],
        (("status", ""),): ["High", "low_", "Gull"],
    }.items():
        assert found(*pairs) == titles, pairs


def test_words_about_text_find_their_rows(posts):
    for name, text, expected in (
        ("contains", "well", 1),
        ("lacks", "well", 1),
        ("not", "Anna", 1),
        ("is", "Anna", 1),
        ("empty", "yes", 0),
    ):
        if not db.session.scalar(select(Comment.id)):
            make(Comment, guest_name="Anna Well", post=make(Post))
            make(Comment, guest_name="Anna", post=make(Post))
        asked = criteria.read(
            Comment, ALL, MultiDict([(f"guest_name__{name}" if name != "is" else "guest_name", text)])
        )
        assert len(db.session.scalars(select(Comment.id).where(asked.condition(ALL))).all()) == expected, name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("password", "x"), ("fs_uniquifier", "x"), ("author__password", "x"), ("author__email__is", "x"),
        ("nonsense", "1"), ("status", "nonsense"), ("status__contains", "a"), ("status__from", "draft"),
        ("category", "abc"), ("category", "1,2"), ("category", "9" * 30), ("tags__in", "1,x"),
        ("published_at", "the day before"), ("published_at", "last-0-days"),
        ("published_at__older", "0"), ("status", "today"), ("category", "me"),
        ("published_at__from", "2026-13-01"), ("published_at__from", "0000-01-01"),
        ("published_at__from", "0001-01-01T00:00+23:00"), ("published_at__empty", "maybe"), ("view", "nonsense"),
        ("search", "x" * 201), ("title", "x"), ("__class__", "x"), ("id__in", "1"), ("self", "1"),
        ("endpoint", "1"), ("", "x"), ("status__", "draft x"),
    ],
)  # fmt: skip
def test_what_means_nothing_is_refused_in_a_sentence(app, name, value):
    with app.test_request_context(), pytest.raises(BadCriteria, match=r"\."):
        criteria.read(Post, ALL, MultiDict([(name, value)]))


def test_a_column_one_may_not_see_is_as_unknown_as_none(app):
    with app.test_request_context():
        said = []
        for user, model, name in ((EDITOR, User, "roles"), (EDITOR, User, "wonky"), (ALL, User, "password")):
            with pytest.raises(BadCriteria) as caught:
                criteria.read(model, user, MultiDict([(name, "1")]))
            said.append(str(caught.value).replace(name, ""))
        assert len(set(said)) == 1


def test_a_search_does_not_look_into_what_one_may_not_see(app):
    with app.test_request_context():
        make(User, email="hidden@example.com")
        asked = criteria.read(User, EDITOR, MultiDict([("search", "hidden")]))
        assert db.session.scalars(select(User).where(asked.condition(EDITOR))).all() == []
        assert len(db.session.scalars(select(User).where(asked.condition(ALL))).all()) == 1


names = st.one_of(
    st.sampled_from(
        [
            name + operator
            for name in filterable(Post)
            for operator in ("", "__in", "__from", "__to", "__not", "__empty")
        ]
    ),
    st.text(max_size=20),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pairs=st.lists(
        st.tuples(
            names,
            st.one_of(
                st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30),
                st.sampled_from(["draft", "1", "yes", "2026-01-01", "9999-12-31", "9" * 18]),
            ),
        ),
        max_size=4,
    )
)
def test_any_address_is_answered_or_refused(posts, pairs):
    try:
        asked = criteria.read(Post, ALL, MultiDict(pairs))
    except BadCriteria:
        return
    db.session.scalars(select(Post.id).where(asked.condition(ALL))).all()


def test_every_declared_filter_and_view_of_every_model_can_be_asked(app):
    with app.test_request_context():
        for model in resources().values():
            for name in filterable(model):
                for operator in criteria.operators(model, name):
                    assert operator in {"is", "not", "in", "from", "to", "older", "contains", "lacks", "empty"}
            for view in criteria.views(model):
                asked = criteria.read(model, ALL, MultiDict([("view", view)]))
                db.session.scalars(select(model.id).where(asked.condition(ALL))).all()


HELD = ("Mara Quill", "mara  QUILL", "Quill, Mara\n<b>", "50% & “Märä” 日本語", 'O\'Hara \\ "x" _', "ÄPFEL", "", None)


@pytest.mark.parametrize(
    "text",
    [
        "quill",
        "a",
        "mara qu",
        "a  q",
        "Quill,",
        "<b>",
        "%",
        "0% & “M",
        "märä",
        "日本語",
        "本",
        "hara \\",
        '"x"',
        "x",
        "%s",
    ],
)
def test_what_a_text_contains_is_found_by_index_as_it_is_by_reading(app, monkeypatch, text):
    monkeypatch.setattr(search, "ENOUGH", 1)  # of what no index finds; a filter has no such bound
    with app.test_request_context():
        post = make(Post)
        for name in HELD:
            make(Comment, post=post, guest_name=name or None, author_id=post.author_id, body="<p>quill märä</p>")
        db.session.commit()

        def held(operator):
            asked = criteria.read(Comment, ALL, MultiDict([(f"guest_name__{operator}", text)]))
            query = select(Comment.guest_name).where(asked.condition(ALL)).order_by(Comment.id)
            return db.session.scalars(query).all()

        inside = [name for name in HELD if name and text.lower() in name.lower()]
        if db.engine.dialect.name == "sqlite":
            # Its own comparison knows the case of English letters only.
            inside = [name for name in inside if ascii_lower(text) in ascii_lower(name)]
        assert held("contains") == inside
        assert held("lacks") == [name or None for name in HELD if name not in inside]


def ascii_lower(text):
    return "".join(one.lower() if one.isascii() else one for one in text)
